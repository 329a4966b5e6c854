//! Approvals, from the command line: a break is accepted with the command that the finding prints, and
//! stays accepted until its approval expires or matches nothing any more.

mod effects;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::docs::sh;
use crate::fixture;

const FILE: &str = "acme/v1/order.proto";
const ORDER: &str = "message Order {\n  string id = 1;\n  string note = 2;\n}\n";
const ACCEPTED: &str = "contracts/accepted";

/// The text of a schema.
fn schema(body: &str) -> String {
    format!("syntax = \"proto3\";\n\npackage acme.v1;\n\n{body}")
}

/// A `buf.yaml` with `rest`, and with lint rules that no schema here breaks.
fn config(rest: &str) -> String {
    format!("version: v2\nlint: {{use: [IMPORT_USED]}}\n{rest}\n")
}

/// A git repository whose schema is released as v1.0.0.
struct Repository {
    folder: tempfile::TempDir,
}

impl Repository {
    /// A repository that is checked with the rules of `category`.
    fn new(category: &str) -> Self {
        Repository::with(category, ORDER)
    }

    fn with(category: &str, body: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let repository = Repository { folder };
        repository.write("buf.yaml", &config(&format!("breaking: {{use: [{category}]}}")));
        repository.write(FILE, &schema(body));
        repository.run("git init --quiet --initial-branch=main && git config user.name Ada");
        repository.run("wireproof release 1.0.0");
        repository.commit();
        repository
    }

    /// A repository in which `Order.note` is deleted, which is accepted.
    fn accepted(category: &str) -> Self {
        let repository = Repository::new(category);
        repository.delete_note();
        repository.run(&format!("wireproof accept {} --reason old", repository.only()));
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        fixture::write(self.path(), path, text);
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(path)).expect("it is there");
        assert!(text.contains(from), "{path} has {from:?}: {text}");
        self.write(path, &text.replace(from, to));
    }

    fn delete_note(&self) {
        self.edit(FILE, "  string note = 2;\n", "");
    }

    fn commit(&self) {
        let commit = "git -c user.email=ada@example.com commit --quiet --message=x";
        self.run(&format!("git add --all && {commit}"));
    }

    /// Runs a line of shell, which has to succeed.
    fn run(&self, line: &str) -> String {
        let (code, output) = sh(self.path(), line);
        assert_eq!(code, Some(0), "{line}: {output}");
        output
    }

    /// Runs a line of shell, which has to end with findings.
    fn findings(&self, line: &str) -> String {
        let (code, output) = sh(self.path(), line);
        assert_eq!(code, Some(100), "{line}: {output}");
        output
    }

    /// Returns the findings of check-compat with its exit code.
    fn found(&self, args: &str) -> (Option<i32>, Vec<Value>) {
        let line = format!("wireproof check-compat --error-format json {args}");
        let (code, output) = sh(self.path(), &line);
        let found = output.lines().map(|line| serde_json::from_str(line).expect(line));
        (code, found.collect())
    }

    /// Returns the fingerprint of the only break.
    fn only(&self) -> String {
        let (_, found) = self.found("");
        let breaks: Vec<&Value> = found.iter().filter(|it| it["type"] != "APPROVAL").collect();
        assert_eq!(breaks.len(), 1, "{found:?}");
        breaks[0]["fingerprint"].as_str().expect("it is text").to_owned()
    }

    fn approvals(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path().join(ACCEPTED)) else { return Vec::new() };
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.expect("it can be read").path()).collect();
        paths.sort();
        paths
    }

    /// Returns the only approval, relative to the repository.
    fn approval(&self) -> String {
        let [path] = <[PathBuf; 1]>::try_from(self.approvals()).expect("there is one");
        let path = path.strip_prefix(self.path()).expect("it is in the repository");
        path.to_str().expect("it is text").to_owned()
    }

    /// Checks that every finding is accepted.
    fn passes(&self, args: &str) {
        let (code, found) = self.found(args);
        assert_eq!(code, Some(0), "{found:?}");
        assert!(!found.is_empty(), "the break is still reported");
        assert!(found.iter().all(|it| it["accepted"]["reason"] == "old"), "{found:?}");
    }

    /// Checks that there is one finding of APPROVAL, in `file`, and returns its message.
    fn about_approval(&self, file: &str) -> String {
        let (code, found) = self.found("");
        assert_eq!(code, Some(100));
        let about: Vec<&Value> = found.iter().filter(|it| it["type"] == "APPROVAL").collect();
        assert_eq!(about.len(), 1, "{found:?}");
        assert_eq!(about[0]["path"], file);
        about[0]["message"].as_str().expect("it is text").to_owned()
    }
}

/// Returns the commands that `output` prints to accept its findings, with a reason.
fn commands(output: &str) -> Vec<String> {
    let commands = output.lines().filter_map(|line| line.strip_prefix("    accept: "));
    commands.map(|command| command.replace('…', "old")).collect()
}

#[test]
fn the_printed_command_accepts_the_break() {
    let repository = Repository::new("FILE");
    repository.delete_note();
    let output = repository.findings("CI=true wireproof check-compat");
    let [command] = <[String; 1]>::try_from(commands(&output)).expect(&output);
    let fingerprint = repository.only();
    assert_eq!(command, format!("wireproof accept {fingerprint} --reason 'old'"));
    let file = format!("{ACCEPTED}/{fingerprint}.toml");
    let element = "FIELD_NO_DELETE of acme.v1.Order.note";
    assert_eq!(repository.run(&command), format!("accepted: {element}: {file}\n"));
    let text = fs::read_to_string(repository.path().join(&file)).expect("it was written");
    for line in [
        "rule = \"FIELD_NO_DELETE\"\n",
        "element = \"acme.v1.Order.note\"\n",
        "releases = [\"v1.0.0\"]\n",
        "reason = \"old\"\n",
        "owner = \"Ada\"\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    repository.passes("");
    // From elsewhere, and in other runs, it is the same break.
    repository.passes("--against '.git#branch=main'");
    repository.passes("--path acme");
    let output = repository.run("CI=true wireproof check-compat");
    assert!(output.contains(" was deleted. (accepted: old, Ada)\n"), "{output}");
    assert_eq!(output.lines().filter(|line| !line.is_empty()).count(), 1, "{output}");
    // It is accepted again with another reason.
    let again = repository.run(&command.replace("old", "older"));
    assert_eq!(again, format!("accepted again: {element}: {file}\n"));
    let output = repository.run("wireproof check-compat");
    assert!(output.contains("(accepted: older, Ada)"), "{output}");
}

#[test]
fn a_break_against_another_input_is_accepted_with_its_arguments() {
    let repository = Repository::new("FILE");
    repository.edit(FILE, "  string note = 2;\n", "  string note = 2;\n  string late = 3;\n");
    repository.commit();
    repository.edit(FILE, "  string late = 3;\n", "");
    let check = "CI=true wireproof check-compat --against '.git#branch=main'";
    let output = repository.findings(check);
    let [command] = <[String; 1]>::try_from(commands(&output)).expect(&output);
    assert!(command.ends_with(" --against '.git#branch=main' --reason 'old'"), "{command}");
    repository.run(&command);
    repository.run(check);
    // What no release has is no break of a release, and its approval is not unused there.
    assert_eq!(repository.found(""), (Some(0), Vec::new()));
    let (code, output) = sh(repository.path(), "wireproof accept 0123456789abcdef --reason x");
    assert!(code == Some(1) && output.contains("no finding is 0123456789abcdef"), "{output}");
}

/// A module of a workspace, and a folder inside of one.
#[test]
fn the_command_names_the_input_and_the_configuration() {
    let repository = Repository::new("FILE");
    let modules = config("modules: [{path: api}, {path: main}]");
    repository.write("buf.yaml", &modules);
    repository.run("mkdir main && git mv acme main");
    repository.write("api/a.proto", "syntax = \"proto3\";\nmessage M { int32 a = 1; }\n");
    repository.commit();
    repository.edit("api/a.proto", "int32 a = 1;", "");
    let own = "{version: v2, breaking: {use: [PACKAGE]}}";
    for check in [
        "check-compat api --against '.git#branch=main,subdir=api'".to_owned(),
        format!("check-compat --against '.git#branch=main' --config '{own}'"),
    ] {
        let check = format!("CI=true wireproof {check}");
        let output = repository.findings(&check);
        let replay = output.lines().find_map(|line| line.strip_prefix("    replay: "));
        repository.findings(replay.expect(&output));
        let [command] = <[String; 1]>::try_from(commands(&output)).expect(&output);
        repository.run(&command);
        repository.run(&check);
        fs::remove_dir_all(repository.path().join(ACCEPTED)).expect("it was written");
    }
    // From a folder inside, the same fingerprint is found in the whole workspace.
    repository.edit("api/a.proto", "message M {", "message M { int32 a = 1;");
    repository.edit(&format!("main/{FILE}"), "  string note = 2;\n", "");
    let output = repository.findings("cd main/acme && CI=true wireproof check");
    let [command] = <[String; 1]>::try_from(commands(&output)).expect(&output);
    repository.run(&format!("cd main/acme && {command}"));
    assert_eq!(repository.approvals().len(), 1);
    repository.passes("");
}

#[test]
fn an_approval_survives_other_changes_of_the_schema() {
    let repository = Repository::accepted("PACKAGE");
    repository.edit(FILE, "message Order", "// Moved.\n\n\nmessage Other {}\nmessage Order");
    repository.passes("");
    repository.edit(FILE, "  string id = 1;\n", "string id=1;");
    repository.passes("");
    let renamed = repository.path().join("acme/v1/renamed.proto");
    fs::rename(repository.path().join(FILE), renamed).expect("it can be renamed");
    repository.passes("");
    // A different change of the same element is a different finding.
    repository.edit("acme/v1/renamed.proto", "string id=1;", "string id=1; int32 note = 2;");
    let (code, found) = repository.found("");
    assert_eq!(code, Some(100), "{found:?}");
}

#[test]
fn a_release_that_the_approval_does_not_name_fails() {
    let repository = Repository::accepted("FILE");
    fs::remove_dir_all(repository.path().join(ACCEPTED)).expect("it was written");
    repository.run("git stash --quiet && wireproof release 1.1.0 && git stash pop --quiet");
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    repository.passes("");
    repository.edit(&repository.approval(), ", \"v1.1.0\"", "");
    let (code, found) = repository.found("");
    assert_eq!(code, Some(100));
    let help = found[0]["help"].as_str().expect("it has help");
    let file = repository.approval();
    let expected = format!("the approval {file} covers v1.0.0, not v1.1.0: accept it again");
    assert!(help.ends_with(&expected), "{help}");
    // Against another input it is about no release.
    repository.passes("--against '.git#branch=main'");
    // To accept it again there keeps the releases.
    let again = "--against '.git#branch=main' --reason old";
    repository.run(&format!("wireproof accept {} {again}", repository.only()));
    let text = fs::read_to_string(repository.path().join(&file)).expect("it is there");
    assert!(text.contains("releases = [\"v1.0.0\"]"), "{text}");
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    repository.passes("");
}

/// The change of the type of the field is approved while the new type has the same structure. Then the
/// new type changes.
#[test]
fn a_worse_effect_of_the_same_change_fails() {
    let body = "message Order {\n  Note note = 1;\n}\nmessage Note {\n  string text = 1;\n}\n";
    let repository = Repository::with("FILE", body);
    repository.edit(FILE, "  Note note", "  Text note");
    repository.edit(
        FILE,
        "message Note {",
        "message Note {\n  string text = 1;\n}\nmessage Text {",
    );
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    let approval = fs::read_to_string(repository.path().join(repository.approval()));
    assert!(approval.expect("it is text").contains("effects = { source = \"breaks\" }\n"));
    repository.passes("");
    let text = fs::read_to_string(repository.path().join(FILE)).expect("it is text");
    let at = text.rfind("string text").expect("it is there");
    repository.write(FILE, &format!("{}int32{}", &text[..at], &text[at + "string".len()..]));
    let (code, found) = repository.found("");
    let help = found[0]["help"].as_str().unwrap_or_default();
    assert_eq!(code, Some(100), "{found:?}");
    assert!(help.contains("on the surface binary the level is breaks now"), "{found:?}");
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    repository.passes("");
}

/// The effects against all releases count: here the first release is the one that a change breaks
/// more, and the second is the one whose witnesses are shown.
#[test]
fn a_worse_effect_against_an_older_release_fails() {
    let order = "message Order {\n  Note note = 1;\n}\n";
    let note = "message Note {\n  string text = 1;\n  int32 n = 2;\n}\n";
    let repository = Repository::with("PACKAGE", &format!("{order}{note}"));
    repository.edit(FILE, "  int32 n = 2;\n", "  reserved 2;\n");
    let (_, found) = repository.found("");
    for finding in found {
        let fingerprint = finding["fingerprint"].as_str().expect("it is text");
        repository.run(&format!("wireproof accept {fingerprint} --reason old"));
    }
    repository.run("wireproof release 2.0.0");
    repository.edit(FILE, "  Note note", "  Text note");
    let (text, more) = ("message Text {\n  string text = 1;\n}\n", "  string n = 2;\n}\n");
    repository.edit(FILE, "message Note {", &format!("{text}message Note {{"));
    let (_, found) = repository.found("");
    let change = found.iter().find(|it| it["accepted"].is_null()).expect("it is not accepted");
    let fingerprint = change["fingerprint"].as_str().expect("it is text");
    let accept = format!("wireproof accept {fingerprint} --reason old");
    repository.run(&accept);
    repository.passes("");
    let file = repository.path().join(ACCEPTED).join(format!("{fingerprint}.toml"));
    let approval = || fs::read_to_string(&file).expect("it was written");
    let of_both = approval();
    // Accepting again with another input keeps what the releases have.
    repository.run(&format!("{accept} --against contracts/releases/v2.0.0.binpb"));
    assert_eq!(approval(), of_both);
    repository.passes("");
    repository.edit(FILE, text, &text.replace("}\n", more));
    let (code, found) = repository.found("");
    let failing: Vec<&Value> = found.iter().filter(|it| it["accepted"].is_null()).collect();
    assert_eq!((code, failing.len()), (Some(100), 1), "{found:?}");
    let help = failing[0]["help"].as_str().unwrap_or_default();
    assert!(help.contains("on the surface binary the level is"), "{help}");
}

#[test]
fn an_expired_approval_is_a_finding_and_accepts_nothing() {
    let repository = Repository::accepted("FILE");
    let file = repository.approval();
    let mut text = fs::read_to_string(repository.path().join(&file)).expect("it is there");
    text.push_str("expires = 2020-02-29\n");
    repository.write(&file, &text);
    let message = repository.about_approval(&file);
    assert!(message.ends_with(" `acme.v1.Order.note` expired on 2020-02-29."), "{message}");
    let (_, found) = repository.found("");
    assert_eq!(found.len(), 2, "the break fails, too: {found:?}");
    let against = "--against '.git#branch=main'";
    assert_eq!(repository.found(against).1.len(), 2, "it is reported in every run");
    let output = repository.findings("CI=true wireproof check-compat");
    assert!(output.contains("more: wireproof explain APPROVAL"), "{output}");
    // The command renews it.
    let [command] = <[String; 1]>::try_from(commands(&output)).expect(&output);
    repository.run(&format!("{command} --expires 2999-12-31"));
    repository.passes("");
    let (_, found) = repository.found("");
    assert_eq!(found[0]["accepted"]["expires"], "2999-12-31");
}

#[test]
fn an_unused_approval_is_a_finding() {
    let repository = Repository::accepted("FILE");
    repository.edit(FILE, "  string id = 1;\n", "  string id = 1;\n  string note = 2;\n");
    let file = repository.approval();
    let message = repository.about_approval(&file);
    assert!(message.ends_with("matches no finding any more."), "{message}");
    let output = repository.findings("wireproof check");
    assert!(output.contains(&format!("{file}:1:1: APPROVAL ")), "{output}");
    let stage = output.lines().find(|line| line.starts_with("check-compat"));
    assert!(stage.is_some_and(|line| line.contains("FAILED")), "{output}");
    // A run that does not see everything does not judge.
    let other_rules = "--config '{version: v2, breaking: {use: [WIRE]}}'";
    let others = ["--path acme", "--exclude-path acme/v1/x.proto", FILE, "--exclude-imports"];
    for args in others.into_iter().chain([other_rules]) {
        assert_eq!(repository.found(args), (Some(0), Vec::new()), "{args}");
    }
    assert_eq!(repository.found("--against '.git#branch=main'"), (Some(0), Vec::new()));
    fs::remove_file(repository.path().join(file)).expect("it can be deleted");
    assert_eq!(repository.found(""), (Some(0), Vec::new()));
}

#[test]
fn a_malformed_approval_is_a_finding() {
    let repository = Repository::accepted("FILE");
    let file = repository.approval();
    let good = fs::read_to_string(repository.path().join(&file)).expect("it is there");
    for (wrong, line, says) in [
        (format!("<<<<<<< ours\n{good}"), 1, ""),
        (good.replace("owner", "onwer"), 9, "unknown key `onwer`"),
        (good.replace("reason = \"old\"\n", ""), 1, "missing field `reason`"),
        (good.replace("\"old\"", "\"\""), 1, "`reason` is empty"),
        (good.replace("Order.note\"", "Order.id\""), 1, "the file has to be named "),
        (good.replace("FIELD_NO_DELETE\"", "FIELD_SAME_TYPE\""), 1, "the file has to be named "),
        ("\u{0}".to_owned(), 1, ""),
        (String::new(), 1, "missing field `rule`"),
    ] {
        repository.write(&file, &wrong);
        let message = repository.about_approval(&file);
        let problem = message.strip_prefix("The approval is not valid: ").expect(&message);
        assert!(problem.starts_with(says), "{says}: {problem}");
        let (_, found) = repository.found("");
        let about = found.iter().find(|it| it["type"] == "APPROVAL").expect("it is reported");
        assert_eq!(about["start_line"], line, "{wrong}");
        assert_eq!(found.len(), 2, "it accepts nothing: {found:?}");
    }
    repository.write(&file, &good);
    let other = format!("{ACCEPTED}/0123456789abcdef.toml");
    fs::copy(repository.path().join(&file), repository.path().join(&other)).expect("it is there");
    let message = repository.about_approval(&other);
    assert!(message.contains(&format!("the file has to be named {}", &file[19..])), "{message}");
    fs::remove_file(repository.path().join(&other)).expect("it was copied");
    // Other files are no approvals.
    for name in ["README.md", ".0123.toml"] {
        repository.write(&format!("{ACCEPTED}/{name}"), "no approval");
    }
    repository.passes("");
}

/// A link can lead to a file of somebody else, which must not be quoted.
#[cfg(unix)]
#[test]
fn an_approval_outside_of_the_repository_is_not_read() {
    let repository = Repository::accepted("FILE");
    let file = repository.approval();
    let outside = tempfile::tempdir().expect("a temporary folder can be made");
    let target = outside.path().join("secret.toml");
    fs::write(&target, "secret_key = 1\n").expect("the folder is ours");
    fs::remove_file(repository.path().join(&file)).expect("it was written");
    std::os::unix::fs::symlink(&target, repository.path().join(&file)).expect("it can be made");
    let message = repository.about_approval(&file);
    assert!(message.contains("a symbolic link leads out") && !message.contains("secret_key"));
    // The folder itself.
    fs::remove_dir_all(repository.path().join(ACCEPTED)).expect("it was written");
    let folder = repository.path().join(ACCEPTED);
    std::os::unix::fs::symlink(outside.path(), folder).expect("it can be made");
    let message = repository.about_approval(&format!("{ACCEPTED}/secret.toml"));
    assert!(message.contains("a symbolic link leads out"), "{message}");
    let accept = format!("wireproof accept {} --reason old", repository.only());
    let (code, output) = sh(repository.path(), &accept);
    assert!(code == Some(1) && output.contains("leads out of the repository"), "{output}");
    let entries = fs::read_dir(outside.path()).expect("it is there").count();
    assert_eq!(entries, 1, "nothing is written there");
}

#[test]
fn every_approval_is_a_file_of_its_own() {
    let repository = Repository::new("FILE");
    repository.delete_note();
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    let first = repository.approval();
    let text = fs::read(repository.path().join(&first)).expect("it was written");
    repository.edit(FILE, "string id", "int32 id");
    let output = repository.findings("CI=true wireproof check-compat");
    for command in commands(&output) {
        repository.run(&command);
    }
    assert_eq!(repository.approvals().len(), 2);
    assert_eq!(fs::read(repository.path().join(&first)).expect("it is there"), text);
    repository.passes("");
}

#[test]
fn every_failing_break_prints_its_command() {
    let repository = Repository::new("FILE");
    repository.write(FILE, &schema("message Order {}\n"));
    let output = repository.findings("CI=true wireproof check-compat");
    let printed = commands(&output);
    let (_, found) = repository.found("");
    assert_eq!((printed.len(), found.len()), (2, 2), "{output}");
    assert_ne!(printed[0], printed[1]);
}

#[test]
fn the_owner_is_gits_user_unless_named() {
    let repository = Repository::new("FILE");
    repository.delete_note();
    let accept = format!("wireproof accept {} --reason old", repository.only());
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let none = format!("HOME={} GIT_CONFIG_NOSYSTEM=1", home.path().display());
    repository.run("git config --unset user.name");
    let (code, output) = sh(repository.path(), &format!("{none} {accept}"));
    assert_eq!(code, Some(1));
    assert!(output.contains("git has no user.name") && output.contains("--owner"), "{output}");
    repository.run(&format!("{accept} --owner 'Grace H.'"));
    let text = fs::read_to_string(repository.path().join(repository.approval()));
    assert!(text.expect("it was written").contains("owner = \"Grace H.\"\n"));
}

#[test]
fn wrong_arguments_of_accept_are_usage_errors() {
    let repository = Repository::new("FILE");
    repository.delete_note();
    let fingerprint = repository.only();
    for (args, says) in [
        (fingerprint.clone(), "--reason"),
        (format!("{fingerprint} --reason ' '"), "it is empty"),
        (format!("{fingerprint} --reason x --owner ''"), "it is empty"),
        (format!("{fingerprint} --reason x --expires tomorrow"), "write a date"),
        (format!("{fingerprint} --reason x --expires 2020-01-01"), "not in the future"),
        ("FIELD_NO_DELETE --reason x".to_owned(), "16 hexadecimal digits"),
        (
            "0123456789abcdef --reason x".to_owned(),
            "there are:\n    FINGERPRINT FIELD_NO_DELETE acme.v1.Order.note\n",
        ),
    ] {
        let (code, output) = sh(repository.path(), &format!("wireproof accept {args}"));
        assert_eq!(code, Some(1), "{args}: {output}");
        assert!(output.contains(&says.replace("FINGERPRINT", &fingerprint)), "{args}: {output}");
    }
    assert_eq!(repository.approvals().len(), 0);
    repository.write(FILE, "message");
    let output = repository.findings(&format!("wireproof accept {fingerprint} --reason x"));
    assert!(output.contains(" COMPILE "), "{output}");
    repository.write(FILE, &schema(ORDER));
    let (code, output) =
        sh(repository.path(), &format!("wireproof accept {fingerprint} --reason x"));
    assert!(code == Some(1) && output.contains("nothing breaks"), "{output}");
}

#[test]
fn the_folder_of_the_settings_is_used() {
    let repository = Repository::new("FILE");
    repository.write("wireproof.toml", "accepted = \"approved\"\n");
    repository.delete_note();
    repository.run(&format!("wireproof accept {} --reason old", repository.only()));
    assert!(repository.path().join("approved").is_dir() && repository.approvals().is_empty());
    repository.passes("");
}

/// A hook reads the approval from the index, as it reads the schema.
#[test]
fn a_staged_approval_is_read_from_the_index() {
    let repository = Repository::accepted("FILE");
    repository.run(&format!("git add {FILE}"));
    let (code, _) = repository.found("--staged");
    assert_eq!(code, Some(100), "the approval is not staged");
    repository.run("git add contracts");
    repository.passes("--staged");
    fs::remove_dir_all(repository.path().join(ACCEPTED)).expect("it was written");
    repository.passes("--staged");
}

/// What a policy finds is accepted apart from what a rule of the module finds.
#[test]
fn a_finding_of_a_policy_has_an_approval_of_its_own() {
    let repository = Repository::new("FILE");
    let config = "version: v2\nbreaking: {use: [FILE]}\npolicies: [{policy: p.yaml}]\n";
    repository.write("buf.yaml", config);
    repository.write("p.yaml", "version: v2\nname: x\nbreaking: {use: [FIELD_NO_DELETE]}\n");
    repository.delete_note();
    let output = repository.findings("CI=true wireproof check-compat");
    let printed = commands(&output);
    assert_eq!(printed.len(), 2, "{output}");
    for (index, command) in printed.iter().enumerate() {
        repository.findings("wireproof check-compat");
        repository.run(command);
        assert_eq!(repository.approvals().len(), index + 1);
    }
    repository.passes("");
}

/// The log is valid SARIF, and has the reason as the justification.
#[test]
fn sarif_suppresses_accepted_findings() {
    let repository = Repository::accepted("FILE");
    let mut wireproof = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    wireproof.args(["check-compat", "--error-format", "sarif"]).current_dir(repository.path());
    let output = wireproof.output().expect("the binary has been built");
    assert_eq!(output.status.code(), Some(0));
    let log: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(crate::sarif::wrong(&log), [""; 0]);
    let suppression = &log["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(suppression["justification"], "old (Ada)");
    assert_eq!(
        (&suppression["kind"], &suppression["status"]),
        (&"external".into(), &"accepted".into())
    );
}

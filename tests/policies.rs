//! Policies on the command line: where their files are read, baselines, fixes, releases, reports.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const YAML: &str = "version: v2\nmodules: [{path: proto}]\nlint: {use: [FIELD_LOWER_SNAKE_CASE]}\n\
    breaking: {use: [FIELD_SAME_TYPE]}\npolicies: [{policy: rules/more.yaml}]\n";
const MORE: &str = "version: v2\nlint: {use: [FIELD_LOWER_SNAKE_CASE, IMPORT_USED]}\n\
    breaking: {use: [FIELD_SAME_TYPE, FIELD_SAME_NAME]}\n";
const LESS: &str = "version: v2\nlint: {use: [ENUM_PASCAL_CASE]}\n";
const TEXT: &str =
    "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\nmessage M { int32 Old = 1; }\n";
const OWN: &str = "FIELD_LOWER_SNAKE_CASE";
const POLICYS: [&str; 2] =
    ["FIELD_LOWER_SNAKE_CASE rules/more.yaml", "IMPORT_USED rules/more.yaml"];

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, text).expect("the folder can be written to");
}

/// A module and a policy.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, text) in [("buf.yaml", YAML), ("rules/more.yaml", MORE), ("proto/a.proto", TEXT)] {
        write(folder.path(), name, text);
    }
    folder
}

fn wireproof(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    answer(command.args(args).current_dir(folder).env_remove("CI"))
}

fn answer(command: &mut Command) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program is there");
    let text = |bytes| String::from_utf8(bytes).expect("what is said is text");
    (status.code(), text(stdout), text(stderr))
}

/// What is found: rules, and behind them the policy, sorted.
fn found(folder: &Path, args: &[&str]) -> Vec<String> {
    let (code, report, said) = wireproof(folder, &[args, &["--error-format", "json"]].concat());
    assert!(matches!(code, Some(0 | 100)), "{said}");
    let line = |line: &str| -> String {
        let json: Value = serde_json::from_str(line).expect("a finding is a line of JSON");
        let words = [&json["type"], &json["policy"]].map(|key| key.as_str().unwrap_or_default());
        words.join(" ").trim_end().to_owned()
    };
    let mut found: Vec<String> = report.lines().map(line).collect();
    found.sort();
    found
}

fn git(folder: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    let user = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let (code, _, said) = answer(command.args(user).args(args).current_dir(folder));
    assert_eq!(code, Some(0), "{args:?}: {said}");
}

#[test]
fn findings_of_a_policy_come_after_those_of_the_module() {
    let folder = workspace();
    let (code, report, said) = wireproof(folder.path(), &["lint"]);
    assert_eq!((code, &*said), (Some(100), ""));
    let rule = |line: &str| line.split(' ').nth(1).unwrap_or_default().to_owned();
    let lines: Vec<(String, bool)> =
        report.lines().map(|line| (rule(line), line.ends_with(" (rules/more.yaml)"))).collect();
    let expected = [("IMPORT_USED", true), (OWN, false), (OWN, true)];
    assert_eq!(lines, expected.map(|(rule, of_policy)| (rule.to_owned(), of_policy)));
}

#[test]
fn a_policy_is_read_where_the_user_stands_and_else_beside_the_configuration() {
    let folder = workspace();
    let folder = folder.path();
    let all = [OWN, POLICYS[0], POLICYS[1]];
    assert_eq!(found(&folder.join("proto"), &["lint"]), all);
    assert_eq!(found(&folder.join("rules"), &["lint", ".."]), all);
    write(folder, "rules/rules/more.yaml", LESS);
    assert_eq!(found(&folder.join("rules"), &["lint", ".."]), [OWN]);
}

#[test]
fn a_policy_comes_with_a_revision_an_archive_and_the_index() {
    let folder = workspace();
    let folder = folder.path();
    let all = [OWN, POLICYS[0], POLICYS[1]];
    git(folder, &["init", "-q"]);
    git(folder, &["add", "."]);
    git(folder, &["commit", "-qm", "all"]);
    git(folder, &["archive", "-o", "all.tar", "HEAD"]);
    write(folder, "rules/more.yaml", LESS);
    assert_eq!(found(folder, &["lint", "--staged"]), all, "it is not staged");
    for input in [".git", "all.tar"] {
        assert_eq!(
            found(folder, &["lint", input]),
            [OWN],
            "{input}: as buf, where the user stands"
        );
        assert_eq!(found(&folder.join("proto"), &["lint", &format!("../{input}")]), all, "{input}");
    }
    git(folder, &["add", "."]);
    assert_eq!(found(folder, &["lint", "--staged"]), [OWN]);
}

#[test]
fn a_baseline_knows_a_policy_from_the_module() {
    let folder = workspace();
    let folder = folder.path();
    write(folder, "buf.yaml", &YAML.replace(OWN, "ENUM_PASCAL_CASE"));
    assert_eq!(wireproof(folder, &["lint", "--write-baseline", "known"]).0, Some(0));
    write(folder, "buf.yaml", YAML);
    assert_eq!(found(folder, &["lint", "--baseline", "known"]), [OWN]);
    assert_eq!(wireproof(folder, &["lint", "--write-baseline", "known"]).0, Some(0));
    let (code, _, said) = wireproof(folder, &["lint", "--baseline", "known"]);
    assert_eq!((code, &*said), (Some(0), ""), "every line matches something");
}

#[test]
fn a_finding_of_a_policy_is_fixed_once() {
    let folder = workspace();
    let folder = folder.path();
    write(folder, "buf.yaml", &YAML.replace("{use: [FIELD", "{use: [IMPORT_USED, FIELD"));
    assert_eq!(found(folder, &["lint", "--fix"]), [OWN, POLICYS[0]]);
    let mended = fs::read_to_string(folder.join("proto/a.proto")).expect("it is there");
    assert_eq!(mended, TEXT.replace("import \"google/protobuf/any.proto\";\n", ""));
}

#[test]
fn releases_are_compared_by_policies_too() {
    let folder = workspace();
    let folder = folder.path();
    for version in ["v1.0.0", "v1.1.0"] {
        let (code, _, said) = wireproof(folder, &["release", version]);
        assert_eq!(code, Some(0), "{said}");
    }
    write(folder, "proto/a.proto", &TEXT.replace("int32 Old", "string New"));
    let broken =
        ["FIELD_SAME_NAME rules/more.yaml", "FIELD_SAME_TYPE", "FIELD_SAME_TYPE rules/more.yaml"];
    assert_eq!(found(folder, &["check-compat"]), broken);
    let (code, report, said) = wireproof(folder, &["check", "--error-format", "sarif"]);
    assert_eq!(code, Some(100), "{said}");
    assert!(said.contains(" 2 rules "), "those of the module and of the policy: {said}");
    let log: Value = serde_json::from_str(&report).expect("it is JSON");
    let results = log["runs"][0]["results"].as_array().expect("a run has results");
    let of_policy = results.iter().filter(|result| {
        let text = result["message"]["text"].as_str().unwrap_or_default();
        let names = result["properties"]["policy"] == "rules/more.yaml";
        assert_eq!(names, text.lines().next().is_some_and(|line| line.ends_with(".yaml)")));
        names
    });
    assert_eq!((of_policy.count(), results.len()), (4, 6));
}

//! The hooks for pre-commit, in a repository that uses them: in the gate their entry commands, run
//! where pre-commit would run them; with `--all` the real pre-commit installs them and git runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::fixture;
use crate::parity::programs::tools::say;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SCHEMA: &str = "api/shop/v1/shop.proto";
const ORDER: &str =
    "// What was ordered.\nmessage Order {\n  string id = 1;\n  int32 count = 2;\n}\n";
const CUSTOMER: &str = "api/shop/v1/customer.proto";

/// The text of a schema that holds `body`.
fn schema(body: &str) -> String {
    format!("syntax = \"proto3\";\n\npackage shop.v1;\n\n{body}")
}

/// A repository whose contract is released, with everything committed.
struct Consumer {
    folder: tempfile::TempDir,
}

impl Consumer {
    fn new() -> Self {
        let consumer =
            Consumer { folder: tempfile::tempdir().expect("a temporary folder can be made") };
        consumer.git(&["init", "--quiet", "--initial-branch=main"]);
        consumer.git(&["config", "user.name", "T"]);
        consumer.git(&["config", "user.email", "t@example.com"]);
        consumer.write("buf.yaml", "version: v2\nmodules:\n  - path: api\n");
        consumer.write(SCHEMA, &schema(ORDER));
        consumer.write(CUSTOMER, &schema("message Customer {}\n"));
        let mut release = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        let release = release.args(["release", "1.0.0"]).current_dir(consumer.path()).output();
        assert!(release.expect("the binary has been built").status.success());
        consumer.git(&["add", "--all"]);
        consumer.git(&["commit", "--quiet", "--message=The first release"]);
        consumer
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        fixture::write(self.path(), path, text);
    }

    /// Runs git, which has to succeed; what it prints.
    fn git(&self, args: &[&str]) -> String {
        git(self.path(), args)
    }

    /// Takes back whatever was not committed.
    fn reset(&self) {
        self.git(&["reset", "--quiet", "--hard"]);
    }
}

fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git").args(args).current_dir(folder).output().expect("git is there");
    assert!(output.status.success(), "git {args:?}: {}", said(&output));
    String::from_utf8(output.stdout).expect("git prints text")
}

/// All that a program printed.
fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// What becomes of a commit of what is staged: whether it is let pass, and what is said.
type Try<'a> = &'a dyn Fn(&Consumer) -> (bool, String);

/// What has to hold of the hooks, however they are run.
fn behaves(consumer: &Consumer, commit: Try<'_>) {
    let passes = |why: &str| {
        let (passed, said) = commit(consumer);
        assert!(passed, "{why}:\n{said}");
        consumer.reset();
    };
    let is_blocked = |why: &str, by: &str| {
        let (passed, said) = commit(consumer);
        assert!(!passed && said.contains(by), "{why} is blocked by {by}:\n{said}");
        consumer.reset();
    };
    let stage = |body: &str| {
        consumer.write(SCHEMA, &schema(body));
        consumer.git(&["add", SCHEMA]);
    };

    stage(&ORDER.replace("  int32 count = 2;\n", ""));
    is_blocked("a deleted field", "FIELD_NO_DELETE");

    stage(&ORDER.replace("}\n", "  string note = 3;\n}\n"));
    consumer.write(SCHEMA, "what is not staged does not count");
    passes("an added field");

    stage(&ORDER.replace("}\n", "  string Note = 4;\n}\n"));
    is_blocked("a field in the wrong case", "FIELD_LOWER_SNAKE_CASE");

    consumer.git(&["rm", "--quiet", CUSTOMER]);
    is_blocked("a deleted file", "FILE_NO_DELETE");

    consumer.write("notes.txt", "No schema.");
    consumer.git(&["add", "notes.txt"]);
    passes("a change that touches no schema");
}

/// The hooks that this repository offers.
pub(crate) fn hooks() -> Vec<Value> {
    let path = Path::new(ROOT).join(".pre-commit-hooks.yaml");
    let text = fs::read_to_string(path).expect("the hooks are there");
    serde_saphyr::from_str(&text).expect("they are YAML")
}

/// The hook that runs the plugins of a template, which not every repository has.
const GENERATE: &str = "wireproof-generate-check";

/// The hooks that read schemas.
fn hooks_of_schemas() -> impl Iterator<Item = Value> {
    hooks().into_iter().filter(|hook| hook["id"] != GENERATE)
}

/// Runs the entries of the hooks that read schemas.
fn run_the_entries(consumer: &Consumer) -> (bool, String) {
    let answers: Vec<_> = hooks_of_schemas().map(|hook| run_entry(&hook, consumer)).collect();
    assert_eq!(answers.len(), 2);
    let said = answers.iter().map(|(_, said)| said.as_str()).collect();
    (answers.iter().all(|(passed, _)| *passed), said)
}

/// Runs the entry of a hook, as pre-commit does without file names.
fn run_entry(hook: &Value, consumer: &Consumer) -> (bool, String) {
    assert_eq!((&hook["language"], &hook["pass_filenames"]), (&"rust".into(), &false.into()));
    let mut words = hook["entry"].as_str().expect("a hook has an entry").split(' ');
    assert_eq!(words.next(), Some("wireproof"), "the program that is installed");
    let mut entry = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let output = entry.args(words).current_dir(consumer.path()).output();
    let output = output.expect("the binary has been built");
    (output.status.success(), said(&output))
}

#[test]
fn the_entries_let_pass_and_block_what_is_staged() {
    behaves(&Consumer::new(), &run_the_entries);
}

/// What is on disk does not count: neither what was generated and not staged, nor what is no longer
/// what was staged.
#[test]
fn the_hook_for_generated_code_judges_what_is_staged() {
    let consumer = Consumer::new();
    let hook = hooks().into_iter().find(|hook| hook["id"] == GENERATE).expect("it is offered");
    let run = || run_entry(&hook, &consumer);
    let generate = || {
        let mut generate = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        let output = generate.arg("generate").current_dir(consumer.path()).output();
        let output = output.expect("the binary has been built");
        assert!(output.status.success(), "{}", said(&output));
    };
    let passes = || {
        let (passed, said) = run();
        assert!(passed && said.is_empty(), "{said}");
    };
    let is_blocked = |by: &str| {
        let (passed, said) = run();
        assert!(!passed && said.contains(by), "{by}: {said}");
    };
    let rust = "  - local: [wireproof, plugin, rust]\n    out: gen";
    let template = format!("version: v2\nplugins:\n{rust}\n{rust}/inner\n");
    consumer.write("buf.gen.yaml", &template);
    is_blocked("no buf.gen.yaml here or above");
    consumer.git(&["add", "buf.gen.yaml"]);
    generate();
    is_blocked("gen/shop.v1.rs:1:1: STALE_STUB this generated file is missing");
    consumer.git(&["add", "--all"]);
    passes();

    consumer.write(SCHEMA, &schema(&ORDER.replace("}\n", "  string note = 3;\n}\n")));
    passes();
    consumer.git(&["add", SCHEMA]);
    generate();
    is_blocked("STALE_STUB this differs from what the plugin generates");
    consumer.git(&["add", "--all"]);
    passes();
    consumer.write("gen/shop.v1.rs", "what is not staged does not count");
    fs::remove_file(consumer.path().join("gen/.wireproof-files")).expect("it was written");
    passes();

    consumer.write("gen/copy.rs", "// @generated by protoc-gen-prost\n");
    consumer.git(&["add", "--force", "gen/copy.rs"]);
    consumer.git(&["rm", "--quiet", "--cached", "gen/.wireproof-files"]);
    is_blocked("STALE_STUB this generated file is not listed in .wireproof-files");

    consumer.write(".gitignore", "gen/\n");
    consumer.git(&["rm", "-r", "--force", "--quiet", "--cached", "gen"]);
    let (passed, said) = run();
    assert!(passed, "{said}");
    let ignored = ["gen", "gen/inner"];
    let expected =
        ignored.map(|out| format!("wireproof: not checked, since git ignores it: {out}\n"));
    assert_eq!(said, expected.concat());
}

/// Of the long tests: `cargo xtask test --all`. The first commit installs the hooks, which builds
/// wireproof as a release.
#[test]
fn pre_commit_installs_the_hooks_and_git_runs_them() {
    let Some(pre_commit) = pre_commit() else { return };
    let clone = tempfile::tempdir().expect("a temporary folder can be made");
    git(clone.path(), &["clone", "--quiet", "--no-hardlinks", ROOT, "wireproof"]);
    let clone = clone.path().join("wireproof");
    let consumer = Consumer::new();
    let revision = git(&clone, &["rev-parse", "HEAD"]);
    let ids = hooks_of_schemas().fold(String::new(), |ids, hook| {
        format!("{ids}      - id: {}\n", hook["id"].as_str().expect("a hook has an id"))
    });
    let configuration = format!(
        "repos:\n  - repo: file://{}\n    rev: {revision}    hooks:\n{ids}",
        clone.display()
    );
    consumer.write(".pre-commit-config.yaml", &configuration);
    consumer.git(&["add", "--all"]);
    consumer.git(&["commit", "--quiet", "--message=Hooks"]);
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let commit = |consumer: &Consumer| {
        let mut git = Command::new("git");
        git.args(["commit", "--message=A change"]).current_dir(consumer.path());
        let output = in_home(&mut git, home.path()).output().expect("git is there");
        (output.status.success(), said(&output))
    };
    let mut install = Command::new(pre_commit);
    install.arg("install").current_dir(consumer.path());
    let install = in_home(&mut install, home.path()).output().expect("pre-commit is there");
    assert!(install.status.success(), "{}", said(&install));
    behaves(&consumer, &commit);
}

/// Gives a program a pre-commit with nothing installed yet, and a build that takes no longer than it
/// must: what is tested is that it is installed, not how fast it is.
fn in_home<'a>(command: &'a mut Command, home: &Path) -> &'a mut Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hooks");
    command
        .env("PRE_COMMIT_HOME", home)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
}

/// The real pre-commit: `WIREPROOF_PRE_COMMIT`, or where `cargo xtask tools` puts it; none when the
/// long tests are not asked for.
fn pre_commit() -> Option<PathBuf> {
    std::env::var_os("WIREPROOF_ALL")?;
    let given = std::env::var_os("WIREPROOF_PRE_COMMIT").map(PathBuf::from);
    let installed = || Path::new(ROOT).join(".tools/pre-commit/bin/pre-commit");
    let found = Some(given.unwrap_or_else(installed)).filter(|path| path.exists());
    if found.is_none() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "pre-commit is not there: `cargo xtask tools` installs it");
        say(
            "SKIPPED: the real pre-commit: `cargo xtask tools` installs it, WIREPROOF_PRE_COMMIT names it",
        );
    }
    found
}

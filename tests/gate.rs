//! What this repository is for: its own contract passes the gate, and a break of it does not.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CONTRACT: &str = "proto/agent/agent_services.proto";

/// A copy of what the gate reads here: configuration, contract, releases.
pub(crate) fn repository() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder can be made");
    for part in ["buf.yaml", "wireproof.toml", "proto", "third_party", "contracts/releases"] {
        copy_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(part), &copy.path().join(part));
    }
    copy
}

/// Copies a file, or a folder with all that is in it.
fn copy_all(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("folders can be made");
        fs::copy(from, to).expect("files can be copied");
        return;
    }
    for entry in fs::read_dir(from).expect("the repository has it") {
        let name = entry.expect("the folder can be read").file_name();
        copy_all(&from.join(&name), &to.join(&name));
    }
}

fn check(folder: &Path) -> Output {
    let mut wireproof = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    wireproof
        .arg("check")
        .current_dir(folder)
        .env_remove("CI")
        .output()
        .expect("the binary has been built")
}

/// What the gate says of the contract with `from` replaced by `to`.
fn check_edited(from: &str, to: &str) -> (Option<i32>, String) {
    let copy = repository();
    let path = copy.path().join(CONTRACT);
    let contract = fs::read_to_string(&path).expect("it was copied");
    assert_eq!(contract.matches(from).count(), 1, "`{from}` is in the contract once");
    fs::write(&path, contract.replace(from, to)).expect("the copy can be written to");
    let output = check(copy.path());
    (output.status.code(), String::from_utf8(output.stdout).expect("findings are text"))
}

#[test]
fn the_contract_passes_from_every_folder() {
    let copy = repository();
    for folder in ["", "proto", "proto/agent", "contracts/releases"] {
        let output = check(&copy.path().join(folder));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "in `{folder}`:\n{errors}");
    }
}

#[test]
fn a_deleted_field_does_not_pass() {
    let (code, findings) = check_edited("  string session_id = 1;\n", "");
    assert_eq!(code, Some(100));
    let expected = "FIELD_NO_DELETE Field `session_id` (1) of message `agent.MessageRequest`";
    assert!(findings.contains(expected), "{findings}");
    assert!(findings.starts_with(CONTRACT), "{findings}");
}

#[test]
fn a_renumbered_field_does_not_pass() {
    let (code, findings) = check_edited("double latency_ms = 4;", "double latency_ms = 9;");
    assert_eq!(code, Some(100));
    assert!(findings.contains("FIELD_NO_DELETE Field `latency_ms` (4)"), "{findings}");
}

#[test]
fn an_added_field_passes() {
    let added = "string correlation_id = 3;\n\n  // Who asks.\n  string caller = 6;";
    let (code, findings) = check_edited("string correlation_id = 3;", added);
    assert_eq!((code, &*findings), (Some(0), ""));
}

/// A log is what people read in CI: it has what a terminal has, without colours.
#[test]
fn the_log_of_a_ci_system_has_the_help_and_how_to_accept() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let schema = "syntax = \"proto3\";\npackage a;\nmessage M {\n  int32 Id = 1;\n}\n";
    fs::write(folder.path().join("a.proto"), schema).expect("it can be written");
    let config = "version: v2\nlint: {use: [FIELD_LOWER_SNAKE_CASE]}\n";
    fs::write(folder.path().join("buf.yaml"), config).expect("it can be written");
    let run = |command: &str, ci: &str| {
        let mut wireproof = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        let output = wireproof.arg(command).current_dir(folder.path()).env("CI", ci).output();
        let output = output.expect("the binary has been built");
        assert_eq!(output.status.code(), Some(100));
        String::from_utf8(output.stdout).expect("findings are text")
    };
    let (piped, log) = (run("lint", "false"), run("lint", "true"));
    assert_eq!(piped.lines().count(), 1, "{piped}");
    assert!(log.starts_with(&piped), "{log}");
    assert_eq!(run("check", "true"), log, "the stage of `check` reports the same");
    let rule = "FIELD_LOWER_SNAKE_CASE";
    for line in [
        "    4 |   int32 Id = 1;\n      |         ^^\n",
        "    help: ",
        "    why: ",
        &format!("    accept: list its file under `{rule}` in `lint.ignore_only` of buf.yaml, or "),
        &format!("    more: wireproof explain {rule}\n"),
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

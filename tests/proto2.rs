//! The contract of the second shape: proto2, with all that proto3 left behind, in two versions
//! whose breaks are known (`fixtures/proto2/breaks.txt`).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_known_break_is_found_and_no_other() {
    let found = breaks(env!("CARGO_BIN_EXE_wireproof"), "check-compat");
    assert_eq!(found, known());
}

/// That the known breaks are the real buf's; without it there is nothing to compare with.
#[test]
fn the_known_breaks_are_those_of_buf() {
    if let Some(buf) = std::env::var_os("WIREPROOF_BUF") {
        assert_eq!(breaks(buf, "breaking"), known());
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/proto2")
}

fn known() -> Vec<String> {
    let known = std::fs::read_to_string(folder().join("breaks.txt")).expect("it is committed");
    let mut known: Vec<String> =
        known.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    known.sort();
    known
}

/// What `program` finds from old to new, a line a finding: its place and its rule.
fn breaks(program: impl AsRef<OsStr>, command: &str) -> Vec<String> {
    let mut program = Command::new(program);
    program.args([command, "new", "--against", "old", "--error-format", "json"]);
    let output = program.current_dir(folder()).output().expect("the program is there");
    assert_eq!(output.status.code(), Some(100), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).expect("JSON is text");
    let mut breaks: Vec<String> = stdout.lines().map(place_and_rule).collect();
    breaks.sort();
    breaks
}

fn place_and_rule(line: &str) -> String {
    let finding: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
    let number = |key: &str| finding[key].as_u64().expect("places are numbers");
    let path = finding["path"].as_str().expect("no file is deleted");
    let path = path.strip_prefix("new/").expect("paths are relative to the working directory");
    let (start, end) = (number("start_line"), number("end_line"));
    let (first, last) = (number("start_column"), number("end_column"));
    let rule = finding["type"].as_str().expect("each finding has a rule");
    format!("{path}:{start}:{first}-{end}:{last} {rule}")
}

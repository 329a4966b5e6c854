//! The ratchet: with a baseline only new findings fail, and it says when it could be smaller.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CONFIG: &str = "version: v2\nlint:\n  use: [FIELD_LOWER_SNAKE_CASE, IMPORT_USED]\n";
const FILE: &str = "a.proto";
const TEXT: &str = "syntax = \"proto3\";\nmessage M { int32 Old = 1; int32 Other = 2; }\n";
const BASELINE: &str = "lint-baseline.txt";

fn lint(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    wireproof(folder, &[&["lint"], args].concat())
}

fn wireproof(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(args).current_dir(folder).env_remove("CI");
    let Output { status, stdout, stderr } = command.output().expect("the binary has been built");
    let text = |bytes| String::from_utf8(bytes).expect("what is said is text");
    (status.code(), text(stdout), text(stderr))
}

/// A folder with findings and a baseline of them.
fn adopted() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path(), "buf.yaml", CONFIG);
    write(folder.path(), FILE, TEXT);
    let written = lint(folder.path(), &["--write-baseline", BASELINE]);
    let says = format!("wireproof: {BASELINE}: 2 findings\n");
    assert_eq!(written, (Some(0), String::new(), says));
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("the folder can be written to");
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("it is there")
}

const USE: [&str; 2] = ["--baseline", BASELINE];

#[test]
fn only_what_is_new_fails() {
    let folder = adopted();
    let folder = folder.path();
    assert_eq!(lint(folder, &USE), (Some(0), String::new(), String::new()));
    write(folder, FILE, &TEXT.replace("int32 Old", "\n\n// Moved.\nint32 New = 3; int32 Old"));
    let (code, found, says) = lint(folder, &USE);
    assert_eq!((code, &*says), (Some(100), ""));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.contains("`New`"), "{found}");
    let elsewhere = folder.parent().expect("it is in one").to_owned();
    let (input, baseline) = (folder.display().to_string(), folder.join(BASELINE));
    let baseline = baseline.display().to_string();
    let from_outside = lint(&elsewhere, &[&input, "--baseline", &baseline]);
    assert_eq!(from_outside.0, Some(100));
    assert_eq!(from_outside.1.lines().count(), 1, "a path does not count");
}

/// Without FILE, that of the settings is written.
#[test]
fn the_file_of_the_settings_is_written() {
    let folder = adopted();
    let folder = folder.path();
    fs::remove_file(folder.join(BASELINE)).expect("it was written");
    let (code, _, says) = lint(folder, &["--write-baseline"]);
    assert!(code == Some(1) && says.contains("`lint.baseline` names none"), "{says}");
    write(folder, "wireproof.toml", &format!("[lint]\nbaseline = {BASELINE:?}\n"));
    let (code, _, says) = lint(folder, &["--write-baseline"]);
    assert_eq!((code, says), (Some(0), format!("wireproof: {BASELINE}: 2 findings\n")));
    assert_eq!(lint(folder, &[]), (Some(0), String::new(), String::new()));
    // What looks like the input is taken for FILE, and not replaced.
    for other in [FILE, "."] {
        let before = fs::read(folder.join(FILE)).expect("it is there");
        let (code, _, says) = lint(folder, &["--write-baseline", other]);
        assert!(code == Some(1) && says.contains("is no baseline, and is not replaced"), "{says}");
        assert_eq!(fs::read(folder.join(FILE)).expect("it is there"), before);
    }
}

#[test]
fn stale_lines_are_reported_and_do_not_fail() {
    let folder = adopted();
    let folder = folder.path();
    write(folder, FILE, &TEXT.replace("Old", "old"));
    write(folder, "b.proto", "syntax = \"proto3\";");
    let (code, found, says) = lint(folder, &USE);
    assert_eq!((code, &*found), (Some(0), ""));
    let expected = format!("wireproof: {BASELINE}: 1 stale line; refresh with --write-baseline\n");
    assert_eq!(says, expected);
    let part = lint(folder, &[USE[0], USE[1], "--path", "b.proto"]);
    assert_eq!(part, (Some(0), String::new(), String::new()), "what is not read is not gone");
    let (code, _, says) = lint(folder, &["--write-baseline", BASELINE]);
    let expected = format!("wireproof: {BASELINE}: 1 finding (0 added, 1 removed)\n");
    assert_eq!((code, says), (Some(0), expected));
    assert!(!read(folder, BASELINE).contains("M.Old"));
}

#[test]
fn compile_errors_are_neither_accepted_nor_written() {
    let folder = adopted();
    let folder = folder.path();
    let before = read(folder, BASELINE);
    write(folder, FILE, &TEXT.replace("int32 Old", "Missing Old"));
    for args in [USE, ["--write-baseline", BASELINE]] {
        let (code, found, _) = lint(folder, &args);
        assert_eq!(code, Some(100), "{args:?}");
        assert!(found.contains(" COMPILE "), "{found}");
    }
    assert_eq!(read(folder, BASELINE), before);
}

#[test]
fn a_baseline_that_cannot_be_read_is_an_error() {
    let folder = adopted();
    let folder = folder.path();
    let (code, _, says) = lint(folder, &["--baseline", "no-such-file"]);
    assert_eq!(code, Some(1));
    assert!(says.contains("no-such-file: ") && says.contains("--write-baseline"), "{says}");
    write(folder, BASELINE, "# head\n<<<<<<< ours\n");
    let (code, _, says) = lint(folder, &USE);
    assert_eq!(code, Some(1));
    assert!(says.contains(&format!("{BASELINE}: line 2 ")), "{says}");
    for args in [["--baseline", BASELINE], ["--path", FILE]] {
        let (code, _, says) = lint(folder, &[args[0], args[1], "--write-baseline", BASELINE]);
        assert_eq!(code, Some(1), "{args:?}");
        assert!(says.contains("cannot be used with"), "{says}");
    }
}

/// A folder with findings, and a baseline of them that the settings name.
fn configured() -> tempfile::TempDir {
    let folder = adopted();
    write(folder.path(), "wireproof.toml", "[lint]\nbaseline = \"lint-baseline.txt\"\n");
    folder
}

#[test]
fn the_baseline_of_the_settings_holds_for_every_input_of_lint() {
    let folder = configured();
    let folder = folder.path();
    let nothing = (Some(0), String::new(), String::new());
    assert_eq!(wireproof(folder, &["build", "-o", "image.binpb"]), nothing);
    for input in [".", FILE, "image.binpb"] {
        assert_eq!(lint(folder, &[input]), nothing, "{input}");
    }
    let elsewhere = folder.parent().expect("it is in one").to_owned();
    assert_eq!(lint(&elsewhere, &[&folder.display().to_string()]), nothing);
    write(folder, FILE, &TEXT.replace("}", "int32 New = 3; }"));
    let (code, found, _) = lint(folder, &[]);
    assert_eq!((code, found.lines().count()), (Some(100), 1), "{found}");
    write(folder, "other.txt", "");
    let (code, found, _) = lint(folder, &["--baseline", "other.txt"]);
    assert_eq!((code, found.lines().count()), (Some(100), 3), "the flag wins: {found}");
}

#[test]
fn check_reports_only_what_the_baseline_of_the_settings_lacks() {
    let folder = configured();
    let folder = folder.path();
    let stage = |says: &str| {
        let line = says.lines().find(|line| line.starts_with("lint")).expect("it is a stage");
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (code, found, says) = wireproof(folder, &["check"]);
    assert_eq!((code, &*found), (Some(0), ""), "{says}");
    assert!(stage(&says).starts_with("lint ok 2 rules, 2 known findings"), "{says}");
    write(folder, FILE, &TEXT.replace("Old", "New"));
    let (code, found, says) = wireproof(folder, &["check"]);
    assert_eq!((code, found.lines().count()), (Some(100), 1), "{found}");
    assert!(stage(&says).starts_with("lint FAILED 2 rules, 1 known finding "), "{says}");
    assert!(says.contains(&format!("{BASELINE}: 1 stale line; ")), "{says}");
}

#[test]
fn a_baseline_of_the_settings_can_be_written_before_it_is_there() {
    let folder = configured();
    let folder = folder.path();
    fs::remove_file(folder.join(BASELINE)).expect("it was written");
    let (code, _, says) = lint(folder, &[]);
    assert_eq!(code, Some(1));
    assert!(says.starts_with(&format!("wireproof: {BASELINE}: `lint.baseline` names")), "{says}");
    assert!(says.contains(&format!("`wireproof lint --write-baseline {BASELINE}`")), "{says}");
    assert_eq!(lint(folder, &["--write-baseline", BASELINE]).0, Some(0));
    assert_eq!(lint(folder, &[]).0, Some(0));
}

#[test]
fn lines_of_modules_that_are_not_linted_are_not_stale() {
    let folder = configured();
    let folder = folder.path();
    fs::remove_file(folder.join(FILE)).expect("it was written");
    let modules = format!("{CONFIG}modules: [{{path: one}}, {{path: two}}]\n");
    write(folder, "buf.yaml", &modules);
    for module in ["one", "two"] {
        fs::create_dir(folder.join(module)).expect("it can be made");
        let text = TEXT.replace("message", &format!("package {module}; message"));
        write(folder, &format!("{module}/{module}.proto"), &text);
    }
    assert_eq!(lint(folder, &["--write-baseline", BASELINE]).0, Some(0));
    for input in [".", "one", "two"] {
        assert_eq!(lint(folder, &[input]), (Some(0), String::new(), String::new()), "{input}");
    }
}

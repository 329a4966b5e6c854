//! The outer shell of the command line: help, usage errors, what is listed where, closed pipes.

use std::path::Path;
use std::process::{Command, Output};

fn wireproof(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    command.args(args).current_dir(folder).output().expect("the binary has been built")
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn help_is_for_standard_output_and_succeeds() {
    let output = wireproof(repository(), &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Exit codes"));
}

#[test]
fn usage_errors_exit_with_1_and_leave_standard_output_alone() {
    for args in [&["no-such-command"][..], &["--no-such-flag"], &[]] {
        let output = wireproof(repository(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn the_installed_binary_has_no_developer_commands() {
    let help = wireproof(repository(), &["--help"]).stdout;
    let help = String::from_utf8(help).expect("help is text");
    for command in ["bench", "fuzz", "new-rule", "reference", "test", "tools"] {
        let listed = format!("{command} ");
        assert!(!help.lines().any(|line| line.trim_start().starts_with(&listed)), "{command}");
        let output = wireproof(repository(), &[command]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains("unrecognized subcommand"), "{errors}");
    }
}

#[test]
fn every_id_that_a_finding_can_have_is_explained() {
    for id in ["APPROVAL", "COMPILE", "stale-stub", "ROUNDTRIP", "contract", "FIELD_NO_DELETE"] {
        let output = wireproof(repository(), &["explain", id]);
        assert_eq!(output.status.code(), Some(0), "{id}");
        let page = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            page.starts_with(&format!("# {}\n", id.to_uppercase().replace('-', "_"))),
            "{page}"
        );
        assert!(page.contains("## Instead"), "{page}");
    }
}

#[test]
fn a_closed_pipe_is_success() {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let status = command.arg("--help").current_dir(repository()).stdout(writer).status();
    assert_eq!(status.expect("the binary has been built").code(), Some(0));
}

#[test]
fn a_format_is_refused_by_a_command_that_has_no_use_for_it() {
    let known = "formats are text, json, msvs, junit, github-actions, gitlab-code-quality, sarif, \
                 markdown";
    let cases = [
        ("check-compat", "config-ignore-yaml", "config-ignore-yaml is only for lint; "),
        ("build", "config-ignore-yaml", "config-ignore-yaml is only for lint; "),
        ("check", "xml", ""),
    ];
    for (command, format, first) in cases {
        let output = wireproof(repository(), &[command, "--error-format", format]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(output.stdout.is_empty(), "{command}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(&format!("{first}{known}")), "{command}: {errors}");
    }
}

/// Returns the help that `args` print, which must be the same for every width of the terminal.
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
fn help(args: &[&str]) -> String {
    let for_width = |columns: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(args).current_dir(repository()).env("COLUMNS", columns);
        let output = command.output().expect("the binary has been built");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).expect("help is text")
    };
    let (narrow, wide) = (for_width("30"), for_width("200"));
    assert_eq!(narrow, wide, "{args:?}");
    wide
}

/// The help of every command, as users read it. Commands are taken from the help itself.
#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
#[test]
fn help_of_every_command() {
    let top = help(&["--help"]);
    let list = top.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let list = list.expect("the help lists the commands");
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    let mut all = format!("# wireproof\n\n{top}");
    let mut count = 0;
    for name in names.filter(|name| *name != "help") {
        let text = help(&[name, "--help"]);
        all += &format!("\n# wireproof {name}\n\n{text}");
        count += 1;
        let inner = text.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next());
        let inner = inner.unwrap_or_default().lines();
        let inner = inner.filter_map(|line| line.split_whitespace().next());
        for inner in inner.filter(|inner| *inner != "help") {
            let text = help(&[name, inner, "--help"]);
            all += &format!("\n# wireproof {name} {inner}\n\n{text}");
        }
    }
    assert_eq!(count, 15, "the list of commands is read as it is printed");
    insta::assert_snapshot!("help", all);
}

//! Names, keys and values with control characters, overrides of the direction of writing and
//! commands of CI runners in them: neither standard output nor standard error holds them as they are.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::parity::programs::tools;

/// Every format; the last is for `lint` alone.
const FORMATS: [&str; 8] = [
    "text",
    "json",
    "msvs",
    "junit",
    "github-actions",
    "gitlab-code-quality",
    "sarif",
    "config-ignore-yaml",
];

/// A name that a schema, a configuration or an archive can hold.
const ODD: &str = "\n::error::x\u{1b}[2J\r\u{202e}\u{9b}##[group]y\u{2028}";

/// The same as a string of JSON and of YAML.
fn quoted() -> String {
    serde_json::to_string(ODD).expect("text becomes JSON")
}

fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Runs `wireproof ARGS` in `folder` as a CI system does, and asserts that nothing in what it prints
/// is obeyed, and that it prints something. Returns the exit code.
fn run(folder: &Path, args: &[&str]) -> i32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    let output = command.args(args).current_dir(folder).env("CI", "true").output();
    let output = output.expect("it has been built");
    let is_ours = |line: &str| {
        let begins = ["::error file=", "::error::", "::notice file="]
            .iter()
            .any(|our| line.starts_with(our));
        args.contains(&"github-actions") && begins
    };
    for (ours, bytes) in [(true, &output.stdout), (false, &output.stderr)] {
        let text = std::str::from_utf8(bytes).expect("what it prints is text");
        for line in text.split('\n') {
            let is_command = line.trim_start().starts_with("::") && !(ours && is_ours(line));
            assert!(!is_command && !line.contains("##["), "{args:?}: {line:?}");
            assert!(!line.contains(is_hidden), "{args:?}: {line:?}");
        }
    }
    assert!(!output.stdout.is_empty() || !output.stderr.is_empty(), "{args:?}");
    output.status.code().expect("it ends by itself")
}

/// Runs `wireproof ARGS` in every format that it has.
fn run_all(folder: &Path, args: &[&str], code: i32) {
    let is_lint = args[0] == "lint";
    for format in &FORMATS[..if is_lint { 8 } else { 7 }] {
        let args = [args, &["--error-format", format]].concat();
        assert_eq!(run(folder, &args), code, "{args:?}");
    }
}

fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
    fs::write(path, content).expect("it can be written");
}

/// An image of a file with an odd path and an odd JSON name. Its type `name` has a field of type
/// `kind`.
fn image(name: &str, kind: &str) -> String {
    let (odd, name) = (quoted(), serde_json::to_string(name).expect("text becomes JSON"));
    let path = serde_json::to_string(&format!("{ODD}.proto")).expect("text becomes JSON");
    format!(
        r#"{{"file": [{{"name": {path}, "package": "p", "syntax": "proto3", "messageType": [{{
            "name": {name}, "field": [{{"name": "F", "jsonName": {odd}, "number": 1,
            "label": "LABEL_OPTIONAL", "type": "{kind}"}}]}}]}},
            {{"name": "::stop-commands::x/a.proto", "messageType": [{{"name": "m"}}]}}]}}"#
    )
}

#[test]
fn images_with_odd_names() {
    let folder = tools::temporary();
    let folder = folder.path();
    write(folder, "new.json", image("n", "TYPE_INT32"));
    write(folder, "old.json", image("n", "TYPE_STRING"));
    write(folder, "odd.json", image(ODD, "TYPE_INT32"));
    write(folder, "broken.json", format!("{{\"file\": [{{{}: 1}}]}}", quoted()));
    run_all(folder, &["lint", "new.json"], 100);
    run_all(folder, &["check-compat", "new.json", "--against", "old.json"], 100);
    run_all(folder, &["lint", "odd.json"], 1);
    assert_eq!(run(folder, &["lint", "broken.json"]), 1);
}

#[test]
fn configurations_with_odd_keys_and_values() {
    let folder = tools::temporary();
    let folder = folder.path();
    let odd = quoted();
    write(folder, "a.proto", "syntax = \"proto3\";\n");
    for config in [
        format!("version: v2\n{odd}: 1\n"),
        format!("version: {odd}\n"),
        format!("version: v2\nlint: {{use: [{odd}]}}\n"),
        format!("version: v2\nmodules: [{{path: {odd}}}]\n"),
        format!("version: v2\nmodules: [{{path: ., name: {odd}}}]\n"),
        format!("version: v2\nlint: {{ignore_only: {{{odd}: [a]}}}}\n"),
        format!("version: v2\npolicies: [{{policy: {odd}}}]\n"),
        format!("version: v2\nlint: {odd}\n"),
        format!("version: v2\ndeps: [{odd}]\n"),
    ] {
        write(folder, "buf.yaml", config);
        run(folder, &["lint"]);
        run(folder, &["check"]);
    }
    write(folder, "buf.yaml", "version: v2\n");
    for toml in [format!("{} = 1\n", quoted()), format!("[history]\nreleases = {}\n", quoted())] {
        write(folder, "wireproof.toml", toml);
        run(folder, &["check"]);
        run(folder, &["release", "v1.0.0"]);
    }
    fs::remove_file(folder.join("wireproof.toml")).expect("it is there");
    for plugin in [format!("local: {odd}"), format!("local: x, {odd}: 1"), format!("remote: {odd}")]
    {
        write(folder, "buf.gen.yaml", format!("version: v2\nplugins: [{{{plugin}, out: gen}}]\n"));
        run(folder, &["check"]);
        run(folder, &["generate"]);
    }
}

#[test]
fn archives_with_odd_names() {
    let folder = tools::temporary();
    let folder = folder.path();
    for (name, content) in [
        ("::stop-commands::x/a.proto", "syntax = \"proto3\";\nmessage m {}\n"),
        (&*format!("{ODD}/a.proto"), "syntax = \"proto3\";\nmessage m { X x = 1; }\n"),
        (&*format!("../{ODD}"), ""),
    ] {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // The name as it is: the library would refuse some.
        header.as_gnu_mut().expect("it is one").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, content.as_bytes()).expect("it fits");
        write(folder, "a.tar", tar.into_inner().expect("it is whole"));
        run(folder, &["lint", "a.tar"]);
        for format in FORMATS {
            run(folder, &["lint", "a.tar", "--error-format", format]);
        }
    }
}

#[test]
fn arguments_that_are_odd() {
    let folder = tools::temporary();
    for argument in [ODD, &format!("--{ODD}"), &format!("{ODD}.git#branch={ODD}")] {
        assert_eq!(run(folder.path(), &["lint", argument]), 1);
        assert_eq!(run(folder.path(), &["lint", "--config", argument]), 1);
        assert_eq!(run(folder.path(), &["lint", "--baseline", argument]), 1);
    }
}

#[cfg(unix)]
#[test]
fn trees_with_odd_names() {
    let folder = tools::temporary();
    let folder = folder.path();
    write(folder, "::stop-commands::x/a.proto", "syntax = \"proto3\";\nmessage m {}\n");
    write(folder, "a\u{1b}[2J\r\u{202e}/::error::x.proto", "syntax = \"proto3\";\nmessage n {}\n");
    write(folder, &format!("b/{ODD}.proto"), "syntax = \"proto3\";\nmessage o {}\n");
    run_all(folder, &["lint"], 100);
    run_all(folder, &["lint", "::stop-commands::x"], 100);
    run_all(folder, &["check"], 100);
    assert_eq!(run(folder, &["lint", "--write-baseline", &format!("{ODD}.txt")]), 0);
    assert_eq!(
        run(folder, &["lint", "--baseline", &format!("{ODD}.txt"), "--error-format", "sarif"]),
        0
    );

    write(folder, "::stop-commands::x/b.proto", "syntax = \"proto3\";\nmessage M { X x = 1; }\n");
    write(folder, "b/b.proto", format!("syntax = \"proto3\";\nimport {};\n\u{1b}", quoted()));
    run_all(folder, &["lint"], 100);
    run_all(folder, &["build"], 100);
    run_all(folder, &["check"], 100);
}

/// In a log it is read by people; a program gets it as it is, and it applies.
#[cfg(unix)]
#[test]
fn patches_of_odd_files() {
    let folder = tools::temporary();
    let folder = folder.path();
    let comment = "// \u{1b}[2J\t##[group]";
    let text = format!("{comment}\n/*\n ::error::x\n*/\nmessage M {{}}\r\n");
    write(folder, "a.proto", &text);
    write(folder, "b\n+++ b/c", "");
    write(folder, "d\n+++ b/c.proto", "message N {}\n");
    write(folder, "buf.yaml", "version: v2\nlint: {use: [SYNTAX_SPECIFIED]}\n");
    let patch = |ci: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wireproof"));
        command.args(["lint", "--diff"]).current_dir(folder).env("CI", ci).env_remove("TF_BUILD");
        String::from_utf8(command.output().expect("it has been built").stdout).expect("it is text")
    };
    let [log, patch] = [patch("true"), patch("")];
    assert!(log.contains(" // \\u{1b}[2J\t##\\u{5b}group]\n"), "{log}");
    assert!(log.contains("\n  \\u{3a}:error::x\n"), "{log}");
    assert!(patch.contains(&format!(" {comment}\n")), "{patch}");
    write(folder, "fix.patch", patch);
    let git = Command::new("git").args(["apply", "fix.patch"]).current_dir(folder).status();
    assert!(git.expect("git is installed").success());
    let fixed = |path: &str| fs::read_to_string(folder.join(path)).expect("it is there");
    assert!(fixed("a.proto").ends_with(&text) && fixed("a.proto").starts_with("syntax"));
    assert!(fixed("d\n+++ b/c.proto").starts_with("syntax"));
}

#[cfg(unix)]
#[test]
fn stderr_of_plugins_is_escaped() {
    let folder = tools::temporary();
    let folder = folder.path();
    write(folder, "a.proto", "syntax = \"proto3\";\n");
    write(folder, "said", format!("first\n\ttab{ODD}\n  ::error::z\n"));
    for code in [0, 1] {
        let script = format!("cat > /dev/null; cat said >&2; exit {code}");
        let plugin = format!("local: [sh, -c, {script:?}], out: gen");
        write(folder, "buf.gen.yaml", format!("version: v2\nplugins: [{{{plugin}}}]\n"));
        assert_eq!(run(folder, &["generate"]), code);
    }
}

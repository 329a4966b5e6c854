//! The two programs: the real buf and the wireproof of this build, and what they say.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::parity::generator::print::Sources;

/// What a program answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The real buf: `WIREPROOF_BUF`, or where `cargo xtask tools` puts it. Without one the tests that
/// ask it are skipped, loudly; with `CI` set, where nobody reads that, they fail.
pub(crate) fn buf() -> Option<&'static Path> {
    static BUF: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
        let given = std::env::var_os("WIREPROOF_BUF").map(PathBuf::from);
        let found = given.or_else(installed).filter(|path| path.exists());
        if found.is_none() {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !ci,
                "the real buf is not there: `cargo xtask tools` installs it, WIREPROOF_BUF names it"
            );
            say(
                "SKIPPED: what the real buf says: `cargo xtask tools` installs it, WIREPROOF_BUF names it",
            );
        }
        found
    });
    BUF.as_deref()
}

/// Says a line on the terminal even when the test passes: the test runner holds back only what
/// goes through the print macros.
pub(crate) fn say(line: &str) {
    // A test is not failed by a terminal that went away.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn installed() -> Option<PathBuf> {
    let scope = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/buf/node_modules/@bufbuild");
    let packages = std::fs::read_dir(scope).ok()?.flatten();
    packages.map(|package| package.path().join("bin/buf")).find(|path| {
        // The package `buf` itself only starts Node, which starts the binary.
        path.is_file() && !path.ends_with("buf/bin/buf")
    })
}

/// Whether protoc compiles `sources`, which lie in `folder`; none without a protoc.
pub(crate) fn protoc_compiles(folder: &Path, sources: &Sources) -> Option<bool> {
    let given = std::env::var_os("WIREPROOF_PYTHON").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/python/bin/python");
    let python = given.unwrap_or(own);
    python.exists().then(|| {
        let mut args = vec!["-m", "grpc_tools.protoc", "-I.", "--descriptor_set_out=protoc.binpb"];
        args.extend(sources.keys().map(String::as_str));
        run(&python, folder, &args).code == 0
    })
}

/// The wireproof of this build. `WIREPROOF_PARITY_SUBJECT` puts another program in its place: buf
/// itself shows that the harness asks fair questions, a crippled one that it notices.
pub(crate) fn wireproof() -> &'static Path {
    static SUBJECT: LazyLock<PathBuf> = LazyLock::new(|| {
        let other = std::env::var_os("WIREPROOF_PARITY_SUBJECT").map(PathBuf::from);
        other.unwrap_or_else(|| env!("CARGO_BIN_EXE_wireproof").into())
    });
    &SUBJECT
}

/// Runs `program` in `folder`.
pub(crate) fn run(program: &Path, folder: &Path, args: &[&str]) -> Answer {
    answer(command(program, folder).args(args).env("BUF_CACHE_DIR", folder))
}

/// `program`, to be run in `folder`.
pub(crate) fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("CI").env("NO_COLOR", "1");
    command
}

/// Runs a command to its end.
pub(crate) fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Answer {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A folder for one question, outside of the repository: a `buf.yaml` above would be picked up.
pub(crate) fn temporary() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("parity").tempdir().expect("a temporary folder")
}

/// Writes files below `folder`.
pub(crate) fn write(folder: &Path, files: &Sources) {
    std::fs::create_dir_all(folder).expect("a folder can be made");
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder"))
            .expect("a folder can be made");
        std::fs::write(&path, text).expect("a file can be written");
    }
}

/// What makes two findings the same: path, place, rule and the policy it is of; without a path the
/// deleted file's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub path: String,
    pub place: [u64; 4],
    pub rule: String,
    pub policy: String,
}

/// Whether a finding says that the schema does not compile.
pub(crate) const COMPILE: &str = "COMPILE";

impl Answer {
    /// The findings, sorted; the lines that are none are an error of the test.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut all: Vec<_> = self.stdout.lines().map(finding).collect();
        all.sort();
        all
    }

    /// What the findings say in words.
    pub(crate) fn messages(&self) -> Vec<String> {
        let message = |line: &str| -> Option<String> {
            let json: serde_json::Value = serde_json::from_str(line).ok()?;
            json["message"].as_str().map(str::to_owned)
        };
        self.stdout.lines().filter_map(message).collect()
    }

    /// Whether one of the schemas does not compile.
    pub(crate) fn broken(&self) -> bool {
        self.stdout.lines().any(|line| finding(line).rule == COMPILE)
    }
}

fn finding(line: &str) -> Finding {
    let json: serde_json::Value =
        serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON: {line}: {e}"));
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| json[key].as_u64().unwrap_or(0);
    // Of what is gone with its file buf has no path and names it in the message; ours is the element.
    let path = match json["path"].as_str() {
        Some(path) => path.to_owned(),
        None if json["element"].is_string() => format!("deleted {}", text("element")),
        None => format!("deleted {}", named(&text("message"))),
    };
    let place = ["start_line", "start_column", "end_line", "end_column"].map(number);
    Finding { path, place, rule: text("type"), policy: text("policy") }
}

/// What buf's message says is gone: a file or a package, or an element and then its package.
fn named(message: &str) -> String {
    let quoted: Vec<&str> = message.split('"').skip(1).step_by(2).collect();
    match quoted[..] {
        [name, package] if !package.is_empty() => format!("{package}.{name}"),
        [name, ..] => {
            serde_json::from_str(&format!("\"{name}\"")).unwrap_or_else(|_| name.to_owned())
        }
        [] => message.to_owned(),
    }
}

/// What only one of two sorted lists has: `- ` in the first, `+ ` in the second. Empty if equal.
pub(crate) fn difference(first: &[Finding], second: &[Finding]) -> String {
    let mut counts: BTreeMap<&Finding, (i32, i32)> = BTreeMap::new();
    for finding in first {
        counts.entry(finding).or_default().0 += 1;
    }
    for finding in second {
        counts.entry(finding).or_default().1 += 1;
    }
    let mut said = String::new();
    for (finding, (ours, theirs)) in counts {
        let sign = if ours > theirs { "- only buf:       " } else { "+ only wireproof: " };
        let Finding { path, place: [a, b, c, d], rule, policy } = finding;
        for _ in 0..ours.abs_diff(theirs) {
            said.push_str(&format!("{sign}{path}:{a}:{b}-{c}:{d} {rule} {policy}\n"));
        }
    }
    said
}

//! The stubs of this repository's contract: they are what the template makes, by this program and
//! by the real buf, and they work as they lie.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The plugins that the template names, below `.tools`, and what installs them.
const PLUGINS: [(&str, &str); 2] = if cfg!(windows) {
    [("go/protoc-gen-go.exe", "Go"), ("node/node_modules/.bin/protoc-gen-es.cmd", "npm")]
} else {
    [("go/protoc-gen-go", "Go"), ("node/node_modules/.bin/protoc-gen-es", "npm")]
};

/// Where the stubs lie.
pub(super) const OUTPUTS: [&str; 5] = [
    "generated/go",
    "generated/openapi",
    "generated/python",
    "generated/rust/src/stubs",
    "generated/typescript",
];

/// The Python that the template names; none where `cargo xtask tools` has not been run, which is
/// said.
pub(crate) fn installed_python() -> Option<PathBuf> {
    super::python()?;
    let python = Path::new(ROOT).join(".tools/python/bin/python");
    if !python.exists() {
        tools::say("SKIPPED: the stubs: `cargo xtask tools` installs what makes them");
    }
    Some(python).filter(|python| python.exists())
}

/// Whether everything that the template names is there; what is not is said, and fails in CI.
pub(super) fn installed() -> bool {
    let folder = Path::new(ROOT).join(".tools");
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let lacks = |(plugin, language): &(&str, &str)| {
        let there = folder.join(plugin).is_file();
        assert!(there || !in_ci, "with {language}, `cargo xtask tools` installs {plugin}");
        if !there {
            let why = format!("with {language}, `cargo xtask tools` installs what makes them");
            tools::say(&format!("SKIPPED: the stubs: {why}"));
        }
        !there
    };
    !PLUGINS.iter().any(lacks) && installed_python().is_some()
}

/// The stubs in the output `out`, as its manifest lists them.
pub(super) fn listed(out: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(out.join(".wireproof-files")).expect("it is committed");
    manifest.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// Runs a Python program with the stubs where they lie.
fn run_python(python: &Path, args: &[&Path]) -> tools::Answer {
    let mut command = Command::new(python);
    command.args(args).current_dir(std::env::temp_dir());
    command.env("PYTHONPATH", Path::new(ROOT).join("generated/python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    tools::answer(&mut command)
}

fn script(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/generate").join(name)
}

#[test]
fn they_are_what_the_template_makes_from_any_folder() {
    if !installed() {
        return;
    }
    for folder in ["", "proto/agent"] {
        let folder = Path::new(ROOT).join(folder);
        let answer = tools::run(
            Path::new(env!("CARGO_BIN_EXE_wireproof")),
            &folder,
            &["generate", "--check"],
        );
        assert_eq!((answer.code, answer.stdout), (0, String::new()), "{}", answer.stderr);
        assert!(!answer.stderr.contains("SKIPPED"), "{}", answer.stderr);
    }
}

#[test]
fn the_real_buf_makes_the_same_of_the_template() {
    let Some(buf) = tools::buf() else { return };
    if !installed() {
        return;
    }
    let out = tools::temporary();
    let binaries = Path::new(env!("CARGO_BIN_EXE_wireproof")).parent().expect("it is in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: OsString = [binaries.as_os_str(), ":".as_ref(), &path].into_iter().collect();
    let mut command = Command::new(buf);
    command.args(["generate", "-o"]).arg(out.path()).current_dir(ROOT).env("PATH", path);
    let answer = tools::answer(command.env("BUF_CACHE_DIR", out.path().join("cache")));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    for folder in OUTPUTS {
        let folder = Path::new(folder);
        let stubs = listed(&Path::new(ROOT).join(folder));
        assert!(!stubs.is_empty(), "{folder:?}");
        let mut made = super::files_below(&out.path().join(folder));
        made.sort();
        assert_eq!(made, stubs);
        for stub in stubs {
            let read = |root: &Path| fs::read_to_string(root.join(folder).join(&stub));
            let (theirs, ours) = (read(out.path()), read(Path::new(ROOT)));
            let ours = ours.expect("it is committed");
            assert!(theirs.is_ok_and(|theirs| theirs == ours), "{stub} differs");
        }
    }
}

/// A plugin of protoc is a program without arguments, so it takes a script of a line.
#[cfg(unix)]
#[test]
fn protoc_makes_the_same_by_our_plugin() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(python) = installed_python() else { return };
    let folder = tools::temporary();
    let plugin = folder.path().join("protoc-gen-wireproof-rust");
    let program = env!("CARGO_BIN_EXE_wireproof");
    fs::write(&plugin, format!("#!/bin/sh\nexec '{program}' plugin rust\n")).expect("written");
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let out = folder.path().join("out");
    fs::create_dir(&out).expect("it can be made");
    let schemas = Path::new(ROOT).join("tests/vectors/proto");
    let mut files = super::files_below(&schemas);
    files.retain(|path| path.ends_with(".proto"));
    // protoc hands files on in the order in which they are named; we have that of their paths.
    files.sort();
    let mut protoc = Command::new(python);
    protoc.args(["-m", "grpc_tools.protoc", "-I."]).args(files).current_dir(schemas);
    protoc.arg(format!("--plugin={}", plugin.display()));
    let options = "client=false,server=false,json=json.rs";
    protoc.arg(format!("--wireproof-rust_out={options}:{}", out.display()));
    let answer = tools::answer(&mut protoc);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let committed = Path::new(ROOT).join("generated/rust/tests/stubs");
    let mut made = super::files_below(&out);
    made.sort();
    assert_eq!(made, listed(&committed));
    for stub in made {
        let read = |folder: &Path| fs::read_to_string(folder.join(&stub)).expect("it is text");
        assert!(read(&out) == read(&committed), "{stub} differs");
    }
}

#[test]
fn the_client_of_the_first_contract_runs_unchanged() {
    let Some(python) = installed_python() else { return };
    let answer = run_python(&python, &[&script("seed_server.py"), &script("seed_client.py")]);
    let said = "Score: 0.900 - What are the account balance policies? 5 0.7\n";
    assert_eq!((answer.code, &*answer.stdout), (0, said), "{}", answer.stderr);
}

#[test]
fn a_strict_type_checker_accepts_a_client_that_calls_a_server() {
    let Some(python) = installed_python() else { return };
    let check = |name: &str| {
        let mut command = Command::new(&python);
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mypy");
        command.args(["-m", "mypy", "--strict", "--cache-dir"]).arg(cache).arg(script(name));
        command
            .env("MYPYPATH", Path::new(ROOT).join("generated/python"))
            .current_dir(std::env::temp_dir());
        tools::answer(&mut command)
    };
    let answer = check("typed_client.py");
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    // It is right, too: it calls a server, and another way by asyncio.
    let server = [&*script("typed_server.py"), &python, &script("typed_client.py")];
    let answer = run_python(&python, &server);
    let said = "one two three\n0.900 q 3 0.0\nsearch agent/v2/conversation_service.proto\n";
    assert_eq!((answer.code, &*answer.stdout), (0, said), "{}", answer.stderr);
    // That it looks: the client of the seed has no types, and still means what there is.
    let wrong = tools::temporary();
    let path = wrong.path().join("wrong.py");
    fs::write(&path, "import agent_pb2\nagent_pb2.RetrievalRequest(query=1)\n").expect("written");
    let answer = check(path.to_str().expect("its path is text"));
    assert!(answer.code == 1 && answer.stdout.contains("\"query\""), "{}", answer.stdout);
}

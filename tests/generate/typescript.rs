//! The stubs of TypeScript: their own tests pass, and a program that a strict type checker accepts
//! calls a server with them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PACKAGE: &str = "generated/typescript";

/// The package in a folder of its own, as it lies in the repository, and what it needs beside it:
/// in the repository there is no `node_modules`.
struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let project = Project(tools::temporary());
        let mut files: Vec<String> = super::files_below(&Path::new(ROOT).join(PACKAGE));
        files.retain(|path| !path.starts_with("node_modules"));
        files.iter().for_each(|path| project.copy(&format!("{PACKAGE}/{path}")));
        project.copy("tests/vectors/vectors.jsonl");
        let installed = Path::new(ROOT).join(".tools/node/node_modules");
        symlink(installed, project.path("node_modules")).expect("it can be linked");
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn copy(&self, path: &str) {
        let to = self.path(path);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        fs::copy(Path::new(ROOT).join(path), to).expect("it can be copied");
    }

    /// Compiles `text` in a project that depends on the package.
    fn compile(&self, text: &str) -> tools::Answer {
        fs::create_dir_all(self.path("client/node_modules")).expect("it can be made");
        let _ = symlink(self.path(PACKAGE), self.path("client/node_modules/agent-contract"));
        for (path, text) in [("package.json", r#"{"type": "module"}"#), ("client.ts", text)] {
            fs::write(self.path("client").join(path), text).expect("it can be written");
        }
        let mut tsc = Command::new("node");
        tsc.arg(self.path("node_modules/typescript/bin/tsc")).args(["--module", "nodenext"]);
        tsc.args(["--target", "es2023", "--types", "node", "--strict", "--noImplicitReturns"]);
        tsc.args(["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "client.ts"]);
        tools::answer(tsc.current_dir(self.path("client")))
    }
}

#[test]
fn its_own_tests_pass() {
    if !super::stubs::installed() {
        return;
    }
    let project = Project::new();
    let package = fs::read_to_string(project.path(PACKAGE).join("package.json")).expect("is there");
    let package: serde_json::Value = serde_json::from_str(&package).expect("it is JSON");
    let words = package["scripts"]["test"].as_str().expect("there is a test").split(' ');
    let words: Vec<&str> = words.collect();
    let mut node = Command::new(words[0]);
    node.arg("--test-reporter=tap").args(&words[1..]).current_dir(project.path(PACKAGE));
    let answer = tools::answer(&mut node);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    let vectors =
        fs::read_to_string(project.path("tests/vectors/vectors.jsonl")).expect("is there");
    for wanted in [format!("read {} vectors", vectors.lines().count()), "# pass 2\n".to_owned()] {
        assert!(answer.stdout.contains(&wanted), "{wanted}: {}", answer.stdout);
    }
}

#[test]
fn a_strict_type_checker_accepts_a_client_that_calls_a_server() {
    let Some(python) = super::installed_python() else { return };
    if !super::stubs::installed() {
        return;
    }
    let project = Project::new();
    let folder = Path::new(ROOT).join("tests/generate");
    let client = fs::read_to_string(folder.join("typed_client.ts")).expect("it is there");
    let answer = project.compile(&client);
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    let mut server = Command::new(python);
    server.arg(folder.join("typed_server.py")).arg("node").arg(project.path("client/client.js"));
    server.env("PYTHONPATH", Path::new(ROOT).join("generated/python"));
    server.env("PYTHONDONTWRITEBYTECODE", "1");
    let answer = tools::answer(&mut server);
    let said =
        "0.900 What is the balance? 5 0.7\n0 one\n1 two\n2 three.\none two three\ntrue\nhello\n";
    assert_eq!((answer.code, &*answer.stdout), (0, said), "{}", answer.stderr);
    // That it looks.
    for (right, wrong, why) in [
        ("topK: 5", "topK: \"5\"", "'string' is not assignable to type 'number"),
        ("chunk.isFinal", "chunk.final", "Property 'final' does not exist"),
        ("    case \"toolCall\":\n", "", "Function lacks ending return"),
    ] {
        assert!(client.contains(right), "{right}");
        let answer = project.compile(&client.replace(right, wrong));
        assert!(answer.code != 0 && answer.stdout.contains(why), "{wrong}: {}", answer.stdout);
    }
}

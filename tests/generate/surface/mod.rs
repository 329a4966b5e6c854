//! What code can name of the stubs, in each language, as snapshots: a plugin of another version,
//! or a changed schema, shows there what it means for those who use the stubs. Documentation and
//! bodies are left out.

mod rust;

use std::path::Path;
use std::process::Command;

use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the stubs in the output `out` are, in order of path: each is parsed by `surface`.
fn each(out: &str, ending: &str, surface: impl Fn(&str) -> String) -> String {
    let out = Path::new(ROOT).join(out);
    let stubs = super::stubs::listed(&out);
    let stubs = stubs.iter().filter(|stub| stub.ends_with(ending));
    let text = |stub: &String| std::fs::read_to_string(out.join(stub)).expect("it is committed");
    stubs.map(|stub| format!("=== {stub}\n{}\n", surface(&text(stub)).trim_end())).collect()
}

/// The same, by a program in the language itself, which is handed their paths behind `--`.
fn by_program(program: &mut Command, script: &str, out: &str, ending: &str) -> String {
    let script = Path::new(ROOT).join("tests/generate/surface").join(script);
    let out = Path::new(ROOT).join(out);
    let stubs = super::stubs::listed(&out);
    program.arg(script).arg("--").args(stubs.iter().filter(|stub| stub.ends_with(ending)));
    let answer = tools::answer(program.current_dir(out));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout
}

#[test]
fn of_rust() {
    let surface = each("generated/rust/src/stubs", ".rs", rust::surface);
    insta::assert_snapshot!("rust", surface);
}

#[test]
fn of_python() {
    let Some(python) = super::installed_python() else { return };
    let mut python = Command::new(python);
    insta::assert_snapshot!(
        "python",
        by_program(&mut python, "surface.py", "generated/python", ".pyi")
    );
}

#[test]
fn of_go() {
    if !super::stubs::installed() {
        return;
    }
    let mut go = Command::new("go");
    go.args(["run"]);
    insta::assert_snapshot!("go", by_program(&mut go, "surface.go", "generated/go", ".go"));
}

#[test]
fn of_typescript() {
    if !super::stubs::installed() {
        return;
    }
    let mut node = Command::new("node");
    node.env("NODE_PATH", Path::new(ROOT).join(".tools/node/node_modules"));
    let surface = by_program(&mut node, "surface.cjs", "generated/typescript", ".d.ts");
    insta::assert_snapshot!("typescript", surface);
}

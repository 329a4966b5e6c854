//! The stubs that the built-in plugin makes for Rust, compiled: what they read and write is what
//! Python's protobuf reads and writes, and those of 50 packages of the corpus compile, their
//! documentation included. Both take minutes, most of them for cargo. Unusual names compile, too.

mod names;
mod packages;
mod random_names;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::parity::programs::scale;
use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn file(name: &str) -> PathBuf {
    Path::new(ROOT).join("tests/generate/rust").join(name)
}

/// A crate called `stubs` of what the plugin makes.
pub(crate) struct Crate(tempfile::TempDir);

impl Crate {
    /// That of `input` and what it imports.
    fn generate(input: &Value) -> Self {
        let made = Self::empty();
        let plugin = json!({
            "local": ["wireproof", "plugin", "rust"], "out": "src/stubs", "strategy": "all",
            "opt": ["modules=mod.rs", "json=json.rs"], "include_imports": true,
        });
        let template = json!({ "version": "v2", "inputs": [input], "plugins": [plugin] });
        let template = template.to_string();
        let args = ["generate", "--template", &template];
        let answer = tools::run(tools::wireproof(), made.0.path(), &args);
        assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
        let manifest = fs::read_to_string(Path::new(ROOT).join("generated/rust/Cargo.toml"));
        let manifest = manifest.expect("it is committed").replace("agent-contract", "stubs");
        let manifest = manifest.replace(", optional = true", "");
        let (head, rest) = manifest.split_once("[features]").expect("it has features");
        let (_, dependencies) = rest.split_once("[dependencies]").expect("it has dependencies");
        let (dependencies, _) = dependencies.split_once("[[test]]").expect("it has a test");
        // The tests of that crate need wireproof, which is not below this folder; the stubs do not.
        let dependencies = dependencies.lines().filter(|line| !line.starts_with("wireproof"));
        let dependencies = dependencies.collect::<Vec<_>>().join("\n");
        made.write("Cargo.toml", &[head, "[workspace]\n[dependencies]", &dependencies].concat());
        let text = "//! Stubs.\ninclude!(\"stubs/json.rs\");\ninclude!(\"stubs/mod.rs\");\n";
        made.write("src/lib.rs", text);
        made
    }

    /// One without code, with the versions of this repository.
    pub(crate) fn empty() -> Self {
        let made = Crate(tools::temporary());
        let lock = fs::read_to_string(Path::new(ROOT).join("Cargo.lock"));
        made.write("Cargo.lock", &lock.expect("it is committed"));
        fs::create_dir(made.0.path().join("src")).expect("a folder can be made");
        made
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).expect("it can be written");
    }

    /// The comments of all stubs, without the code that they are about: rustdoc reads them alone in
    /// seconds, and with it in minutes.
    fn comments(&self) -> String {
        let (mut text, mut seen) = ("//! Comments.\n".to_owned(), BTreeSet::new());
        let files = super::files_below(&self.0.path().join("src/stubs"));
        for (number, file) in files.iter().enumerate() {
            let file = fs::read_to_string(self.0.path().join("src/stubs").join(file));
            let file = file.expect("it is text");
            let lines: Vec<&str> = file.lines().map(str::trim).collect();
            let blocks =
                lines.split(|line| !line.starts_with("///")).filter(|block| !block.is_empty());
            text += &format!("/// The comments of a file.\npub struct InFile{number} {{\n");
            for block in blocks.map(|block| block.join("\n")) {
                if seen.insert(block.clone()) {
                    text += &format!("{block}\npub field{}: (),\n", seen.len());
                }
            }
            text += "}\n";
        }
        text
    }

    /// rustdoc has nothing to say against the comments, and finds no test in them.
    fn check_comments(&self) {
        self.write("src/comments.rs", &self.comments());
        let rustdoc = |args: &[&str]| {
            let mut command = Command::new("rustdoc");
            command.args(["--edition=2024", "--crate-type=lib", "src/comments.rs"]).args(args);
            let answer = tools::answer(command.current_dir(self.0.path()));
            assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
            answer.stdout
        };
        rustdoc(&["-Dwarnings"]);
        let tests = rustdoc(&["--test", "--test-args=--list"]);
        assert!(tests.contains("0 tests, 0 benchmarks"), "{tests}");
    }

    /// What cargo says to `args`, which goes well.
    pub(crate) fn cargo(&self, args: &[&str], input: &str) -> String {
        let output = self.run_cargo(args, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {args:?} failed: {errors}");
        String::from_utf8(output.stdout).expect("it is text")
    }

    fn run_cargo(&self, args: &[&str], input: &str) -> Output {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(args).args(["--offline", "--quiet"]).current_dir(self.0.path());
        command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-stubs"));
        command.env_remove("RUSTFLAGS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("there is cargo");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input.as_bytes()).expect("it is read");
        drop(stdin);
        child.wait_with_output().expect("it ends")
    }
}

/// What Python says of the values in `values.txt`: lines with a type, bytes, and JSON.
fn by_python(python: &Path, image: &Path) -> String {
    let protos = ["edition.proto", "delimited.proto", "older.proto", "known.proto"];
    let mut protoc = Command::new(python);
    protoc.args(["-m", "grpc_tools.protoc", "-I."]).args(protos).current_dir(file(""));
    protoc.args(["--include_imports", "--include_source_info", "-o"]).arg(image);
    let answer = tools::answer(&mut protoc);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let mut oracle = Command::new(python);
    let answer = tools::answer(oracle.args([&*file("oracle.py"), image, &*file("values.txt")]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout
}

#[test]
fn stubs_read_and_write_what_python_does() {
    let test = "stubs_read_and_write_what_python_does";
    if !scale::long() {
        return tools::say(&format!("SKIPPED {test}: `cargo xtask test --all` runs it"));
    }
    let Some(python) = super::python() else { return };
    let folder = tools::temporary();
    let image = folder.path().join("image.binpb");
    let theirs = by_python(&python, &image);
    let made = Crate::generate(&json!({ "binary_image": image }));
    made.check_comments();
    made.write("src/main.rs", &fs::read_to_string(file("reader.rs")).expect("it is there"));
    let ours = made.cargo(&["run"], &theirs);
    assert!(theirs.lines().count() > 30 && theirs.lines().count() == ours.lines().count());
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    for (theirs, ours) in theirs.lines().zip(ours.lines()) {
        let words = |line: &str| line.splitn(3, ' ').map(str::to_owned).collect::<Vec<_>>();
        let (asked, said) = (words(theirs), words(ours));
        assert_eq!((&said[0], &said[1]), (&asked[1], &asked[1]), "{theirs}");
        assert_eq!(json(&said[2]), json(&asked[2]), "{theirs}");
    }
}

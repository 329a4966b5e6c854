//! `generate` through the program: what plugins are asked is what buf asks them, what they answer
//! becomes files, and nothing they do costs a file that was there.

mod fresh_clone;
mod openapi;
mod plugins;
mod requests;
pub(crate) mod rust;
mod stubs;
mod surface;
mod types;
mod types_cases;
#[cfg(unix)]
mod typescript;
mod unowned_files;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use self::fresh_clone::has_go;
pub(crate) use self::stubs::installed_python;
use crate::parity::programs::tools;

/// The Python that has the protobuf package, which the plugin of the tests is written with.
fn python() -> Option<PathBuf> {
    let given = std::env::var_os("WIREPROOF_PYTHON").map(PathBuf::from);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/python/bin/python");
    let found = Some(given.unwrap_or(own)).filter(|python| python.exists());
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found.is_some() || !in_ci, "there is no Python: `cargo xtask tools` installs it");
    if found.is_none() {
        tools::say("SKIPPED: what plugins do: `cargo xtask tools` installs Python");
    }
    found
}

/// The plugin that does what `words` say, as a template names it.
fn plugin(python: &Path, words: &[&str]) -> serde_json::Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generate/plugin.py");
    let program = [python.display().to_string(), script.display().to_string()];
    program.into_iter().chain(words.iter().map(|word| (*word).to_owned())).collect()
}

/// A template whose plugins do what `words` say, each into the output beside them.
fn template(python: &Path, plugins: &[(&[&str], &str)]) -> String {
    let one = |(words, out): &(&[&str], &str)| serde_json::json!({ "local": plugin(python, words), "out": out, "strategy": "all" });
    let plugins: Vec<_> = plugins.iter().map(one).collect();
    serde_json::json!({ "version": "v2", "clean": true, "plugins": plugins }).to_string()
}

/// A workspace with two packages.
fn workspace() -> tempfile::TempDir {
    let folder = tools::temporary();
    for (path, text) in [
        ("buf.yaml", "version: v2\nmodules:\n  - path: proto\n"),
        ("proto/a/v1/a.proto", "syntax = \"proto3\";\npackage a.v1;\nmessage A {}\n"),
        (
            "proto/b/v1/b.proto",
            "syntax = \"proto3\";\npackage b.v1;\nimport \"a/v1/a.proto\";\nmessage B {\n  a.v1.A a = 1;\n}\n",
        ),
    ] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }
    folder
}

/// The paths of the files below `folder`.
fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = path.read_dir().expect("it can be listed");
            open.extend(entries.map(|entry| entry.expect("it can be read").path()));
        } else {
            found.push(path.strip_prefix(folder).expect("it is below").display().to_string());
        }
    }
    found
}

//! Generates code for all schemas with the same plugins in both programs: Rust, which is built into
//! wireproof and started by buf, and Python, for which both start protoc.

use std::path::Path;

use serde_json::{Value, json};

use super::case::{Bench, Case};
use super::page::thousands;
use super::tree::Part;

/// A time limit that no plugin reaches. The default limit is two minutes.
const TIMEOUT: [&str; 2] = ["--timeout", "3600"];

pub(super) fn cases(bench: &Bench, part: &Part, scratch: &Path, runs: usize) -> Vec<Case> {
    let program = bench.wireproof.display().to_string();
    let rust = |program: &str| json!({ "local": [program, "plugin", "rust"] });
    let protoc = [&*bench.starter.python.display().to_string(), "-m", "grpc_tools.protoc"];
    let python = json!({ "protoc_builtin": "python", "protoc_path": protoc });
    [
        ("Rust", "wireproof plugin rust", [rust("wireproof"), rust(&program)]),
        ("Python", "protoc", [python.clone(), python]),
    ]
    .into_iter()
    .map(|(language, by, [ours, theirs])| {
        let out = scratch.join(language);
        let args =
            |plugin, name, limit: [String; 2]| generate(part, plugin, &out.join(name), limit);
        let [flag, seconds] = TIMEOUT.map(str::to_owned);
        Case {
            title: format!(
                "`generate` of {language} code with `{by}`, {} files",
                thousands(part.files)
            ),
            budget: None,
            wireproof: args(ours, "wireproof", [flag.clone(), seconds.clone()]),
            buf: args(theirs, "buf", [flag, format!("{seconds}s")]),
            runs,
        }
    })
    .collect()
}

/// Returns the arguments that run `plugin` on `part`, with its output in `out`.
fn generate(part: &Part, mut plugin: Value, out: &Path, limit: [String; 2]) -> Vec<String> {
    plugin["out"] = json!(out);
    plugin["strategy"] = json!("all");
    let template = json!({ "version": "v2", "plugins": [plugin] }).to_string();
    let input = part.folder.display().to_string();
    let args = ["generate".to_owned(), input, "--template".to_owned(), template];
    args.into_iter().chain(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::super::measure::Starter;
    use super::*;

    #[test]
    fn both_programs_run_the_same_plugin() {
        let starter = Starter { python: "python".into(), folder: ".".into(), core: None };
        let bench = Bench { starter, wireproof: "/w/wireproof".into(), buf: "buf".into() };
        let part = Part { folder: "protos".into(), files: 7_234, size: 0 };
        let cases = cases(&bench, &part, Path::new("out"), 3);
        let template = |args: &[String]| serde_json::from_str::<Value>(&args[3]).expect("JSON");
        for case in &cases {
            let (ours, theirs) = (template(&case.wireproof), template(&case.buf));
            let (ours, theirs) = (&ours["plugins"][0], &theirs["plugins"][0]);
            assert_eq!(ours["strategy"], theirs["strategy"]);
            assert_eq!(ours["local"][2], theirs["local"][2]);
            assert_eq!(ours["protoc_path"], theirs["protoc_path"]);
            assert_ne!(ours["out"], theirs["out"]);
        }
        assert_eq!(template(&cases[0].wireproof)["plugins"][0]["local"][0], "wireproof");
        assert_eq!(template(&cases[0].buf)["plugins"][0]["local"][0], "/w/wireproof");
    }
}

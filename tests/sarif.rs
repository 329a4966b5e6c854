//! The SARIF that the binary writes is SARIF: it validates against the published schema.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// SARIF 2.1.0; where it comes from stands beside it.
const SCHEMA: &str = include_str!("schemas/sarif-2.1.0.json");

/// What is wrong with `log`; empty if nothing is.
pub(crate) fn wrong(log: &Value) -> Vec<String> {
    // The published schema has a bracket too many, which no strict reader of patterns takes.
    let schema = SCHEMA.replace("{2}]?$", "{2}?$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::options().should_validate_formats(true).build(&schema);
    let validator = validator.expect("the schema is one");
    validator.iter_errors(log).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// The log of `args`, run in `folder`, which end with `code`.
fn log(folder: &Path, args: &[&str], code: i32) -> Value {
    let mut wireproof = Command::new(env!("CARGO_BIN_EXE_wireproof"));
    wireproof.args(args).args(["--error-format", "sarif"]).current_dir(folder);
    let output = wireproof.output().expect("the binary has been built");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
    serde_json::from_slice(&output.stdout).expect("one document")
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results are a list")
}

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

#[test]
fn every_fixture_of_a_breaking_rule_gives_valid_sarif() {
    let folder = fixtures().join("compat");
    let mut rules = 0;
    for rule in std::fs::read_dir(folder).expect("there are fixtures") {
        let rule = rule.expect("their folder can be read").path();
        let id = rule.file_name().expect("it has a name").to_string_lossy().into_owned();
        if !rule.is_dir() {
            continue;
        }
        let config = "{version: v1, breaking: {use: [FILE, PACKAGE, WIRE_JSON, WIRE]}}";
        let args = ["check-compat", "new", "--against", "old", "--config", config];
        let log = log(&rule, &args, 100);
        assert_eq!(wrong(&log), [""; 0], "{id}");
        assert!(!results(&log).is_empty(), "{id}");
        rules += 1;
    }
    assert!(rules > 30, "only {rules} fixtures");
}

#[test]
fn a_schema_that_does_not_compile_and_one_that_is_clean_give_valid_sarif() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |text: &str| {
        std::fs::write(folder.path().join("a.proto"), text).expect("a file can be written");
    };
    write("syntax = \"proto3\";\nmessage M { Nowhere a = 1; }\n");
    let broken = log(folder.path(), &["build"], 100);
    assert_eq!(wrong(&broken), [""; 0]);
    assert_eq!(results(&broken)[0]["ruleId"], "COMPILE");
    write("syntax = \"proto3\";\nmessage M {}\n");
    let clean = log(folder.path(), &["build"], 0);
    assert_eq!(wrong(&clean), [""; 0]);
    assert!(results(&clean).is_empty());
}

#[cfg(all(feature = "contract", feature = "generate", feature = "protovalidate"))]
#[test]
fn the_gate_writes_one_log_for_all_stages() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let log = log(here, &["check"], 0);
    assert_eq!(wrong(&log), [""; 0]);
}

#[test]
fn invalid_sarif_is_refused() {
    let rule = fixtures().join("compat/FIELD_NO_DELETE");
    let good = log(&rule, &["check-compat", "new", "--against", "old"], 100);
    let result = |key: &str| format!("/runs/0/results/0/{key}");
    let region = result("locations/0/physicalLocation/region/startLine");
    let uri = result("locations/0/physicalLocation/artifactLocation/uri");
    let spoiled = [
        (region, json!(0)),
        (uri, json!("a b:c")),
        (result("level"), json!("fatal")),
        ("/runs/0/columnKind".to_owned(), json!("displayColumns")),
        ("/runs/0/tool".to_owned(), json!({})),
    ];
    for (pointer, value) in spoiled {
        let mut log = good.clone();
        *log.pointer_mut(&pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
        assert_ne!(wrong(&log), [""; 0], "{pointer}");
    }
}

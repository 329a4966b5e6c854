//! A folder with two versions of a schema, or with a schema and its releases, and the commands that
//! the tests run in it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::docs::sh;
use crate::fixture;

/// A temporary folder.
pub(super) struct Folder(tempfile::TempDir);

impl Folder {
    pub(super) fn new() -> Self {
        Folder(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    /// A folder with the versions `old` and `new`, which are checked with the rules `rules`.
    pub(super) fn of_versions(rules: &str, old: &str, new: &str) -> Self {
        let folder = Folder::new();
        for (version, text) in [("old", old), ("new", new)] {
            folder.write(&format!("{version}/buf.yaml"), &config(rules));
            folder.write(&format!("{version}/a.proto"), text);
        }
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        fixture::write(self.path(), path, text);
    }

    /// Runs a line of shell. Returns its exit code and output.
    pub(super) fn sh(&self, line: &str) -> (Option<i32>, String) {
        sh(self.path(), line)
    }

    /// Runs a line of shell that has to end with `code`. Returns its output.
    pub(super) fn ends(&self, code: i32, line: &str) -> String {
        let (found, output) = self.sh(line);
        assert_eq!(found, Some(code), "{line}: {output}");
        output
    }

    /// Returns the findings of `check-compat` with `args`, and its exit code.
    pub(super) fn found(&self, args: &str) -> (Option<i32>, Vec<Value>) {
        let line = format!("wireproof check-compat --error-format json {args} 2>errors");
        let (code, output) = self.sh(&line);
        let errors = || fs::read_to_string(self.path().join("errors")).unwrap_or_default();
        assert_ne!(code, Some(1), "{line}: {}", errors());
        (code, output.lines().map(|line| serde_json::from_str(line).expect(line)).collect())
    }

    /// Returns the rules of the findings, sorted.
    pub(super) fn rules(&self, args: &str) -> Vec<String> {
        let (_, found) = self.found(args);
        let mut rules: Vec<String> = found.iter().map(|it| text(&it["type"])).collect();
        rules.sort();
        rules
    }
}

/// A `buf.yaml` that uses the rules `rules`.
pub(super) fn config(rules: &str) -> String {
    format!("version: v2\nlint: {{use: [IMPORT_USED]}}\nbreaking: {{use: [{rules}]}}\n")
}

/// The text of a schema of the package `shop.v1`.
pub(super) fn schema(body: &str) -> String {
    format!("syntax = \"proto3\";\n\npackage shop.v1;\n\n{body}\n")
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns the witnesses of a finding: its only one, or several.
pub(super) fn witnesses(finding: &Value) -> Vec<Value> {
    let several = finding["witnesses"].as_array().cloned().unwrap_or_default();
    finding.get("witness").cloned().into_iter().chain(several).collect()
}

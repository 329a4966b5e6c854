//! The tables of rules: buf's as it prints them, and ours, which must say the same.

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::parity::programs::tools;

/// The configuration versions.
pub(crate) const VERSIONS: [&str; 3] = ["v1beta1", "v1", "v2"];

/// A kind of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Lint,
    Breaking,
}

impl Kind {
    /// What buf calls it: the command, and the section of `buf.yaml`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Lint => "lint",
            Kind::Breaking => "breaking",
        }
    }
}

/// A line of a table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Line {
    pub id: String,
    /// Null for a rule in no category.
    #[serde(default, deserialize_with = "list")]
    pub categories: Vec<String>,
    #[serde(default)]
    pub default: bool,
    #[serde(default)]
    pub deprecated: bool,
    #[serde(default, deserialize_with = "list")]
    pub replacements: Vec<String>,
}

fn list<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// buf's rules of one kind in `version`, deprecated ones included.
pub(crate) fn rules(kind: Kind, version: &str) -> &'static [Line] {
    static BREAKING: LazyLock<Vec<Vec<Line>>> =
        LazyLock::new(|| VERSIONS.map(|v| buf_table(Kind::Breaking, v)).into());
    static LINT: LazyLock<Vec<Vec<Line>>> =
        LazyLock::new(|| VERSIONS.map(|v| buf_table(Kind::Lint, v)).into());
    let index = VERSIONS.iter().position(|v| *v == version).expect("a version that there is");
    match kind {
        Kind::Lint => &LINT[index],
        Kind::Breaking => &BREAKING[index],
    }
}

/// The categories of a version, as its rules name them.
pub(crate) fn categories(kind: Kind, version: &str) -> Vec<&'static str> {
    let lines = rules(kind, version).iter();
    let mut all: Vec<&str> = lines.flat_map(|line| &line.categories).map(String::as_str).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The rules of a category.
pub(crate) fn in_category(kind: Kind, version: &str, category: &str) -> Vec<&'static str> {
    let lines = rules(kind, version).iter();
    let inside = lines.filter(|line| line.categories.iter().any(|c| c == category));
    inside.map(|line| line.id.as_str()).collect()
}

fn buf_table(kind: Kind, version: &str) -> Vec<Line> {
    let buf = tools::buf().expect("asked for only when there is a buf");
    let list = format!("ls-{}-rules", kind.name());
    let folder = tools::temporary();
    let args = ["config", &list, "--version", version, "--include-deprecated", "--format", "json"];
    read(&tools::run(buf, folder.path(), &args))
}

fn read(answer: &tools::Answer) -> Vec<Line> {
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let mut lines: Vec<Line> = answer
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of a table"))
        .collect();
    lines.sort_by(|a, b| a.id.cmp(&b.id));
    for line in &mut lines {
        line.categories.sort();
        line.replacements.sort();
    }
    lines
}

#[test]
fn the_tables_of_rules_are_bufs() {
    if tools::buf().is_none() {
        return;
    }
    for (kind, ours) in [(Kind::Lint, "lint"), (Kind::Breaking, "compat")] {
        for version in VERSIONS {
            assert_equal(version, &our_table(ours, version), &buf_table(kind, version));
        }
    }
}

fn our_table(kind: &str, version: &str) -> Vec<Line> {
    let args = ["rules", "--kind", kind, "--version", version, "--include-deprecated"];
    let args = [&args[..], &["--format", "json"]].concat();
    read(&tools::run(tools::wireproof(), Path::new("."), &args))
}

fn assert_equal(version: &str, ours: &[Line], theirs: &[Line]) {
    let ids = |lines: &[Line]| lines.iter().map(|l| l.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(ours), ids(theirs), "the ids of {version}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours, theirs, "in {version}");
    }
}

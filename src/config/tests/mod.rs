//! Tests of reading configuration. Each case was tried with buf 1.75 first.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeMap;

mod discover;
mod policies;
mod rules;
mod settings;

use super::*;
use crate::rule::{ConfigVersion, Membership};

const V1: &str = "version: v1\n";
const V2: &str = "version: v2\n";

/// A tree of files in memory.
struct Tree(BTreeMap<&'static str, String>);

impl ReadFile for Tree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).map(|content| content.clone().into_bytes()))
    }
}

fn tree<const N: usize>(files: [(&'static str, &str); N]) -> Tree {
    Tree(files.map(|(path, content)| (path, content.to_owned())).into())
}

const fn rule(id: &'static str, categories: &'static [&'static str], default: bool) -> Rule {
    let membership = Some(Membership { categories, default });
    Rule {
        id,
        purpose: "",
        docs: "",
        v1beta1: membership,
        v1: membership,
        v2: membership,
        ..Rule::PLAIN
    }
}

static FIELD_NO_DELETE: Rule = rule("FIELD_NO_DELETE", &["FILE", "PACKAGE"], true);
static FIELD_SAME_NAME: Rule = rule("FIELD_SAME_NAME", &["FILE", "WIRE_JSON"], true);
static FIELD_SAME_TYPE: Rule = rule("FIELD_SAME_TYPE", &["FILE", "PACKAGE"], true);
static PACKAGE_NO_DELETE: Rule = rule("PACKAGE_NO_DELETE", &["PACKAGE"], false);
static FIELD_SAME_LABEL: Rule = Rule {
    v2: None,
    deprecated: true,
    replacements: &["FIELD_SAME_NAME", "FIELD_SAME_TYPE"],
    ..rule("FIELD_SAME_LABEL", &[], false)
};
static NOTHING_LEFT: Rule = Rule { deprecated: true, ..rule("NOTHING_LEFT", &[], false) };

const TABLES: Tables<'static> = Tables {
    lint: Table::Inactive(&[]),
    compat: Table::Active(&[
        &FIELD_NO_DELETE,
        &FIELD_SAME_NAME,
        &FIELD_SAME_TYPE,
        &PACKAGE_NO_DELETE,
        &FIELD_SAME_LABEL,
        &NOTHING_LEFT,
    ]),
};

fn load_at(tree: &Tree, dir: &str) -> Result<Workspace> {
    load(tree, InputPaths::dir(dir), None, &TABLES)
}

/// Returns the workspace of one `buf.yaml`.
fn one(yaml: &str) -> Result<Workspace> {
    load_at(&tree([("buf.yaml", yaml)]), ".")
}

/// Returns the compatibility rules of a `breaking` section of v1.
fn breaking(section: &str) -> RuleSet {
    one(&format!("version: v1\nbreaking:\n{section}")).unwrap().modules.remove(0).breaking
}

fn error(yaml: &str) -> String {
    one(yaml).unwrap_err().to_string()
}

#[test]
fn nothing_means_the_rules_of_v1() {
    let workspace = load_at(&tree([]), ".").unwrap();
    assert_eq!(workspace.version, ConfigVersion::V1);
    assert_eq!(workspace.source, Source::Default);
    assert_eq!(workspace.modules.len(), 1);
    let module = &workspace.modules[0];
    assert_eq!((module.dir.as_str(), module.target), (".", true));
    assert_eq!(module.breaking.rules, ["FIELD_NO_DELETE", "FIELD_SAME_NAME", "FIELD_SAME_TYPE"]);
}

#[test]
fn a_file_without_a_version_is_refused() {
    for yaml in ["", "version:\n", "null", "lint:\n  use: [DEFAULT]\n"] {
        assert!(error(yaml).starts_with("buf.yaml: no `version` is set"), "{yaml:?}");
    }
    assert!(error("version: v3\n").starts_with("buf.yaml:1:10: unknown version \"v3\""));
}

#[test]
fn an_unknown_key_names_its_place_and_the_nearest() {
    let error = error("version: v1\nbreaking:\n  used: [FILE]\n");
    assert!(error.starts_with("buf.yaml:3:3: unknown key `used`"), "{error}");
    assert!(error.contains("did you mean `use`?"), "{error}");
}

#[test]
fn an_unknown_rule_names_its_place_and_the_nearest() {
    let error = error("version: v1\nbreaking:\n  use: [FIELD_NO_DELET]\n");
    assert!(error.starts_with("buf.yaml:3:9: "), "{error}");
    assert!(error.contains("did you mean FIELD_NO_DELETE?"), "{error}");
}

#[test]
fn what_buf_accepts_is_accepted() {
    for yaml in [
        "{\"version\":\"v1\"}",
        "\u{feff}version: v1\n",
        "version: v1\r\nbreaking:\r\n  use:\r\n    - FILE\r\n",
        "version: v1\n---\nversion: v2\nfoo: 1\n",
        "version: v2\n...\ngarbage: [\n",
        "version: v1\nlint:\n",
        "version: v1\nbuild:\n  roots: []\n",
        "version: v2\nbreaking:\n  use: [~]\n",
        "version: v2\nbreaking:\n  use:\n  ignore: [~, a]\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: yes\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: \"Off\"\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: TRUE\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages:\n",
        "version: v2\nlint:\n  service_suffix: 1\n  enum_zero_value_suffix: true\n",
        "version: v2\nmodules:\n  -\n",
        "version: v2\nname: buf.build/a/b\nmodules: []\n",
        "version: v1\nname: localhost:80/a/b\ndeps: ['buf.build/a/b:main']\n",
        "version: v1\nbreaking:\n  ignore_only:\n    NO_SUCH_RULE: []\n",
        "version: v1\nbreaking:\n  ignore_only:\n    '': [a]\n",
        "version: v1\nbreaking:\n  ignore: ['.']\n  use: [NO_SUCH_RULE]\n",
        "version: v1\nbreaking:\n  ignore: [a, a, './b/../c/']\n",
        "version: v1\nbreaking:\n  disable_builtin: true\n  use: [NO_SUCH_RULE]\n",
        "version: v2\nplugins:\n  - plugin: [a, b]\n    options: {a: 1}\n",
        "version: v2\npolicies:\n  -\n",
        "\"version\": v2\n\"breaking\":\n  !!str use: [FILE]\n",
    ] {
        one(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
    }
}

#[test]
fn what_buf_refuses_is_refused() {
    let accepted = [
        "version: v1\nversion: v1\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: tRue\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: \"true\"\n",
        "version: v2\nbreaking:\n  ignore_unstable_packages: !!bool yes\n",
        "version: 1\n",
        "[]",
        "version: v1\nbreaking:\n  use: FILE\n",
        "version: v2\nbreaking: [a]\n",
        "version: v2\nbreaking: ''\n",
        "version: v2\nbreaking:\n\tuse: [FILE]\n",
        "version: v2\nbreaking:\n  Use: [FILE]\n",
        "version: v2\nbreaking:\n  use: [FIELD_SAME_LABEL]\n",
        "version: v1\nbreaking:\n  use: [FILE]\n  except: [FILE]\n",
        "version: v1\nbreaking:\n  use: [NOTHING_LEFT]\n",
        "version: v1\nbreaking:\n  ignore: [a, a/b]\n",
        "version: v1\nbreaking:\n  ignore: [../a]\n",
        "version: v1\nbreaking:\n  ignore: [/a]\n",
        "version: v1\nbreaking:\n  ignore_only:\n    FILE: ['.']\n",
        "version: v1\nbreaking:\n  ignore_only:\n    NO_SUCH_RULE: [a]\n",
        "version: v1\nlint:\n  disallow_comment_ignores: true\n",
        "version: v2\nlint:\n  allow_comment_ignores: true\n",
        "version: v2\nlint:\n  ignore_unstable_packages: true\n",
        "version: v1\nname: foo\n",
        "version: v1\nname: x/y/z\n",
        "version: v1\ndeps: [x]\n",
        "version: v1\ndeps: ['buf.build/a/b:']\n",
        "version: v1\ndeps: ['buf.build/a/b:c:d']\n",
        "version: v2\ndeps: [buf.build/a/b, 'buf.build/a/b:x']\n",
        "version: v2\ndeps: ['']\n",
        "version: v1\nbuild:\n  roots: ['.']\n",
        "version: v1\nbuild:\n  excludes: [b, b]\n",
        "version: v1\nbuild:\n  excludes: [b, b/c]\n",
        "version: v1\nbuild:\n  excludes: [b.proto]\n",
        "version: v1\nbuild:\n  excludes: ['.']\n",
        "version: v1beta1\nbuild:\n  roots: ['']\n",
        "version: v1beta1\nbuild:\n  roots: [a, a/b]\n",
        "version: v1beta1\nbuild:\n  roots: [a, a]\n",
        "version: v1beta1\nbuild:\n  roots: [a]\n  excludes: [b]\n",
        "version: v1beta1\nbuild:\n  roots: [a]\n  excludes: [a]\n",
        "version: v1beta1\nbuild:\n  roots: ['.', a]\n",
        "version: v2\nbuild:\n  excludes: []\n",
        "version: v2\nname: buf.build/a/b\nmodules:\n  - path: .\n",
        "version: v2\nmodules:\n  - path: a\n  - path: a\n",
        "version: v2\nmodules:\n  - path: ../a\n",
        "version: v2\nmodules:\n  - a\n",
        "version: v2\nmodules:\n  - path: a\n    disable: true\n",
        "version: v2\nmodules:\n  - path: a\n    excludes: [a]\n",
        "version: v2\nmodules:\n  - path: a\n    excludes: [b]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [b]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x.proto]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x, a/x]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x, a/x/y]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x]\n    excludes: [a/x]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x]\n    excludes: [a/y]\n",
        "version: v2\nmodules:\n  - path: a\n    includes: [a/x/y]\n    excludes: [a/x]\n",
        "version: v2\nmodules:\n  - path: a\n    breaking:\n      ignore: [b]\n",
        "version: v2\nmodules:\n  - path: a\nbreaking:\n  ignore: [b, a/q, a]\n",
        "version: v2\nmodules:\n  - {path: a, name: x.y/a/b}\n  - {path: b, name: x.y/a/b}\n",
        "version: v1\nplugins:\n  - plugin: foo\n",
        "version: v2\nplugins:\n  - foo\n",
        "version: v2\nplugins:\n  - {}\n",
        "version: v2\nplugins:\n  - plugn: foo\n",
        "version: v2\npolicies:\n  - policy: foo.yaml\n    foo: 1\n",
        "version: v2\npolicies:\n  - {}\n",
        "version: v2\npolicies:\n  - policy: ''\n",
        "version: v2\npolicies:\n  - policy: foo.yaml\n",
        "version: v2\npolicies:\n  - policy: x.y/a/b\n",
        "version: v1\npolicies: []\n",
    ]
    .into_iter()
    .filter(|yaml| one(yaml).is_ok());
    assert_eq!(accepted.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Fragments that are combined at random to valid and invalid configurations.
const FRAGMENTS: [&str; 22] = [
    "version: v1\n",
    "version: v2\n",
    "version: v1beta1\n",
    "breaking:\n",
    "  use:",
    " [FILE]\n",
    "modules:\n",
    " - path: a\n",
    "lint: ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "? ",
    "!!str ",
    "<<: ",
    "\t",
    "\u{feff}",
    "\u{e9}",
    "'",
];

proptest::proptest! {
    /// Every content yields a configuration or an error.
    #[test]
    fn no_content_is_a_panic(
        parts in proptest::collection::vec(proptest::sample::select(&FRAGMENTS[..]), 0..20),
        noise in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..4),
    ) {
        let mut content = parts.concat().into_bytes();
        content.extend(noise);
        let config = Override { name: "x".into(), content: content.clone() };
        let _ = load(&tree([]), InputPaths::dir("."), Some(&config), &TABLES);
        let text = String::from_utf8_lossy(&content);
        let _ = load_at(&tree([("buf.work.yaml", &text)]), ".");
        let _ = Settings::load(&tree([("wireproof.toml", &text)]), ".");
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for deep in ["[", "{a: ", "- "] {
        assert!(one(&format!("version: v1\nlint: {}", deep.repeat(100_000))).is_err(), "{deep:?}");
    }
    let toml = format!("history = {}", "[".repeat(100_000));
    assert!(Settings::load(&tree([("wireproof.toml", &toml)]), ".").is_err());
}

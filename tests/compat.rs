//! Every compatibility rule on every fixture. What stands in the fixtures is what the real buf
//! finds (the parity tests ask it again); these tests need no buf.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wireproof::compat::{self, Settings, rules};
use wireproof::config::{RuleSet, Workspace};
use wireproof::finding::Finding;
use wireproof::schema::Schema;
use wireproof::schema::image::{self, Format};
use wireproof::schema::pair::Pair;

use crate::fixture::{self, difference, expected, lines, name};

/// The folders of the fixtures: `old` and `new` trees each, and `expect`, a line a finding.
fn fixtures() -> Vec<PathBuf> {
    fixture::fixtures("compat")
}

/// Compiles the folder `dir` as `config` says; with the rules of its modules.
fn read(dir: &Path, config: &str) -> (Schema, Vec<RuleSet>) {
    with_rules(fixture::read(dir, config))
}

fn with_rules((schema, workspace): (Schema, Workspace)) -> (Schema, Vec<RuleSet>) {
    (schema, workspace.modules.into_iter().map(|module| module.breaking).collect())
}

/// A configuration with every rule that checks something.
fn every_rule() -> String {
    let ids = rules::table().into_iter().filter(|rule| !rule.deprecated).map(|rule| rule.id);
    config("v2", &ids.collect::<Vec<_>>(), "")
}

/// A configuration with `ids`, and `more` lines of its breaking section.
fn config(version: &str, ids: &[&str], more: &str) -> String {
    format!("version: {version}\nbreaking:\n  use: [{}]\n{more}", ids.join(", "))
}

/// What is found from `old` to `new`, as the command would report it.
fn check(old: &Schema, new: &Schema, modules: &[RuleSet]) -> Vec<Finding> {
    let settings =
        Settings { modules, exclude_imports: false, proof: compat::ProofSettings::default() };
    let mut findings = compat::check(Pair { old, new }, &settings);
    compat::distinct(&mut findings);
    findings
}

#[test]
fn every_rule_on_every_fixture() {
    let config = every_rule();
    let mut differences = Vec::new();
    for fixture in fixtures() {
        let (old, _) = read(&fixture.join("old"), &config);
        let (new, modules) = read(&fixture.join("new"), &config);
        let found = lines(&check(&old, &new, &modules));
        differences.extend(difference(&fixture, &expected(&fixture), &found));
        assert_eq!(check(&old, &old, &modules), [], "{} against itself", name(&fixture));
        assert_eq!(check(&new, &new, &modules), [], "{} against itself", name(&fixture));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn fingerprints_are_stable() {
    let config = every_rule();
    let all = |fixture: PathBuf| {
        let (old, _) = read(&fixture.join("old"), &config);
        let (new, modules) = read(&fixture.join("new"), &config);
        fixture::fingerprints(&fixture, &check(&old, &new, &modules))
    };
    insta::assert_snapshot!(
        "compat-fingerprints",
        fixtures().into_iter().map(all).collect::<String>()
    );
}

#[test]
fn a_fixture_marks_the_lines_of_its_rule() {
    for fixture in fixtures() {
        fixture::assert_marked(&fixture, &fixture.join("new"));
    }
}

#[test]
fn every_rule_that_checks_something_has_a_fixture_where_it_does() {
    let fixtures = fixtures();
    let names: BTreeSet<&str> = fixtures.iter().map(|fixture| name(fixture)).collect();
    let rules = rules::table().into_iter().filter(|rule| !rule.deprecated);
    assert_eq!(names, rules.map(|rule| rule.id).collect());
    for fixture in &fixtures {
        let rule = name(fixture);
        let found = expected(fixture).iter().any(|line| line.split(' ').any(|word| word == rule));
        assert!(found, "the fixture of {rule} finds nothing");
    }
}

#[test]
fn findings_speak_for_themselves() {
    let config = every_rule();
    let mut fingerprints = BTreeMap::new();
    for fixture in fixtures() {
        let (old, _) = read(&fixture.join("old"), &config);
        let (new, modules) = read(&fixture.join("new"), &config);
        for finding in check(&old, &new, &modules) {
            let Finding { message, help, against, .. } = &finding;
            let names_it = message.contains('`') || finding.element.is_empty();
            assert!(message.ends_with('.') && names_it, "{message}");
            assert!(help.is_some(), "{message}");
            let may_be_new = ["FILE_SAME_", "ENUM_VALUE_SAME_NAME", "MESSAGE_"];
            let may_be_new = may_be_new.iter().any(|prefix| finding.rule.starts_with(prefix));
            assert!(against.is_some() || may_be_new, "{message}");
            let key = (name(&fixture).to_owned(), finding.fingerprint());
            if let Some(other) = fingerprints.insert(key, finding.clone()) {
                panic!("one fingerprint for two:\n{other:#?}\n{finding:#?}");
            }
        }
    }
}

/// `tests/fixtures/compat-editions` holds the images that buf builds of its trees, since editions
/// are not read from source yet.
#[test]
fn editions_are_judged_by_their_features() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat-editions");
    let schema = |name: &str| {
        let bytes = std::fs::read(folder.join(name)).expect("it can be read");
        image::schema(image::decode(&bytes, Format::Binary).expect("it is an image"))
    };
    let (old, new) = (schema("old.binpb"), schema("new.binpb"));
    let modules = rule_sets(&every_rule());
    let found = lines(&check(&old, &new, &modules));
    assert_eq!(difference(&folder, &expected(&folder), &found), Vec::<String>::new());
    assert_eq!(check(&new, &new, &modules), []);
}

/// Writes a tree of `files` and compiles it as `config` says.
fn tree(files: &[(&str, &str)], config: &str) -> (Schema, Vec<RuleSet>) {
    with_rules(fixture::tree(files, config))
}

/// The rule sets of `config`, for schemas that come without a tree.
fn rule_sets(config: &str) -> Vec<RuleSet> {
    tree(&[("any.proto", "syntax = \"proto3\";")], config).1
}

/// The paths and rules of what is found between two trees.
fn found(
    old: &[(&str, &str)],
    new: &[(&str, &str)],
    config: &str,
    exclude_imports: bool,
) -> Vec<String> {
    let (old, _) = tree(old, config);
    let (new, modules) = tree(new, config);
    let settings =
        Settings { modules: &modules, exclude_imports, proof: compat::ProofSettings::default() };
    let findings = compat::check(Pair { old: &old, new: &new }, &settings);
    let path = |finding: &Finding| finding.place.path.clone().unwrap_or_default();
    findings.iter().map(|finding| format!("{} {}", path(finding), finding.rule)).collect()
}

const OLD: [(&str, &str); 3] = [
    ("a/a.proto", "syntax = \"proto3\"; package a.v1; message A { int32 x = 1; }"),
    ("b.proto", "syntax = \"proto3\"; package b.v1beta1; message B { int32 x = 1; }"),
    ("moved.proto", "syntax = \"proto3\"; package c.v1; message C { int32 x = 1; }"),
];

const NEW: [(&str, &str); 3] = [
    ("a/a.proto", "syntax = \"proto3\"; package a.v1; message A { string x = 1; }"),
    ("b.proto", "syntax = \"proto3\"; package b.v1beta1; message B {}"),
    ("new.proto", "syntax = \"proto3\"; package c.v1; message C { string x = 1; }"),
];

#[test]
fn ignored_files_and_packages_have_no_findings() {
    let rules = ["FIELD_SAME_TYPE", "FIELD_NO_DELETE"];
    let found = |more: &str| found(&OLD, &NEW, &config("v2", &rules, more), false);
    let all = ["a/a.proto FIELD_SAME_TYPE", "b.proto FIELD_NO_DELETE", "new.proto FIELD_SAME_TYPE"];
    assert_eq!(found(""), all);
    assert_eq!(found("  ignore: [a]\n"), all[1..], "a folder");
    assert_eq!(found("  ignore_unstable_packages: true\n"), [all[0], all[2]]);
    assert_eq!(found("  ignore: [moved.proto]\n"), all[..2], "a message is ignored where it was");
    assert_eq!(found("  ignore: [new.proto]\n"), all[..2], "and where it is");
    let only = "  ignore_only:\n    FIELD_SAME_TYPE: [b.proto, a]\n";
    assert_eq!(found(only), all[1..], "b.proto has nothing to say about types");
}

const TWO_MODULES: &str = "\
version: v2
modules:
  - path: a
    breaking: { use: [FIELD_NO_DELETE] }
  - path: b
    breaking: { use: [FIELD_SAME_TYPE] }
";

const OLD_MODULES: [(&str, &str); 3] = [
    ("a/a.proto", "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; int32 x = 2; }"),
    ("b/b.proto", "syntax = \"proto3\"; message B { int32 x = 1; int32 y = 2; }"),
    ("b/c.proto", "syntax = \"proto3\"; message C { int32 x = 1; int32 y = 2; }"),
];

const NEW_MODULES: [(&str, &str); 3] = [
    ("a/a.proto", "syntax = \"proto3\"; import \"b.proto\"; message A { B b = 1; }"),
    ("b/b.proto", "syntax = \"proto3\"; message B { string x = 1; }"),
    ("b/c.proto", "syntax = \"proto3\"; message C { string x = 1; }"),
];

#[test]
fn each_module_is_judged_by_its_own_rules_with_what_it_imports() {
    let found = |exclude_imports| found(&OLD_MODULES, &NEW_MODULES, TWO_MODULES, exclude_imports);
    let own =
        ["a/a.proto FIELD_NO_DELETE", "b/b.proto FIELD_SAME_TYPE", "b/c.proto FIELD_SAME_TYPE"];
    assert_eq!(found(true), own);
    let imported = "b/b.proto FIELD_NO_DELETE";
    assert_eq!(found(false), [own[0], imported, own[1], own[2]], "c.proto is not imported by a");
}

#[test]
fn a_release_of_several_modules_is_one_image() {
    let (old, _) = tree(&OLD_MODULES, TWO_MODULES);
    let old = image::schema(image::of_schema(old));
    let (new, modules) = tree(&NEW_MODULES, TWO_MODULES);
    let settings = Settings {
        modules: &modules,
        exclude_imports: true,
        proof: compat::ProofSettings::default(),
    };
    let findings = compat::check(Pair { old: &old, new: &new }, &settings);
    let rules: Vec<_> = findings.iter().map(|finding| (&*finding.element, finding.rule)).collect();
    let expected =
        [("A.x", "FIELD_NO_DELETE"), ("B.x", "FIELD_SAME_TYPE"), ("C.x", "FIELD_SAME_TYPE")];
    assert_eq!(rules, expected);
}

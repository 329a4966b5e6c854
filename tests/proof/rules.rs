//! The rules of the category PROOF on their fixtures, and what buf's categories say there.

use std::path::{Path, PathBuf};

use wireproof::compat::{self, ProofSettings, Settings, rules};
use wireproof::finding::{Finding, Level};
use wireproof::rule::PROOF_RULES;
use wireproof::schema::pair::Pair;

use crate::fixture::{self, difference, expected, lines, name};

fn fixtures() -> Vec<PathBuf> {
    fixture::fixtures("compat-proof")
}

/// Returns what the category of the fixture's surface and the rules of PROOF find.
fn check(fixture: &Path, proof_rules: &[&'static str]) -> Vec<Finding> {
    let category = if name(fixture).contains("_JSON_") { "WIRE_JSON" } else { "WIRE" };
    let config = format!("version: v2\nbreaking:\n  use: [{category}]\n");
    let (old, _) = fixture::read(&fixture.join("old"), &config);
    let (new, workspace) = fixture::read(&fixture.join("new"), &config);
    let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
    let fail_on = if name(fixture) == "PROOF_ADDITION_UNREAD" { Level::Note } else { Level::Lossy };
    let proof = ProofSettings { rules: proof_rules, surfaces: None, fail_on };
    let settings = Settings { modules: &modules, exclude_imports: false, proof };
    compat::check(Pair { old: &old, new: &new }, &settings)
}

#[test]
fn every_rule_of_proof_on_its_fixture() {
    let fixtures = fixtures();
    let names: Vec<&str> = fixtures.iter().map(|fixture| name(fixture)).collect();
    assert_eq!(names, PROOF_RULES, "a fixture for each rule");
    let mut differences = Vec::new();
    for fixture in &fixtures {
        let rule = rules::proof_table().into_iter().find(|rule| rule.id == name(fixture));
        let found = check(fixture, &[rule.expect("the rule is listed").id]);
        for finding in &found {
            let proof = finding.proof.as_ref().expect("every finding is judged");
            let is_note = name(fixture) == "PROOF_ADDITION_UNREAD";
            assert_eq!(proof.witnesses.is_empty(), is_note, "{finding:#?}");
            assert!(finding.message.ends_with('.') && finding.help.is_some(), "{finding:#?}");
        }
        differences.extend(difference(fixture, &expected(fixture), &lines(&found)));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    fixtures.iter().for_each(|fixture| fixture::assert_marked(fixture, &fixture.join("new")));
}

#[test]
fn the_categories_of_buf_let_these_changes_through() {
    for fixture in fixtures() {
        assert_eq!(check(&fixture, &[]), [], "{}", name(&fixture));
    }
}

#[test]
fn fingerprints_of_the_rules_of_proof_are_stable() {
    let all = |fixture: PathBuf| fixture::fingerprints(&fixture, &check(&fixture, &PROOF_RULES));
    insta::assert_snapshot!(
        "proof-fingerprints",
        fixtures().into_iter().map(all).collect::<String>()
    );
}

#[test]
fn an_element_that_another_rule_finds_is_found_once() {
    let files = |fields: &str| {
        let text = format!("syntax = \"proto3\";\nmessage M {{ {fields} }}\n");
        fixture::tree(&[("a.proto", &text)], "version: v2\nbreaking:\n  use: [FILE]\n")
    };
    let ((old, _), (new, workspace)) = (files("int64 a = 1;"), files("int32 a = 1;"));
    let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
    let proof = ProofSettings { rules: &PROOF_RULES, ..ProofSettings::default() };
    let settings = Settings { modules: &modules, exclude_imports: false, proof };
    let found = compat::check(Pair { old: &old, new: &new }, &settings);
    assert_eq!(found.iter().map(|it| it.rule).collect::<Vec<_>>(), ["FIELD_SAME_TYPE"]);
}

/// Whoever accepts the other finding has not accepted what the rule of PROOF finds.
#[test]
fn another_change_of_an_element_is_found_beside_the_first() {
    let files = |field: &str, package: &str, methods: &str| {
        let text = format!(
            "syntax = \"proto3\";\noption go_package = \"{package}\";\nmessage M {{ {field} }}\n\
             message proto {{ int32 x = 1; }}\nservice S {{ {methods} }}\n"
        );
        let config = "version: v2\nbreaking:\n  use: [WIRE_JSON, FILE_SAME_GO_PACKAGE]\n";
        fixture::tree(&[("a.proto", &text)], config)
    };
    let (old, _) = files("int32 a = 1;", "a", "rpc Get(M) returns (M);");
    let (new, workspace) = files("uint32 a = 1 [json_name = \"b\"];", "b", "");
    let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
    let proof = ProofSettings { rules: &PROOF_RULES, ..ProofSettings::default() };
    let settings = Settings { modules: &modules, exclude_imports: false, proof };
    let found = compat::check(Pair { old: &old, new: &new }, &settings);
    let mut rules: Vec<_> = found.iter().map(|it| it.rule).collect();
    rules.sort_unstable();
    let expected = [
        "FIELD_SAME_JSON_NAME",
        "FILE_SAME_GO_PACKAGE",
        "PROOF_FIELD_SAME_BINARY_VALUE",
        "PROOF_FIELD_SAME_JSON_VALUE",
        "PROOF_RPC_NO_DELETE",
    ];
    assert_eq!(rules, expected);
}

/// A rule that names the field has the proof of the field.
#[test]
fn a_field_that_is_required_now_breaks() {
    let files = |fields: &str| {
        let text =
            format!("syntax = \"proto2\";\nmessage M {{ optional int32 a = 1; {fields} }}\n");
        fixture::tree(&[("a.proto", &text)], "version: v2\nbreaking:\n  use: [WIRE]\n")
    };
    let (old, _) = files("");
    let (new, workspace) = files("required int32 b = 2;");
    let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
    let proof = ProofSettings::default();
    let settings = Settings { modules: &modules, exclude_imports: false, proof };
    let found = compat::check(Pair { old: &old, new: &new }, &settings);
    let levels: Vec<_> =
        found.iter().filter_map(|it| Some((it.rule, it.proof.as_ref()?.level))).collect();
    assert_eq!(levels, [("MESSAGE_SAME_REQUIRED_FIELDS", Level::Breaks)]);
}

//! The rules of the category PROOF on their fixtures, and what buf's categories say there.

use std::path::{Path, PathBuf};

use wireproof::compat::{self, ProofSettings, Settings, rules};
use wireproof::finding::{Effect, Finding, Level, Surface, Witness};
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

/// Returns the findings between two files under `categories` and the rules of PROOF, in order of rule.
fn between(old: &str, new: &str, categories: &str) -> Vec<Finding> {
    let config = format!("version: v2\nbreaking:\n  use: [{categories}]\n");
    let (old, _) = fixture::tree(&[("a.proto", old)], &config);
    let (new, workspace) = fixture::tree(&[("a.proto", new)], &config);
    let modules: Vec<_> = workspace.modules.into_iter().map(|module| module.breaking).collect();
    let proof = ProofSettings { rules: &PROOF_RULES, ..ProofSettings::default() };
    let settings = Settings { modules: &modules, exclude_imports: false, proof };
    let mut found = compat::check(Pair { old: &old, new: &new }, &settings);
    found.sort_by_key(|finding| finding.rule);
    found
}

fn rules_of(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|it| it.rule).collect()
}

#[test]
fn an_element_that_another_rule_finds_is_found_once() {
    let file = |field: &str| format!("syntax = \"proto3\";\nmessage M {{ {field} }}\n");
    let found = between(&file("int64 a = 1;"), &file("int32 a = 1;"), "FILE");
    assert_eq!(rules_of(&found), ["FIELD_SAME_TYPE"]);
}

/// Whoever accepts the other finding has not accepted what the rule of PROOF finds.
#[test]
fn another_change_of_an_element_is_found_beside_the_first() {
    let file = |field: &str, package: &str, methods: &str| {
        format!(
            "syntax = \"proto3\";\noption go_package = \"{package}\";\nmessage M {{ {field} }}\n\
             message proto {{ int32 x = 1; }}\nservice S {{ {methods} }}\n"
        )
    };
    let found = between(
        &file("int32 a = 1;", "a", "rpc Get(M) returns (M);"),
        &file("uint32 a = 1 [json_name = \"b\"];", "b", ""),
        "WIRE_JSON, FILE_SAME_GO_PACKAGE",
    );
    let expected = [
        "FIELD_SAME_JSON_NAME",
        "FILE_SAME_GO_PACKAGE",
        "PROOF_FIELD_SAME_BINARY_VALUE",
        "PROOF_FIELD_SAME_JSON_VALUE",
        "PROOF_RPC_NO_DELETE",
    ];
    assert_eq!(rules_of(&found), expected);
}

/// A rule that names the field has the proof of the field.
#[test]
fn a_field_that_is_required_now_breaks() {
    let file = |fields: &str| {
        format!("syntax = \"proto2\";\nmessage M {{ optional int32 a = 1; {fields} }}\n")
    };
    let found = between(&file(""), &file("required int32 b = 2;"), "WIRE");
    let levels: Vec<_> =
        found.iter().filter_map(|it| Some((it.rule, it.proof.as_ref()?.level))).collect();
    assert_eq!(levels, [("MESSAGE_SAME_REQUIRED_FIELDS", Level::Breaks)]);
}

/// JSON has the first name of a number: an alias before it is a name that old readers refuse.
#[test]
fn an_alias_before_the_name_changes_json() {
    let file = |values: &str| {
        format!("syntax = \"proto3\";\nmessage M {{ E e = 1; }}\nenum E {{ {values} }}\n")
    };
    let old = file("A = 0; B = 1;");
    let with = |values: &str| file(&format!("option allow_alias = true; A = 0; {values}"));
    let found = |values: &str, categories: &str| {
        let found = between(&old, &with(values), categories);
        found.into_iter().map(|it| (it.rule, it.element)).collect::<Vec<_>>()
    };
    let expected = [("PROOF_ENUM_VALUE_SAME_MEANING", "E.NEW".to_owned())];
    assert_eq!(found("NEW = 1; B = 1;", "WIRE_JSON"), expected);
    assert_eq!(found("NEW = 1; B = 1;", "WIRE"), []);
    assert_eq!(found("B = 1; NEW = 1;", "WIRE_JSON"), []);
    // Both names were there.
    let old = with("B = 1; C = 1;");
    assert_eq!(rules_of(&between(&old, &with("C = 1; B = 1;"), "WIRE_JSON")), [""; 0]);
}

/// A change of the syntax is none of the entries of a map, which have no presence of their own.
#[test]
fn a_map_has_the_same_entries_in_proto3() {
    let file = |syntax: &str| {
        format!("syntax = \"{syntax}\";\nmessage M {{ map<int32, int32> a = 1; }}\n")
    };
    let found = between(&file("proto2"), &file("proto3"), "WIRE_JSON");
    assert_eq!(rules_of(&found), [""; 0]);
}

/// The messages of another package are compared with those of the same name; a message that is gone
/// is not, and the proof says so.
#[test]
fn messages_of_a_renamed_package_are_compared() {
    let file = |package: &str, fields: &str| {
        format!("syntax = \"proto3\";\npackage {package};\nmessage M {{ {fields} }}\n")
    };
    let level = |new: &str| {
        let found = between(&file("a.v1", "int32 a = 1;"), new, "WIRE_JSON, FILE_SAME_PACKAGE");
        let package = found.into_iter().find(|it| it.rule == "FILE_SAME_PACKAGE");
        let proof = package.expect("it is found").proof.expect("it has a proof");
        let data = |witness: &Witness| witness.surface == Surface::Binary;
        (proof.witnesses.into_iter().find(data).map(|it| it.effect), proof.reason)
    };
    assert_eq!(level(&file("b.v1", "string a = 1;")).0, Some(Effect::Fails));
    let same = "nothing breaks on binary, json, rpc: no value and no call differs";
    assert_eq!(level(&file("b.v1", "int32 a = 1;")), (None, Some(same.to_owned())));
    let gone = "nothing breaks on binary, json, rpc: data of a deleted message is not compared, except \
                in the fields that had it";
    let other = "syntax = \"proto3\";\npackage b.v1;\nmessage Other {}\n";
    assert_eq!(level(other), (None, Some(gone.to_owned())));
}

/// Of many messages of a renamed package not all are compared, and the proof does not say `safe`.
#[test]
fn a_renamed_package_with_many_messages_is_not_proved() {
    let level = |count: usize| {
        let messages: String = (0..count).map(|it| format!("message M{it} {{}}\n")).collect();
        let file = |package: &str| format!("syntax = \"proto3\";\npackage {package};\n{messages}");
        let found = between(&file("a.v1"), &file("b.v1"), "WIRE_JSON, FILE_SAME_PACKAGE");
        let package = found.into_iter().find(|it| it.rule == "FILE_SAME_PACKAGE");
        package.expect("it is found").proof.expect("it has a proof").level
    };
    assert_eq!((level(50), level(51)), (Level::Safe, Level::Unproved));
}

/// An addition is a note, but for a value of a closed enum that a required field has.
#[test]
fn a_value_added_to_a_required_closed_enum_breaks() {
    let file = |label: &str, values: &str| {
        format!(
            "syntax = \"proto2\";\nmessage M {{ {label} E e = 1; }}\nenum E {{ A = 0; {values} }}\n"
        )
    };
    let found = |label: &str| {
        let found = between(&file(label, ""), &file(label, "B = 1;"), "WIRE");
        found.into_iter().map(|it| (it.rule, it.element)).collect::<Vec<_>>()
    };
    assert_eq!(found("required"), [("PROOF_ADDITION_UNREAD", "E.B".to_owned())]);
    assert_eq!(found("optional"), []);
}

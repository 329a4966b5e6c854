//! Every lint rule on every fixture. What stands in the fixtures is what the real buf finds (the
//! parity tests ask it again); these tests need no buf.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wireproof::config::Workspace;
use wireproof::finding::Finding;
use wireproof::lint::{self, Check, Settings, rules};
use wireproof::schema::Schema;
use wireproof::schema::image;

use crate::fixture::{self, expected, name};

/// The folders of the fixtures: a tree each, `expect`, a line a finding, and `buf.yaml` where the
/// rule can be told something.
fn fixtures() -> Vec<PathBuf> {
    fixture::fixtures("lint")
}

/// The rules that check something in `version` and in none of those after it.
fn last_in(version: &str) -> Vec<&'static str> {
    let has = |rule: &wireproof::rule::Rule| match (rule.v2, rule.v1, rule.v1beta1) {
        (Some(_), _, _) => "v2",
        (_, Some(_), _) => "v1",
        _ => "v1beta1",
    };
    let live = rules::all().filter(|rule| !rule.rule.deprecated && has(&rule.rule) == version);
    live.map(|rule| rule.rule.id).collect()
}

/// Configurations that have every rule in use between them, each in the newest version that has
/// it, with the options of a fixture.
pub(crate) fn every_rule(fixture: &Path) -> Vec<String> {
    let own = std::fs::read_to_string(fixture.join("buf.yaml"));
    let own = own.unwrap_or_else(|_| "version: v2\nlint:\n".to_owned());
    let versions = ["v2", "v1", "v1beta1"].map(|version| (version, last_in(version)));
    let used = versions.iter().filter(|(_, ids)| !ids.is_empty());
    used.map(|(version, ids)| {
        let options = own.replace("version: v2", &format!("version: {version}"));
        format!("{options}  use: [{}]\n", ids.join(", "))
    })
    .collect()
}

/// Compiles the folder `dir` as `config` says, and lints it.
fn found(dir: &Path, config: &str) -> Vec<Finding> {
    check(fixture::read(dir, config))
}

fn check((schema, workspace): (Schema, Workspace)) -> Vec<Finding> {
    let modules = workspace.modules.iter();
    let modules: Vec<Settings<'_>> = modules
        .map(|module| Settings { rules: &module.lint, options: &module.lint_options })
        .collect();
    lint::check(&schema, &modules)
}

/// What every rule finds in a fixture.
fn everything(fixture: &Path) -> Vec<Finding> {
    every_rule(fixture).iter().flat_map(|config| found(fixture, config)).collect()
}

#[cfg(feature = "protovalidate")]
#[test]
fn every_rule_on_every_fixture() {
    let differences = fixtures().into_iter().flat_map(|fixture| {
        let found = fixture::lines(&everything(&fixture));
        fixture::difference(&fixture, &expected(&fixture), &found)
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[cfg(feature = "protovalidate")]
#[test]
fn fingerprints_are_stable() {
    let all = |fixture: PathBuf| fixture::fingerprints(&fixture, &everything(&fixture));
    insta::assert_snapshot!(
        "lint-fingerprints",
        fixtures().into_iter().map(all).collect::<String>()
    );
}

#[test]
fn a_fixture_marks_the_lines_of_its_rule() {
    for fixture in fixtures() {
        fixture::assert_marked(&fixture, &fixture);
    }
}

#[test]
fn every_rule_that_checks_something_has_a_fixture_where_it_does() {
    let fixtures = fixtures();
    let names: BTreeSet<&str> = fixtures.iter().map(|fixture| name(fixture)).collect();
    let checking = rules::all().filter(|rule| !matches!(rule.check, Check::Nothing));
    assert_eq!(names, checking.map(|rule| rule.rule.id).collect());
    for fixture in &fixtures {
        let rule = name(fixture);
        let found = expected(fixture).iter().any(|line| line.ends_with(&format!(" {rule}")));
        assert!(found, "the fixture of {rule} finds nothing");
    }
}

#[test]
fn findings_speak_for_themselves() {
    for fixture in fixtures() {
        let mut fingerprints = BTreeMap::new();
        for finding in everything(&fixture) {
            let Finding { message, help, element, .. } = &finding;
            assert!(message.ends_with('.') && message.contains('`'), "{message}");
            assert!(help.is_some() && !element.is_empty(), "{message}");
            if let Some(other) = fingerprints.insert(finding.fingerprint(), finding.clone()) {
                panic!("one fingerprint for two:\n{other:#?}\n{finding:#?}");
            }
        }
    }
}

/// What is found in `text`, the one file of a module, as `PATH:LINE:COLUMN RULE`.
fn found_in(text: &str, version: &str, lint: &str) -> Vec<String> {
    let config = format!("version: {version}\nlint: {{ {lint} }}\n");
    let findings = check(fixture::tree(&[("a.proto", text)], &config));
    let line = |finding: &Finding| {
        format!("{}:{} {}", finding.place.start_line, finding.place.start_column, finding.rule)
    };
    findings.iter().map(line).collect()
}

const TWO: &str = "syntax = \"proto3\";\n// buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n\
    message m {\n  int32 A = 1;\n}\nmessage n {\n  int32 A = 1;\n}\n";
const USE: &str = "use: [FIELD_LOWER_SNAKE_CASE, MESSAGE_PASCAL_CASE]";

#[test]
fn a_comment_suppresses_its_rule_for_the_next_element_and_its_content() {
    let loud = ["3:9 MESSAGE_PASCAL_CASE", "6:9 MESSAGE_PASCAL_CASE", "7:9 FIELD_LOWER_SNAKE_CASE"];
    assert_eq!(found_in(TWO, "v2", USE), loud);
    assert_eq!(found_in(TWO, "v1", &format!("{USE}, allow_comment_ignores: true")), loud);
    let all = [loud[0], "4:9 FIELD_LOWER_SNAKE_CASE", loud[1], loud[2]];
    assert_eq!(found_in(TWO, "v1", USE), all, "v1 does not listen unless it is told to");
    assert_eq!(found_in(TWO, "v2", &format!("{USE}, disallow_comment_ignores: true")), all);
}

#[test]
fn a_comment_before_a_group_suppresses_rules_for_its_field() {
    let text = |comment: &str| {
        format!(
            "syntax = \"proto2\";\nmessage M {{\n  // {comment}\n  optional group Aa_ = 1 {{\n    \
             optional int32 Bb = 1;\n  }}\n  optional group Cc_ = 2 {{}}\n}}\n"
        )
    };
    let both = ["4:18 FIELD_LOWER_SNAKE_CASE", "4:18 MESSAGE_PASCAL_CASE"];
    let rest = ["7:18 FIELD_LOWER_SNAKE_CASE", "7:18 MESSAGE_PASCAL_CASE"];
    let inner = "5:20 FIELD_LOWER_SNAKE_CASE";
    let found = |comment: &str| found_in(&text(comment), "v2", USE);
    assert_eq!(found("of no rule"), [both[0], both[1], inner, rest[0], rest[1]]);
    let fields = found("buf:lint:ignore FIELD_LOWER_SNAKE_CASE");
    assert_eq!(fields, [both[1], rest[0], rest[1]]);
    let messages = found("buf:lint:ignore MESSAGE_PASCAL_CASE");
    assert_eq!(messages, [both[0], inner, rest[0], rest[1]]);
}

const EXTEND: &str = "syntax = \"proto2\";\nmessage M {\n  extensions 1 to 9;\n\
    extend M { optional int32 A = 1; }\n}\n// buf:lint:ignore FIELD_LOWER_SNAKE_CASE\n\
    extend M {\n  optional int32 B = 2;\n}\nextend M {\n  optional int32 C = 3;\n}\n";

#[test]
fn a_comment_on_the_first_extend_is_for_all_extensions_beside_it() {
    assert_eq!(found_in(EXTEND, "v2", USE), ["4:27 FIELD_LOWER_SNAKE_CASE"]);
}

const ON_ITS_LINE: &str = "syntax = \"proto3\";\n\
    /* buf:lint:ignore MESSAGE_PASCAL_CASE */ message m {}\n";

#[test]
fn a_comment_on_the_line_of_an_element_is_not_its_comment() {
    assert_eq!(found_in(ON_ITS_LINE, "v2", USE), ["2:51 MESSAGE_PASCAL_CASE"]);
}

#[test]
fn findings_without_a_location_are_on_the_first_line() {
    let config = format!("version: v2\nlint: {{ {USE} }}\n");
    let (schema, workspace) = fixture::tree(&[("a.proto", TWO)], &config);
    let mut descriptors = image::of_schema(schema);
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
    let findings = check((image::schema(descriptors), workspace));
    let elements: Vec<&str> = findings.iter().map(|finding| &*finding.element).collect();
    assert_eq!(elements, ["m.A", "m", "n"], "two fields are called `A`: one speaks for both");
    for finding in findings {
        assert_eq!(finding.place, wireproof::finding::Place::file("a.proto"), "{finding:?}");
    }
}

//! Tests of the rules of a module and of the paths that they ignore.

use super::*;

#[test]
fn categories_rules_and_replacements_become_rules() {
    assert_eq!(
        breaking("  use: [PACKAGE]").rules,
        ["FIELD_NO_DELETE", "FIELD_SAME_TYPE", "PACKAGE_NO_DELETE"]
    );
    assert_eq!(breaking("  except: [PACKAGE]").rules, ["FIELD_SAME_NAME"]);
    assert_eq!(breaking("  use: [FIELD_SAME_LABEL]").rules, ["FIELD_SAME_NAME", "FIELD_SAME_TYPE"]);
    assert_eq!(breaking("  except: [FIELD_SAME_LABEL]").rules, ["FIELD_NO_DELETE"]);
    assert_eq!(breaking("  use: [NOTHING_LEFT, FIELD_NO_DELETE]").rules, ["FIELD_NO_DELETE"]);
}

#[test]
fn a_deprecated_rule_is_a_warning_once() {
    let yaml = "version: v1\nbreaking:\n  use: [FIELD_SAME_LABEL]\n  except: [NOTHING_LEFT]\n  \
                ignore_only:\n    FIELD_SAME_LABEL: [a]\n";
    let warnings = one(yaml).unwrap().warnings;
    assert_eq!(
        warnings,
        [
            "buf.yaml: the rule FIELD_SAME_LABEL is deprecated; FIELD_SAME_NAME, FIELD_SAME_TYPE \
         replace it",
            "buf.yaml: the rule NOTHING_LEFT is deprecated; nothing replaces it",
        ]
    );
}

/// Returns the rule sets of the modules `r1` and `r2` of a v2 file.
fn v2_sets(yaml: &str) -> Vec<RuleSet> {
    one(&format!("version: v2\n{yaml}")).unwrap().modules.into_iter().map(|m| m.breaking).collect()
}

#[test]
fn ignored_paths_are_relative_to_their_module() {
    let modules = "modules:\n - path: r1\n - path: r2\n";
    let sets = v2_sets(&format!("{modules}breaking:\n  ignore: [r1/a, r2/b/y.proto]\n"));
    assert!(sets[0].ignores("FIELD_NO_DELETE", "a/x.proto"));
    assert!(!sets[0].ignores("FIELD_NO_DELETE", "ab/x.proto"));
    assert!(!sets[0].ignores("FIELD_NO_DELETE", "b/y.proto"));
    assert!(sets[1].ignores("FIELD_NO_DELETE", "b/y.proto"));
    let only = format!("{modules}breaking:\n  ignore_only:\n    PACKAGE: [r1/a]\n");
    let sets = v2_sets(&only);
    assert!(sets[0].ignores("FIELD_NO_DELETE", "a/x.proto"));
    assert!(!sets[0].ignores("FIELD_SAME_NAME", "a/x.proto"));
    assert!(sets[1].ignore_only.is_empty());
    let beta = "version: v1beta1\nbuild:\n  roots: [r1]\nbreaking:\n  ignore: [a]\n";
    assert!(one(beta).unwrap().modules[0].breaking.ignores("FIELD_NO_DELETE", "a/x.proto"));
}

#[test]
fn ignoring_a_whole_module_switches_it_off() {
    let sets = v2_sets("modules:\n - path: r1\n - path: r2\nbreaking:\n  ignore: [r1]\n");
    assert_eq!((sets[0].rules.len(), sets[1].rules.len()), (0, 3));
    let sets = v2_sets("modules:\n - path: r1\n - path: r2\nbreaking:\n  ignore: ['.']\n");
    assert_eq!((sets[0].rules.len(), sets[1].rules.len()), (3, 3));
}

#[test]
fn a_section_of_a_module_replaces_that_of_the_file_unless_empty() {
    let with = |own: &str| {
        let own = format!("modules:\n - path: r1\n   breaking: {own}\n - path: r2\n");
        let sets = v2_sets(&format!("{own}breaking:\n  use: [PACKAGE_NO_DELETE]\n"));
        assert_eq!(sets[1].rules, ["PACKAGE_NO_DELETE"]);
        sets[0].rules.len()
    };
    assert_eq!(with("{}"), 1);
    assert_eq!(with("{use: [], ignore_only: {}, ignore_unstable_packages: false}"), 1);
    assert_eq!(with("{disable_builtin: false}"), 1);
    assert_eq!(with("{disable_builtin: true}"), 0);
    assert_eq!(with("{use: ['']}"), 3);
    assert_eq!(with("{ignore_only: {NO_SUCH_RULE: []}}"), 3);
}

#[test]
fn rules_of_a_module_outside_the_input_are_not_looked_at() {
    let yaml = "version: v2\nmodules:\n - path: r1\n - path: r2\n   breaking:\n     use: [NONE]\n";
    let tree = tree([("buf.yaml", yaml)]);
    assert!(load_at(&tree, ".").is_err());
    assert!(load_at(&tree, "r1").is_ok());
}

#[test]
fn an_unused_section_may_only_use_existing_rules() {
    static ENUM_PASCAL_CASE: Rule = rule("ENUM_PASCAL_CASE", &["STANDARD"], true);
    let tables = Tables { lint: Table::Inactive(&[&ENUM_PASCAL_CASE]), ..TABLES };
    let with = |lint: &str| {
        let tree = tree([("buf.yaml", &format!("version: v1\nlint:\n  {lint}\n"))]);
        load(&tree, InputPaths::dir("."), None, &tables).map(|mut w| w.modules.remove(0).lint.rules)
    };
    assert_eq!(with("use: [ENUM_PASCAL_CASE, FILE]").unwrap(), Vec::<&str>::new());
    assert!(with("except: [NO_SUCH_RULE]").is_ok());
    assert!(with("use: [NO_SUCH_RULE]").is_err());
}

#[test]
fn lint_options_have_their_defaults() {
    let options = |yaml: &str| one(yaml).unwrap().modules.remove(0).lint_options;
    let v1 = options(V1);
    assert_eq!(
        (v1.service_suffix.as_str(), v1.enum_zero_value_suffix.as_str()),
        ("Service", "_UNSPECIFIED")
    );
    assert!(!v1.comment_ignores && options(V2).comment_ignores);
    assert!(options("version: v1\nlint:\n  allow_comment_ignores: true\n").comment_ignores);
    assert!(!options("version: v2\nlint:\n  disallow_comment_ignores: true\n").comment_ignores);
}

#[test]
fn unstable_packages_are_known_by_their_last_component() {
    for package in
        ["a.v1beta1", "a.v1alpha", "a.v1p1alpha1", "a.v1test", "a.v1testing", "a.b.v01beta2"]
    {
        assert!(is_unstable_package(package), "{package}");
    }
    for package in
        ["a.v1", "v1beta1", "a.v0beta1", "a.v1beta0", "a.v1alpha1beta1", "a.beta", "a.v1betax", ""]
    {
        assert!(!is_unstable_package(package), "{package}");
    }
}

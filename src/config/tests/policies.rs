//! Tests of policies: their files, ignored paths, and errors.

use super::*;

const POLICY: &str = "version: v2\nbreaking: {use: [FIELD_SAME_NAME]}\n";

/// Returns the workspace of a `buf.yaml` that lists the policy `pol.yaml`, with the additional keys
/// `more`.
fn with_policy(more: &str, policy: &str) -> Result<Workspace> {
    let yaml = format!("version: v2\npolicies:\n  - policy: pol.yaml\n    {more}\n");
    load_at(&tree([("buf.yaml", &yaml), ("pol.yaml", policy)]), ".")
}

fn refused(more: &str, policy: &str) -> String {
    with_policy(more, policy).unwrap_err().to_string()
}

/// Asserts that `said` has a location, a message and a help, in this order.
fn says(said: &str, parts: [&str; 3]) {
    let [place, message, help] = parts;
    assert!(said.starts_with(place) && said.contains(message) && said.contains(help), "{said}");
}

#[test]
fn a_policy_has_rules_of_its_own() {
    let workspace = with_policy("", POLICY).unwrap();
    let policy = &workspace.policies[0];
    assert_eq!((&*policy.name, &policy.breaking.rules[..]), ("pol.yaml", &["FIELD_SAME_NAME"][..]));
    assert_eq!(workspace.modules[0].breaking.rules.len(), 3, "those of the module stay");
    assert_eq!(policy.lint.rules, [""; 0], "nobody asked for them");
    assert_eq!(workspace.warnings, [""; 0]);
}

#[test]
fn a_policy_that_says_nothing_has_the_rules_that_are_on_by_default() {
    for policy in ["version: v2\n", "version: v2\nlint: {use: [NO_SUCH_RULE]}\nname: x\n"] {
        let workspace = with_policy("", policy).unwrap();
        assert_eq!(workspace.policies[0].breaking.rules, workspace.modules[0].breaking.rules);
    }
    let off = with_policy("ignore: ['.']", "version: v2\nbreaking: {disable_builtin: true}\n");
    assert_eq!(off.unwrap().policies[0].breaking.rules, [""; 0]);
}

#[test]
fn what_a_policy_ignores_is_named_as_it_is_imported() {
    let yaml = "version: v2\nmodules: [{path: r1}, {path: r2}]\npolicies:\n  - policy: pol.yaml\n    \
                ignore: [a, ~]\n    ignore_only: {FIELD_SAME_NAME: [b/], PACKAGE: [c/x.proto]}\n";
    let found = load_at(&tree([("buf.yaml", yaml), ("pol.yaml", POLICY)]), ".").unwrap();
    let rules = &found.policies[0].breaking;
    assert!(rules.ignores("FIELD_SAME_NAME", "a/x.proto"));
    assert!(rules.ignores("FIELD_SAME_NAME", "b/x.proto"));
    assert!(rules.ignores("FIELD_SAME_TYPE", "c/x.proto"));
    assert!(!rules.ignores("FIELD_SAME_NAME", "c/x.proto"));
    assert!(!rules.ignores("FIELD_SAME_NAME", "r1/a/x.proto"));
}

#[test]
fn mistakes_in_what_is_ignored_are_placed_where_it_stands() {
    let cases = [
        ("ignore: ['']", ["buf.yaml:4:14: ", "`policies.ignore`: empty path", ""]),
        ("ignore: [/a]", ["buf.yaml:4:14: ", "is absolute", ""]),
        ("ignore: [a, a/b]", ["buf.yaml: ", "\"a/b\" is within \"a\"", ""]),
        ("ignore: [a, ./a]", ["buf.yaml: ", "\"a\" is a duplicate", ""]),
        ("ignore: ['.']", ["buf.yaml:3:13: ", "a path covers all files", "remove it"]),
        (
            "ignore_only: {PACKAGE: ['.']}",
            ["buf.yaml:4:19: ", "whole module", "add PACKAGE to `except`"],
        ),
        ("ignore_only: {PACKAG: [a]}", ["buf.yaml:4:19: ", "\"PACKAG\"", "did you mean PACKAGE?"]),
        ("ignore_only: {PACKAG: []}", ["buf.yaml:4:19: ", "\"PACKAG\"", "did you mean PACKAGE?"]),
        ("ignored: []", ["buf.yaml:4:5: ", "unknown key `ignored`", "did you mean `ignore`?"]),
    ];
    for (more, expected) in cases {
        says(&refused(more, POLICY), expected);
    }
}

#[test]
fn mistakes_in_a_policy_are_placed_in_its_file() {
    let cases = [
        ("", ["pol.yaml: ", "no `version`", "`version: v2`"]),
        ("version: v1\n", ["pol.yaml:1:10: ", "\"v1\"", "`version: v2`"]),
        (
            "version: v2\nbreaking: {use: [PACKAG]}\n",
            ["pol.yaml:2:18: ", "\"PACKAG\"", "did you mean PACKAGE?"],
        ),
        (
            "version: v2\nbreaking: {ignore: [a]}\n",
            ["pol.yaml:2:12: ", "unknown key `ignore`", "names this policy"],
        ),
        ("version: v2\nmodules: []\n", ["pol.yaml:2:1: ", "unknown key `modules`", "known keys"]),
        ("version: v2\nplugins: [{}]\n", ["pol.yaml: ", "no `plugin`", ""]),
    ];
    for (policy, expected) in cases {
        says(&refused("", policy), expected);
    }
}

#[test]
fn a_policy_must_be_there_once() {
    let twice = "version: v2\npolicies: [{policy: pol.yaml}, {policy: pol.yaml}]\n";
    let found = load_at(&tree([("buf.yaml", twice), ("pol.yaml", POLICY)]), ".");
    says(&found.unwrap_err().to_string(), ["buf.yaml: ", "duplicate entry", "merge the entries"]);
    let missing = error("version: v2\npolicies: [{policy: a/b.yaml}]\n");
    says(&missing, ["buf.yaml:2:21: ", "file \"a/b.yaml\" not found", "next to this file"]);
    let outside = error("version: v2\npolicies: [{policy: ../b.yaml}]\n");
    says(&outside, ["buf.yaml:2:21: ", "is outside of the folder", ""]);
    let unread = load(&tree([("buf.yaml", twice)]), InputPaths::dir("."), None, &Tables::default());
    assert!(unread.is_ok(), "no rules are asked for: {unread:?}");
}

#[test]
fn plugins_and_policies_of_a_registry_are_skipped_with_a_warning() {
    let yaml = "version: v2\nplugins: [{plugin: x}]\npolicies: [{policy: pol.yaml}, {policy: 'x.y/a/b:main'}]\n";
    let policy = format!("{POLICY}plugins: [{{plugin: x}}]\n");
    let files = [("buf.yaml", yaml), ("pol.yaml", &*policy)];
    let unpinned = load_at(&tree(files), ".").unwrap_err().to_string();
    says(&unpinned, ["buf.yaml:3:41: ", "file \"x.y/a/b:main\" not found", "buf policy update"]);
    let lock = "version: v2\npolicies:\n  - name: x.y/a/b\n    commit: c\n";
    let [yaml, policy] = files;
    let workspace = load_at(&tree([yaml, policy, ("buf.lock", lock)]), ".").unwrap();
    assert_eq!(workspace.policies.len(), 1);
    assert_eq!(
        workspace.warnings,
        [
            "buf.yaml: `plugins` are skipped: their rules are not checked",
            "pol.yaml: `plugins` are skipped: their rules are not checked",
            "buf.yaml: the policy x.y/a/b:main is skipped: registry policies are not supported",
        ]
    );
}

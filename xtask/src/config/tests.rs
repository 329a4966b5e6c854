//! Configuration as it is read, each case tried with buf 1.75 first.
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeMap;

use super::*;
use crate::rule::{ConfigVersion, Membership};

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
        deprecated: false,
        replacements: &[],
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
    lint: Table::Known(&[]),
    compat: Table::Asked(&[
        &FIELD_NO_DELETE,
        &FIELD_SAME_NAME,
        &FIELD_SAME_TYPE,
        &PACKAGE_NO_DELETE,
        &FIELD_SAME_LABEL,
        &NOTHING_LEFT,
    ]),
};

fn load_at(tree: &Tree, dir: &str) -> Result<Workspace> {
    load(tree, Target::dir(dir), None, &TABLES)
}

/// The workspace that one `buf.yaml` makes.
fn one(yaml: &str) -> Result<Workspace> {
    load_at(&tree([("buf.yaml", yaml)]), ".")
}

/// The compatibility rules that a `breaking` section of v1 makes.
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
        "version: v2\nbreaking:\n  ignore_unstable_packages:\n",
        "version: v2\nlint:\n  service_suffix: 1\n  enum_zero_value_suffix: true\n",
        "version: v2\nmodules:\n  -\n",
        "version: v2\nname: buf.build/a/b\nmodules: []\n",
        "version: v1\nname: localhost:80/a/b\ndeps: ['buf.build/a/b:main']\n",
        "version: v1\nbreaking:\n  ignore_only:\n    NO_SUCH_RULE: []\n",
        "version: v1\nbreaking:\n  ignore: ['.']\n  use: [NO_SUCH_RULE]\n",
        "version: v1\nbreaking:\n  ignore: [a, a, './b/../c/']\n",
        "version: v1\nbreaking:\n  disable_builtin: true\n  use: [NO_SUCH_RULE]\n",
        "version: v2\nplugins:\n  - plugin: [a, b]\n    options: {a: 1}\n",
        "\"version\": v2\n\"breaking\":\n  !!str use: [FILE]\n",
    ] {
        one(yaml).unwrap_or_else(|error| panic!("{yaml:?}: {error}"));
    }
}

#[test]
fn what_buf_refuses_is_refused() {
    let accepted = [
        "version: v1\nversion: v1\n",
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
    ]
    .into_iter()
    .filter(|yaml| one(yaml).is_ok());
    assert_eq!(accepted.collect::<Vec<_>>(), Vec::<&str>::new());
}

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

/// The modules of a workspace: folder, and whether it is part of the input.
fn modules(workspace: &Workspace) -> Vec<(&str, bool)> {
    workspace.modules.iter().map(|module| (module.dir.as_str(), module.target)).collect()
}

/// Where the configuration of `dir` is found, and its modules.
fn found(tree: &Tree, dir: &str) -> String {
    match load_at(tree, dir) {
        Ok(workspace) => format!("{} {:?}", workspace.root, modules(&workspace)),
        Err(error) => error.to_string().lines().next().unwrap().to_owned(),
    }
}

const V1: &str = "version: v1\n";
const V2: &str = "version: v2\n";

#[test]
fn a_v1_module_is_found_above_but_not_entered() {
    let tree = tree([("buf.yaml", V1)]);
    assert_eq!(found(&tree, "."), r#". [(".", true)]"#);
    assert_eq!(found(&tree, "a"), r#"a: this folder is contained by the module at path ".""#);
    let target = Target { is_file: true, ..Target::dir("a/b") };
    let workspace = load(&tree, target, None, &TABLES).unwrap();
    assert_eq!((workspace.root.as_str(), workspace.modules[0].dir.as_str()), (".", "."));
}

#[test]
fn a_v1beta1_module_is_not_found_from_below() {
    let tree = tree([("buf.yaml", "version: v1beta1\nbuild:\n  roots: [a, b]\n")]);
    assert_eq!(found(&tree, "a"), r#"a [(".", true)]"#);
    let workspace = load_at(&tree, ".").unwrap();
    assert_eq!(workspace.version, ConfigVersion::V1Beta1);
    assert_eq!(workspace.modules[0].roots, ["a", "b"]);
}

#[test]
fn nested_v1_modules_are_refused_from_the_inner_one() {
    let tree = tree([("buf.yaml", V1), ("a/buf.mod", V1)]);
    assert_eq!(found(&tree, "."), r#". [(".", true)]"#);
    assert!(found(&tree, "a/b").contains("nested"));
}

#[test]
fn a_v2_workspace_is_found_from_its_modules_and_from_what_holds_them() {
    let yaml = "version: v2\nmodules:\n - path: m/a\n - path: m/b\n - path: n\n";
    let tree = tree([("w/buf.yaml", yaml)]);
    assert_eq!(found(&tree, "w"), r#"w [("m/a", true), ("m/b", true), ("n", true)]"#);
    assert_eq!(found(&tree, "w/m"), r#"w [("m/a", true), ("m/b", true), ("n", false)]"#);
    assert_eq!(found(&tree, "w/m/a"), r#"w [("m/a", true), ("m/b", false), ("n", false)]"#);
    assert_eq!(found(&tree, "w/q"), r#"w/q [(".", true)]"#);
    assert_eq!(
        found(&tree, "w/n/o"),
        r#"w/n/o: this folder is contained by the module at path "n""#
    );
}

#[test]
fn the_nearest_workspace_decides() {
    let outer = "version: v2\nmodules:\n - path: a\n";
    let inner_v2 = tree([("buf.yaml", outer), ("a/s/buf.yaml", V2), ("b/buf.yaml", V2)]);
    assert_eq!(found(&inner_v2, "a/s"), r#"a/s [(".", true)]"#);
    assert_eq!(found(&inner_v2, "b"), r#"b [(".", true)]"#);
    let inner_v1 = tree([("buf.yaml", outer), ("a/s/buf.yaml", V1), ("a/buf.yaml", V1)]);
    assert!(found(&inner_v1, "a/s").contains("contained by the module at path \"a\""));
    assert_eq!(found(&inner_v1, "a"), r#". [("a", true)]"#);
}

#[test]
fn a_broken_file_above_is_an_error_only_if_it_is_looked_at() {
    let above = "version: v1x\n";
    assert!(found(&tree([("buf.yaml", above), ("a/buf.yaml", V1)]), "a").contains("v1x"));
    assert_eq!(found(&tree([("buf.yaml", above), ("a/buf.yaml", V2)]), "a"), r#"a [(".", true)]"#);
}

const WORK: &str = "version: v1\ndirectories: [m/a, m/b]\n";

#[test]
fn a_v1_workspace_has_the_modules_that_it_lists() {
    let files = tree([("buf.work.yaml", WORK), ("m/a/buf.yaml", V1)]);
    assert_eq!(found(&files, "."), r#". [("m/a", true), ("m/b", true)]"#);
    assert_eq!(found(&files, "m/b"), r#". [("m/a", false), ("m/b", true)]"#);
    assert_eq!(found(&files, "m"), r#"m [(".", true)]"#);
    assert!(found(&files, "m/b/s").contains("contained by the module at path \"m/b\""));
    let source = load_at(&files, ".").unwrap().source;
    assert_eq!(source, Source::Files(vec!["buf.work.yaml".into(), "m/a/buf.yaml".into()]));
}

#[test]
fn a_v1_workspace_is_refused_where_buf_refuses_it() {
    let with = |path, yaml| found(&tree([("buf.work.yaml", WORK), (path, yaml)]), ".");
    assert!(with("buf.yaml", V1).contains("both a buf.work.yaml and a buf.yaml"));
    assert!(with("m/b/buf.yaml", V2).contains("cannot have"));
    for work in [
        "version: v1\n",
        "version: v1\ndirectories: []\n",
        "version: v1\ndirectories: ['.']\n",
        "version: v1\ndirectories: [m/a, m/a]\n",
        "version: v1\ndirectories: [m, m/a]\n",
        "version: v2\ndirectories: [m/a]\n",
        "version: v1beta1\ndirectories: [m/a]\n",
        "directories: [m/a]\n",
        "version: v1\ndirectories: [../m/a]\n",
        "version: v1\ndirs: [m/a]\n",
        "version: v1\ndirectories: m/a\n",
    ] {
        let tree = tree([("buf.work.yaml", work)]);
        assert!(load_at(&tree, ".").is_err(), "{work:?}");
    }
}

#[test]
fn modules_of_a_workspace_agree_on_their_dependencies() {
    let with = |dep| {
        let other = format!("version: v1\ndeps: ['{dep}']\n");
        let own = "version: v1\ndeps: [buf.build/x/y]\n";
        load_at(
            &tree([("buf.work.yaml", WORK), ("m/a/buf.yaml", own), ("m/b/buf.yaml", &other)]),
            ".",
        )
    };
    assert_eq!(with("buf.build/x/y").unwrap().deps, ["buf.build/x/y"]);
    assert!(with("buf.build/x/y:main").is_err());
}

#[test]
fn the_paths_asked_for_bring_their_modules() {
    let tree = tree([("a/buf.yaml", V1), ("b/buf.yaml", V1)]);
    let paths = ["a/x".to_owned(), "b/y.proto".to_owned(), "c".to_owned()];
    let target = Target { paths: &paths, ..Target::dir(".") };
    let workspace = load(&tree, target, None, &TABLES).unwrap();
    assert_eq!(modules(&workspace), [("a", true), ("b", true)]);
}

#[test]
fn an_override_stands_in_for_every_file() {
    let tree = tree([("buf.yaml", "version: broken"), ("s/buf.yaml", V1)]);
    let with = |base, config| {
        let target = Target { base, ..Target::dir("s") };
        load(&tree, target, Some(&Override::inline(config)), &TABLES)
    };
    let workspace =
        with(".", r#"{"version":"v1","breaking":{"use":["PACKAGE_NO_DELETE"]}}"#).unwrap();
    assert_eq!((workspace.root.as_str(), workspace.source), ("s", Source::Override));
    assert_eq!(workspace.modules[0].breaking.rules, ["PACKAGE_NO_DELETE"]);
    let v2 = r#"{"version":"v2","modules":[{"path":"s/a"}]}"#;
    assert_eq!(modules(&with(".", v2).unwrap()), [("s/a", true)]);
    assert!(with(".", r#"{"version":"v2"}"#).is_err());
    assert_eq!(modules(&with("s", r#"{"version":"v2"}"#).unwrap()), [(".", true)]);
    assert!(Override::is_file("x/buf.yaml") && Override::is_file("b.json"));
    assert!(!Override::is_file("version: v1") && !Override::is_file("cfg.txt"));
}

#[test]
fn an_image_takes_the_top_level_of_the_working_directory() {
    let yaml = "version: v2\nmodules:\n - path: p\n   breaking:\n     use: [NO_SUCH_RULE]\n\
                breaking:\n  ignore: [p/a]\n  except: [PACKAGE]\n";
    let files = tree([("cwd/buf.yaml", yaml), ("cwd/buf.work.yaml", WORK)]);
    let workspace = load_for_image(&files, "cwd", None, &TABLES).unwrap();
    assert_eq!(modules(&workspace), [(".", true)]);
    assert_eq!(workspace.modules[0].breaking.rules, ["FIELD_SAME_NAME"]);
    assert_eq!(workspace.modules[0].breaking.ignore, ["p/a"]);
    let below = load_for_image(&files, "cwd/sub", None, &TABLES).unwrap();
    assert_eq!((below.source, below.version), (Source::Default, ConfigVersion::V1));
}

/// What the modules `r1` and `r2` of a v2 file ignore and check.
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
fn the_section_that_is_not_asked_may_only_use_what_exists() {
    static ENUM_PASCAL_CASE: Rule = rule("ENUM_PASCAL_CASE", &["STANDARD"], true);
    let tables = Tables { lint: Table::Known(&[&ENUM_PASCAL_CASE]), ..TABLES };
    let with = |lint: &str| {
        let tree = tree([("buf.yaml", &format!("version: v1\nlint:\n  {lint}\n"))]);
        load(&tree, Target::dir("."), None, &tables).map(|mut w| w.modules.remove(0).lint.rules)
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

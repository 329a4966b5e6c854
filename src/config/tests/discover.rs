//! Tests of the look-up of the files that configure an input.

use super::*;

/// Returns the folder of each module, and whether it is part of the input.
fn modules(workspace: &Workspace) -> Vec<(&str, bool)> {
    workspace.modules.iter().map(|module| (module.dir.as_str(), module.target)).collect()
}

/// Returns the location of the configuration of `dir`, and its modules.
fn found(tree: &Tree, dir: &str) -> String {
    let input = InputPaths { ceiling: ".", ..InputPaths::dir(dir) };
    match load(tree, input, None, &TABLES) {
        Ok(workspace) => format!("{} {:?}", workspace.root, modules(&workspace)),
        Err(error) => error.to_string().lines().next().unwrap().to_owned(),
    }
}

#[test]
fn a_v1_module_is_found_above_but_not_entered() {
    let tree = tree([("buf.yaml", V1)]);
    assert_eq!(found(&tree, "."), r#". [(".", true)]"#);
    assert_eq!(found(&tree, "a"), r#"a: this folder is inside the module at ".""#);
    let below = load_at(&tree, "a").unwrap();
    assert_eq!((below.root.as_str(), below.source), ("a", Source::Default));
    let input = InputPaths { is_file: true, ceiling: ".", ..InputPaths::dir("a/b") };
    let workspace = load(&tree, input, None, &TABLES).unwrap();
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
    assert_eq!(found(&tree, "w/n/o"), r#"w/n/o: this folder is inside the module at "n""#);
}

#[test]
fn the_nearest_workspace_decides() {
    let outer = "version: v2\nmodules:\n - path: a\n";
    let inner_v2 = tree([("buf.yaml", outer), ("a/s/buf.yaml", V2), ("b/buf.yaml", V2)]);
    assert_eq!(found(&inner_v2, "a/s"), r#"a/s [(".", true)]"#);
    assert_eq!(found(&inner_v2, "b"), r#"b [(".", true)]"#);
    let inner_v1 = tree([("buf.yaml", outer), ("a/s/buf.yaml", V1), ("a/buf.yaml", V1)]);
    assert!(found(&inner_v1, "a/s").contains("inside the module at \"a\""));
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
    assert!(found(&files, "m/b/s").contains("inside the module at \"m/b\""));
    let source = load_at(&files, ".").unwrap().source;
    assert_eq!(source, Source::Files(vec!["buf.work.yaml".into(), "m/a/buf.yaml".into()]));
}

#[test]
fn a_v1_workspace_is_refused_where_buf_refuses_it() {
    let with = |path, yaml| found(&tree([("buf.work.yaml", WORK), (path, yaml)]), ".");
    assert!(with("buf.yaml", V1).contains("both a buf.work.yaml and a buf.yaml"));
    assert!(with("m/b/buf.yaml", V2).contains("cannot use `version: v2`"));
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
    let input = InputPaths { paths: &paths, ..InputPaths::dir(".") };
    let workspace = load(&tree, input, None, &TABLES).unwrap();
    assert_eq!(modules(&workspace), [("a", true), ("b", true)]);
}

#[test]
fn a_workspace_that_only_a_path_leads_to_counts_from_the_ceiling() {
    let tree = tree([("s/a/buf.yaml", V2)]);
    let paths = ["s/a/x.proto".to_owned()];
    let input = InputPaths { ceiling: ".", paths: &paths, ..InputPaths::dir("s") };
    let error = load(&tree, input, None, &TABLES).unwrap_err().to_string();
    assert!(error.starts_with("s: this folder is inside the module at \".\""), "{error}");
    let input = InputPaths { paths: &paths, ..InputPaths::dir("s") };
    assert_eq!(modules(&load(&tree, input, None, &TABLES).unwrap()), [(".", true)]);
}

#[test]
fn an_override_stands_in_for_every_file() {
    let tree = tree([("buf.yaml", "version: broken"), ("s/buf.yaml", "version: v1\nno: 1")]);
    let with = |ceiling, config: &str| {
        let input = InputPaths { ceiling, ..InputPaths::dir("s") };
        let config = Override { name: "--config".into(), content: config.into() };
        load(&tree, input, Some(&config), &TABLES)
    };
    let workspace =
        with(".", r#"{"version":"v1","breaking":{"use":["PACKAGE_NO_DELETE"]}}"#).unwrap();
    assert_eq!((workspace.root.as_str(), workspace.source), ("s", Source::Override));
    assert_eq!(workspace.modules[0].breaking.rules, ["PACKAGE_NO_DELETE"]);
    let v2 = r#"{"version":"v2","modules":[{"path":"s/a"}]}"#;
    assert_eq!(modules(&with(".", v2).unwrap()), [("s/a", true)]);
    assert!(with(".", r#"{"version":"v2"}"#).is_err());
    assert_eq!(modules(&with("s", r#"{"version":"v2"}"#).unwrap()), [(".", true)]);
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

//! `new-rule` creates files, and adds one line to an existing one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::NewRuleArgs;

/// Copies the files of this repository that `new-rule` reads.
fn repository() -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a temporary folder can be made");
    let own = crate::root();
    for part in ["Cargo.toml", "src/lint/rules", "src/compat/rules"] {
        for path in files(&own.join(part)) {
            let to = copy.path().join(path.strip_prefix(&own).expect("it is below"));
            fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
            fs::copy(path, to).expect("it can be copied");
        }
    }
    copy
}

/// Returns the file `path`, or all files below it.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).expect("it is a folder");
    entries.flat_map(|entry| files(&entry.expect("it can be read").path())).collect()
}

/// Returns the content of the files below `folder`.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let content = |path: PathBuf| {
        let name = path.strip_prefix(folder).expect("it is below").display().to_string();
        (name, fs::read_to_string(path).expect("it is text"))
    };
    files(folder).into_iter().map(content).collect()
}

/// Runs the task in the repository at `root`, and returns the error as text.
fn new_rule(root: &Path, kind: &str, id: &str) -> Result<(), String> {
    let args = NewRuleArgs { kind: kind.to_owned(), id: id.to_owned() };
    super::run(&args, root).map_err(|error| error.to_string())
}

#[test]
fn one_line_of_one_existing_file_changes() {
    let cases = [
        ("lint", "RPC_NO_NEW", vec!["acme/v1/a.proto", "expect"]),
        ("compat", "AAA_FIRST", vec!["expect", "new/a.proto", "old/a.proto"]),
        ("compat", "ZZZ_LAST", vec!["expect", "new/a.proto", "old/a.proto"]),
    ];
    for (kind, id, fixture) in cases {
        let copy = repository();
        let before = contents(copy.path());
        assert_eq!(new_rule(copy.path(), kind, id), Ok(()));
        let after = contents(copy.path());
        let rules = format!("src/{kind}/rules");
        let module = id.to_lowercase();
        let new: Vec<&String> = after.keys().filter(|name| !before.contains_key(*name)).collect();
        let fixture = fixture.iter().map(|name| format!("tests/fixtures/{kind}/{id}/{name}"));
        let expected = fixture.chain([format!("{rules}/{module}.rs")]);
        let expected: BTreeSet<String> = expected.collect();
        assert_eq!(new, expected.iter().collect::<Vec<_>>());
        let is_changed = |(name, text): &(&String, &String)| after.get(*name) != Some(text);
        let changed: Vec<&String> =
            before.iter().filter(is_changed).map(|(name, _)| name).collect();
        let list = format!("{rules}/mod.rs");
        assert_eq!(changed, [&list], "one existing file changes");
        let line = format!("    {module},\n");
        assert_eq!(after[&list].matches(&line).count(), 1);
        assert_eq!(after[&list].replace(&line, ""), before[&list], "by one line");
        let again = new_rule(copy.path(), kind, id).expect_err("the rule exists");
        assert!(again.contains("already exists"), "{again}");
        assert_eq!(contents(copy.path()), after);
    }
}

#[test]
fn known_and_invalid_ids_are_refused() {
    let copy = repository();
    let before = contents(copy.path());
    let cases = [
        ("lint", "IMPORT_USED", "already"),
        ("compat", "IMPORT_USED", "already"),
        ("lint", "FILE_SAME_GO_PACKAGE", "already"),
        ("lint", "new_rule", "not a rule id"),
        ("lint", "TESTS", "not a rule id"),
        ("lint", "../A_B", "not a rule id"),
    ];
    for (kind, id, why) in cases {
        let error = new_rule(copy.path(), kind, id).expect_err("not a new rule id");
        assert!(error.contains(why), "{kind} {id}: {error}");
    }
    assert_eq!(contents(copy.path()), before);
}

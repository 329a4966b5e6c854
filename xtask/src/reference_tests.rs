//! The pages in `docs/rules` match the declarations of the rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Writes the reference into `folder` and returns the summary.
fn write(folder: &Path) -> String {
    super::update(folder).expect("the folder is writable")
}

fn pages(folder: &Path) -> BTreeMap<String, String> {
    let page = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(path).expect("it is text"))
    };
    fs::read_dir(folder).expect("the folder is there").map(page).collect()
}

#[test]
fn the_reference_matches_the_declarations() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path());
    let (expected, found) = (pages(folder.path()), pages(&crate::root().join("docs/rules")));
    let mut problems: Vec<String> = expected
        .iter()
        .filter_map(|(name, text)| match found.get(name) {
            None => Some(format!("missing: {name}")),
            Some(page) => (page != text).then(|| format!("stale: {name}")),
        })
        .collect();
    let unknown = found.keys().filter(|name| !expected.contains_key(*name));
    problems.extend(unknown.map(|name| format!("not a page of a rule: {name}")));
    let help = "update them with `cargo xtask reference`";
    assert!(problems.is_empty(), "{help}:\n{}", problems.join("\n"));
}

#[test]
fn every_rule_has_a_page_and_a_line_in_the_index() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write(folder.path());
    let pages = pages(folder.path());
    let others = wireproof::rule::OTHERS.iter().collect();
    let (lint, compat) = (wireproof::lint::rules::table(), wireproof::compat::rules::table());
    let tables = [lint, compat, wireproof::compat::rules::proof_table(), others].concat();
    assert_eq!(pages.len(), tables.len() + 1);
    for rule in tables {
        let (page, index) = (&pages[&format!("{}.md", rule.id)], &pages["README.md"]);
        assert!(page.contains(rule.docs.trim()), "{}", rule.id);
        assert!(index.contains(&format!("[{0}]({0}.md)", rule.id)), "{}", rule.id);
    }
}

#[test]
fn only_pages_of_removed_rules_are_deleted() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = |name: &str| folder.path().join(name);
    write(folder.path());
    for name in ["GONE_RULE.md", "notes.md", "GONE_RULE.txt"] {
        fs::write(path(name), "x").expect("it can be written");
    }
    fs::write(path("IMPORT_USED.md"), "stale").expect("it can be written");
    let summary = write(folder.path());
    assert!(!path("GONE_RULE.md").exists() && path("notes.md").exists());
    assert!(path("GONE_RULE.txt").exists());
    assert!(summary.contains("1 written, 1 deleted"), "{summary}");
    assert_ne!(pages(folder.path())["IMPORT_USED.md"], "stale");
}

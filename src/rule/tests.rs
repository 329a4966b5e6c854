//! Checks for every list of rules: it matches its folder, its documentation is complete, and it
//! equals the list of buf.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ConfigVersion, Rule};

/// A file of a folder of rules, and the rules in it.
pub(crate) type Listing = (&'static str, Vec<&'static Rule>);

/// Asserts that each file of `folder` (relative to the package) is listed, and named after its
/// rule.
pub(crate) fn list_and_folder_agree(files: &[Listing], folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    found.sort();
    let listed: Vec<&str> = files.iter().map(|(module, _)| *module).collect();
    assert_eq!(listed, found, "each file of the folder is listed, in alphabetical order");
    for (module, rules) in files {
        match rules.as_slice() {
            [] => panic!("{module} holds no rule"),
            [rule] => assert_eq!(*module, rule.id.to_lowercase(), "a file is called as its rule"),
            [_, ..] => {}
        }
    }
}

/// Asserts that every rule is documented under three headings.
pub(crate) fn assert_documented(table: &[&Rule]) {
    for rule in table {
        let heads: Vec<&str> = rule.docs.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(heads, ["## What it checks", "## Why", "## Instead"], "{}", rule.id);
        let empty = rule.docs.split("## ").skip(1).any(|section| section.lines().count() < 3);
        assert!(!empty, "{}: a section says nothing:\n{}", rule.id, rule.docs);
        assert!(rule.purpose.ends_with('.') && rule.purpose.len() > 20, "{}", rule.id);
    }
}

/// One line of the JSON output of buf's `config ls-lint-rules` or `ls-breaking-rules`, without the
/// description.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Listed {
    id: String,
    categories: Vec<String>,
    default: bool,
    deprecated: bool,
    replacements: Option<Vec<String>>,
}

/// Asserts that `table` equals the lists of buf for v1beta1, v1 and v2.
pub(crate) fn assert_matches_buf(table: &[&Rule], lists: [&str; 3]) {
    for (version, list) in ConfigVersion::ALL.into_iter().zip(lists) {
        let listed = list.lines().map(|line| serde_json::from_str::<Listed>(line).unwrap());
        let listed: BTreeMap<String, Listed> = listed.map(|rule| (rule.id.clone(), rule)).collect();
        let ours: BTreeMap<String, Listed> = table
            .iter()
            .filter_map(|rule| Some((rule.id.to_owned(), as_listed(rule, version)?)))
            .collect();
        assert_eq!(ours, listed, "{version}");
    }
}

fn as_listed(rule: &Rule, version: ConfigVersion) -> Option<Listed> {
    let membership = rule.membership(version)?;
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    Some(Listed {
        id: rule.id.to_owned(),
        categories: owned(membership.categories),
        default: membership.default,
        deprecated: rule.deprecated,
        replacements: (!rule.replacements.is_empty()).then(|| owned(rule.replacements)),
    })
}

//! The list of rules agrees with the folder, with itself, and with what buf lists.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::rule::ConfigVersion;

#[test]
fn the_list_and_the_folder_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("xtask/src/compat/rules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    files.sort();
    let listed: Vec<&str> = FILES.iter().map(|(module, _)| *module).collect();
    assert_eq!(listed, files, "each file of the folder is listed, in alphabetical order");
    for (module, rules) in FILES {
        match rules {
            [] => panic!("{module} holds no rule"),
            [rule] => {
                assert_eq!(*module, rule.rule.id.to_lowercase(), "a file is called as its rule")
            }
            [_, ..] => {}
        }
    }
}

#[test]
fn every_rule_is_documented_under_three_headings() {
    for rule in table() {
        let heads: Vec<&str> = rule.docs.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(heads, ["## What it checks", "## Why", "## Instead"], "{}", rule.id);
        let empty = rule.docs.split("## ").skip(1).any(|section| section.lines().count() < 3);
        assert!(!empty, "{}: a section says nothing:\n{}", rule.id, rule.docs);
        assert!(rule.purpose.ends_with('.') && rule.purpose.len() > 20, "{}", rule.id);
    }
}

/// One line of `buf config ls-breaking-rules --format json`, without its words.
#[derive(Debug, PartialEq, serde::Deserialize)]
struct Listed {
    id: String,
    categories: Vec<String>,
    default: bool,
    deprecated: bool,
    replacements: Option<Vec<String>>,
}

#[test]
fn the_tables_are_those_of_buf() {
    let tables = [
        (
            ConfigVersion::V1Beta1,
            include_str!("../../../../tests/fixtures/rules/breaking-v1beta1.json"),
        ),
        (ConfigVersion::V1, include_str!("../../../../tests/fixtures/rules/breaking-v1.json")),
        (ConfigVersion::V2, include_str!("../../../../tests/fixtures/rules/breaking-v2.json")),
    ];
    for (version, listed) in tables {
        let listed = listed.lines().map(|line| serde_json::from_str::<Listed>(line).unwrap());
        let listed: BTreeMap<String, Listed> = listed.map(|rule| (rule.id.clone(), rule)).collect();
        let ours: BTreeMap<String, Listed> = table()
            .into_iter()
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

use std::collections::BTreeSet;

use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "DIRECTORY_SAME_PACKAGE",
        purpose: "Files in the same directory have the same package.",
        docs: "\
## What it checks

All files in a directory declare the same package, or none of them declares one.

## Why

Most languages and build tools treat a directory as a unit. If it contains two packages, their
generated code is mixed.

## Instead

Give each package its own directory.
",
        v1beta1: on(style::FILE_LAYOUT),
        v1: on(MINIMAL),
        v2: on(MINIMAL),
        ..Rule::PLAIN
    },
    check: Check::Folder(check),
}];

fn check(folder: &str, files: &[File<'_>], findings: &mut Findings<'_>) {
    let packages: BTreeSet<&str> = files.iter().map(|file| file.package()).collect();
    if packages.len() < 2 {
        return;
    }
    let named = packages.iter().filter(|package| !package.is_empty());
    let mut listed: Vec<String> = named.map(|package| format!("`{package}`")).collect();
    if packages.contains("") {
        listed.push("none".to_owned());
    }
    for file in files {
        findings.on(*file).part(&[tag::file::PACKAGE]).report(
            "packages of a folder",
            format_args!(
                "is in directory `{folder}`, whose files have different packages: {}.",
                listed.join(", ")
            ),
            "give each package its own directory",
        );
    }
}

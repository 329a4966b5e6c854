use std::collections::BTreeSet;

use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "DIRECTORY_SAME_PACKAGE",
        purpose: "Files in the same directory have the same package.",
        docs: "\
## What it checks

All files of a folder declare the same package, or none.

## Why

A folder is a unit for most languages and build tools. With two packages in it, generated code of
one lands among that of the other.

## Instead

Give each package a folder of its own.
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
            format_args!("lies in folder `{folder}`, whose files have packages {}.", listed.join(", ")),
            "give each package a folder of its own",
        );
    }
}

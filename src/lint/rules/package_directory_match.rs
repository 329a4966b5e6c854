use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, packages, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_DIRECTORY_MATCH",
        purpose: "Files are in the directory that matches their package.",
        docs: "\
## What it checks

A file of `package acme.users.v1` is in `acme/users/v1`, relative to the root of its module.

## Why

An import then shows which package it provides, paths of different modules do not collide, and
languages whose packages are directories (Go, Python, Java) can generate code in place.

## Instead

Move the file and update the files that import it. If nobody uses the package yet, you can correct
its name instead.
",
        v1beta1: on(style::FILE_LAYOUT),
        v1: on(MINIMAL),
        v2: on(MINIMAL),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    let (package, folder) = (file.package(), packages::folder(file.path()));
    let expected = package.replace('.', "/");
    if !package.is_empty() && folder != expected {
        findings.on(file).part(&[tag::file::PACKAGE]).report(
            "folder",
            format_args!("has package `{package}` but is in `{folder}`, not in `{expected}`."),
            format!("move it to `{expected}`"),
        );
    }
}

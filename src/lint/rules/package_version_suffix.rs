use super::{Check, File, Findings, LintRule, Rule, STANDARD, on, packages, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_VERSION_SUFFIX",
        purpose: "Package names end with a version.",
        docs: "\
## What it checks

The last component of a package name is a version: `v1`, `v1beta1`, `v1alpha`, `v1p2beta3`,
`v1test`. Its numbers start at 1.

## Why

A breaking change needs a new package. With a version in the name, the new package is `v2`, and
servers offer it next to `v1` until `v1` has no clients. Without a version, the change is made in
place and breaks clients.

## Instead

Start with `package acme.users.v1;`. Keep the name of a package that is published without a version,
and give its successor a version.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    let package = file.package();
    if !package.is_empty() && packages::stability(package).is_none() {
        findings.on(file).part(&[tag::file::PACKAGE]).report(
            "no version",
            format_args!("has package `{package}`, which does not end with a version."),
            format!("add one, for example `{package}.v1`"),
        );
    }
}

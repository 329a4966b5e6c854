use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_DEFINED",
        purpose: "Files declare a package.",
        docs: "\
## What it checks

Every file declares a package.

## Why

Without a package, types are in the global scope, where they can collide with those of any other
file. Most languages generate them into a namespace that is hard to import.

## Instead

Declare a package that ends with a version: `package acme.users.v1;`. This renames every type of the
file, so do it before the types are published.
",
        v1beta1: on(style::SENSIBLE),
        v1: on(MINIMAL),
        v2: on(MINIMAL),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    if file.package().is_empty() {
        findings.on(file).report(
            "no package",
            "declares no package.",
            "declare one that ends with a version, for example `package acme.users.v1;`",
        );
    }
}

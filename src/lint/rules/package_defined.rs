use super::{Check, File, Findings, LintRule, MINIMAL, Rule, on, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_DEFINED",
        purpose: "Files declare a package.",
        docs: "\
## What it checks

Every file declares a package.

## Why

Without one its types stand in the global scope, where any other file's can collide with them, and
most languages generate them into a place that cannot be imported well.

## Instead

Declare one that ends with a version: `package acme.users.v1;`. For types that are published already
it is a rename.
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

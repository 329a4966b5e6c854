use super::{BASIC, Check, File, Findings, LintRule, Rule, names, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PACKAGE_LOWER_SNAKE_CASE",
        purpose: "Package names are lower_snake.case.",
        docs: "\
## What it checks

Each component of a package name is lower-case words joined by `_`: `acme.userProfiles.v1` becomes
`acme.user_profiles.v1`.

## Why

The components become namespaces, modules and directories. Capitals are unusual there, and some file
systems do not distinguish them from lower case.

## Instead

Choose the name before it is published: it is part of the full name of every type, and of the path
of every call.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    let package = file.package();
    let parts: Vec<String> = package.split('.').map(names::lower_snake_case).collect();
    let expected = parts.join(".");
    if package != expected {
        findings.on(file).part(&[tag::file::PACKAGE]).report(
            "package name",
            format_args!("has package `{package}`, which is not lower_snake.case."),
            format!("name it `{expected}`"),
        );
    }
}

use super::{BASIC, Check, File, Findings, Fix, LintRule, Rule, on};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "SYNTAX_SPECIFIED",
        purpose: "Files declare their syntax.",
        docs: "\
## What it checks

Every file declares `syntax = …;` or `edition = …;`.

## Why

A file without a declaration is proto2, which surprises authors who expect proto3: presence,
defaults, enums and UTF-8 validation differ.

## Instead

Declare `syntax = \"proto2\";` to keep the current behavior (`wireproof lint --fix` does it), or
`syntax = \"proto3\";` in a new file.
",
        v1beta1: None,
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::File(check),
}];

fn check(file: File<'_>, findings: &mut Findings<'_>) {
    if file.is_syntax_unspecified() {
        findings.on(file).fix(Fix::Prepend("syntax = \"proto2\";")).report(
            "no syntax",
            "declares no syntax, so it is proto2.",
            "add `syntax = \"proto2\";` as the first statement",
        );
    }
}

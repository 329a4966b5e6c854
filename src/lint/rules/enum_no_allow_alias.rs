use super::{BASIC, Check, Enum, Findings, LintRule, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_NO_ALLOW_ALIAS",
        purpose: "Enum values do not share numbers.",
        docs: "\
## What it checks

An enum does not set `allow_alias`, which lets several names stand for one number.

## Why

A reader sees the number, not the name: what was written as one comes back as the other. JSON writes
whichever name is listed first.

## Instead

Keep one name for each number. To rename a value, reserve the old name.
",
        v1beta1: on(style::SENSIBLE),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(enumeration: Enum<'_>, findings: &mut Findings<'_>) {
    if enumeration.options().allow_alias() {
        findings.on(enumeration).part(&[tag::enumeration::OPTIONS, tag::enum_options::ALLOW_ALIAS]).report(
            "allow_alias",
            "sets `allow_alias`: a reader cannot tell which of two names was written.",
            "keep one name for each number",
        );
    }
}

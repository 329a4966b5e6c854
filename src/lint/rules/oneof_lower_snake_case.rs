use super::{BASIC, Check, Findings, LintRule, Oneof, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ONEOF_LOWER_SNAKE_CASE",
        purpose: "Oneof names are lower_snake_case.",
        docs: "\
## What it checks

The names of oneofs are small words joined by `_`: `oneof userKind` is `oneof user_kind`.

## Why

A oneof becomes a field, a type or both in generated code, made from these words like those of the
fields around it.

## Instead

Name it in lower_snake_case. Renaming a published one does not touch the wire, but breaks generated
code.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Oneof(check),
}];

fn check(oneof: Oneof<'_>, findings: &mut Findings<'_>) {
    spelled(oneof, oneof.name(), names::lower_snake_case, "lower_snake_case", findings);
}

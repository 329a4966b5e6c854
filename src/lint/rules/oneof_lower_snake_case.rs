use super::{BASIC, Check, Findings, LintRule, Oneof, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ONEOF_LOWER_SNAKE_CASE",
        purpose: "Oneof names are lower_snake_case.",
        docs: "\
## What it checks

Oneof names are lower-case words joined by `_`: `oneof userKind` becomes `oneof user_kind`.

## Why

In generated code a oneof becomes a field, a type or both. Their names are derived from these words,
like those of the surrounding fields.

## Instead

Name it in lower_snake_case. Renaming a published oneof does not affect the wire format, but breaks
generated code.
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

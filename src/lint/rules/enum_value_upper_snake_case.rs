use super::{BASIC, Check, EnumValue, Findings, LintRule, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_VALUE_UPPER_SNAKE_CASE",
        purpose: "Enum value names are UPPER_SNAKE_CASE.",
        docs: "\
## What it checks

Enum value names are upper-case words joined by `_`: `kindAdmin` becomes `KIND_ADMIN`.

## Why

In most languages enum values become constants, and constants are spelled like this. Generators also
rely on the spelling to strip the prefix of the enum.

## Instead

Name it in UPPER_SNAKE_CASE. The name of a published value is part of the JSON encoding: keep it and
list it under `ignore_only`.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::EnumValue(check),
}];

fn check(value: EnumValue<'_>, findings: &mut Findings<'_>) {
    spelled(value, value.name(), names::upper_snake_case, "UPPER_SNAKE_CASE", findings);
}

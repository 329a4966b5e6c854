use super::{BASIC, Check, Field, Findings, LintRule, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FIELD_LOWER_SNAKE_CASE",
        purpose: "Field names are lower_snake_case.",
        docs: "\
## What it checks

The names of fields and extensions are small words joined by `_`: `userId` is `user_id`. A digit may
stand with the word before it or behind a `_` of its own.

## Why

Generators make the accessors of each language from these words: `user_id` becomes `userId`,
`UserId`, `user_id` where each is usual. The name in JSON is made the same way, so two spellings of
one name end in a conflict.

## Instead

Name it in lower_snake_case. A name that is published stays: renaming breaks generated code and
JSON; `json_name` cannot fix the former.
",
        v1beta1: on(style::BASIC),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(field: Field<'_>, findings: &mut Findings<'_>) {
    spelled(field, field.name(), names::lower_snake_case, "lower_snake_case", findings);
}

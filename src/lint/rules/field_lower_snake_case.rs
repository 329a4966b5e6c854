use super::{BASIC, Check, Field, Findings, LintRule, Rule, names, on, spelled, style};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FIELD_LOWER_SNAKE_CASE",
        purpose: "Field names are lower_snake_case.",
        docs: "\
## What it checks

The names of fields and extensions are lower-case words joined by `_`: `userId` becomes `user_id`. A
digit may follow a word directly or after a `_`.

## Why

Generators derive the accessors of each language from these words: `user_id` becomes `userId`,
`UserId` or `user_id`, depending on the language. The JSON name is derived from them, too, so the
fields `user_id` and `userId` collide.

## Instead

Name it in lower_snake_case. Keep a published name: renaming it breaks generated code and JSON, and
`json_name` preserves only the JSON name.
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

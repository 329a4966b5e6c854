use super::{BASIC, Check, Field, Findings, LintRule, Rule, on, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FIELD_NOT_REQUIRED",
        purpose: "Fields are not required.",
        docs: "\
## What it checks

No field is required, either by the label `required` or by
`features.field_presence = LEGACY_REQUIRED`.

## Why

A required field can never safely become optional: a reader that knows it as required rejects every
message without it, for as long as that reader runs. Whether a value must be present is for the
application to decide, not for the parser.

## Instead

Make it `optional` before it is published, and check for it where it is used.
",
        v1beta1: None,
        v1: None,
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(field: Field<'_>, findings: &mut Findings<'_>) {
    if field.is_required() {
        findings.on(field).part(&[tag::NAME]).report(
            "required",
            "is required: readers reject messages without it, so it can never be removed safely.",
            "make it `optional` and check for it where it is used",
        );
    }
}

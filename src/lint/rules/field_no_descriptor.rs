use super::{Check, Field, Findings, LintRule, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FIELD_NO_DESCRIPTOR",
        purpose: "Fields are not named `descriptor`.",
        docs: "\
## What it checks

No field is named `descriptor`, in upper or lower case, with or without leading and trailing `_`.

## Why

In several languages, Java and C++ among them, generated classes have a `descriptor` of their own,
which collides with the accessor of the field.

## Instead

Name it after what it describes: `schema_descriptor`, `tool_description`.
",
        v1beta1: on(style::SENSIBLE),
        v1: None,
        v2: None,
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(field: Field<'_>, findings: &mut Findings<'_>) {
    if field.name().trim_matches('_').eq_ignore_ascii_case("descriptor") {
        findings.on(field).part(&[tag::NAME]).report(
            "descriptor",
            "has a name that collides with a member of generated classes.",
            "name it after what it describes, for example `schema_descriptor`",
        );
    }
}

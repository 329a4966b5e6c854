use super::{Check, Field, Findings, LintRule, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "FIELD_NO_DESCRIPTOR",
        purpose: "Fields are not named `descriptor`.",
        docs: "\
## What it checks

No field is called `descriptor`, however it is capitalised and whatever number of `_` stands before
or behind it.

## Why

Generated classes have a `descriptor` of their own in several languages, Java and C++ among them:
the field's accessor collides with it.

## Instead

Name what it describes: `schema_descriptor`, `tool_description`.
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
            "has a name that generated classes use themselves.",
            "say what it describes, for example `schema_descriptor`",
        );
    }
}

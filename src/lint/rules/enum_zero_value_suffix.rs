use super::{Check, EnumValue, Findings, LintRule, Rule, STANDARD, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_ZERO_VALUE_SUFFIX",
        purpose: "The zero value of an enum ends with a common suffix.",
        docs: "\
## What it checks

The name of the value with the number 0 ends with `_UNSPECIFIED`, or with the configured
`enum_zero_value_suffix`.

## Why

A field reads as 0 if the writer did not set it, or did not know it yet. If 0 has a meaning of its
own (`RED`), a reader cannot tell whether it was set.

## Instead

Start with `COLOR_UNSPECIFIED = 0;`, followed by the values that have a meaning.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::EnumValue(check),
}];

fn check(value: EnumValue<'_>, findings: &mut Findings<'_>) {
    let suffix = &findings.options().enum_zero_value_suffix;
    if value.number() == 0 && !value.name().ends_with(suffix.as_str()) {
        findings.on(value).part(&[tag::NAME]).report(
            "zero value suffix",
            format_args!("is the zero value of its enum and does not end with `{suffix}`."),
            format!("use 0 for the unspecified value, with a name that ends with `{suffix}`"),
        );
    }
}

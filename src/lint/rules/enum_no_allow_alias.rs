use super::{BASIC, Check, Enum, Findings, LintRule, Rule, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_NO_ALLOW_ALIAS",
        purpose: "Enum values do not share numbers.",
        docs: "\
## What it checks

An enum does not set `allow_alias`, which lets several values share one number.

## Why

The wire format contains only the number: a value written under one name can be read back under
another. JSON uses whichever name is declared first.

## Instead

Keep one name per number. To rename a value, reserve the old name.
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
            "sets `allow_alias`, so a reader cannot tell which of the aliases was written.",
            "keep one name per number",
        );
    }
}

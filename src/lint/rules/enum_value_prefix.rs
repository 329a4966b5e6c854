use super::{Check, Enum, Findings, LintRule, Rule, STANDARD, names, on, style, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_VALUE_PREFIX",
        purpose: "Enum value names begin with the name of the enum.",
        docs: "\
## What it checks

The name of every value of `enum UserKind` begins with `USER_KIND_`.

## Why

As in C++, enum values are in the scope that contains their enum: two enums of one package cannot
both have a value `UNKNOWN`. The prefix prevents such collisions. Generators remove it in languages
that do not need it.

## Instead

Prefix each value with the name of the enum in UPPER_SNAKE_CASE. Published names are part of the
JSON encoding; keep them.
",
        v1beta1: on(style::STANDARD),
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(enumeration: Enum<'_>, findings: &mut Findings<'_>) {
    let prefix = names::upper_snake_case(enumeration.name()) + "_";
    for value in enumeration.values().filter(|value| !value.name().starts_with(&prefix)) {
        let discriminator = format!("{} lacks {prefix}", value.name());
        findings.on(value).part(&[tag::NAME]).distinguished_by(discriminator).report(
            "prefix",
            format_args!("has a name that does not begin with `{prefix}`."),
            format!("name it `{prefix}{}`", names::upper_snake_case(value.name())),
        );
    }
}

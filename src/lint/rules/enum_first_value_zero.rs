use super::{BASIC, Check, Enum, Findings, LintRule, Rule, off, on, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_FIRST_VALUE_ZERO",
        purpose: "The first value of an enum is zero.",
        docs: "\
## What it checks

The first value of an enum has the number 0. The compiler requires this in proto3; this rule also
requires it in proto2 and for closed enums.

## Why

The first value is the default of an unset field. If it is not 0, the same field has a different
default after the file moves to proto3 or to an edition.

## Instead

List the value with the number 0 first. If there is none, add one for the unspecified value. This
changes the default of unset fields, so `lint --fix` does not do it.
",
        v1beta1: off(&["OTHER"]),
        v1: on(BASIC),
        v2: on(BASIC),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(enumeration: Enum<'_>, findings: &mut Findings<'_>) {
    let Some(first) = enumeration.values().next().filter(|first| first.number() != 0) else {
        return;
    };
    let number = first.number();
    findings.on(first).part(&[tag::enum_value::NUMBER]).report(
        "first value",
        format_args!("is the first value of its enum and has the number {number}, not 0."),
        "list the value with the number 0 first",
    );
}

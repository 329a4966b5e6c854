use super::{BASIC, Check, Enum, Findings, LintRule, Rule, off, on, tag};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "ENUM_FIRST_VALUE_ZERO",
        purpose: "The first value of an enum is zero.",
        docs: "\
## What it checks

The first value that an enum lists has the number 0. In proto3 the compiler demands it; this rule
asks it of proto2 and of closed enums, too.

## Why

The first value is what a field reads as when it is not set. When it is not 0, the same field reads
differently after the file moves to proto3 or to an edition.

## Instead

List the value with the number 0 first; if there is none, add one for the unspecified value.
Where an unset field is read it now reads as another value, so `lint --fix` leaves it to you.
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
        format_args!("is the first value of its enum and is {number}, not 0."),
        "list the value with the number 0 first",
    );
}

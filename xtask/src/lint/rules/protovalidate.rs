use super::{Check, LintRule, Rule, STANDARD, on};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PROTOVALIDATE",
        purpose: "Constraints of protovalidate fit what they constrain.",
        docs: "\
## What it checks

Options of `buf/validate/validate.proto`: that the constraints on a field are those of its type,
that they do not contradict each other, and that expressions in CEL parse.

## Why

A constraint that does not fit is found by the validator only at run time, by some runtimes for
every message and by others never.

## Instead

Take the constraints of the field's own type: `(buf.validate.field).string.min_len` for a string.
",
        v1beta1: None,
        v1: on(STANDARD),
        v2: on(STANDARD),
        deprecated: false,
        replacements: &[],
    },
    check: Check::Nothing,
}];

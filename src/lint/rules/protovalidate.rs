use super::super::protovalidate;
use super::{Check, LintRule, Rule, STANDARD, on};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PROTOVALIDATE",
        purpose: "protovalidate rules are valid and satisfiable.",
        docs: "\
## What it checks

Options of `buf/validate/validate.proto`: that the rules of a field, of its items, keys and values
are those of its type; that they let something pass and say nothing twice (`min_len` above
`max_len`, `const` beside others, equal bounds, NaN); that patterns compile as RE2 and expressions
parse as CEL; that ids are spelled rightly and unique; that `required` and `ignore` mean something
where they stand; that examples pass the rules beside them; that the `oneof` rules of a message
name its fields, each once.

Types in expressions are checked as far as they are certain: names, fields, operators, and that the
whole is a bool or a string; not what functions take and what lists and maps hold.

## Why

A rule that does not fit is found by the validator only at run time, by some runtimes for every
message and by others never; one that nothing passes, by the first user.

## Instead

Take the rules of the field's own type: `(buf.validate.field).string.min_len` for a string. Of two
rules that contradict or repeat each other keep one.
",
        v1beta1: None,
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::File(protovalidate::check),
}];

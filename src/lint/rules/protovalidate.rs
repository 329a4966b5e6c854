use super::super::protovalidate;
use super::{Check, LintRule, Rule, STANDARD, on};

pub(super) const RULES: &[LintRule] = &[LintRule {
    rule: Rule {
        id: "PROTOVALIDATE",
        purpose: "protovalidate rules are valid and satisfiable.",
        docs: "\
## What it checks

The options of `buf/validate/validate.proto`:

- The rules of a field, its items, keys and values match its type.
- The rules can be satisfied and are not redundant: no `min_len` above `max_len`, no `const` next to
  other rules, no equal bounds, no NaN.
- Patterns compile as RE2, and expressions parse as CEL.
- Ids are well-formed and unique.
- `required` and `ignore` have an effect.
- Examples satisfy the rules of their field.
- The `oneof` rules of a message name its fields, each once.

Expressions are type-checked where types are certain: names, fields, operators, and that the result
is a bool or a string. Arguments of functions and elements of lists and maps are not checked.

## Why

A mismatched rule is otherwise noticed only at run time: some validators then fail on every message,
others ignore the rule. A rule that no value can satisfy rejects the first user's data.

## Instead

Use the rules of the field's own type: `(buf.validate.field).string.min_len` for a string. If two
rules contradict or repeat each other, keep one.
",
        v1beta1: None,
        v1: on(STANDARD),
        v2: on(STANDARD),
        ..Rule::PLAIN
    },
    check: Check::File(protovalidate::check),
}];

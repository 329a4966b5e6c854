use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::compat::defaults::Default;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_DEFAULT",
        purpose: "A field keeps its default value.",
        docs: "\
## What it checks

The default of a singular scalar or enum field stays the same. Without the option `default`, it is
the first value of an enum, and zero, false or empty for other types. Numbers are compared by value,
even if the type of the field changed; `string` and `bytes` are compared byte by byte.

## Why

Default values are not sent. Each reader fills in its own, so a message without the field has one
meaning for old readers and another for new ones, and the meaning of stored data changes.

## Instead

Keep the default. To use another value in new messages, set the field explicitly in the writer, or
add a new field.
",
        v1beta1: None,
        v1: None,
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let says_nothing = |field: Field<'_>| {
        field.proto().default_value.is_none() && field.field_type() != FieldType::Enum
    };
    if says_nothing(pair.old) && says_nothing(pair.new) {
        return;
    }
    let Pair { old: Some(old), new: Some(new) } = pair.map(Default::of) else { return };
    if !old.is_same(&new) {
        findings.on(pair).part(&[tag::field::DEFAULT_VALUE]).report(
            format_args!("{old} to {new}"),
            format_args!("changed its default from {old} to {new}."),
            format!("keep the default {old}"),
        );
    }
}

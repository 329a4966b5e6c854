use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::compat::defaults::Default;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_DEFAULT",
        purpose: "A field keeps its default value.",
        docs: "\
## What it checks

The default of a singular scalar or enum field stays the same, be it written with `default` or not:
for an enum without one it is the first value, for the rest zero, false or empty. Numbers are
compared by value, across types, too; `string` and `bytes` by their bytes.

## Why

A default is not sent. Each reader puts in its own, so a message without the field means one thing
to old readers and another to new ones, and data that is already stored changes its meaning.

## Instead

Keep the default. To get another one for new messages, set the field explicitly in the writer, or
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
            format_args!("had the default {old} and has {new} now."),
            format!("keep the default {old}"),
        );
    }
}

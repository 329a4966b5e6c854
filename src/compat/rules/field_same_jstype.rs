use super::{Check, CompatRule, Field, Findings, Pair, Rule, on, tag};
use crate::schema::descriptor::{FieldType, JSType};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_JSTYPE",
        purpose: "A 64-bit field keeps its JavaScript type.",
        docs: "\
## What it checks

A 64-bit integer field keeps its `jstype`: `JS_NORMAL` (the default), `JS_STRING` or `JS_NUMBER`.

## Why

The getter of the field returns a string instead of a number, or the other way round: JavaScript
adds and compares the two differently, without an error, and TypeScript no longer compiles. As a
number, values beyond 2^53 lose precision.

## Instead

Keep the option. If no JavaScript code uses the schema, list this rule under `except` in the
configuration.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let Pair { old, new } = pair.map(is_64_bit);
    if !old || !new || !pair.map(|field| &field.proto().options).differs() {
        return;
    }
    let types = pair.map(|field| field.options().jstype());
    if types.differs() {
        let Pair { old, new } = types.map(word);
        findings.on(pair).part(&JSTYPE).report(
            format_args!("{old} to {new}"),
            format_args!("changed its JavaScript type from {old} to {new}."),
            format!("write `[jstype = {old}]`"),
        );
    }
}

fn is_64_bit(field: Field<'_>) -> bool {
    matches!(
        field.field_type(),
        FieldType::Int64
            | FieldType::Uint64
            | FieldType::Sint64
            | FieldType::Fixed64
            | FieldType::Sfixed64
    )
}

fn word(kind: JSType) -> &'static str {
    match kind {
        JSType::JsNormal => "JS_NORMAL",
        JSType::JsString => "JS_STRING",
        JSType::JsNumber => "JS_NUMBER",
    }
}

/// The descriptor path of `options.jstype`.
const JSTYPE: [i32; 2] = [tag::field::OPTIONS, tag::field_options::JSTYPE];

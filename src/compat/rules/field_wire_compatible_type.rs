use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::kinds;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_COMPATIBLE_TYPE",
        purpose: "A field keeps a type that is compatible in binary.",
        docs: "\
## What it checks

A field keeps its type or changes to one with the same wire encoding: `int32`, `int64`, `uint32`,
`uint64` and `bool` may replace each other, as may `sint32` and `sint64`, `fixed32` and `sfixed32`,
`fixed64` and `sfixed64`; `string` may become `bytes`. A message field keeps its message. An enum
may be replaced by an enum in another scope if it has the same short name and all values of the old
enum.

## Why

Other changes make readers misread or reject data. The allowed ones preserve values that fit both
types: a number that does not fit the new type is truncated, and an unsigned type reads a negative
number as a large one.

## Instead

Add a field of the new type with a new number, deprecate the old one, and set both while old readers
exist.
",
        v1beta1: None,
        v1: off(&["WIRE"]),
        v2: off(&["WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep a type with the same wire encoding; add a field of the new type with a new \
                number";
    kinds::compare(pair, findings, has_readable_encoding, kinds::is_moved_enum, help);
}

/// Whether readers of the new type understand the encoding of the old one.
fn has_readable_encoding(kinds: Pair<FieldType>) -> bool {
    let string_to_bytes = kinds.old == FieldType::String && kinds.new == FieldType::Bytes;
    string_to_bytes || !kinds.map(group).differs()
}

/// Returns one representative of all types with the same encoding.
fn group(kind: FieldType) -> FieldType {
    match kind {
        FieldType::Int32 | FieldType::Uint32 | FieldType::Uint64 | FieldType::Bool => {
            FieldType::Int64
        }
        FieldType::Sint32 => FieldType::Sint64,
        FieldType::Sfixed32 => FieldType::Fixed32,
        FieldType::Sfixed64 => FieldType::Fixed64,
        other => other,
    }
}

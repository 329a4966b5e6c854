use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::kinds;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        purpose: "A field keeps a type that is compatible in binary and in JSON.",
        docs: "\
## What it checks

A field keeps its type or changes to one with the same encoding in binary and in JSON: `int32` and
`uint32` may replace each other, as may `int64` and `uint64`, `fixed32` and `sfixed32`, `fixed64`
and `sfixed64`. A message field keeps its message. An enum may be replaced by an enum in another
scope if it has the same short name and all values of the old enum.

## Why

JSON writes 32-bit integers as numbers, 64-bit integers as strings, `bytes` as base64 and `string`
as is: types with the same wire encoding can differ in JSON, and a reader of one type then rejects
the other. Even the allowed changes preserve only values that fit both types.

## Instead

Add a field of the new type with a new number, deprecate the old one, and set both while old readers
exist.
",
        v1beta1: None,
        v1: off(&["WIRE_JSON"]),
        v2: off(&["CSR", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep a type with the same encoding in binary and JSON; add a field of the new type \
                with a new number";
    kinds::compare(pair, findings, has_same_encoding, kinds::is_moved_enum, help);
}

/// Whether both types have the same encoding in binary and in JSON.
fn has_same_encoding(kinds: Pair<FieldType>) -> bool {
    !kinds.map(group).differs()
}

/// Returns one representative of all types with the same encoding.
fn group(kind: FieldType) -> FieldType {
    match kind {
        FieldType::Uint32 => FieldType::Int32,
        FieldType::Uint64 => FieldType::Int64,
        FieldType::Sfixed32 => FieldType::Fixed32,
        FieldType::Sfixed64 => FieldType::Fixed64,
        other => other,
    }
}

use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::kinds;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_COMPATIBLE_TYPE",
        purpose: "A field keeps a type that is compatible in binary.",
        docs: "\
## What it checks

A field keeps its type or takes one of the same form on the wire: `int32`, `int64`, `uint32`,
`uint64` and `bool` for each other, `sint32` and `sint64`, `fixed32` and `sfixed32`, `fixed64` and
`sfixed64`, `bytes` in place of `string`. A message must be the same message. An enum may be
replaced by one that is called the same in another scope and has all the values of the old one.

## Why

Other changes make a reader misread the bytes or reject the message. The allowed ones keep the
small values: a number that does not fit the new type is cut off, and a negative one is read as a
large one by an unsigned type.

## Instead

Add a field of the new type under a new number, deprecate the old one, and fill both while old
readers remain.
",
        v1beta1: None,
        v1: off(&["WIRE"]),
        v2: off(&["WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep a type of the same wire form; add a field of the new type under a new number";
    kinds::compare(pair, findings, read_the_same, kinds::is_moved_enum, help);
}

fn read_the_same(kinds: Pair<FieldType>) -> bool {
    let string_to_bytes = kinds.old == FieldType::String && kinds.new == FieldType::Bytes;
    string_to_bytes || !kinds.map(group).differs()
}

/// The type that stands for all that are read alike.
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

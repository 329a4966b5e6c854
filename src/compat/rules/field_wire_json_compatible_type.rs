use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::kinds;
use crate::schema::descriptor::FieldType;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
        purpose: "A field keeps a type that is compatible in binary and in JSON.",
        docs: "\
## What it checks

A field keeps its type or takes one of the same form on the wire and in JSON: `int32` and `uint32`,
`int64` and `uint64`, `fixed32` and `sfixed32`, `fixed64` and `sfixed64`. A message must be the
same message. An enum may be replaced by one that is called the same in another scope and has all
the values of the old one.

## Why

JSON writes 32-bit numbers as numbers and 64-bit numbers as strings, `bytes` in base64 and `string`
as it is: what is one form on the wire can be two in JSON, and a reader of one rejects the other.
Even of the allowed changes only values that both types have survive.

## Instead

Add a field of the new type under a new number, deprecate the old one, and fill both while old
readers remain.
",
        v1beta1: None,
        v1: off(&["WIRE_JSON"]),
        v2: off(&["CSR", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep a type of the same form in binary and JSON; add a field of the new type under \
                a new number";
    let read_the_same = |kinds: Pair<FieldType>| !kinds.map(group).differs();
    kinds::compare(pair, findings, read_the_same, kinds::is_moved_enum, help);
}

/// The type that stands for all that are read alike.
fn group(kind: FieldType) -> FieldType {
    match kind {
        FieldType::Uint32 => FieldType::Int32,
        FieldType::Uint64 => FieldType::Int64,
        FieldType::Sfixed32 => FieldType::Fixed32,
        FieldType::Sfixed64 => FieldType::Fixed64,
        other => other,
    }
}

use super::{Check, CompatRule, Field, Findings, Pair, Rule, on};
use crate::compat::kinds;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_TYPE",
        purpose: "A field keeps its type.",
        docs: "\
## What it checks

A scalar field keeps its type; a message or enum field keeps its message or enum. The delimited
(group) and the length-prefixed encoding of a message count as different types. Keys and values of
maps are fields, too.

## Why

Generated code has another type for the field: code that uses it no longer compiles. In most cases
readers of one version also misread or reject data of the other.

## Instead

Add a field of the new type with a new number, deprecate the old one, and set both while old readers
exist. If only data matters and not generated code, the categories WIRE and WIRE_JSON accept type
changes that keep data readable.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep the type; add a field of the new type with a new number";
    kinds::compare(pair, findings, kinds::is_same_type, kinds::no_other_enum, help);
}

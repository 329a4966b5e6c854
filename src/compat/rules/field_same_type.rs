use super::{Check, CompatRule, Field, Findings, Pair, Rule, on};
use crate::compat::kinds;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_TYPE",
        purpose: "A field keeps its type.",
        docs: "\
## What it checks

A field keeps its scalar type; a field that holds a message or an enum names the same one. A
message between group tags and one with a length count as two types. Keys and values of maps are
fields, too.

## Why

Generated code has another type for the field: code that uses it no longer compiles. Most changes
also make readers of one version misread, or reject, what the other writes.

## Instead

Add a field of the new type under a new number, deprecate the old one, and fill both while old
readers remain. If only data counts and no generated code, the categories WIRE and WIRE_JSON accept
the changes that keep data readable.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    let help = "keep the type; add a field of the new type under a new number";
    kinds::compare(pair, findings, |kinds| !kinds.differs(), |_| false, help);
}

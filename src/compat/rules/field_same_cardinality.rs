use super::{Check, CompatRule, Field, Findings, Pair, Rule, on};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_CARDINALITY",
        purpose: "A field keeps its cardinality and presence.",
        docs: "\
## What it checks

A field keeps its cardinality: singular with presence (`optional`, oneof members, message fields),
singular without presence (a plain proto3 field), required, repeated, or map.

## Why

Generated code differs: a list instead of a value, or a `has` method that appears or disappears.
Data differs, too: a reader that expects one value keeps the last element of a list, and a field
without presence is not sent if it has its default value, so zero and unset can no longer be told
apart.

## Instead

Add a new field, deprecate the old one, and set both while old readers exist.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    cardinality::compare(pair, findings, |cardinality: Cardinality| cardinality as u8);
}

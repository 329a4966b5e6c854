use super::{Check, CompatRule, Field, Findings, Pair, Rule, on};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_SAME_CARDINALITY",
        purpose: "A field keeps its cardinality and presence.",
        docs: "\
## What it checks

A field keeps its cardinality: singular with presence (`optional`, members of a oneof, messages),
singular without presence (a plain proto3 field), required, repeated, or a map.

## Why

Generated code differs: a list where there was a value, a method that says whether the field was
set where there was none. Data differs, too: of a list, a reader that expects one value keeps the
last; a field without presence does not send its default, so zero and unset become one.

## Instead

Add a new field beside the old one, deprecate the old one, and fill both while old readers remain.
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

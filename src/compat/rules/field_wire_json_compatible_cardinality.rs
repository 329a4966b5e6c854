use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        purpose: "A field keeps a cardinality that is compatible in binary and in JSON.",
        docs: "\
## What it checks

A singular field stays singular, a required one required, a repeated one repeated, and a map a map.
A singular field may gain or lose presence.

## Why

In JSON a list is an array, a map an object, a single value neither: a reader that expects one of
them rejects the others. In binary data a reader that expects one value keeps the last of a list.
A required field that is not sent makes its readers reject the whole message.

## Instead

Add a new field beside the old one, deprecate the old one, and fill both while old readers remain.
",
        v1beta1: off(&["WIRE_JSON"]),
        v1: off(&["WIRE_JSON"]),
        v2: off(&["CSR", "WIRE_JSON"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    cardinality::compare(pair, findings, |cardinality| match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 0,
        Cardinality::Required => 1,
        Cardinality::Repeated => 2,
        Cardinality::Map => 3,
    });
}

use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        purpose: "A field keeps a cardinality that is compatible in binary and in JSON.",
        docs: "\
## What it checks

A singular field stays singular, a required field required, a repeated field repeated, and a map a
map. A singular field may gain or lose presence.

## Why

In JSON a repeated field is an array and a map is an object: a reader that expects another form
rejects the message. In the binary format a reader that expects one value keeps the last element of
a list. A reader rejects the whole message if a field that it requires is missing.

## Instead

Add a new field, deprecate the old one, and set both while old readers exist.
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

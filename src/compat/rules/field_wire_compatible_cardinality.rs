use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_COMPATIBLE_CARDINALITY",
        purpose: "A field keeps a cardinality that is compatible in binary.",
        docs: "\
## What it checks

A singular field stays singular, a required field required, and a repeated field repeated. A
singular field may gain or lose presence, and a map may become the repeated message field that it is
encoded as.

## Why

A reader that expects one value keeps the last element of a list and loses the rest. If a field
becomes required, new readers reject messages without it from old writers; if it is no longer
required, old readers reject messages without it from new writers.

## Instead

Add a new field, deprecate the old one, and set both while old readers exist.
",
        v1beta1: off(&["WIRE"]),
        v1: off(&["WIRE"]),
        v2: off(&["WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    cardinality::compare(pair, findings, |cardinality| match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 0,
        Cardinality::Required => 1,
        Cardinality::Repeated | Cardinality::Map => 2,
    });
}

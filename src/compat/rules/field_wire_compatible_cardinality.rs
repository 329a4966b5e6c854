use super::{Check, CompatRule, Field, Findings, Pair, Rule, off};
use crate::compat::cardinality::{self, Cardinality};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "FIELD_WIRE_COMPATIBLE_CARDINALITY",
        purpose: "A field keeps a cardinality that is compatible in binary.",
        docs: "\
## What it checks

A singular field stays singular, a required one required, a repeated one repeated. A singular field
may gain or lose presence, and a map may become the repeated message that it is on the wire.

## Why

A reader that expects one value keeps the last of a list and loses the rest. A required field that
old writers do not send makes new readers reject the whole message, and one that new writers no
longer send makes old readers do so.

## Instead

Add a new field beside the old one, deprecate the old one, and fill both while old readers remain.
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

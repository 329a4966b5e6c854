//! Fields that can no longer be told from unset ones.

use super::{Check, CompatRule, Field, Findings, Pair, Rule};
use crate::finding::Level;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_FIELD_SAME_PRESENCE",
        purpose: "A field that can be unset still can be.",
        docs: "\
## What it checks

A singular field with presence (`optional`, in a oneof, or of proto2) keeps it.

## Why

A writer that sets the field to 0 sends it. A reader without presence cannot tell it from a field
that was never set: \"the price is 0\" becomes \"there is no price\". The bytes decode, so no other
check sees it. buf's categories WIRE and WIRE_JSON allow the change.

## Instead

Keep `optional`. If the field must change, add a new one with a new number.
",
        ..Rule::PLAIN
    },
    check: Check::Field(check),
}];

/// Whether a reader of the new version can no longer tell the default from unset.
pub(super) fn is_lost(pair: Pair<Field<'_>>) -> bool {
    // Key and value of a map are there in each entry.
    let is_single = |field: Field<'_>| !field.is_repeated() && !field.is_in_map_entry();
    pair.old.has_presence() && !pair.new.has_presence() && is_single(pair.old) && is_single(pair.new)
}

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>) {
    if is_lost(pair) && findings.view().fail_on() <= Level::Lossy {
        findings.on(pair).report(
            "with presence to without",
            "had presence and has none now: a set default is read as unset.",
            "keep `optional`, or add a new field with a new number",
        );
    }
}

//! Fields whose values are no longer read as they were written: a rule for each surface.

use super::{Check, CompatRule, Field, Findings, Pair, Rule};
use crate::compat::proof;
use crate::finding::{Level, Surface};

/// Declares the rule of one surface.
macro_rules! same {
    ($id:literal, $what:literal, $surface:expr, $example:literal) => {
        CompatRule {
            rule: Rule {
                id: $id,
                purpose: concat!("A value in ", $what, " is read as it was written."),
                docs: concat!(
                    "## What it checks\n\nFor each field that changed, values of its type are written \
                     in ", $what, " with one version and read with the other, in both directions: the \
                     smallest and the largest numbers, texts that are no UTF-8, lists of none and of \
                     two, enum values without a name. No value is refused, read as another one, or \
                     lost. A deleted field is not checked: the rules about reserved numbers and names \
                     are.\n\n",
                    "## Why\n\n", $example, "\n\n",
                    "## Instead\n\nKeep the field, and add one with the new type and a new number \
                     beside it. Write both until no reader needs the old one.\n",
                ),
                ..Rule::PLAIN
            },
            check: Check::Field(|pair, findings| check(pair, findings, $surface)),
        }
    };
}

pub(super) const RULES: &[CompatRule] = &[
    same!(
        "PROOF_FIELD_SAME_BINARY_VALUE",
        "the binary format",
        Surface::Binary,
        "The category WIRE allows types to replace each other that share an encoding: `int64` by \
         `int32`, `int32` by `bool`, `string` by `bytes`. Most values survive that, and some do \
         not: 2147483648 arrives as -2147483648, without an error."
    ),
    same!(
        "PROOF_FIELD_SAME_JSON_VALUE",
        "JSON",
        Surface::Json,
        "The category WIRE_JSON allows types to replace each other that share an encoding in both \
         formats, such as `int32` by `uint32`. A JSON reader checks the range: it refuses a message \
         with -1 as a whole."
    ),
];

fn check(pair: Pair<Field<'_>>, findings: &mut Findings<'_>, surface: Surface) {
    let view = findings.view();
    if !view.surfaces().contains(&surface) || !proof::differs(pair) {
        return;
    }
    let declared = pair.map(proof::declared);
    // What else changes a value, a rule of buf finds in every category.
    let is_other = surface == Surface::Binary && proof::takes_over(pair);
    if !declared.differs() && !is_other {
        return;
    }
    let found = view.prover().prove_field(pair, surface);
    let loses_presence = super::proof_field_same_presence::is_lost(pair);
    if !found.level.fails(view.fail_on()) || (loses_presence && found.level < Level::Breaks) {
        return;
    }
    let effect = found.witnesses.first().map_or_else(
        || found.reason.clone().unwrap_or_default(),
        |witness| format!("{}: `{}`", witness.summary(), witness.written),
    );
    let names = pair.map(|field| format!("{} {}", proof::declared(field), field.name()));
    let Pair { old, new } = if declared.differs() { declared } else { names };
    findings.on(pair).report(
        format_args!("{surface} {old} to {new}"),
        format_args!("changed from `{old}` to `{new}`: {effect}."),
        "keep the type; add a field of the new type with a new number",
    );
}

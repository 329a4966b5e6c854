//! Enum values that readers take for others.

use super::{Check, CompatRule, EnumValue, Findings, Pair, Rule};
use crate::finding::{Level, Surface};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_ENUM_VALUE_SAME_MEANING",
        purpose: "An enum value is not read as one with another name.",
        docs: "\
## What it checks

If both versions have a name, they have it for the same number: values are not swapped, and not
given another number.

## Why

The binary format has the number, and code has the name. If `PAID = 1` and `OPEN = 2` change places,
every paid order that was stored is read as an open one. buf's category WIRE allows the change.

## Instead

Keep the numbers. Add a value with a new name and a new number.
",
        ..Rule::PLAIN
    },
    check: Check::EnumNumber(check),
}];

fn check(values: Pair<&[EnumValue<'_>]>, findings: &mut Findings<'_>) {
    let (Some(old), Some(new)) = (values.old.first(), values.new.first()) else { return };
    let (parent, number) = (new.parent(), old.number());
    let elsewhere = parent.values().find(|it| it.name() == old.name() && it.number() != number);
    let Some(elsewhere) = elsewhere else { return };
    let view = findings.view();
    let proof =
        view.prover().prove_number(Pair { old: old.parent(), new: parent }, number, Surface::Binary);
    if !proof.level.fails(view.fail_on().max(Level::Lossy)) {
        return;
    }
    findings.on(Pair { old: *old, new: *new }).report(
        format_args!("{} is {} now", old.name(), elsewhere.number()),
        format_args!(
            "has the number of `{}` in the old version, which is {} now.",
            old.name(),
            elsewhere.number()
        ),
        format!("write `{} = {number};`", old.name()),
    );
}

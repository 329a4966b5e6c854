//! Enum values that readers take for others.

use super::{Check, CompatRule, EnumValue, Findings, Pair, Rule};
use crate::finding::{Level, Surface};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_ENUM_VALUE_SAME_MEANING",
        purpose: "An enum value is not read as one with another name.",
        docs: "\
## What it checks

- If both versions have a name, they have it for the same number: values are not swapped, and not
  given another number.
- The first name of a number stays the first, unless the old version has the new first name, too.

## Why

The binary format has the number, and code has the name. If `PAID = 1` and `OPEN = 2` change places,
every paid order that was stored is read as an open one. buf's category WIRE allows the change.

JSON has the first name of a number. If an alias is put before `PAID`, new writers send a name that
old readers refuse. buf's categories allow the change.

## Instead

Keep the numbers, and put aliases after the first name. Add a value with a new name and a new number.
",
        ..Rule::PLAIN
    },
    check: Check::EnumNumber(check),
}];

fn check(values: Pair<&[EnumValue<'_>]>, findings: &mut Findings<'_>) {
    let (Some(old), Some(new)) = (values.old.first(), values.new.first()) else { return };
    let (parent, number) = (new.parent(), old.number());
    let elsewhere = parent.values().find(|it| it.name() == old.name() && it.number() != number);
    let view = findings.view();
    let fails_on = |surface| {
        let enums = Pair { old: old.parent(), new: parent };
        let proof = view.prover().prove_number(enums, number, surface);
        proof.level.fails(view.fail_on().max(Level::Lossy))
    };
    let Some(elsewhere) = elsewhere else {
        // A name that is gone is found by other rules.
        let is_alias_now = values.new.iter().skip(1).any(|it| it.name() == old.name());
        let is_new = old.parent().values().all(|it| it.name() != new.name());
        let has_json = view.surfaces().contains(&Surface::Json);
        if is_alias_now && is_new && has_json && fails_on(Surface::Json) {
            findings.on(Pair { old: *old, new: *new }).report(
                format_args!("written in place of {}", old.name()),
                format_args!(
                    "is written in JSON in place of `{}` now, and the old version does not know it.",
                    old.name()
                ),
                format!("put the alias after `{} = {number};`", old.name()),
            );
        }
        return;
    };
    if !fails_on(Surface::Binary) {
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

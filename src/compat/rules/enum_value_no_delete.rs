//! Deleted enum values: never, or only with their names or their number reserved.

use super::{Check, CompatRule, Enum, EnumValue, Findings, Membership, Rule, off, on};
use crate::compat::ranges::Range;

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "ENUM_VALUE_NO_DELETE",
        "Enum values are not deleted.",
        "\
## What it checks

Every number that the old enum listed is listed by the new one, under whatever name. Reserving the
number is not enough.

## Why

Generated code has a constant for the value: code that uses it no longer compiles. And old writers
still send the number, which new readers then cannot name.

## Instead

Keep the value and mark it `[deprecated = true]`. If no code uses the constant any more and only
stored and sent data counts, use the category WIRE or WIRE_JSON, whose rules accept a deleted value
that is reserved.
",
        [
            on(&["FILE", "PACKAGE"]),
            on(&["FILE", "PACKAGE"]),
            on(&["CSR", "FILE", "PACKAGE"]),
        ],
        Check::DeletedEnumNumber(|old, new, findings| report(old, new, findings, "")),
    ),
    rule(
        "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
        "Enum values are deleted only if their name is reserved.",
        "\
## What it checks

Where the new enum no longer lists a number, it reserves all names that the number had:
`reserved \"STATE_PAID\";`.

## Why

JSON writes the name of the value. If the name is given to another number later, a message that was
stored as JSON reads as another value, without an error.

## Instead

Keep the value and mark it `[deprecated = true]`, or reserve its names where it is deleted.
",
        [off(&["WIRE_JSON"]), off(&["WIRE_JSON"]), off(&["CSR", "WIRE_JSON"])],
        Check::DeletedEnumNumber(|old, new, findings| {
            let reserved = &new.proto().reserved_name;
            if !old.iter().all(|value| reserved.iter().any(|name| name == value.name())) {
                report(old, new, findings, " without reserving its name");
            }
        }),
    ),
    rule(
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "Enum values are deleted only if their number is reserved.",
        "\
## What it checks

Where the new enum no longer lists a number, it reserves it: `reserved 2;` or a range around it.

## Why

The wire carries the number. If it is given to another value later, what old writers send and what
is stored reads as another value, without an error.

## Instead

Keep the value and mark it `[deprecated = true]`, or reserve its number where it is deleted.
",
        [
            off(&["WIRE_JSON", "WIRE"]),
            off(&["WIRE_JSON", "WIRE"]),
            off(&["CSR", "WIRE_JSON", "WIRE"]),
        ],
        Check::DeletedEnumNumber(|old, new, findings| {
            let ranges = new.proto().reserved_range.iter();
            let mut ranges = ranges.map(|range| Range::closed(range.start(), range.end()));
            if !ranges.any(|range| old.iter().any(|value| range.contains(value.number()))) {
                report(old, new, findings, " without reserving its number");
            }
        }),
    ),
];

const fn rule(
    id: &'static str,
    purpose: &'static str,
    docs: &'static str,
    [v1beta1, v1, v2]: [Option<Membership>; 3],
    check: Check,
) -> CompatRule {
    let rule =
        Rule { id, purpose, docs, v1beta1, v1, v2, ..Rule::PLAIN };
    CompatRule { rule, check }
}

fn report(old: &[EnumValue<'_>], new: Enum<'_>, findings: &mut Findings<'_>, without: &str) {
    let Some(value) = old.first() else { return };
    let help = help(*value, new, without);
    findings.deleted(*value, new).report(
        format_args!("deleted{without}"),
        format_args!("was deleted{without}."),
        help,
    );
}

/// What to do about it. Reserving helps only where the rule asks for it, and a value that was
/// given another number is not gone for good.
fn help(old: EnumValue<'_>, new: Enum<'_>, without: &str) -> String {
    let (name, number) = (old.name(), old.number());
    if let Some(renumbered) = new.values().find(|value| value.name() == name) {
        return format!(
            "`{name}` has the number {} now, and data knows it by {number}: give it {number} back",
            renumbered.number()
        );
    }
    match without {
        "" => "keep it and mark it `[deprecated = true]`".to_owned(),
        _ => format!(
            "keep it as deprecated, or write `reserved {number};` and `reserved \"{name}\";`"
        ),
    }
}

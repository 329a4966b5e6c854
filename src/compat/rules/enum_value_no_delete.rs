//! Deleted enum values: forbidden, or allowed if their names or their number are reserved.

use super::{Check, CompatRule, Enum, EnumValue, Findings, Membership, Rule, off, on};
use crate::compat::ranges::Range;

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "ENUM_VALUE_NO_DELETE",
        "Enum values are not deleted.",
        "\
## What it checks

Every number of the old enum is also in the new one, under any name. Reserving the number is not
enough.

## Why

Generated code has a constant for the value: code that uses it no longer compiles. Old writers still
send the number, and new readers have no name for it.

## Instead

Keep the value and mark it `[deprecated = true]`. If no code uses the constant any more and only
stored or transmitted data matters, use the category WIRE or WIRE_JSON, whose rules accept a deleted
value that is reserved.
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

If the new enum no longer has a number, it reserves every name that the number had:
`reserved \"STATE_PAID\";`.

## Why

JSON encodes enum values by name. If the name is later given to another number, stored JSON is read
as a different value, without an error.

## Instead

Keep the value and mark it `[deprecated = true]`, or reserve its names when you delete it.
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

If the new enum no longer has a number, it reserves the number: `reserved 2;` or a range that
contains it.

## Why

The binary format encodes enum values by number. If the number is later given to another value, data
from old writers and stored data is read as that value, without an error.

## Instead

Keep the value and mark it `[deprecated = true]`, or reserve its number when you delete it.
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

/// Returns the help. Suggests `reserved` only for rules that accept it, and for a renumbered value
/// its old number.
fn help(old: EnumValue<'_>, new: Enum<'_>, without: &str) -> String {
    let (name, number) = (old.name(), old.number());
    if let Some(renumbered) = new.values().find(|value| value.name() == name) {
        return format!(
            "`{name}` now has the number {}, but existing data uses {number}: \
             change it back to {number}",
            renumbered.number()
        );
    }
    match without {
        "" => "keep it and mark it `[deprecated = true]`".to_owned(),
        _ => format!(
            "deprecate it instead, or write `reserved {number};` and `reserved \"{name}\";`"
        ),
    }
}

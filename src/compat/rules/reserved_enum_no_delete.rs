use super::{Check, CompatRule, Enum, Findings, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RESERVED_ENUM_NO_DELETE",
        purpose: "Reserved names and numbers of an enum stay reserved.",
        docs: "\
## What it checks

Every number in a `reserved` range of the old enum is in one of the new enum, and every reserved
name is still reserved. Ranges may be split, joined and made wider.

## Why

A number or name is reserved because a value once had it. As soon as it is free, somebody will give
it to a new value, and what old clients send and what lies in storage is read as that value.

## Instead

Leave the reservation; it costs nothing.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Enum(check),
}];

fn check(pair: Pair<Enum<'_>>, findings: &mut Findings<'_>) {
    let ranges = pair.map(|side| {
        let ranges = side.proto().reserved_range.iter();
        ranges.map(|range| Range::closed(range.start(), range.end())).collect::<Vec<_>>()
    });
    let names = pair.map(|side| side.proto().reserved_name.as_slice());
    ranges::report_freed(pair, ranges, names, findings);
}

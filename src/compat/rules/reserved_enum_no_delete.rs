use super::{Check, CompatRule, Enum, Findings, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RESERVED_ENUM_NO_DELETE",
        purpose: "Reserved names and numbers of an enum stay reserved.",
        docs: "\
## What it checks

Every number in a `reserved` range of the old enum is in a `reserved` range of the new one, and
every reserved name stays reserved. Ranges may be split, merged and extended.

## Why

Numbers and names are reserved because a deleted value used them. If one is freed and given to a new
value, data from old clients and stored data is read as that value.

## Instead

Keep the reservation; it costs nothing.
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

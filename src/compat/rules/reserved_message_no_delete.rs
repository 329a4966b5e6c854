use super::{Check, CompatRule, Findings, Message, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RESERVED_MESSAGE_NO_DELETE",
        purpose: "Reserved names and numbers of a message stay reserved.",
        docs: "\
## What it checks

Every number in a `reserved` range of the old message is in a `reserved` range of the new one, and
every reserved name stays reserved. Ranges may be split, merged and extended.

## Why

Numbers and names are reserved because a deleted field used them. If one is freed and given to a new
field, data from old clients and stored data is read as that field.

## Instead

Keep the reservation; it costs nothing.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    let ranges = pair.map(|message| {
        let ranges = message.proto().reserved_range.iter();
        ranges.map(|range| Range::half_open(range.start(), range.end())).collect::<Vec<_>>()
    });
    let names = pair.map(|message| message.proto().reserved_name.as_slice());
    ranges::report_freed(pair, ranges, names, findings);
}

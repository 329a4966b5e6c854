use super::{Check, CompatRule, Findings, Message, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "RESERVED_MESSAGE_NO_DELETE",
        purpose: "Reserved names and numbers of a message stay reserved.",
        docs: "\
## What it checks

Every number in a `reserved` range of the old message is in one of the new message, and every
reserved name is still reserved. Ranges may be split, joined and made wider.

## Why

A number or name is reserved because a field once had it. As soon as it is free, somebody will give
it to a new field, and what old clients send and what lies in storage is read as that field.

## Instead

Leave the reservation; it costs nothing.
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

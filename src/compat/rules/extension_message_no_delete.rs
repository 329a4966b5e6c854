use super::{Check, CompatRule, Findings, Message, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "EXTENSION_MESSAGE_NO_DELETE",
        purpose: "Extension ranges are not removed.",
        docs: "\
## What it checks

Every number of an `extensions` range of the old message is in such a range of the new one. Ranges
may be split, joined and made wider.

## Why

Other files, often of other teams, extend the message under these numbers. Without the range their
files no longer compile, and the number is free to become a field that reads their data wrongly.

## Instead

Leave the range. To close it to newcomers, list those who use it with `declaration` and set
`verification = DECLARATION`.
",
        v1beta1: on(&["FILE", "PACKAGE"]),
        v1: on(&["FILE", "PACKAGE"]),
        v2: on(&["CSR", "FILE", "PACKAGE"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    let ranges = pair.map(|message| {
        let ranges = message.proto().extension_range.iter();
        ranges.map(|range| Range::half_open(range.start(), range.end())).collect::<Vec<_>>()
    });
    for (range, missing) in ranges::missing(&ranges.old, &ranges.new) {
        let missing = ranges::list(&missing);
        findings.on(pair).report(
            format_args!("extensions {range} without {missing}"),
            format_args!("no longer leaves {missing} of `extensions {range}` to extensions."),
            format!("restore `extensions {missing};`"),
        );
    }
}

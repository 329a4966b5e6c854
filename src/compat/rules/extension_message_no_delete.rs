use super::{Check, CompatRule, Findings, Message, Pair, Rule, on};
use crate::compat::ranges::{self, Range};

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "EXTENSION_MESSAGE_NO_DELETE",
        purpose: "Extension ranges are not removed.",
        docs: "\
## What it checks

Every number in an `extensions` range of the old message is in an `extensions` range of the new one.
Ranges may be split, merged and extended.

## Why

Other files, often owned by other teams, extend the message with these numbers. Without the range
those files no longer compile, and a number may be given to a new field, whose readers then misread
the extension's data.

## Instead

Keep the range. To close it to new extensions, list the existing ones with `declaration` and set
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
            format_args!("no longer declares {missing} of `extensions {range}`."),
            format!("restore `extensions {missing};`"),
        );
    }
}

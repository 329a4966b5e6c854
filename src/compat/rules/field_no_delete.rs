//! Deleted fields: never, or only with their name or their number reserved.

use super::{Check, CompatRule, Field, Findings, Membership, Message, Rule, off, on};
use crate::compat::ranges::Range;

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "FIELD_NO_DELETE",
        "Fields are not deleted.",
        "\
## What it checks

Every field number of the old message is that of a field of the new one, under whatever name.
Reserving the number is not enough. A field whose number changed counts as deleted.

## Why

Code that sets or reads the field no longer compiles. Old writers still send it, and new readers
drop it; old readers miss it in what new writers send and see its default instead.

## Instead

Keep the field and mark it `[deprecated = true]`. If no code uses it any more and only stored and
sent data counts, use the category WIRE or WIRE_JSON, whose rules accept a deleted field that is
reserved.
",
        [
            on(&["FILE", "PACKAGE"]),
            on(&["FILE", "PACKAGE"]),
            on(&["CSR", "FILE", "PACKAGE"]),
        ],
        Check::DeletedField(|old, new, findings| report(old, new, findings, "")),
    ),
    rule(
        "FIELD_NO_DELETE_UNLESS_NAME_RESERVED",
        "Fields are deleted only if their name is reserved.",
        "\
## What it checks

Where the new message has no field of the old number, it reserves the old name:
`reserved \"note\";`.

## Why

JSON knows fields by name. If the name is given to another field later, JSON that was stored or is
sent by old clients is read into that field, without an error.

## Instead

Keep the field and mark it `[deprecated = true]`, or reserve its name where it is deleted.
",
        [off(&["WIRE_JSON"]), off(&["WIRE_JSON"]), off(&["CSR", "WIRE_JSON"])],
        Check::DeletedField(|old, new, findings| {
            if !new.proto().reserved_name.iter().any(|name| name == old.name()) {
                report(old, new, findings, " without reserving its name");
            }
        }),
    ),
    rule(
        "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
        "Fields are deleted only if their number is reserved.",
        "\
## What it checks

Where the new message has no field of the old number, it reserves the number: `reserved 8;` or a
range around it.

## Why

The wire knows fields by number. If the number is given to another field later, what old clients
send and what lies in storage is read as that field: as garbage where the types allow it, as an
error where they do not.

## Instead

Keep the field and mark it `[deprecated = true]`, or reserve its number where it is deleted.
",
        [
            off(&["WIRE_JSON", "WIRE"]),
            off(&["WIRE_JSON", "WIRE"]),
            off(&["CSR", "WIRE_JSON", "WIRE"]),
        ],
        Check::DeletedField(|old, new, findings| {
            let ranges = new.proto().reserved_range.iter();
            let mut ranges = ranges.map(|range| Range::half_open(range.start(), range.end()));
            if !ranges.any(|range| range.contains(old.number())) {
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

fn report(old: Field<'_>, new: Message<'_>, findings: &mut Findings<'_>, without: &str) {
    let help = help(old, new, without);
    findings.deleted(old, new).report(
        format_args!("deleted{without}"),
        format_args!("was deleted{without}."),
        help,
    );
}

/// What to do about it. Reserving helps only where the rule asks for it, and a field that was
/// given another number is not gone for good.
fn help(old: Field<'_>, new: Message<'_>, without: &str) -> String {
    let (name, number) = (old.name(), old.number());
    if let Some(renumbered) = new.fields().find(|field| field.name() == name) {
        return format!(
            "`{name}` has the number {} now, and clients know it by {number}: \
             give it {number} back",
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

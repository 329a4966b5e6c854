//! Deleted fields: forbidden, or allowed if their name or their number is reserved.

use super::{Check, CompatRule, Field, Findings, Membership, Message, Rule, off, on};
use crate::compat::ranges::Range;

pub(super) const RULES: &[CompatRule] = &[
    rule(
        "FIELD_NO_DELETE",
        "Fields are not deleted.",
        "\
## What it checks

Every field number of the old message is a field number of the new one, under any name. Reserving
the number is not enough. A field whose number changed counts as deleted.

## Why

Code that sets or reads the field no longer compiles. New readers ignore the field when old writers
send it. New writers no longer send it, so old readers see its default.

## Instead

Keep the field and mark it `[deprecated = true]`. If no code uses it any more and only stored or
transmitted data matters, use the category WIRE or WIRE_JSON, whose rules accept a deleted field
that is reserved.
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

If the new message no longer has a field number, it reserves the name of the deleted field:
`reserved \"note\";`.

## Why

JSON identifies fields by name. If the name is later given to another field, stored JSON and JSON
from old clients is read into that field, without an error.

## Instead

Keep the field and mark it `[deprecated = true]`, or reserve its name when you delete it.
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

If the new message no longer has a field number, it reserves the number: `reserved 8;` or a range
that contains it.

## Why

The binary format identifies fields by number. If the number is later given to another field, data
from old clients and stored data is read into that field: as garbage if the types allow it,
otherwise it is lost or rejected.

## Instead

Keep the field and mark it `[deprecated = true]`, or reserve its number when you delete it.
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

/// Returns the help. Suggests `reserved` only for rules that accept it, and for a renumbered field
/// its old number.
fn help(old: Field<'_>, new: Message<'_>, without: &str) -> String {
    let (name, number) = (old.name(), old.number());
    if let Some(renumbered) = new.fields().find(|field| field.name() == name) {
        return format!(
            "`{name}` now has the number {}, but clients use {number}: change it back to {number}",
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

use std::collections::BTreeMap;

use super::{Check, CompatRule, Field, Findings, Message, Pair, Rule, on};
use crate::schema::descriptor::Label;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_SAME_REQUIRED_FIELDS",
        purpose: "Required fields are not added or removed.",
        docs: "\
## What it checks

The numbers of the `required` fields of a message stay the same: no required field is added or
removed, and no field changes to or from `required`.

## Why

A reader rejects the whole message if a required field is missing. If a field becomes required, new
readers reject old data; if it is no longer required, old readers reject new data.

## Instead

Add fields as `optional` and check in code that they are set. Keep required fields as they are while
readers of the old version exist.
",
        v1beta1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v1: on(&["FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        v2: on(&["CSR", "FILE", "PACKAGE", "WIRE_JSON", "WIRE"]),
        ..Rule::PLAIN
    },
    check: Check::Message(check),
}];

fn check(pair: Pair<Message<'_>>, findings: &mut Findings<'_>) {
    let required = pair.map(required);
    for (number, old) in &required.old {
        if !required.new.contains_key(number) {
            findings.on(pair).report(
                format_args!("{} = {number} no longer required", old.name()),
                format_args!(
                    "no longer requires field {number} (`{}`): old readers reject data without it.",
                    old.name()
                ),
                format!("keep `required` on field {number} while old readers exist"),
            );
        }
    }
    for (number, new) in required.new {
        if !required.old.contains_key(&number) {
            findings.added(new).report(
                "required",
                "is now required: new readers reject messages from old writers.",
                "make it `optional`",
            );
        }
    }
}

/// Returns the fields with the label `required`, by number. As in buf only the label counts, which
/// fields with `field_presence = LEGACY_REQUIRED` do not have.
fn required(message: Message<'_>) -> BTreeMap<i32, Field<'_>> {
    let fields = message.fields().filter(|field| field.proto().label() == Label::Required);
    fields.map(|field| (field.number(), field)).collect()
}

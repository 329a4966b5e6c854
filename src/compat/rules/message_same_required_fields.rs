use std::collections::BTreeMap;

use super::{Check, CompatRule, Field, Findings, Message, Pair, Rule, on};
use crate::schema::descriptor::Label;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "MESSAGE_SAME_REQUIRED_FIELDS",
        purpose: "Required fields are not added or removed.",
        docs: "\
## What it checks

The numbers of the `required` fields of a message stay the same: none is added, removed, or changed
to another label, and no field becomes required.

## Why

A reader rejects a message that lacks a field which it requires, with everything in it. A field
that is required from now on makes new readers reject old data; one that no longer is makes old
readers reject new data.

## Instead

Add fields as `optional`, and check in code that they are there. Leave what is required as it is
for as long as readers of the old version exist.
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
                    "no longer requires field {number} (`{}`): old readers reject it without.",
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
                "is required now: new readers reject messages of old writers.",
                "make it `optional`",
            );
        }
    }
}

/// The fields that are labelled as required, by number. The label is what counts here, as in
/// buf: a field that an edition's features make required has none.
fn required(message: Message<'_>) -> BTreeMap<i32, Field<'_>> {
    let fields = message.fields().filter(|field| field.proto().label() == Label::Required);
    fields.map(|field| (field.number(), field)).collect()
}

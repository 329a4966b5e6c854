//! Additions that old readers do not read.

use super::{Check, CompatRule, Findings, Rule};
use crate::compat::View;
use crate::finding::{Level, Surface};
use crate::schema::Enum;
use crate::schema::pair::Pair;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_ADDITION_UNREAD",
        purpose: "Nothing was added that old readers do not read.",
        docs: "\
## What it checks

No field and no enum value was added. It finds something only with `fail-on = \"note\"`: an addition
is never more than a note, but for a value of a closed enum that a required field has.

## Why

Additions are how a schema grows, and they are compatible. Still, an old reader of the binary format
does not see a new field, and an old reader of JSON refuses a message that has one. Where old readers
must read everything, such as an archive that is signed, an addition is to be seen.

An old reader with a closed enum keeps a new value as an unknown field. If the field is required, it is
missing then, and the message is refused.

## Instead

Accept the addition, or leave `fail-on` at its default.
",
        ..Rule::PLAIN
    },
    check: Check::Schema(check),
}];

fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    let fails_on_notes = view.fail_on() <= Level::Note;
    const HELP: &str = "accept it, or use `fail-on = \"lossy\"`";
    let files = || view.old_files();
    let messages = files().filter(|_| fails_on_notes).flat_map(|file| file.all_messages());
    for old in messages {
        let Some(new) = view.new_message(old.full_name()) else { continue };
        let added = new.fields().filter(|field| old.field(field.number()).is_none());
        for field in added {
            findings.added(field).report("added", "was added: old readers do not read it.", HELP);
        }
    }
    for old in files().flat_map(|file| file.all_enums()) {
        let Some(new) = view.new_enum(old.full_name()) else { continue };
        let pair = Pair { old, new };
        let is_new = |number: i32| pair.old.values().all(|value| value.number() != number);
        for value in new.values().filter(|value| is_new(value.number())) {
            if fails_on_notes {
                findings.added(value).report("added", "was added: old readers do not know it.", HELP);
            } else if old.is_closed() && is_refused(view, pair, value.number()) {
                findings.added(value).report(
                    "added",
                    "was added: old readers refuse messages with it, as a required field has the enum.",
                    "add it to a new enum, in a new field",
                );
            }
        }
    }
}

/// Whether an old reader refuses a message with a number that was added to an enum.
fn is_refused(view: &View<'_>, pair: Pair<Enum<'_>>, number: i32) -> bool {
    view.prover().prove_number(pair, number, Surface::Binary).level == Level::Breaks
}

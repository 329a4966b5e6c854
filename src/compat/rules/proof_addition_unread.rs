//! Additions that old readers do not read.

use super::{Check, CompatRule, Findings, Rule};
use crate::compat::View;
use crate::finding::Level;
use crate::schema::pair::Pair;

pub(super) const RULES: &[CompatRule] = &[CompatRule {
    rule: Rule {
        id: "PROOF_ADDITION_UNREAD",
        purpose: "Nothing was added that old readers do not read.",
        docs: "\
## What it checks

No field and no enum value was added. It finds something only with `fail-on = \"note\"`: an addition
is never more than a note.

## Why

Additions are how a schema grows, and they are compatible. Still, an old reader of the binary format
does not see a new field, and an old reader of JSON refuses a message that has one. Where old readers
must read everything, such as an archive that is signed, an addition is to be seen.

## Instead

Accept the addition, or leave `fail-on` at its default.
",
        ..Rule::PLAIN
    },
    check: Check::Schema(check),
}];

fn check(view: &View<'_>, findings: &mut Findings<'_>) {
    if view.fail_on() > Level::Note {
        return;
    }
    const HELP: &str = "accept it, or use `fail-on = \"lossy\"`";
    let files = || view.old_files();
    for old in files().flat_map(|file| file.all_messages()) {
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
            findings.added(value).report("added", "was added: old readers do not know it.", HELP);
        }
    }
}

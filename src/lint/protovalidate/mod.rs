//! Checks of protovalidate rules, `buf/validate/validate.proto`: whether they are for the type of
//! their field, and whether any value can pass them. Only their bytes are read, by field number, so
//! the release of that file does not matter. Files without rules cost next to nothing.

mod cel;
mod example;
mod field;
mod field_part;
mod fields;
mod kind;
mod message;
mod number;
mod numeric;
mod pattern;
mod reporter;
mod text;
mod time;

use super::findings::Findings;
use crate::compile::EntryLocations;
use crate::schema::{Field, File};

use self::kind::FieldRules;
use self::reporter::Reporter;

/// The number of the extensions `buf.validate.field` and `buf.validate.message`.
const RULES: u32 = 1159;

/// The number of the extension `buf.validate.predefined` of field options. It is set on an
/// extension that is itself a rule.
const PREDEFINED: u32 = 1160;

/// The options whose entries need locations, since findings refer to rules in them.
pub(crate) const ENTRY_LOCATIONS: EntryLocations =
    EntryLocations { extensions: &[RULES as i32, PREDEFINED as i32], named: "validate" };

/// Checks the rules of everything in a file.
pub(super) fn check(file: File<'_>, findings: &mut Findings<'_>) {
    for message in file.all_messages().filter(|message| !message.is_map_entry()) {
        message::check(message, findings);
        message.fields().for_each(|field| check_field(field, findings));
    }
    for extension in file.all_extensions() {
        check_predefined(extension, findings);
        check_field(extension, findings);
    }
}

fn check_field(field: Field<'_>, findings: &mut Findings<'_>) {
    let Some(rules) = fields::extension(field.proto().options.as_deref(), RULES) else { return };
    let reporter = Reporter::new(field, findings);
    field::check(reporter, field, &FieldRules(rules));
}

/// Checks a predefined rule: an extension of a rules message, whose meaning is defined in its own
/// options.
fn check_predefined(extension: Field<'_>, findings: &mut Findings<'_>) {
    let options = extension.proto().options.as_deref();
    let Some(rules) = fields::extension(options, PREDEFINED) else { return };
    let extendee = extension.extendee().strip_prefix("buf.validate.");
    if extendee.is_some_and(|name| name.ends_with("Rules")) {
        cel::check_predefined(extension, &rules, findings);
    }
}

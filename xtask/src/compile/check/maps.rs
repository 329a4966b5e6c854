//! Maps: their entries are messages that nobody wrote. They nest as others do, and no other field
//! may have their type.

use super::identifiers::camel;
use super::{Problem, openness, part, problem};
use crate::schema::descriptor::FieldType;
use crate::schema::{Container, Field, FieldKind, Message};

/// How deep messages nest.
const MAX_DEPTH: usize = 31;

/// What the name of every entry ends with.
const ENTRY: &str = "Entry";

/// Checks a map by its `entry`.
pub(super) fn check_entry(entry: Message<'_>, problems: &mut Vec<Problem>) {
    let Some(map) = map_of(entry) else { return };
    for value in entry.fields() {
        openness::check_map_value(value, map, problems);
    }
    if depth(entry) > MAX_DEPTH {
        let message =
            format!("map `{}` stands too deep: its entry is a message of its own", map.name());
        let help = format!("messages nest at most {MAX_DEPTH} levels deep");
        problems.push(problem(map.spot(), &[part::NAME], message).help(help));
    }
}

/// Refuses a field or an extension that has the entry of a map as its type without being the map.
pub(super) fn check_type(field: Field<'_>, problems: &mut Vec<Problem>) {
    if field.field_type() != FieldType::Message || !field.type_name().ends_with(ENTRY) {
        return;
    }
    if let FieldKind::Message(entry) = field.kind()
        && entry.is_map_entry()
        && map_of(entry).is_none_or(|map| map.spot() != field.spot())
    {
        let message = format!("field `{}` has the type of a map's entry", field.name());
        problems.push(
            problem(field.spot(), &[part::FIELD_TYPE_NAME], message)
                .help("write the map again, or a message with `key` and `value`"),
        );
    }
}

/// The map that `entry` was made for: of the fields of its type the one that it is named after.
fn map_of(entry: Message<'_>) -> Option<Field<'_>> {
    let Container::Message(parent) = entry.container() else { return None };
    let mut fields = parent.fields().filter(|field| field.type_name() == entry.full_name());
    fields.find(|field| entry_name(field.name()).eq(entry.name().bytes()))
}

/// The name of the entry that is made for a map called `name`.
fn entry_name(name: &str) -> impl Iterator<Item = u8> {
    camel(name, true).chain(ENTRY.bytes())
}

fn depth(message: Message<'_>) -> usize {
    let mut depth = 1;
    let mut container = message.container();
    while let Container::Message(parent) = container {
        depth += 1;
        container = parent.container();
    }
    depth
}

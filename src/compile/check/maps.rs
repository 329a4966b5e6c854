//! Checks maps: their synthetic entries nest like other messages, and no other field may have their
//! type.

use rustc_hash::FxHashSet;

use super::identifiers::camel;
use super::{Problem, openness, problem};
use crate::schema::descriptor::FieldType;
use crate::schema::tag;
use crate::schema::{Container, Field, FieldKind, Message};

/// The depth of nested messages.
const MAX_DEPTH: usize = 31;

/// The suffix of the names of entries.
const ENTRY: &str = "Entry";

/// Checks the maps of `message`.
pub(super) fn check(message: Message<'_>, problems: &mut Vec<Problem>) {
    let mut taken = FxHashSet::default();
    for field in message.fields() {
        let Some(entry) = entry_of(field) else { continue };
        if belongs_to(entry, field, message) && taken.insert(entry.full_name()) {
            check_map(field, entry, problems);
        } else {
            problems.push(map_entry_misuse(field));
        }
    }
}

/// Reports an extension whose type is the entry of a map.
pub(super) fn check_extension(extension: Field<'_>, problems: &mut Vec<Problem>) {
    problems.extend(entry_of(extension).map(|_| map_entry_misuse(extension)));
}

fn check_map(map: Field<'_>, entry: Message<'_>, problems: &mut Vec<Problem>) {
    for value in entry.fields() {
        openness::check_map_value(value, map, problems);
        problems.extend(entry_of(value).map(|_| map_entry_misuse(map)));
    }
    if depth(entry) > MAX_DEPTH {
        let message =
            format!("map `{}` stands too deep: its entry is a message of its own", map.name());
        let help = format!("messages nest at most {MAX_DEPTH} levels deep");
        problems.push(problem(map.element_path(), &[tag::NAME], message).help(help));
    }
}

fn map_entry_misuse(field: Field<'_>) -> Problem {
    let message = format!("field `{}` uses the type of a map's entry", field.name());
    problem(field.element_path(), &[tag::field::TYPE_NAME], message)
        .help("write the map again, or a message with `key` and `value`")
}

/// Returns the map entry that is the type of `field`, if it is one.
fn entry_of(field: Field<'_>) -> Option<Message<'_>> {
    if field.field_type() != FieldType::Message || !field.type_name().ends_with(ENTRY) {
        return None;
    }
    match field.kind() {
        FieldKind::Message(message) => Some(message).filter(|message| message.is_map_entry()),
        _ => None,
    }
}

fn belongs_to(entry: Message<'_>, field: Field<'_>, message: Message<'_>) -> bool {
    let Container::Message(parent) = entry.container() else { return false };
    parent.full_name() == message.full_name()
        && entry_name(field.name()).eq(entry.name().bytes())
        && field.is_repeated()
}

/// Returns the name of the entry of a map called `name`.
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

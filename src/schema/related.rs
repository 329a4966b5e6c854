//! The elements whose change can be the cause of what happens to the data of an element.

use std::collections::BTreeSet;

use super::{Enum, Field, FieldKind, File, Message, Schema};

/// The elements that are related to others, by full name; files by their paths.
pub(crate) type Elements = BTreeSet<String>;

/// Returns the elements whose change can have an effect on `element`, the full name of a field, a
/// message or a method:
///
/// - itself, and the message or service that contains it;
/// - of a field its type, its oneof, and the fields with its number in the other versions;
/// - of something that the newest version has no longer the file and the package that declared it.
///
/// `versions` are the versions of the schema, oldest first.
pub(crate) fn related(versions: &[&Schema], element: &str) -> Elements {
    let mut found = Elements::from([element.to_owned()]);
    let (owner, name) = element.rsplit_once('.').unwrap_or_default();
    let newest = versions.last();
    let is_gone =
        newest.is_some_and(|it| it.message(owner).is_none() && it.service(owner).is_none());
    let mut numbers = BTreeSet::new();
    for schema in versions {
        let (message, service) = (schema.message(owner), schema.service(owner));
        if message.is_some() || service.is_some() {
            found.insert(owner.to_owned());
        }
        let files = [message.map(Message::file), service.map(|service| service.file())];
        if is_gone {
            files.into_iter().flatten().for_each(|file| add_file(&mut found, file));
        }
        let fields = message.into_iter().flat_map(Message::fields);
        numbers.extend(fields.filter(|field| field.name() == name).map(Field::number));
        let is_it = |extension: &Field<'_>| {
            element == format!("{}.{}", extension.extendee(), extension.full_name())
        };
        schema.extensions().filter(is_it).for_each(|extension| add_field(&mut found, extension));
    }
    for message in versions.iter().filter_map(|schema| schema.message(owner)) {
        let fields = numbers.iter().filter_map(|number| message.field(*number));
        fields.for_each(|field| add_field(&mut found, field));
    }
    found
}

/// Returns the elements of [`related`] for each field on `path`, which begins at the message called
/// `root` and separates the names of fields with dots: `items[0].id`.
pub(crate) fn related_on_path(versions: &[&Schema], root: &str, path: &str) -> Elements {
    let mut found = Elements::new();
    for schema in versions {
        let mut message = schema.message(root);
        for part in path.split('.') {
            let name = part.split('[').next().unwrap_or(part);
            let is_it =
                |field: &Field<'_>| field.name() == name || field.proto().json_name() == name;
            let Some(field) = message.and_then(|message| message.fields().find(is_it)) else {
                break;
            };
            found.extend(related(versions, &field.full_name()));
            message = content(field);
        }
    }
    found
}

/// Returns the message that a field, or each value of a map, holds.
fn content(field: Field<'_>) -> Option<Message<'_>> {
    let FieldKind::Message(message) = field.kind() else { return None };
    match message.fields().nth(1).filter(|_| message.is_map_entry()) {
        Some(value) => content(value),
        None => Some(message),
    }
}

fn add_file(found: &mut Elements, file: File<'_>) {
    found.extend([file.path(), file.package()].map(str::to_owned));
}

fn add_field(found: &mut Elements, field: Field<'_>) {
    found.insert(field.full_name());
    if let Some(oneof) = field.oneof() {
        found.insert(format!("{}.{}", oneof.message().full_name(), oneof.name()));
    }
    match field.kind() {
        FieldKind::Enum(of) => add_enum(found, of),
        FieldKind::Message(message) if message.is_map_entry() => {
            message.fields().for_each(|field| add_field(found, field));
        }
        FieldKind::Message(message) => _ = found.insert(message.full_name().to_owned()),
        FieldKind::Scalar(_) | FieldKind::Missing => {}
    }
}

/// Adds an enum and its values: a reader that does not know a value misses one of them.
fn add_enum(found: &mut Elements, of: Enum<'_>) {
    found.insert(of.full_name().to_owned());
    found.extend(of.values().map(|value| format!("{}.{}", of.full_name(), value.name())));
}

//! Checks JSON names: they are unique in a message. The names derived from field names (`foo_bar`
//! and `fooBar`) are checked only if the JSON format is guaranteed, as in proto3; those set by
//! `json_name` always.

use super::identifiers::{camel, may_conflict};
use super::{Problem, problem};
use crate::schema::descriptor::JsonFormat;
use crate::schema::tag;
use crate::schema::{Field, File, Message, Places};

pub(super) fn check(file: File<'_>, problems: &mut Vec<Problem>) {
    let mut written = Written { file, places: None };
    for message in file.all_messages() {
        if message.fields().len() > 1 && could_conflict(message) {
            check_default_names(message, problems);
            check_custom_names(message, &mut written, problems);
        }
    }
}

/// Reports an extension that sets a JSON name: its full name is used in JSON.
pub(super) fn check_extension(extension: Field<'_>, problems: &mut Vec<Problem>) {
    let name = extension.name();
    if !is_default(name, extension.proto().json_name()) {
        let message = format!("extension `{name}` has a `json_name`, but JSON uses its full name");
        problems.push(problem(extension.element_path(), &[tag::field::JSON_NAME], message));
    }
}

/// Whether two fields may have the same JSON name. Nearly all messages can be skipped.
fn could_conflict(message: Message<'_>) -> bool {
    let names = message.fields().flat_map(|field| {
        let (name, json_name) = (field.name(), field.proto().json_name());
        [Some(name), (!is_default(name, json_name)).then_some(json_name)]
    });
    may_conflict(names.flatten())
}

/// Whether `json_name` is the default JSON name of a field called `name`.
fn is_default(name: &str, json_name: &str) -> bool {
    if name == json_name { !name.contains('_') } else { default_name(name).eq(json_name.bytes()) }
}

fn default_name(name: &str) -> impl Iterator<Item = u8> {
    camel(name, false)
}

fn check_default_names(message: Message<'_>, problems: &mut Vec<Problem>) {
    if message.features().json_format != JsonFormat::Allow {
        return;
    }
    let fields = message.fields();
    let named = fields.map(|field| (default_name(field.name()).collect(), field)).collect();
    for (name, first, second) in conflicts(named) {
        let name = String::from_utf8_lossy(&name).into_owned();
        let (a, b) = (first.name(), second.name());
        let text = format!("the fields `{a}` and `{b}` have the same name in JSON, `{name}`");
        problems
            .push(problem(second.element_path(), &[tag::NAME], text).help(
                "rename one of them: `json_name` does not help, since field masks ignore it",
            ));
    }
}

fn check_custom_names<'s>(
    message: Message<'s>,
    written: &mut Written<'s>,
    problems: &mut Vec<Problem>,
) {
    let fields = message.fields();
    let named =
        fields.map(|field| (field.proto().json_name().as_bytes().to_vec(), field)).collect();
    for (name, first, second) in conflicts(named) {
        if written.has_name(first) || written.has_name(second) {
            let name = String::from_utf8_lossy(&name).into_owned();
            let (a, b) = (first.name(), second.name());
            let text = format!("the fields `{a}` and `{b}` have the same name in JSON, `{name}`");
            problems.push(
                problem(second.element_path(), &[tag::field::JSON_NAME], text)
                    .help("give one of them another `json_name`"),
            );
        }
    }
}

/// Returns the fields that have the name of an earlier one, each with the first of that name.
fn conflicts<'s>(
    mut named: Vec<(Vec<u8>, Field<'s>)>,
) -> impl Iterator<Item = (Vec<u8>, Field<'s>, Field<'s>)> {
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let same = named.chunk_by(|a, b| a.0 == b.0).flat_map(|same| {
        let (name, first) = &same[0];
        same[1..].iter().map(|(_, second)| (name.clone(), *first, *second))
    });
    same.collect::<Vec<_>>().into_iter()
}

/// The fields of a file with an explicit `json_name`, even if it is the default one. Only the
/// source info distinguishes that.
struct Written<'s> {
    file: File<'s>,
    places: Option<Places>,
}

impl Written<'_> {
    fn has_name(&mut self, field: Field<'_>) -> bool {
        if !is_default(field.name(), field.proto().json_name()) {
            return true;
        }
        let places = self.places.get_or_insert_with(|| {
            let info = self.file.proto().source_code_info.as_deref();
            info.map(Places::decode).unwrap_or_default()
        });
        places.span(field.element_path().part(&[tag::field::JSON_NAME]).path()).is_some()
    }
}

//! What a file must keep to once its names are resolved and its options interpreted: numbers,
//! ranges, reserved names, JSON names, enums, extensions, options. What buf refuses is refused.
//! What the parser refuses already (labels, groups, oneofs, map keys) is not asked again.
//!
//! A file without a fault costs one walk over it: no string is built and nothing is looked up
//! that cannot matter.

mod declarations;
mod defaults;
mod enum_names;
mod enums;
mod extensions;
mod fields;
mod file;
mod identifiers;
mod json_names;
mod maps;
mod message_sets;
mod numbers;
mod openness;
mod ranges;
mod reserved;

use super::problem::Problem;
use crate::schema::{File, Message, Schema, Spot};

/// What is wrong with `file` by itself.
pub(super) fn file(file: File<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    file::check(file, &mut problems);
    json_names::check(file, &mut problems);
    defaults::check(file, &mut problems);
    extensions::check(file, &mut problems);
    for message in file.all_messages() {
        if !message.is_map_entry() {
            check_message(message, &mut problems);
        }
    }
    for enumeration in file.all_enums() {
        enums::check(enumeration, &mut problems);
        enum_names::check(enumeration, &mut problems);
        reserved::check_enum(enumeration, &mut problems);
    }
    for extension in file.all_extensions() {
        fields::check(extension, &mut problems);
        maps::check_extension(extension, &mut problems);
        json_names::check_extension(extension, &mut problems);
    }
    problems
}

fn check_message(message: Message<'_>, problems: &mut Vec<Problem>) {
    numbers::check(message, problems);
    reserved::check_message(message, problems);
    message_sets::check(message, problems);
    declarations::check(message, problems);
    maps::check(message, problems);
    for field in message.fields() {
        fields::check(field, problems);
    }
}

/// What is wrong between files, each problem with the file it is shown in.
pub(super) fn between_files(schema: &Schema) -> Vec<(File<'_>, Problem)> {
    extensions::check_numbers(schema)
}

/// A problem with the part `tail` of the element at `spot`.
fn problem(spot: Spot, tail: &[i32], message: impl Into<String>) -> Problem {
    let whole = spot.path().to_vec();
    Problem::at(spot.part(tail).path().to_vec(), message).or_at(whole)
}

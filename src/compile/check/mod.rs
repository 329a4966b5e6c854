//! Checks linked files with interpreted options: numbers, ranges, reserved names, JSON names,
//! enums, extensions, options. Files that buf rejects are rejected. The parser's own checks
//! (labels, groups, oneofs, map keys) are not repeated.
//!
//! A file without a problem costs one walk without string allocations and unnecessary look-ups.

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
use crate::schema::{ElementPath, File, Message, Schema};

/// Returns the problems of `file` by itself.
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

/// Returns the problems between files, each with the file that it is reported in.
pub(super) fn between_files(schema: &Schema) -> Vec<(File<'_>, Problem)> {
    extensions::check_numbers(schema)
}

/// Returns a problem with the part `tail` of `element`.
fn problem(element: ElementPath, tail: &[i32], message: impl Into<String>) -> Problem {
    let whole = element.path().to_vec();
    Problem::at(element.part(tail).path().to_vec(), message).or_at(whole)
}

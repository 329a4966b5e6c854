//! Extensions: of a message that gives them the number, in proto3 of options only, and no two of
//! the same message with the same number, in whichever files they stand.

use rustc_hash::FxHashMap;

use super::ranges::{Purpose, Ranges};
use super::{Problem, declarations, message_sets, numbers, part, problem};
use crate::schema::descriptor::Edition;
use crate::schema::{Field, File, Message, Schema};

/// The messages that proto3 files may extend.
const OPTIONS: [&str; 9] = [
    "google.protobuf.EnumOptions",
    "google.protobuf.EnumValueOptions",
    "google.protobuf.ExtensionRangeOptions",
    "google.protobuf.FieldOptions",
    "google.protobuf.FileOptions",
    "google.protobuf.MessageOptions",
    "google.protobuf.MethodOptions",
    "google.protobuf.OneofOptions",
    "google.protobuf.ServiceOptions",
];

pub(super) fn check(extension: Field<'_>, problems: &mut Vec<Problem>) {
    let Some(extendee) = extension.file().schema().message(extension.extendee()) else { return };
    numbers::check_bounds(extension, extendee, problems);
    check_range(extension, extendee, problems);
    if message_sets::is_message_set(extendee) {
        message_sets::check_extension(extension, problems);
    }
    declarations::check_extension(extension, extendee, problems);
    if extension.file().edition() == Edition::Proto3 && !OPTIONS.contains(&extension.extendee()) {
        problems.push(in_proto3(extension));
    }
}

fn check_range(extension: Field<'_>, extendee: Message<'_>, problems: &mut Vec<Problem>) {
    let (name, number) = (extension.name(), extension.number());
    let range = Ranges::of_message(extendee).containing(number);
    if range.is_some_and(|range| range.purpose == Purpose::Extensions) {
        return;
    }
    let extendee = extendee.full_name();
    let message = format!("`{extendee}` does not give {number} to extensions, `{name}` has it");
    problems.push(
        problem(extension.spot(), &[part::FIELD_NUMBER], message)
            .help(format!("the statement in `{extendee}` would be `extensions {number};`")),
    );
}

fn in_proto3(extension: Field<'_>) -> Problem {
    let message =
        format!("a proto3 file extends `{}`, which is no options message", extension.extendee());
    problem(extension.spot(), &[part::FIELD_EXTENDEE], message)
        .help("in proto3 only the messages `google.protobuf.*Options` can be extended")
}

/// Refuses numbers that several extensions of one message have.
pub(super) fn check_numbers(schema: &Schema) -> Vec<(File<'_>, Problem)> {
    let mut first: FxHashMap<(&str, i32), Field<'_>> = FxHashMap::default();
    let mut problems = Vec::new();
    for extension in schema.extensions() {
        let key = (extension.extendee(), extension.number());
        if let Some(earlier) = first.insert(key, extension) {
            problems.push((extension.file(), same_number(earlier, extension)));
        }
    }
    problems
}

fn same_number(first: Field<'_>, second: Field<'_>) -> Problem {
    let (number, extendee) = (second.number(), second.extendee());
    let (a, b) = (first.full_name(), second.full_name());
    let message =
        format!("the extensions `{a}` and `{b}` of `{extendee}` both have the number {number}");
    let problem = problem(second.spot(), &[part::FIELD_NUMBER], message);
    if first.file().index() == second.file().index() {
        return problem;
    }
    problem.help(format!("the other one stands in {}", first.file().external()))
}

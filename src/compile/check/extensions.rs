//! Checks extensions: the number is in an extension range, proto3 files extend options only, and no
//! two extensions of a message have the same number, in any files.

use rustc_hash::FxHashMap;

use super::ranges::{Purpose, Ranges};
use super::{Problem, declarations, message_sets, numbers, problem};
use crate::schema::descriptor::{Edition, ExtensionDeclaration};
use crate::schema::tag;
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

pub(super) fn check(file: File<'_>, problems: &mut Vec<Problem>) {
    let mut extended: FxHashMap<&str, Option<Extended<'_>>> = FxHashMap::default();
    for extension in file.all_extensions() {
        let name = extension.extendee();
        let find = || file.schema().message(name).map(Extended::new);
        if let Some(extended) = extended.entry(name).or_insert_with(find) {
            extended.check(extension, problems);
        }
        if file.edition() == Edition::Proto3 && !OPTIONS.contains(&name) {
            problems.push(in_proto3(extension));
        }
    }
}

/// An extended message, with its extension ranges and declarations.
struct Extended<'s> {
    message: Message<'s>,
    is_message_set: bool,
    ranges: Ranges,
    declarations: FxHashMap<i32, ExtensionDeclaration>,
}

impl<'s> Extended<'s> {
    fn new(message: Message<'s>) -> Self {
        Extended {
            message,
            is_message_set: message_sets::is_message_set(message),
            ranges: Ranges::of_message(message),
            declarations: declarations::by_number(message),
        }
    }

    fn check(&self, extension: Field<'_>, problems: &mut Vec<Problem>) {
        numbers::check_bounds(extension, || self.is_message_set, problems);
        if !self.allows_extension(extension.number()) {
            problems.push(self.number_not_allowed(extension));
        }
        if self.is_message_set {
            message_sets::check_extension(extension, problems);
        }
        if let Some(declared) = self.declarations.get(&extension.number()) {
            declarations::check_extension(extension, declared, problems);
        }
    }

    fn allows_extension(&self, number: i32) -> bool {
        let range = self.ranges.containing(number);
        range.is_some_and(|range| range.purpose == Purpose::Extensions)
    }

    fn number_not_allowed(&self, extension: Field<'_>) -> Problem {
        let (name, number) = (extension.name(), extension.number());
        let message = self.message.full_name();
        let text = format!("`{message}` does not give {number} to extensions, `{name}` has it");
        problem(extension.element_path(), &[tag::field::NUMBER], text)
            .help(format!("the statement in `{message}` would be `extensions {number};`"))
    }
}

fn in_proto3(extension: Field<'_>) -> Problem {
    let message =
        format!("a proto3 file extends `{}`, which is no options message", extension.extendee());
    problem(extension.element_path(), &[tag::field::EXTENDEE], message)
        .help("in proto3 only the messages `google.protobuf.*Options` can be extended")
}

/// Reports numbers that several extensions of one message have.
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
    let problem = problem(second.element_path(), &[tag::field::NUMBER], message);
    if first.file().index() == second.file().index() {
        return problem;
    }
    problem.help(format!("the other one stands in {}", first.file().external()))
}

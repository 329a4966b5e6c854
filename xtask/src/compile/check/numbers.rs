//! The numbers of fields: in bounds, each used once, none that is set aside.

use super::message_sets::is_message_set;
use super::ranges::{self, Purpose, Range, Ranges};
use super::{Problem, part, problem};
use crate::schema::{Field, Message};

const MAX: i32 = 536_870_911;
const MAX_IN_MESSAGE_SET: i32 = i32::MAX - 1;
const IMPLEMENTATION: std::ops::RangeInclusive<i32> = 19_000..=19_999;

pub(super) fn check(message: Message<'_>, problems: &mut Vec<Problem>) {
    let ranges = Ranges::of_message(message);
    if ranges.iter().next().is_some() {
        ranges.check(|range| ranges::spot_in_message(message, range), problems);
        check_bounds_of_ranges(message, &ranges, problems);
    }
    let mut last = 0;
    let mut ascending = true;
    for field in message.fields() {
        let number = field.number();
        check_bounds(field, message, problems);
        if let Some(range) = ranges.containing(number) {
            problems.push(set_aside(field, range));
        }
        ascending &= last < number;
        last = number;
    }
    if !ascending {
        check_used_once(message, problems);
    }
}

/// Refuses a field of `message`, or an extension of it, whose number no field of it can have.
pub(super) fn check_bounds(field: Field<'_>, message: Message<'_>, problems: &mut Vec<Problem>) {
    if let Some(why) = out_of_bounds(field.number(), message) {
        problems.push(problem(field.spot(), &[part::FIELD_NUMBER], why));
    }
}

fn check_bounds_of_ranges(message: Message<'_>, ranges: &Ranges, problems: &mut Vec<Problem>) {
    for range in ranges.iter() {
        let why = out_of_bounds(range.start, message).or_else(|| out_of_bounds(range.end, message));
        if let Some(why) = why {
            problems.push(problem(ranges::spot_in_message(message, range), &[], why));
        }
    }
}

/// Why a field of `message` cannot have `number`.
fn out_of_bounds(number: i32, message: Message<'_>) -> Option<String> {
    if (1..*IMPLEMENTATION.start()).contains(&number) {
        return None;
    }
    let is_set = is_message_set(message);
    let max = if is_set { MAX_IN_MESSAGE_SET } else { MAX };
    let (low, high) = (IMPLEMENTATION.start(), IMPLEMENTATION.end());
    match number {
        _ if is_set && (0..=max).contains(&number) => None,
        _ if IMPLEMENTATION.contains(&number) => {
            Some(format!("{number} lies in {low} to {high}, which protobuf keeps for itself"))
        }
        _ if (1..=max).contains(&number) => None,
        _ => Some(format!("field numbers lie in 1 to {max}, {number} does not")),
    }
}

fn set_aside(field: Field<'_>, range: Range) -> Problem {
    let (name, number) = (field.name(), field.number());
    let message = format!("field `{name}` has the number {number}, which is in `{range}`");
    let problem = problem(field.spot(), &[part::FIELD_NUMBER], message);
    match range.purpose {
        Purpose::Reserved => problem
            .help("a number is reserved because old data may hold it: give the field another one"),
        Purpose::Extensions => problem.help("only extensions may have it"),
    }
}

/// Refuses numbers that several fields have.
fn check_used_once(message: Message<'_>, problems: &mut Vec<Problem>) {
    let fields: Vec<Field<'_>> = message.fields().collect();
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by_key(|index| fields[*index].number());
    for same in order.chunk_by(|a, b| fields[*a].number() == fields[*b].number()) {
        for again in &same[1..] {
            let (first, second) = (fields[same[0]], fields[*again]);
            let (name, number) = (second.name(), second.number());
            let text = format!("`{}` and `{name}` both have the number {number}", first.name());
            problems.push(problem(second.spot(), &[part::FIELD_NUMBER], text));
        }
    }
}

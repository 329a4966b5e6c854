//! Checks field numbers: in bounds, unique, not reserved, not in an extension range.

use std::cell::LazyCell;

use super::message_sets::is_message_set;
use super::ranges::{self, Purpose, Range, Ranges};
use super::{Problem, problem};
use crate::schema::tag;
use crate::schema::{Field, Message};

const MAX: i32 = 536_870_911;
const MAX_IN_MESSAGE_SET: i32 = i32::MAX - 1;
const IMPLEMENTATION: std::ops::RangeInclusive<i32> = 19_000..=19_999;

pub(super) fn check(message: Message<'_>, problems: &mut Vec<Problem>) {
    // Lazy, because it decodes all options of the message.
    let is_set = LazyCell::new(|| is_message_set(message));
    let is_set = || *is_set;
    let ranges = Ranges::of_message(message);
    if ranges.iter().next().is_some() {
        ranges.check(|range| ranges::path_in_message(message, range), problems);
        check_bounds_of_ranges(message, &ranges, is_set, problems);
    }
    let mut last = 0;
    let mut ascending = true;
    for field in message.fields() {
        let number = field.number();
        check_bounds(field, is_set, problems);
        if let Some(range) = ranges.containing(number) {
            problems.push(number_reserved(field, range));
        }
        ascending &= last < number;
        last = number;
    }
    if !ascending {
        check_used_once(message, problems);
    }
}

/// Reports a field or an extension whose number no field of the message can have. `is_set` returns
/// whether it is a message set.
pub(super) fn check_bounds(
    field: Field<'_>,
    is_set: impl Fn() -> bool,
    problems: &mut Vec<Problem>,
) {
    if let Some(why) = out_of_bounds(field.number(), is_set) {
        problems.push(problem(field.element_path(), &[tag::field::NUMBER], why));
    }
}

fn check_bounds_of_ranges(
    message: Message<'_>,
    ranges: &Ranges,
    is_set: impl Fn() -> bool,
    problems: &mut Vec<Problem>,
) {
    for range in ranges.iter() {
        let why = [range.start, range.end].into_iter().find_map(|end| out_of_bounds(end, &is_set));
        if let Some(why) = why {
            problems.push(problem(ranges::path_in_message(message, range), &[], why));
        }
    }
}

/// Returns why no field can have `number`. `is_set` returns whether the message is a message set.
fn out_of_bounds(number: i32, is_set: impl Fn() -> bool) -> Option<String> {
    if (1..*IMPLEMENTATION.start()).contains(&number) {
        return None;
    }
    let is_set = is_set();
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

fn number_reserved(field: Field<'_>, range: Range) -> Problem {
    let (name, number) = (field.name(), field.number());
    let message = format!("field `{name}` has the number {number}, which is in `{range}`");
    let problem = problem(field.element_path(), &[tag::field::NUMBER], message);
    match range.purpose {
        Purpose::Reserved => problem
            .help("a number is reserved because old data may hold it: give the field another one"),
        Purpose::Extensions => problem.help("only extensions may have it"),
    }
}

/// Reports numbers that several fields have.
fn check_used_once(message: Message<'_>, problems: &mut Vec<Problem>) {
    let fields: Vec<Field<'_>> = message.fields().collect();
    let mut order: Vec<usize> = (0..fields.len()).collect();
    order.sort_by_key(|index| fields[*index].number());
    for same in order.chunk_by(|a, b| fields[*a].number() == fields[*b].number()) {
        for again in &same[1..] {
            let (first, second) = (fields[same[0]], fields[*again]);
            let (name, number) = (second.name(), second.number());
            let text = format!("`{}` and `{name}` both have the number {number}", first.name());
            problems.push(problem(second.element_path(), &[tag::field::NUMBER], text));
        }
    }
}

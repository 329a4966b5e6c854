//! Checks the values of enums: at least one, zero first if the enum is open, one name per number
//! unless aliases are allowed, no reserved number.

use super::ranges::{self, Ranges};
use super::{Problem, problem};
use crate::schema::tag;
use crate::schema::{Enum, EnumValue};

pub(super) fn check(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    let Some(first) = enumeration.values().next() else {
        let message = format!("enum `{}` has no value", enumeration.name());
        problems.push(problem(enumeration.element_path(), &[tag::NAME], message));
        return;
    };
    if first.number() != 0 && !enumeration.is_closed() {
        problems.push(not_zero(first));
    }
    check_aliases(enumeration, problems);
    check_reserved(enumeration, problems);
}

fn not_zero(first: EnumValue<'_>) -> Problem {
    let (name, number) = (first.name(), first.number());
    let message = format!("the first value of an enum must be 0, `{name}` is {number}");
    problem(first.element_path(), &[tag::enum_value::NUMBER], message)
        .help("put a value with the number 0 first: it is what a field holds that was never set")
}

fn check_aliases(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    let allowed = enumeration.proto().options.is_some() && enumeration.options().allow_alias();
    if !allowed && enumeration.values().is_sorted_by(|a, b| a.number() < b.number()) {
        return;
    }
    let mut values: Vec<EnumValue<'_>> = enumeration.values().collect();
    values.sort_by_key(|value| value.number());
    let mut aliases =
        values.chunk_by(|a, b| a.number() == b.number()).filter(|same| same.len() > 1).peekable();
    if allowed && aliases.peek().is_none() {
        let message = format!(
            "enum `{}` allows aliases, but no two of its values have the same number",
            enumeration.name()
        );
        let option = [tag::enumeration::OPTIONS, tag::enum_options::ALLOW_ALIAS];
        problems.push(
            problem(enumeration.element_path(), &option, message).help("remove `allow_alias`"),
        );
    }
    for same in aliases.filter(|_| !allowed) {
        problems.extend(same[1..].iter().map(|alias| not_allowed(same[0], *alias)));
    }
}

fn not_allowed(first: EnumValue<'_>, alias: EnumValue<'_>) -> Problem {
    let (a, b, number) = (first.name(), alias.name(), alias.number());
    problem(
        alias.element_path(),
        &[tag::enum_value::NUMBER],
        format!("`{a}` and `{b}` are both {number}"),
    )
    .help("if both names shall mean the same, set `option allow_alias = true;`")
}

fn check_reserved(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    if enumeration.proto().reserved_range.is_empty() {
        return;
    }
    let reserved = Ranges::of_enum(enumeration);
    reserved.check(|range| ranges::path_in_enum(enumeration, range), problems);
    for value in enumeration.values() {
        if let Some(range) = reserved.containing(value.number()) {
            let (name, number) = (value.name(), value.number());
            let message = format!("`{name}` has the number {number}, which is in `{range}`");
            problems.push(problem(value.element_path(), &[tag::enum_value::NUMBER], message));
        }
    }
}

//! Checks the names of enum values as many generators use them: without the enum's name as a
//! prefix, and in PascalCase. `COLOR_RED` and `Red` of an enum `Color` would become the same name.
//! Checked only if the JSON format is guaranteed, as in proto3.

use rustc_hash::FxHashMap;

use super::identifiers::{camel, may_conflict};
use super::{Problem, problem};
use crate::schema::descriptor::JsonFormat;
use crate::schema::tag;
use crate::schema::{Enum, EnumValue};

pub(super) fn check(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    if enumeration.features().json_format != JsonFormat::Allow {
        return;
    }
    let short =
        enumeration.values().map(|value| without_prefix(value.proto().name(), enumeration.name()));
    if may_conflict(short) {
        check_spellings(enumeration, problems);
    }
}

fn check_spellings(enumeration: Enum<'_>, problems: &mut Vec<Problem>) {
    let mut first: FxHashMap<Vec<u8>, EnumValue<'_>> = FxHashMap::default();
    for value in enumeration.values() {
        let name = spelling(without_prefix(value.name(), enumeration.name()));
        let earlier = *first.entry(name).or_insert(value);
        if earlier.number() != value.number() {
            problems.push(conflict(earlier, value));
        }
    }
}

fn conflict(first: EnumValue<'_>, second: EnumValue<'_>) -> Problem {
    let (a, b, prefix) = (first.name(), second.name(), second.parent().name());
    let message = format!("`{a}` and `{b}` are the same name once `{prefix}` is taken off");
    problem(second.element_path(), &[tag::NAME], message)
        .help("generators of several languages use the short names: rename one of the two")
}

/// Returns `name` without `prefix`, ignoring case and underscores; the whole name if nothing would
/// be left.
fn without_prefix<'n>(name: &'n str, prefix: &str) -> &'n str {
    let mut prefix = prefix.bytes().filter(|byte| *byte != b'_');
    for (index, byte) in name.bytes().enumerate().filter(|(_, byte)| *byte != b'_') {
        match prefix.next() {
            None => return &name[index..],
            Some(expected) if expected.eq_ignore_ascii_case(&byte) => {}
            Some(_) => return name,
        }
    }
    name
}

/// Returns `FOO_bar` as `FooBar`.
fn spelling(name: &str) -> Vec<u8> {
    camel(&name.to_ascii_lowercase(), true).collect()
}

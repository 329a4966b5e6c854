//! Checks of the rules of strings and bytes: contradicting lengths, parts that are too long or
//! forbidden, invalid patterns.

use super::kind::Rules;
use super::numeric::{check_const, too_narrow};
use super::{Reporter, pattern};

/// The maximum number of bytes of a character in UTF-8.
const WIDEST: u64 = 4;

/// Checks the rules of a string.
pub(super) fn check_string(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    check_const(reporter, rules);
    check_lengths(reporter, rules, ["len", "min_len", "max_len"]);
    check_lengths(reporter, rules, ["len_bytes", "min_bytes", "max_bytes"]);
    check_bytes_of_characters(reporter, rules);
    for name in ["prefix", "suffix", "contains"] {
        check_part(reporter, rules, name);
    }
    check_pattern(reporter, rules);
    let is_unset = |name| rules.uint(name).is_none_or(|(_, value)| value == 0);
    if let Some((strict, 0)) = rules.uint("strict")
        && is_unset("well_known_regex")
    {
        reporter.add(
            &[rules.kind.number, strict],
            "alone",
            "is not `strict`, which only says something of `well_known_regex`.",
            "remove `strict`",
        );
    }
}

/// Checks the rules of bytes.
pub(super) fn check_bytes(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    check_const(reporter, rules);
    check_lengths(reporter, rules, ["len", "min_len", "max_len"]);
    for name in ["prefix", "suffix", "contains"] {
        let part = rules.bytes(name).map(|(_, part)| part).unwrap_or_default();
        check_part_length(reporter, rules, name, part.len(), "max_len");
    }
    check_pattern(reporter, rules);
}

/// Reports limits beside an exact length, and limits that only one length or none passes.
fn check_lengths(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>, names: [&str; 3]) {
    let kind = rules.kind.number;
    let [exact, low, high] = names.map(|name| rules.uint(name));
    let [exact_name, ..] = names;
    if exact.is_some() {
        for (number, _) in [low, high].into_iter().flatten() {
            reporter.add(
                &[kind, number],
                format_args!("beside {exact_name}"),
                format_args!("has a length by `{exact_name}`, which its limits add nothing to."),
                "remove the limit",
            );
        }
    }
    let (Some((low, least)), Some((high, most))) = (low, high) else { return };
    if least > most {
        too_narrow(reporter, kind, [(low, least), (high, most)]);
    } else if least == most {
        reporter.add_both(
            [&[kind, low], &[kind, high]],
            &format!("equal limits of {exact_name}"),
            "has one length by its limits.",
            &format!("use `{exact_name}`"),
        );
    }
}

/// Reports contradicting limits of characters and bytes: a text has at least as many bytes as
/// characters, and at most four times as many.
fn check_bytes_of_characters(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    let kind = rules.kind.number;
    let limits = |names: [&str; 2]| {
        let [low, high] = names.map(|name| rules.uint(name));
        low.zip(high)
    };
    if let Some((low, high)) = limits(["min_len", "max_bytes"])
        && high.1 < low.1
    {
        too_narrow(reporter, kind, [low, high]);
    }
    if let Some((low, high)) = limits(["min_bytes", "max_len"])
        && high.1.wrapping_mul(WIDEST) < low.1
    {
        too_narrow(reporter, kind, [low, high]);
    }
}

fn check_part(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>, name: &str) {
    let Some((number, part)) = rules.text(name) else { return };
    check_part_length(reporter, rules, name, part.chars().count(), "max_len");
    check_part_length(reporter, rules, name, part.len(), "max_bytes");
    if let Some((_, forbidden)) = rules.text("not_contains")
        && part.contains(forbidden)
    {
        reporter.add(
            &[rules.kind.number, number],
            "contains not_contains",
            format_args!("has to have what `not_contains` forbids, by `{name}`."),
            "change one of the two",
        );
    }
}

fn check_part_length(
    reporter: &mut Reporter<'_, '_>,
    rules: &Rules<'_>,
    name: &str,
    length: usize,
    limit: &str,
) {
    let (Some(number), Some((_, most))) = (rules.number(name), rules.uint(limit)) else { return };
    if length as u64 > most {
        reporter.add(
            &[rules.kind.number, number],
            format_args!("longer than {limit}"),
            format_args!("has {length} for its `{name}` alone and {most} for `{limit}`."),
            format!("raise `{limit}`, or shorten `{name}`"),
        );
    }
}

fn check_pattern(reporter: &mut Reporter<'_, '_>, rules: &Rules<'_>) {
    let Some((number, text)) = rules.text("pattern") else { return };
    if let Err(why) = pattern::check(text) {
        reporter.add(
            &[rules.kind.number, number],
            "no pattern",
            format_args!("has a `pattern` that no validator can compile: {why}."),
            "write it in the syntax of RE2",
        );
    }
}

//! Examples that are strings or bytes.

use super::formats;
use crate::lint::protovalidate::kind::Rules;

/// Returns the rules that a string violates.
pub(super) fn violated(rules: &Rules<'_>, text: &str) -> Vec<&'static str> {
    let mut violated = Vec::new();
    let characters = text.chars().count() as u64;
    violated.extend(lengths(rules, characters, ["len", "min_len", "max_len"]));
    violated.extend(lengths(rules, text.len() as u64, ["len_bytes", "min_bytes", "max_bytes"]));
    violated.extend(parts(rules, text.as_bytes()));
    if rules.bytes("not_contains").is_some_and(|(_, part)| contains(text.as_bytes(), part)) {
        violated.push("not_contains");
    }
    if is_unmatched(rules, text) {
        violated.push("pattern");
    }
    violated.extend(formats::violated(rules, text));
    violated
}

/// Returns the rules that bytes violate.
pub(super) fn violated_by_bytes(rules: &Rules<'_>, bytes: &[u8]) -> Vec<&'static str> {
    let mut violated = Vec::new();
    match std::str::from_utf8(bytes) {
        Ok(text) if is_unmatched(rules, text) => violated.push("pattern"),
        // A validator stops with an error if the bytes are not UTF-8.
        Err(_) if rules.get("pattern").is_some() => return violated,
        _ => {}
    }
    violated.extend(lengths(rules, bytes.len() as u64, ["len", "min_len", "max_len"]));
    violated.extend(parts(rules, bytes));
    let sizes: [(&str, &[usize]); 4] =
        [("ip", &[4, 16]), ("ipv4", &[4]), ("ipv6", &[16]), ("uuid", &[16])];
    let is_set = |name: &str| rules.uint(name).is_some_and(|(_, set)| set != 0);
    let broken = |(name, sizes): &(&str, &[usize])| is_set(name) && !sizes.contains(&bytes.len());
    violated.extend(sizes.into_iter().filter(broken).map(|(name, _)| name));
    violated
}

fn lengths(rules: &Rules<'_>, length: u64, names: [&'static str; 3]) -> Vec<&'static str> {
    let [exact, least, most] = names.map(|name| rules.uint(name).map(|(_, limit)| limit));
    let broken = [
        exact.is_some_and(|exact| exact != length),
        least.is_some_and(|least| length < least),
        most.is_some_and(|most| length > most),
    ];
    names.into_iter().zip(broken).filter(|(_, broken)| *broken).map(|(name, _)| name).collect()
}

/// Returns the violated rules among those that strings and bytes have in common.
fn parts(rules: &Rules<'_>, value: &[u8]) -> Vec<&'static str> {
    let part = |name| rules.bytes(name).map(|(_, part)| part);
    let list = |name| -> Vec<&[u8]> {
        let values = rules.number(name).into_iter().flat_map(|at| rules.fields.all(at));
        values.filter_map(|raw| raw.bytes()).collect()
    };
    let (allowed, forbidden) = (list("in"), list("not_in"));
    let broken = [
        ("const", part("const").is_some_and(|constant| constant != value)),
        ("prefix", part("prefix").is_some_and(|part| !value.starts_with(part))),
        ("suffix", part("suffix").is_some_and(|part| !value.ends_with(part))),
        ("contains", part("contains").is_some_and(|part| !contains(value, part))),
        ("in", !allowed.is_empty() && !allowed.contains(&value)),
        ("not_in", forbidden.contains(&value)),
    ];
    broken.into_iter().filter(|(_, broken)| *broken).map(|(name, _)| name).collect()
}

fn contains(value: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(value, part).is_some()
}

/// Whether `text` does not match the pattern, if there is one. Patterns and texts that RE2 and the
/// crate `regex_lite` treat differently are accepted.
fn is_unmatched(rules: &Rules<'_>, text: &str) -> bool {
    const READ_OTHERWISE: [&str; 10] =
        ["\\p", "\\P", "\\Q", "{,", "&&", "--", "~~", "(?i", "(?U", "(?-"];
    let Some((_, pattern)) = rules.text("pattern") else { return false };
    // Only one of them includes the vertical tab in `\s`.
    if READ_OTHERWISE.iter().any(|read| pattern.contains(read)) || text.contains('\x0b') {
        return false;
    }
    regex_lite::Regex::new(pattern).is_ok_and(|pattern| !pattern.is_match(text))
}

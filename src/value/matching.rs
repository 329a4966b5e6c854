//! Strings that a regular expression matches.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use regex_lite::Regex;

/// The candidates that are tried.
const CANDIDATES: usize = 200;

/// Returns a string that `pattern` matches, printable ASCII if there is one among the candidates;
/// another `seed`, another string. None if no candidate matches, or if the pattern is not valid or
/// too large.
///
/// The generator's classes are Unicode, those of RE2 are ASCII: `\\d` is replaced by `[0-9]`, and
/// every candidate is checked.
pub(crate) fn text(pattern: &str, seed: u64) -> Option<String> {
    let regex = Regex::new(pattern).ok()?;
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let bare = match bare.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => rest,
        _ => bare,
    };
    let ascii =
        bare.replace("\\d", "[0-9]").replace("\\w", "[0-9A-Za-z_]").replace("\\s", "[ \\t]");
    let strategy = proptest::string::string_regex(&ascii).ok()?;
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut found = None;
    for _ in 0..CANDIDATES {
        let candidate = strategy.new_tree(&mut runner).ok()?.current();
        if regex.is_match(&candidate) {
            if candidate.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return Some(candidate);
            }
            found = Some(candidate);
        }
    }
    found
}

/// Whether `text` matches `pattern`; none if the pattern is not valid or too large.
pub(crate) fn is_match(pattern: &str, text: &str) -> Option<bool> {
    Some(Regex::new(pattern).ok()?.is_match(text))
}

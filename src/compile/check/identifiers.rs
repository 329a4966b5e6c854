//! Identifiers and the spellings derived from them.

use std::hash::Hasher;

use rustc_hash::FxHasher;

pub(super) fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns `foo_bar` as `fooBar`, or as `FooBar` if `capitalize` is set.
pub(super) fn camel(name: &str, mut capitalize: bool) -> impl Iterator<Item = u8> {
    name.bytes().filter_map(move |byte| match byte {
        b'_' => {
            capitalize = true;
            None
        }
        _ if std::mem::take(&mut capitalize) => Some(byte.to_ascii_uppercase()),
        _ => Some(byte),
    })
}

/// Whether two of `names` are equal, ignoring underscores and case. If this returns false, no
/// spellings derived from two names can be equal. It costs one hash per name.
pub(super) fn may_conflict<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let mut hashes: Vec<u64> = names.map(normalized_hash).collect();
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair[0] == pair[1])
}

fn normalized_hash(name: &str) -> u64 {
    let mut hasher = FxHasher::default();
    for byte in name.bytes().filter(|byte| *byte != b'_') {
        hasher.write_u8(byte.to_ascii_lowercase());
    }
    hasher.finish()
}

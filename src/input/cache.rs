//! The cache for remote repositories.

use std::env;
use std::path::PathBuf;

use crate::finding::fnv1a;

/// Returns the cache folder: `WIREPROOF_CACHE`, else `wireproof` in the user's cache folder, else
/// in the folder for temporary files.
pub fn cache_dir() -> PathBuf {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = variable("WIREPROOF_CACHE") {
        return dir;
    }
    variable("XDG_CACHE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("wireproof")
}

/// Returns a file name for `text`, a path or a URL: its last part, for readability, and a hash of
/// the whole text (64-bit FNV-1a), to avoid collisions.
pub(super) fn name_for(text: &str) -> String {
    let hash = fnv1a([text]);
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let last: String = last.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("{last}-{hash:016x}")
}

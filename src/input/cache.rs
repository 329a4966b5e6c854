//! Where things are kept that take long to fetch.

use std::env;
use std::path::PathBuf;

/// The folder for remote repositories: `WIREPROOF_CACHE`, else `wireproof` in the user's folder
/// of caches, else in that for temporary files.
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

/// A file name for `text`, which may be a path or a URL: its last part, so that people find it,
/// and a hash of all of it (64-bit FNV-1a), so that no two meet.
pub(super) fn name_for(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or("");
    let last: String = last.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("{last}-{hash:016x}")
}

//! Paths in configuration: relative, with `/`, in one canonical form (`.` for the folder itself).

use crate::error::{Error, Result};

/// Returns the canonical form of a path that the user wrote: no `.` inside, no `..`, no doubled or
/// trailing slash. A path that leaves its folder is an error.
pub(super) fn normalize(path: &str) -> Result<String> {
    if path.starts_with('/') {
        return Err(Error::new(format!("{path:?} is absolute; paths here must be relative")));
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => {
                return Err(Error::new(format!(
                    "{path:?} is outside of the folder it is relative to"
                )));
            }
            ".." => {}
            part => parts.push(part),
        }
    }
    Ok(join_parts(&parts))
}

/// Resolves `written`, a path relative to `dir`. The result is relative to the same folder as
/// `dir`; `..` may leave `dir`, but not that folder.
pub(super) fn resolve(dir: &str, written: &str) -> Result<String> {
    if written.starts_with('/') { normalize(written) } else { normalize(&join(dir, written)) }
}

fn join_parts(parts: &[&str]) -> String {
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Returns `path` relative to `dir`; none if it is neither `dir` nor below it. Both are canonical.
pub(super) fn relative(dir: &str, path: &str) -> Option<String> {
    if dir == "." {
        return Some(path.to_owned());
    }
    match path.strip_prefix(dir)? {
        "" => Some(".".to_owned()),
        rest => rest.strip_prefix('/').map(str::to_owned),
    }
}

/// Whether `path` is `dir` or below it.
pub(super) fn contains(dir: &str, path: &str) -> bool {
    dir == "."
        || path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Joins `dir` and `path`, which is relative to `dir`.
pub(super) fn join(dir: &str, path: &str) -> String {
    match (dir, path) {
        (".", path) => path.to_owned(),
        (dir, ".") => dir.to_owned(),
        (dir, path) => format!("{dir}/{path}"),
    }
}

/// Returns the folder above `path`; none for the root.
pub(super) fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((parent, _)) => Some(parent),
        None if path == "." => None,
        None => Some("."),
    }
}

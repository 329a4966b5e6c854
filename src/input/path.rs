//! Paths inside a tree: relative to its root, with `/`, in one canonical form (`.` is the root).

use std::cmp::Ordering;

/// Returns the canonical form of `path`, without `.`, `..` and doubled slashes; none if it leaves
/// the tree or is absolute.
pub(super) fn normalize(path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Joins `dir` and `path`, which is relative to `dir`.
pub(super) fn join(dir: &str, path: &str) -> String {
    match (dir, path) {
        (".", path) => path.to_owned(),
        (dir, ".") => dir.to_owned(),
        (dir, path) => format!("{dir}/{path}"),
    }
}

/// Returns `path` relative to `dir` (`.` for `dir` itself); none if it is not below it.
pub(super) fn strip<'a>(dir: &str, path: &'a str) -> Option<&'a str> {
    if dir == "." {
        return Some(path);
    }
    match path.strip_prefix(dir)? {
        "" => Some("."),
        rest => rest.strip_prefix('/'),
    }
}

/// Whether `path` is `dir` or below it.
pub(super) fn contains(dir: &str, path: &str) -> bool {
    strip(dir, path).is_some()
}

/// Returns the folder above `path`; `.` for a name in the root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(parent, _)| parent)
}

/// Compares two paths in the order of a walk: folder by folder, by name within each.
pub(super) fn walk_order(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

/// Returns the path that has the same way from the folder `to` as `path` from the folder `from`;
/// `path` itself if that way leaves the tree.
pub(crate) fn rebase(from: &str, to: &str, path: &str) -> String {
    let way = relative(from, path);
    normalize(&join(to, &way)).unwrap_or_else(|| path.to_owned())
}

/// Returns the relative path from the folder `from` to `to`, with `..` if needed.
pub(super) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &'_ str| -> Vec<String> {
        path.split('/').filter(|part| *part != ".").map(str::to_owned).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.iter().skip(common).map(|_| "..");
    let way: Vec<&str> = up.chain(to[common..].iter().map(String::as_str)).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_form() {
        assert_eq!(normalize("./a//b/../c/").as_deref(), Some("a/c"));
        assert_eq!(normalize("a/..").as_deref(), Some("."));
        assert_eq!(normalize("").as_deref(), Some("."));
        assert_eq!(normalize("a/../../b"), None);
        assert_eq!(normalize("/a"), None);
    }

    #[test]
    fn a_folder_does_not_contain_its_namesake() {
        assert!(contains("a/b", "a/b") && contains("a/b", "a/b/c") && contains(".", "x"));
        assert!(!contains("a/b", "a/bc") && !contains("a/b", "a"));
        assert_eq!(strip("a", "a/b/c"), Some("b/c"));
        assert_eq!(join(".", "x"), "x");
        assert_eq!(join("a", "."), "a");
    }

    #[test]
    fn the_way_goes_up_as_far_as_it_must() {
        assert_eq!(relative("w/a/x", "w/a"), "..");
        assert_eq!(relative("w/a/x", "w/b"), "../../b");
        assert_eq!(relative(".", "w"), "w");
        assert_eq!(relative("w", "w"), ".");
    }
}

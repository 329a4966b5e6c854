//! Lists of paths: canonical, without duplicates and without paths inside others.

use std::collections::BTreeSet;

use super::parse;
use super::path::{contains, normalize, relative};
use super::raw::{List, Text};
use crate::error::{Error, Result};

/// Returns the canonical paths of a list. As in buf, nulls are ignored.
pub(super) fn paths(list: List, key: &str, name: &str) -> Result<Vec<String>> {
    list.into_iter().flatten().flatten().map(|path| one_path(&path, key, name)).collect()
}

/// Returns the canonical paths of a list; an empty path is an error.
pub(super) fn named_paths(list: List, key: &str, name: &str) -> Result<Vec<String>> {
    if list.iter().flatten().flatten().any(|path| path.value.is_empty()) {
        return Err(Error::new(format!("`{key}`: empty path")).at(name));
    }
    paths(list, key, name)
}

/// Returns the canonical form of one path.
pub(super) fn one_path(path: &Text, key: &str, name: &str) -> Result<String> {
    normalize(&path.value).map_err(|problem| {
        Error::new(format!("`{key}`: {problem}")).at(parse::place(name, path.referenced))
    })
}

/// Returns the paths relative to the module at `dir`; an error if one is outside of it.
pub(super) fn inside(paths: Vec<String>, dir: &str, what: &str, name: &str) -> Result<Vec<String>> {
    let relative = |path: &String| match relative(dir, path).filter(|path| path != ".") {
        Some(path) => Ok(path),
        None if path == dir => {
            Err(Error::new(format!("{what} {path:?} is the whole module")).at(name))
        }
        None => {
            Err(Error::new(format!("{what} {path:?} is not within the module {dir:?}")).at(name))
        }
    };
    paths.iter().map(relative).collect()
}

/// Returns the excludes; an error unless each is inside a root and, if there are any, inside an
/// include.
pub(super) fn excludes_of(
    roots: &[String],
    includes: &[String],
    excludes: Vec<String>,
    name: &str,
) -> Result<Vec<String>> {
    let excludes = directories(distinct(excludes, "exclude", name)?, "exclude", name)?;
    for exclude in &excludes {
        let problem = if roots.contains(exclude) || includes.contains(exclude) {
            "excludes a whole root or include"
        } else if !roots.iter().any(|root| contains(root, exclude)) {
            "is not within any root"
        } else if includes.iter().any(|include| contains(exclude, include)) {
            "contains an include"
        } else if !includes.is_empty() && !includes.iter().any(|i| contains(i, exclude)) {
            "is not within any include"
        } else {
            continue;
        };
        return Err(Error::new(format!("exclude {exclude:?} {problem}")).at(name));
    }
    Ok(excludes)
}

/// Returns the paths, sorted; an error if one is a duplicate or inside another.
pub(super) fn distinct(mut paths: Vec<String>, what: &str, name: &str) -> Result<Vec<String>> {
    if let Some(twice) = first_duplicate(paths.iter().map(String::as_str)) {
        return Err(Error::new(format!("{what} {twice:?} is a duplicate")).at(name));
    }
    paths.sort();
    disjoint(&paths, what, name)?;
    Ok(paths)
}

/// Checks that no path is inside another.
pub(super) fn disjoint(paths: &[String], what: &str, name: &str) -> Result<()> {
    for outer in paths {
        if let Some(inner) = paths.iter().find(|inner| *inner != outer && contains(outer, inner)) {
            return Err(Error::new(format!("{what}: {inner:?} is within {outer:?}")).at(name));
        }
    }
    Ok(())
}

/// Checks that the paths are those of folders.
pub(super) fn directories(paths: Vec<String>, what: &str, name: &str) -> Result<Vec<String>> {
    match paths.iter().find(|path| path.ends_with(".proto")) {
        Some(file) => Err(Error::new(format!("{what} {file:?} is a file, not a folder")).at(name)),
        None => Ok(paths),
    }
}

/// Returns the first name that occurs a second time.
pub(super) fn first_duplicate<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

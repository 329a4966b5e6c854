//! The names of modules in a registry, and of the dependencies on them.

use super::parse;
use super::raw::{List, Text};
use crate::error::{Error, Result};

/// The name of a module, if it has one.
pub(super) fn module_name(written: Option<Text>, name: &str) -> Result<Option<String>> {
    let Some(written) = written.filter(|written| !written.value.is_empty()) else {
        return Ok(None);
    };
    if !is_full_name(&written.value) {
        let message = format!("module name {:?} is not `registry/owner/name`", written.value);
        return Err(Error::new(message).at(parse::place(name, written.referenced)));
    }
    Ok(Some(written.value))
}

/// The dependencies, none of them twice.
pub(super) fn deps(list: List, name: &str) -> Result<Vec<String>> {
    let mut deps: Vec<String> = Vec::new();
    for dep in list.into_iter().flatten().flatten() {
        let wrong = |what: &str| {
            Error::new(format!("dependency {:?} {what}", dep.value))
                .at(parse::place(name, dep.referenced))
        };
        let (module, label) = split_ref(&dep.value);
        if !is_full_name(module) || label.is_empty() || label.contains(':') {
            return Err(wrong("is not `registry/owner/name[:ref]`"));
        }
        if deps.iter().any(|other| split_ref(other).0 == module) {
            return Err(wrong("is a duplicate"));
        }
        deps.push(dep.value);
    }
    Ok(deps)
}

/// A dependency and what it is pinned to (`any` if it is not).
pub(super) fn split_ref(dep: &str) -> (&str, &str) {
    let name = dep.rfind('/').map_or(0, |slash| slash + 1);
    match dep[name..].split_once(':') {
        Some((module, label)) => (&dep[..name + module.len()], label),
        None => (dep, "any"),
    }
}

/// `registry/owner/name`; a registry is at least two characters long, as a host name is.
pub(super) fn is_full_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) && parts[0].len() > 1
}

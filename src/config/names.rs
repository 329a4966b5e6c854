//! Names of modules in a registry, and of dependencies.

use super::parse;
use super::raw::{List, Text};
use crate::error::{Error, Result};

/// Returns the name of a module, if it has one.
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

/// Returns the dependencies; an error if one is a duplicate.
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

/// Splits a dependency into its module and the reference that it is pinned to (`any` if there is
/// none).
pub(super) fn split_ref(dep: &str) -> (&str, &str) {
    let name = dep.rfind('/').map_or(0, |slash| slash + 1);
    match dep[name..].split_once(':') {
        Some((module, label)) => (&dep[..name + module.len()], label),
        None => (dep, "any"),
    }
}

/// Whether `name` has the form `registry/owner/name`. A registry has at least two characters, as
/// host names do.
pub(super) fn is_full_name(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) && parts[0].len() > 1
}

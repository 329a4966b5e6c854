//! Functions that several configuration files share: look-up, version, and lists of plugins.

use super::path::{join, parent};
use super::{ReadFile, parse, raw};
use crate::error::{Error, Result};
use crate::rule::ConfigVersion;

/// Returns the name shown to the user and the content of the first of `names` that exists in `dir`.
pub(super) fn read_first(
    files: &dyn ReadFile,
    dir: &str,
    names: &[&str],
) -> Result<Option<(String, Vec<u8>)>> {
    for name in names {
        let path = join(dir, name);
        if let Some(content) = files.read(&path)? {
            return Ok(Some((files.display(&path), content)));
        }
    }
    Ok(None)
}

/// Returns `dir`, the folder above it, and so on up to the root of the tree.
pub(super) fn self_and_parents(dir: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(dir), |dir| parent(dir))
}

/// Returns the version of a file, which must be one of `known`.
pub(super) fn version(
    content: &[u8],
    name: &str,
    known: &[ConfigVersion],
    newest: &str,
) -> Result<ConfigVersion> {
    optional_version(content, name, known, newest)?.ok_or_else(|| {
        Error::new("no `version` is set").at(name).help(format!("write `version: {newest}`"))
    })
}

/// Returns the `version` of a `buf.yaml`; none if it is not set.
pub(super) fn written_version(content: &[u8], name: &str) -> Result<Option<ConfigVersion>> {
    optional_version(content, name, &ConfigVersion::ALL, "v2")
}

fn optional_version(
    content: &[u8],
    name: &str,
    known: &[ConfigVersion],
    newest: &str,
) -> Result<Option<ConfigVersion>> {
    let raw: raw::Versioned = parse::yaml(content, name)?;
    let Some(written) = raw.version.filter(|version| !version.value.is_empty()) else {
        return Ok(None);
    };
    let found = known.iter().find(|version| version.to_string() == written.value);
    found.copied().map(Some).ok_or_else(|| {
        Error::new(format!("unknown version {:?}", written.value))
            .at(parse::place(name, written.referenced))
            .help(format!("write `version: {newest}`"))
    })
}

/// Whether `plugins` has any entries; an error if one of them does not name a plugin.
pub(super) fn plugins(plugins: Option<Vec<Option<raw::Plugin>>>, name: &str) -> Result<bool> {
    let plugins: Vec<raw::Plugin> = plugins.into_iter().flatten().flatten().collect();
    if plugins.iter().any(|plugin| plugin.plugin.is_none()) {
        return Err(Error::new("an entry of `plugins` has no `plugin`").at(name));
    }
    Ok(!plugins.is_empty())
}

//! `buf.lock`: the modules of a registry that `buf dep update` found, those that dependencies need
//! included. And `module.yaml`, the description of such a module in buf's cache.

use serde::Deserialize;

use super::path::join;
use super::workspace::Workspace;
use super::{ReadFile, names, parse};
use crate::error::Result;

/// The name of the file.
const FILE: &str = "buf.lock";

/// A `buf.lock` of any version, or a `module.yaml`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    deps: Option<Vec<Dep>>,
    v1_buf_yaml_file: Option<String>,
    v1_buf_lock_file: Option<String>,
}

/// A module. v2 has `name`, v1 and v1beta1 have its three parts.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Dep {
    name: Option<String>,
    remote: Option<String>,
    owner: Option<String>,
    repository: Option<String>,
    commit: Option<String>,
    digest: Option<String>,
}

/// A module at a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    /// The name: `registry/owner/name`.
    pub(crate) name: String,
    /// The commit, as 32 hexadecimal digits; empty if the file has none.
    pub(crate) commit: String,
    /// The digest, `b5:…` or `shake256:…`; empty if the file has none.
    pub(crate) digest: String,
}

impl Dep {
    fn locked(self) -> Option<Locked> {
        let parts = || Some(format!("{}/{}/{}", self.remote?, self.owner?, self.repository?));
        let name = self.name.or_else(parts)?;
        let (commit, digest) = (self.commit.unwrap_or_default(), self.digest.unwrap_or_default());
        Some(Locked { name, commit, digest })
    }
}

/// The description of a module in buf's cache.
pub(crate) struct CachedModule {
    /// The digests of the modules that it needs.
    pub(crate) deps: Vec<String>,
    /// The path of its `buf.yaml`, if that counts in its digest.
    pub(crate) buf_yaml: Option<String>,
    /// The path of its `buf.lock`, if that counts in its digest.
    pub(crate) buf_lock: Option<String>,
}

/// Reads a `module.yaml`, shown to the user as `name`.
pub(crate) fn cached_module(content: &[u8], name: &str) -> Result<CachedModule> {
    let file: File = parse::yaml(content, name)?;
    Ok(CachedModule {
        deps: file.deps.into_iter().flatten().filter_map(|dep| dep.digest).collect(),
        buf_yaml: file.v1_buf_yaml_file,
        buf_lock: file.v1_buf_lock_file,
    })
}

/// Returns the modules in the `buf.lock` of `workspace` and of each of its modules.
pub(crate) fn locked(files: &dyn ReadFile, workspace: &Workspace) -> Result<Vec<Locked>> {
    let mut folders: Vec<String> =
        workspace.modules.iter().map(|module| join(&workspace.root, &module.dir)).collect();
    folders.push(workspace.root.clone());
    folders.sort_unstable();
    folders.dedup();
    let mut found = Vec::new();
    for folder in folders {
        let path = join(&folder, FILE);
        if let Some(content) = files.read(&path)? {
            let lock: File = parse::yaml(&content, &files.display(&path))?;
            found.extend(lock.deps.into_iter().flatten().filter_map(Dep::locked));
        }
    }
    found.sort_unstable_by(|a, b| (&a.name, &a.commit).cmp(&(&b.name, &b.commit)));
    found.dedup_by(|a, b| a.name == b.name);
    Ok(found)
}

/// Returns the names of all modules of a registry that `workspace` needs: those of `deps` and of
/// `locked`, sorted.
pub(crate) fn dependencies(workspace: &Workspace, locked: &[Locked]) -> Vec<String> {
    let deps = workspace.deps.iter().map(|dep| names::split_ref(dep).0.to_owned());
    let mut found: Vec<String> = deps.collect();
    found.extend(locked.iter().map(|module| module.name.clone()));
    found.sort_unstable();
    found.dedup();
    found
}

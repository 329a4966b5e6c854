//! `buf.lock`: the modules of a registry that `buf dep update` found, those that dependencies need
//! included. Commits and digests are not used here.

use serde::Deserialize;

use super::path::join;
use super::workspace::Workspace;
use super::{ReadFile, names, parse};
use crate::error::Result;

/// The name of the file.
const FILE: &str = "buf.lock";

/// A `buf.lock` of any version.
#[derive(Default, Deserialize)]
struct Lock {
    #[serde(default)]
    deps: Option<Vec<Dep>>,
}

/// A locked module. v2 has `name`, v1 and v1beta1 have its three parts.
#[derive(Deserialize)]
struct Dep {
    name: Option<String>,
    remote: Option<String>,
    owner: Option<String>,
    repository: Option<String>,
}

impl Dep {
    fn into_name(self) -> Option<String> {
        let parts = || Some(format!("{}/{}/{}", self.remote?, self.owner?, self.repository?));
        self.name.or_else(parts)
    }
}

/// Returns the names of all modules of a registry that `workspace` needs: those of `deps` and of
/// each `buf.lock`, sorted.
pub(crate) fn dependencies(files: &dyn ReadFile, workspace: &Workspace) -> Result<Vec<String>> {
    let deps = workspace.deps.iter().map(|dep| names::split_ref(dep).0.to_owned());
    let mut found: Vec<String> = deps.collect();
    let mut folders: Vec<String> =
        workspace.modules.iter().map(|module| join(&workspace.root, &module.dir)).collect();
    folders.push(workspace.root.clone());
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        let path = join(&folder, FILE);
        if let Some(content) = files.read(&path)? {
            let lock: Lock = parse::yaml(&content, &files.display(&path))?;
            found.extend(lock.deps.into_iter().flatten().filter_map(Dep::into_name));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

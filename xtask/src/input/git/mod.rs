//! Revisions of git repositories and their indexes, read through git's own plumbing: nothing is
//! checked out, and no repository but the cached copy of a remote one is ever written to.

mod command;
mod listing;
mod objects;
mod partial;
mod remote;
mod revision;
#[cfg(test)]
mod tests;

use super::path::{join, parent};
use super::reference::{GitReference, Repository};
use super::{Options, Source, Tree};
use crate::error::{Error, Result};
use command::Git;
use listing::{GitTree, Listing};
use std::env;
use std::path::Path;
use std::sync::Arc;

/// The revision that `reference` names.
pub(super) fn open(reference: &GitReference, options: &Options) -> Result<Source> {
    let (git, commit) = match &reference.repository {
        Repository::Local(path) => {
            let git_dir = command::git_dir(&options.working_dir.join(path), path)?;
            let git = partial::complete(Git::at(&git_dir), options)?;
            let commit = revision::resolve(&git, &reference.revision, path)?;
            (git, commit)
        }
        Repository::Remote(url) => remote::fetch(url, reference, options)?,
    };
    let tree = GitTree::new(git, Listing::Commit(commit));
    if reference.recurse_submodules
        && let Some(submodule) = tree.submodule()?
    {
        return Err(Error::new("the files of submodules are not read")
            .at(submodule)
            .help("leave out recurse_submodules, or name the submodule's own repository"));
    }
    Ok(Source::own(Arc::new(tree), &reference.subdir))
}

/// The index of the repository that has `dir`, a path below `root`, in its working tree. The
/// tree begins at `root`, too.
pub(super) fn index(root: &Path, dir: &str) -> Result<Arc<dyn Tree>> {
    let mut folder = dir;
    while folder != "." && !root.join(folder).is_dir() {
        folder = parent(folder);
    }
    let git = Git::around(&root.join(folder));
    let prefix = git.run(&["rev-parse", "--show-prefix"]).map_err(|error| error.at(folder))?;
    let prefix = String::from_utf8_lossy(&prefix);
    let top = top_of(folder, prefix.trim_end_matches('\n').trim_end_matches('/'))
        .ok_or_else(|| Error::new("a symbolic link inside the repository leads here").at(folder))?;
    let mut git = Git::around(&root.join(top));
    // While a commit is made from part of the index, its hooks are shown that part as a file.
    if let Some(index) = env::var_os("GIT_INDEX_FILE") {
        git = git.with("GIT_INDEX_FILE", root.join(top).join(index));
    }
    Ok(Arc::new(GitTree::new(git, Listing::Index(top.to_owned()))))
}

/// The folder that `folder` lies in at `prefix`.
fn top_of<'a>(folder: &'a str, prefix: &str) -> Option<&'a str> {
    let mut top = folder;
    for _ in prefix.split('/').filter(|part| !part.is_empty()) {
        top = parent(top);
    }
    (prefix.is_empty() || join(top, prefix) == folder).then_some(top)
}

//! Revisions of git repositories, and their indexes, read with git's plumbing commands. Nothing is
//! checked out, and only cached copies of remote repositories are written to.

mod command;
mod listing;
mod objects;
mod partial;
mod remote;
mod revision;
mod submodules;
#[cfg(test)]
mod tests;

use super::reference::{GitReference, Repository};
use super::{Options, Source, Tree};
use crate::error::{Error, Result};
use crate::files;
pub(crate) use command::Git;
use listing::{GitTree, Listing};
use std::env;
use std::path::Path;
use std::sync::Arc;
use submodules::Superproject;

/// Opens the revision that `reference` names.
pub(super) fn open(reference: &GitReference, options: &Options) -> Result<Source> {
    let tree = match &reference.repository {
        Repository::Local(path) => local(path, reference, options)?,
        Repository::Remote(url) => {
            let (git, commit) = remote::fetch(url, reference, options)?;
            let tree = GitTree::new(git, Listing::Commit(commit));
            if reference.recurse_submodules
                && let Some((submodule, _)) = tree.submodules()?.first()
            {
                return Err(Error::new("submodules of a remote repository are not fetched")
                    .at(submodule)
                    .help("use a clone that `git clone --recurse-submodules` made"));
            }
            Arc::new(tree)
        }
    };
    Ok(Source::own(tree, &reference.subdir))
}

/// Opens the revision that `reference` names in the repository at `path`.
fn local(path: &str, reference: &GitReference, options: &Options) -> Result<Arc<dyn Tree>> {
    let git_dir = command::git_dir(&options.working_dir.join(path), path)?;
    let git = Git::at(&git_dir);
    // Fetching runs programs that the configuration names (ssh, for example). A pull request
    // cannot add a `.git`, but it can add a folder that is itself a repository.
    let git = if git_dir.file_name().is_some_and(files::is_folder_of_git) {
        partial::complete(git, options)?
    } else {
        git
    };
    let commit = revision::resolve(&git, &reference.revision, path)?;
    if reference.recurse_submodules {
        return Superproject::new(git, &git_dir, path).open(commit);
    }
    Ok(Arc::new(GitTree::new(git, Listing::Commit(commit))))
}

/// Returns the `user.name` that git uses in the folder `dir`; none if it is not set, or if git cannot
/// be run.
pub(crate) fn user_name(dir: &Path) -> Option<String> {
    let line = match files::top_of_repository(dir) {
        Some(top) => Git::with_top(top).line(&["config", "--get", "user.name"]),
        // A folder that only looks like a repository is none.
        None => Git::with_top(dir).line(&["config", "--global", "--get", "user.name"]),
    };
    line.ok().flatten().filter(|name| !name.trim().is_empty())
}

/// Returns the reference to the revision `name` of the repository around the working directory, if it
/// has one.
pub(super) fn suggest(name: &str, options: &Options) -> Option<String> {
    let top = files::top_of_repository(&options.working_dir)?;
    let option = revision::option(&Git::with_top(top), name)?;
    let levels = options.working_dir.strip_prefix(top).ok()?.components().count();
    Some(format!("{}.git#{option}={name}", "../".repeat(levels)))
}

/// Returns the index of the repository whose working tree contains `dir`, a path below `root`. The
/// paths of the tree begin at `root`, too.
pub(super) fn index(root: &Path, dir: &str, options: &Options) -> Result<Arc<dyn Tree>> {
    let folder = root.join(dir);
    let top = files::top_of_repository(&folder)
        .ok_or_else(|| Error::new("not inside a git repository").at(dir))?;
    require_no_link(&folder, top).map_err(|error| error.at(dir))?;
    let mut git = Git::with_top(top);
    // During a partial commit (`git commit FILE`), git passes its temporary index to hooks in this
    // variable.
    if let Some(index) = env::var_os("GIT_INDEX_FILE") {
        git = git.with("GIT_INDEX_FILE", top.join(index));
    }
    let git = partial::complete(git, options)?;
    Ok(Arc::new(GitTree::new(git, Listing::Index(super::tree_path(top, root)?))))
}

/// Rejects a folder that is reached through a link below `top`: the index has no files there.
fn require_no_link(folder: &Path, top: &Path) -> Result<()> {
    let real = || {
        let existing = folder.ancestors().find(|folder| folder.is_dir())?;
        let below = existing.strip_prefix(top).ok()?;
        Some(existing.canonicalize().ok()? == top.canonicalize().ok()?.join(below))
    };
    match real() {
        Some(true) => Ok(()),
        _ => Err(Error::new("reached through a symbolic link inside the repository")),
    }
}

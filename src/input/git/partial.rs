//! Partial clones: git fetches missing objects on demand. So that the repository is not written to,
//! they are stored in the cache, which git reads as a second object store.

use super::command::Git;
use crate::error::{Error, Result};
use crate::input::Options;
use crate::input::cache::name_for;
use rustc_hash::FxHashSet;
use std::fs;

/// Returns `git` with the cache as the store for fetched objects, if its repository is a partial
/// clone.
pub(super) fn complete(git: Git, options: &Options) -> Result<Git> {
    let keys = r"^(remote\..*\.promisor|extensions\.partialclone)$";
    let printed = git.line(&["config", "--get-regexp", keys])?.unwrap_or_default();
    let promisors: Vec<&str> = printed.lines().filter_map(promisor).collect();
    // Git parses such a name as an option when it fetches missing objects.
    if let Some(option) = promisors.iter().find(|name| name.starts_with('-')) {
        return Err(Error::new(format!("a remote of this repository is named {option:?}"))
            .help("rename it: git parses the name as an option"));
    }
    let Some(remote) = promisors.first() else {
        return Ok(git);
    };
    let objects = git.run(&["rev-parse", "--git-path", "objects"])?;
    let objects = String::from_utf8_lossy(&objects).trim_end().to_owned();
    let cache = options.cache_dir.join("objects").join(name_for(&objects));
    fs::create_dir_all(&cache).map_err(|error| Error::io(&cache, error))?;
    Ok(git
        .with("GIT_OBJECT_DIRECTORY", cache)
        .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects)
        .into_partial_clone_of(remote))
}

/// Returns the remote in a line of `git config`: `remote.NAME.promisor true`,
/// `extensions.partialclone NAME`.
fn promisor(line: &str) -> Option<&str> {
    let (key, value) = line.rsplit_once(' ')?;
    match key.strip_prefix("remote.") {
        Some(rest) => rest.strip_suffix(".promisor"),
        None => Some(value),
    }
}

/// Fetches the missing ones of `ids` with one command; otherwise git would fetch each one when it
/// is read. They are files of `tree`: a tree in the syntax of rev-list, or the index.
pub(super) fn fetch_missing(git: &Git, remote: &str, tree: &[&str], ids: &[&str]) -> Result<()> {
    let wanted: FxHashSet<&str> = ids.iter().copied().collect();
    let args = [&["rev-list", "--objects", "--missing=print"], tree].concat();
    let objects = git.run(&args)?;
    let objects = String::from_utf8_lossy(&objects);
    let missing = objects.lines().filter_map(|line| line.strip_prefix('?'));
    let missing: Vec<&str> = missing.filter(|id| wanted.contains(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let args = [
        "-c",
        "fetch.negotiationAlgorithm=noop",
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--recurse-submodules=no",
        "--filter=blob:none",
        "--stdin",
        // The name of the remote may look like an option.
        "--end-of-options",
        remote,
    ];
    git.run_with_input(&args, missing.join("\n").as_bytes()).map(drop)
}

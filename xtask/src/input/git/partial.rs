//! Partial clones: what such a repository does not hold, git fetches when it is read. So that
//! the repository is not written to, it goes into our cache, which git reads as a second store.

use super::command::Git;
use crate::error::{Error, Result};
use crate::input::Options;
use crate::input::cache::name_for;
use rustc_hash::FxHashSet;
use std::fs;

/// `git`, made to keep what it fetches in the cache if its repository is a partial clone.
pub(super) fn complete(git: Git, options: &Options) -> Result<Git> {
    let promisors = git.line(&["config", "--get-regexp", r"^remote\..*\.promisor$"])?;
    let remote = promisors.as_deref().and_then(|lines| {
        lines.lines().next()?.strip_prefix("remote.")?.split_once(".promisor").map(|split| split.0)
    });
    let Some(remote) = remote else {
        return Ok(git);
    };
    let objects = git.run(&["rev-parse", "--git-path", "objects"])?;
    let objects = String::from_utf8_lossy(&objects).trim_end().to_owned();
    let cache = options.cache_dir.join("objects").join(name_for(&objects));
    fs::create_dir_all(&cache).map_err(|error| Error::io(&cache, error))?;
    Ok(git
        .with("GIT_OBJECT_DIRECTORY", cache)
        .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects)
        .promised_by(remote))
}

/// Fetches in one go those of `ids`, files below the tree called `tree`, that are not there
/// yet; left alone, git would fetch each when it is read.
pub(super) fn fetch_missing(git: &Git, remote: &str, tree: &str, ids: &[&str]) -> Result<()> {
    let wanted: FxHashSet<&str> = ids.iter().copied().collect();
    let objects = git.run(&["rev-list", "--objects", "--missing=print", tree])?;
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
        remote,
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--recurse-submodules=no",
        "--filter=blob:none",
        "--stdin",
    ];
    git.feed(&args, missing.join("\n").as_bytes()).map(drop)
}

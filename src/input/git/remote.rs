//! Remote repositories: fetched into a bare repository of the cache, then read there.

use super::command::Git;
use super::revision;
use crate::error::{Error, Result};
use crate::input::Options;
use crate::input::cache::name_for;
use crate::input::reference::{GitReference, Revision};
use std::fs::{self, File};
use std::path::Path;

/// The number of commits that are fetched to find one that is not the tip of a ref; the same as in
/// buf.
const SEARCH_DEPTH: u32 = 50;

/// Fetches the revision of `reference` from `url`. Returns the cached repository and the id of the
/// commit.
pub(super) fn fetch(
    url: &str,
    reference: &GitReference,
    options: &Options,
) -> Result<(Git, String)> {
    let cache = options.cache_dir.join("git");
    fs::create_dir_all(&cache).map_err(|error| Error::io(&cache, error))?;
    let name = name_for(url);
    let _lock = lock(&cache.join(format!("{name}.lock")))?;
    let repository = cache.join(&name);
    let git = Git::at(&repository);
    if !repository.join("HEAD").is_file() {
        let path = repository.to_string_lossy();
        git.run(&["init", "--quiet", "--bare", &path]).map_err(|error| error.at(path.as_ref()))?;
    }
    // `fetching` reads the configuration of the repository, so it has to exist.
    let git = git.fetching();
    let commit = find(&git, url, reference).map_err(|error| error.at(url))?;
    Ok((git, commit))
}

fn find(git: &Git, url: &str, reference: &GitReference) -> Result<String> {
    let depth = |default| reference.depth.unwrap_or(default);
    match &reference.revision {
        Revision::Head => fetch_tip(git, url, "HEAD", depth(1)),
        Revision::Branch(name) | Revision::Tag(name) => fetch_tip(git, url, name, depth(1)),
        Revision::Commit(id) => match resolve(git, id) {
            // A commit with this full id is already in the cache, and never changes.
            Some(commit) if commit == *id => Ok(commit),
            _ => search(git, url, id, None, depth(SEARCH_DEPTH)),
        },
        Revision::Ref { name, branch } => {
            search(git, url, name, branch.as_deref(), depth(SEARCH_DEPTH))
        }
    }
}

/// Finds a revision of unknown kind: the name of a ref, or a commit before a tip.
fn search(git: &Git, url: &str, name: &str, branch: Option<&str>, depth: u32) -> Result<String> {
    let (base, steps) = name.split_at(name.find(['~', '^']).unwrap_or(name.len()));
    let (tip, rest) = match branch {
        Some(branch) if base == "HEAD" => (branch, steps),
        _ => (base, steps),
    };
    if let Ok(commit) = fetch_tip(git, url, tip, depth)
        && let Some(commit) = resolve(git, &format!("{commit}{rest}"))
    {
        return Ok(commit);
    }
    fetch_tip(git, url, branch.unwrap_or("HEAD"), depth)?;
    resolve(git, name).ok_or_else(|| {
        let from = branch.unwrap_or("its default branch");
        Error::new(format!("{name:?} is not among the last {depth} commits of {from}"))
            .help("fetch more with depth=N, or name its branch with branch=NAME")
    })
}

/// Fetches the ref `name` of the remote repository, and returns the id of its commit.
fn fetch_tip(git: &Git, url: &str, name: &str, depth: u32) -> Result<String> {
    let kept = format!("refs/wireproof/{}", name_for(name));
    let refspec = format!("+{name}:{kept}");
    let depth = format!("--depth={depth}");
    let args = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--recurse-submodules=no",
        &depth,
        "--end-of-options",
        url,
        &refspec,
    ];
    git.run(&args)?;
    resolve(git, &kept).ok_or_else(|| Error::new(format!("{name:?} is not a commit")))
}

fn resolve(git: &Git, name: &str) -> Option<String> {
    revision::commit_of(git, name).ok().flatten()
}

/// Locks a repository, into which only one process at a time may fetch. The lock is released with
/// the file.
fn lock(path: &Path) -> Result<File> {
    let fail = |error| Error::io(path, error);
    let file = File::create(path).map_err(fail)?;
    file.lock().map_err(fail)?;
    Ok(file)
}

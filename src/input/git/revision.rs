//! Resolves revisions to commits, with help if the repository does not contain them.

use super::command::Git;
use crate::error::{Error, Result};
use crate::input::reference::Revision;

/// Returns the full id of the commit `revision`. `shown` is the repository as shown to the user.
pub(super) fn resolve(git: &Git, revision: &Revision, shown: &str) -> Result<String> {
    for name in candidates(&short(revision)) {
        if let Some(id) = commit_of(git, &name)? {
            return Ok(id);
        }
    }
    // If it is not a repository, git reports the reason.
    git.run(&["rev-parse", "--git-dir"]).map_err(|error| error.at(shown))?;
    Err(missing(git, revision, shown))
}

/// Returns the full id of the commit with the name `name` in git.
pub(super) fn commit_of(git: &Git, name: &str) -> Result<Option<String>> {
    let commit = format!("{name}^{{commit}}");
    git.line(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
}

/// Returns the option of a reference with which `name` is a revision; none if it is not one.
pub(super) fn option(git: &Git, name: &str) -> Option<&'static str> {
    let kinds = [
        ("branch", "refs/heads/"),
        ("branch", "refs/remotes/"),
        ("branch", "refs/remotes/origin/"),
        ("tag", "refs/tags/"),
        ("ref", ""),
    ];
    let exists = |prefix: &str| matches!(commit_of(git, &format!("{prefix}{name}")), Ok(Some(_)));
    kinds.into_iter().find(|(_, prefix)| exists(prefix)).map(|(option, _)| option)
}

/// Returns `revision` with the short name of its branch or tag. As in buf, both may be written as
/// the full name of a ref (`refs/heads/main`, `refs/pull/7/merge`), as `HEAD` or as the full id of a
/// commit: CI systems name branches in all these ways.
fn short(revision: &Revision) -> Revision {
    let (Revision::Branch(name) | Revision::Tag(name)) = revision else {
        return revision.clone();
    };
    if let Some(branch) = name.strip_prefix("refs/heads/") {
        Revision::Branch(branch.to_owned())
    } else if let Some(tag) = name.strip_prefix("refs/tags/") {
        Revision::Tag(tag.to_owned())
    } else if name.starts_with("refs/") || name == "HEAD" {
        Revision::Ref { name: name.clone(), branch: None }
    } else if is_full_id(name) {
        Revision::Commit(name.clone())
    } else {
        revision.clone()
    }
}

/// Whether `name` is the full id of a commit, in SHA-1 or SHA-256.
fn is_full_id(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the possible names of `revision` in git, the likeliest first. As in buf, the name of a
/// branch may find a tag, and vice versa, and `refs/` may be left out. In a fresh clone only the
/// branches of the remote exist.
fn candidates(revision: &Revision) -> Vec<String> {
    let in_refs = |name: &str, kinds: [&str; 5]| -> Vec<String> {
        kinds.iter().map(|kind| format!("refs/{kind}{name}")).collect()
    };
    match revision {
        Revision::Head => vec!["HEAD".to_owned()],
        Revision::Branch(name) => {
            in_refs(name, ["heads/", "tags/", "remotes/", "remotes/origin/", ""])
        }
        Revision::Tag(name) => {
            in_refs(name, ["tags/", "heads/", "remotes/", "remotes/origin/", ""])
        }
        Revision::Commit(id) => vec![id.clone()],
        Revision::Ref { name, .. } => vec![name.clone()],
    }
}

fn missing(git: &Git, revision: &Revision, shown: &str) -> Error {
    let error =
        Error::new(format!("the repository does not have {}", describe(revision))).at(shown);
    let line = |args: &[&str]| git.line(args).ok().flatten().filter(|line| !line.is_empty());
    let Some(remotes) = line(&["remote"]) else {
        return error;
    };
    let remote = remotes.lines().find(|name| *name == "origin").or(remotes.lines().next());
    let is_shallow =
        line(&["rev-parse", "--is-shallow-repository"]).is_some_and(|answer| answer == "true");
    let git = if shown == ".git" { "git".to_owned() } else { format!("git --git-dir={shown}") };
    match fetch(&short(revision), remote.unwrap_or("origin"), is_shallow) {
        Some(fetch) if is_shallow => {
            error.help(format!("this clone is shallow; fetch it first: {git} {fetch}"))
        }
        Some(fetch) => error.help(format!("if the remote has it, fetch it first: {git} {fetch}")),
        None => error,
    }
}

fn describe(revision: &Revision) -> String {
    match revision {
        Revision::Head => "a commit yet".to_owned(),
        Revision::Branch(name) => format!("a branch {name:?}"),
        Revision::Tag(name) => format!("a tag {name:?}"),
        Revision::Commit(id) => format!("a commit {id:?}"),
        Revision::Ref { name, .. } => format!("a revision {name:?}"),
    }
}

/// Returns the git arguments that fetch `revision` from `remote`.
fn fetch(revision: &Revision, remote: &str, is_shallow: bool) -> Option<String> {
    let depth = if is_shallow { "--depth=1 " } else { "" };
    match revision {
        Revision::Head => None,
        Revision::Branch(name) => {
            let name = name.strip_prefix(&format!("{remote}/")).unwrap_or(name);
            Some(format!("fetch {depth}{remote} {name}:refs/remotes/{remote}/{name}"))
        }
        Revision::Tag(name) => Some(format!("fetch {depth}{remote} tag {name}")),
        // Servers accept only full ids of commits.
        Revision::Commit(id) if id.len() >= 40 => Some(format!("fetch {depth}{remote} {id}")),
        Revision::Ref { name, .. } if name.starts_with("refs/") && generations(name).is_none() => {
            Some(format!("fetch {depth}{remote} {name}:{name}"))
        }
        Revision::Commit(_) | Revision::Ref { .. } if !is_shallow => {
            Some(format!("fetch {remote}"))
        }
        Revision::Commit(_) => Some(format!("fetch --unshallow {remote}")),
        Revision::Ref { name, .. } => Some(match generations(name) {
            Some(count) => format!("fetch --deepen={count} {remote}"),
            None => format!("fetch --unshallow {remote}"),
        }),
    }
}

/// Returns the number of generations that `HEAD~3` or `HEAD^^` goes back.
fn generations(name: &str) -> Option<usize> {
    match name.rsplit_once('~') {
        Some((_, "")) => Some(1),
        Some((_, count)) => count.parse().ok(),
        None => match name.len() - name.trim_end_matches('^').len() {
            0 => None,
            count => Some(count),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_run_names_what_is_missing() {
        let line = |revision, is_shallow| fetch(&revision, "origin", is_shallow).unwrap();
        let reference = |name: &str| Revision::Ref { name: name.to_owned(), branch: None };
        assert_eq!(line(Revision::Tag("v1".into()), true), "fetch --depth=1 origin tag v1");
        assert_eq!(line(Revision::Tag("v1".into()), false), "fetch origin tag v1");
        let branch = "fetch --depth=1 origin main:refs/remotes/origin/main";
        assert_eq!(line(Revision::Branch("main".into()), true), branch);
        assert_eq!(line(Revision::Branch("origin/main".into()), true), branch);
        let id = "0123456789012345678901234567890123456789";
        assert_eq!(line(Revision::Commit(id.into()), true), format!("fetch --depth=1 origin {id}"));
        assert_eq!(line(Revision::Commit("012345".into()), true), "fetch --unshallow origin");
        assert_eq!(line(reference("HEAD~3"), true), "fetch --deepen=3 origin");
        assert_eq!(line(reference("HEAD^^"), true), "fetch --deepen=2 origin");
        assert_eq!(line(reference("v1"), true), "fetch --unshallow origin");
        assert_eq!(line(reference("v1"), false), "fetch origin");
        let pull = "fetch origin refs/pull/7/merge:refs/pull/7/merge";
        assert_eq!(line(reference("refs/pull/7/merge"), false), pull);
        assert_eq!(line(reference("refs/heads/main~2"), true), "fetch --deepen=2 origin");
    }
}

//! The bounds of a repository, with links resolved.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The folder of git. Nothing is written to it, and its files are never quoted.
const GIT: &str = ".git";

/// Whether `name` is the name of git's folder. Case is ignored, as on some file systems.
pub(crate) fn is_folder_of_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(GIT)
}

/// Whether `path`, which need not exist, is below `top` and outside of `.git` with all links
/// resolved.
pub(crate) fn is_inside(top: &Path, path: &Path) -> bool {
    let Ok(top) = top.canonicalize() else { return false };
    let Some(real) = resolved(path) else { return false };
    real.strip_prefix(top).is_ok_and(|below| {
        below
            .components()
            .all(|part| matches!(part, Component::Normal(name) if !is_folder_of_git(name)))
    })
}

/// Returns `path` with its links resolved, as far as it exists; none if that fails.
fn resolved(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    // A dangling link counts as existing, so that `canonicalize` fails: a write would follow it.
    let existing = absolute.ancestors().find(|part| part.symlink_metadata().is_ok())?;
    let rest = absolute.strip_prefix(existing).ok()?;
    let real = existing.canonicalize().ok()?;
    Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
}

/// Returns the top of the git repository whose working tree contains `folder`: the nearest folder
/// at or above it with a `.git`. git itself is not run to find it, because a pull request can add
/// every file of a repository except a `.git`. A repository that is reached through a link inside
/// another one is not the top, since a pull request can add links.
pub(crate) fn top_of_repository(folder: &Path) -> Option<&Path> {
    let mut tops = folder.ancestors().filter(|above| above.join(GIT).symlink_metadata().is_ok());
    let mut top = tops.next()?;
    for above in tops {
        if is_reached_by_link(above, top) {
            top = above;
        }
    }
    Some(top)
}

/// Whether there is a link on the path from `above` to `folder`, which is below it.
fn is_reached_by_link(above: &Path, folder: &Path) -> bool {
    folder.ancestors().take_while(|part| *part != above).any(Path::is_symlink)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn links_and_dots_that_lead_out_are_outside() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let top = folder.path().join("top");
        fs::create_dir_all(top.join("a/.git")).expect("it can be made");
        assert!(is_inside(&top, &top.join("a/new/file")));
        assert!(!is_inside(&top, &top.join("../x")));
        assert!(!is_inside(&top, &top.join("a/.git/config")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), top.join("out")).expect("it can be made");
            std::os::unix::fs::symlink("/nowhere/x", top.join("a/lost")).expect("it can be made");
            assert!(!is_inside(&top, &top.join("out/x")));
            assert!(!is_inside(&top, &top.join("a/lost")));
            assert!(is_inside(&top, &top.join("out/top/a")));
            fs::create_dir_all(top.join(".git")).expect("it can be made");
            fs::create_dir_all(folder.path().join("other/.git")).expect("it can be made");
            std::os::unix::fs::symlink("../other", top.join("other")).expect("it can be made");
            assert_eq!(top_of_repository(&top.join("other")), Some(&*top));
        }
        assert_eq!(top_of_repository(&top.join("a/b")), Some(&*top.join("a")));
    }
}

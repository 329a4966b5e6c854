//! Which paths lie inside of a repository, links followed.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The folder of git, in which nothing is written and whose files are never quoted.
const GIT: &str = ".git";

/// Whether a file or folder called `name` is git's own: some file systems ignore case.
pub(crate) fn is_folder_of_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(GIT)
}

/// Whether `path`, which need not exist yet, leads to something below `top` and outside of `.git`
/// when all links on the way are followed.
pub(crate) fn is_inside(top: &Path, path: &Path) -> bool {
    let Ok(top) = top.canonicalize() else { return false };
    let Some(real) = resolved(path) else { return false };
    real.strip_prefix(top).is_ok_and(|below| {
        below
            .components()
            .all(|part| matches!(part, Component::Normal(name) if !is_folder_of_git(name)))
    })
}

/// `path` with the links followed that exist; none where that cannot be told.
fn resolved(path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    // A link to nothing would be followed by whoever writes there.
    let existing = absolute.ancestors().find(|part| part.symlink_metadata().is_ok())?;
    let rest = absolute.strip_prefix(existing).ok()?;
    let real = existing.canonicalize().ok()?;
    Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
}

/// The top of the git repository whose working tree has `folder`: the nearest folder at or above
/// it that has a `.git`. No pull request can bring a `.git`, while every other file of a
/// repository it can: so git is never asked where a repository begins. A repository that a link
/// leads to from inside of another one is not taken for the top: a pull request can bring links.
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

/// Whether a link is on the way from `above` to `folder`, which is below it.
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

//! The mapping between the paths of a tree and the paths that the user sees and writes.

use super::path;
use crate::error::{Error, Result};
use std::path::Path;

/// The mapping between paths in a tree and paths for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// A separate tree (an archive, a revision): its paths are shown unchanged, and the user's
    /// paths are relative to this folder of it.
    Own {
        /// The folder that is the input, `subdir`.
        dir: String,
    },
    /// The disk, with the working directory `cwd`.
    Disk {
        /// The working directory.
        cwd: String,
        /// Whether the input was given as an absolute path; all paths are shown as absolute then.
        absolute: bool,
    },
}

impl View {
    /// Returns the displayed path of `path`, which was found by a walk of the folder `walked`.
    pub fn show_below(&self, walked: &str, path: &str) -> String {
        match self {
            View::Own { .. } => path.to_owned(),
            View::Disk { absolute: true, .. } => format!("/{path}"),
            View::Disk { cwd, absolute: false } => {
                let rest = path::strip(walked, path).unwrap_or(path);
                path::join(&path::relative(cwd, walked), rest)
            }
        }
    }

    pub(super) fn is_absolute(&self) -> bool {
        matches!(self, View::Disk { absolute: true, .. })
    }

    /// Returns the displayed path of `path`.
    pub fn show(&self, path: &str) -> String {
        match self {
            View::Disk { cwd, absolute: false } if cwd == path => ".".to_owned(),
            _ => self.show_below(path::parent(path), path),
        }
    }

    /// Returns the path in the tree of the displayed path `shown`.
    pub(super) fn tree_path(&self, shown: &str) -> Option<String> {
        match self {
            View::Own { .. } => path::normalize(shown),
            View::Disk { .. } => self.find(shown).ok(),
        }
    }

    /// Returns the path in the tree for `written`, a path by the user.
    pub fn find(&self, written: &str) -> Result<String> {
        let (base, written) = match self {
            View::Own { dir } => (dir.as_str(), written),
            View::Disk { .. } if Path::new(written).is_absolute() => (".", &written[1..]),
            View::Disk { cwd, .. } => (cwd.as_str(), written),
        };
        let found = path::normalize(&format!("{base}/{written}"));
        let inside = found.filter(|found| match self {
            View::Own { dir } => path::contains(dir, found),
            View::Disk { .. } => true,
        });
        inside.ok_or_else(|| Error::new("outside of the input").at(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(cwd: &str, absolute: bool) -> View {
        View::Disk { cwd: cwd.to_owned(), absolute }
    }

    #[test]
    fn paths_on_disk_are_seen_from_the_working_directory() {
        assert_eq!(disk("w", false).show_below("w/a", "w/a/x/f.proto"), "a/x/f.proto");
        assert_eq!(disk("w/a", false).show_below("w/b", "w/b/f.proto"), "../b/f.proto");
        assert_eq!(disk("w/a/x", false).show_below("w/a", "w/a/x/f.proto"), "../x/f.proto");
        assert_eq!(disk("w/a/x", false).show("w/a/x/f.proto"), "f.proto");
        assert_eq!(disk("w/a", false).show("w/a"), ".");
        assert_eq!(disk("w", true).show("w/a/f.proto"), "/w/a/f.proto");
    }

    #[test]
    fn paths_of_the_user_are_relative_to_the_working_directory() {
        assert_eq!(disk("w/a", false).find("../b/x/").ok().as_deref(), Some("w/b/x"));
        assert_eq!(disk("w/a", false).find("/w/c").ok().as_deref(), Some("w/c"));
        let own = View::Own { dir: "sub".to_owned() };
        assert_eq!(own.find("x/a.proto").ok().as_deref(), Some("sub/x/a.proto"));
        assert!(own.find("../other").is_err());
        assert_eq!(own.show("sub/x/a.proto"), "sub/x/a.proto");
        assert_eq!(own.tree_path("sub/x/a.proto").as_deref(), Some("sub/x/a.proto"));
        assert_eq!(disk("w/a", false).tree_path("../b/f.proto").as_deref(), Some("w/b/f.proto"));
    }
}

//! A read-only tree of files, wherever it is kept: on disk, in an archive, in git.

use crate::error::Result;

/// Files by path. Paths are relative to the tree's root, with `/`, in canonical form; `.` is the
/// root.
pub trait Tree: Send + Sync {
    /// Every file below the folder `dir` whose name ends with `suffix`, folder by folder in the
    /// order of names. A folder that does not exist has none.
    fn list(&self, dir: &str, suffix: &str) -> Result<Vec<String>>;

    /// The content of the file at `path`; none if there is no such file. May be called from
    /// several threads.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// Whether there is a file at `path`. If that cannot be told there is, and reading it says
    /// why.
    fn exists(&self, path: &str) -> bool {
        !matches!(self.read(path), Ok(None))
    }
}

//! A read-only tree of files: on disk, in an archive, or in git.

use crate::error::Result;
use crate::files::SCHEMAS;

/// Files by path. Paths are relative to the tree's root, with `/`, in canonical form; `.` is the
/// root. What is not UTF-8 in the name of a file is U+FFFD; such a file cannot be read.
pub trait Tree: Send + Sync {
    /// Returns every file below the folder `dir` whose name ends with `suffix`, folder by folder in
    /// the order of names. A folder that does not exist has none; one that cannot be read is an
    /// error if it is `required`, and otherwise left out.
    fn list(&self, dir: &str, suffix: &str, required: &dyn Fn(&str) -> bool)
    -> Result<Vec<String>>;

    /// Returns the content of the file at `path`, of at most `limit` bytes; none if there is no
    /// such file. May be called from several threads.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>>;

    /// Whether there is a file at `path`. On an error this is true, so that reading it reports the
    /// error.
    fn exists(&self, path: &str) -> bool {
        !matches!(self.read(path, SCHEMAS), Ok(None))
    }

    /// Whether there is a folder at `path` with anything in it.
    fn has_folder(&self, path: &str) -> bool {
        !matches!(self.list(path, ".proto", &|_| false), Ok(files) if files.is_empty())
    }

    /// Returns the top of the git repository whose working tree contains the folder `dir`, if there
    /// is one.
    fn top_of_repository(&self, _dir: &str) -> Option<String> {
        None
    }

    /// Whether `path` leads, by links, out of the folder `root` or into a `.git`.
    fn leads_out(&self, _root: &str, _path: &str) -> bool {
        false
    }
}

//! A `.proto` file by the names that it has: for imports, for the user, in its tree.

/// One `.proto` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// The path by which it is imported.
    pub path: String,
    /// The path that is shown to the user.
    pub external: String,
    /// Its module's index in the workspace; none for a vendored dependency.
    pub module: Option<usize>,
    /// Whether it is meant, and not only there to be imported.
    pub target: bool,
    /// The folder it was found in, by index.
    pub(super) folder: usize,
    /// Its path in the tree.
    pub(super) inner: String,
}

//! A `.proto` file and its paths: for imports, for the user, in its tree.

use std::sync::Arc;

/// One `.proto` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceEntry {
    /// The path by which it is imported.
    pub path: String,
    /// The path that is shown to the user.
    pub external: String,
    /// The index of its module in the workspace; none for a vendored dependency.
    pub module: Option<usize>,
    /// The name of its module in a registry, if it is known.
    pub module_name: Option<Arc<str>>,
    /// Whether it is a target file.
    pub target: bool,
    /// The index of the folder that contains it.
    pub(super) folder: usize,
    /// Its path in the tree.
    pub(super) tree_path: String,
}

//! A folder that imports are relative to: a module, a root of one (v1beta1), or the vendored
//! dependencies.

use super::entry::SourceEntry;
use super::path::{contains, join, normalize, strip};
use super::tree::Tree;
use super::{Source, View};
use crate::config::Workspace;
use crate::error::Result;
use std::sync::Arc;

/// The folder, and what of it counts.
pub(super) struct Folder {
    pub(super) tree: Arc<dyn Tree>,
    /// Its path in the tree.
    pub(super) dir: String,
    /// Its module's index in the workspace; none for vendored dependencies.
    pub(super) module: Option<usize>,
    /// Its module's path in the workspace.
    pub(super) module_name: String,
    /// Whether files in it are meant.
    pub(super) is_target: bool,
    view: View,
    /// Paths in the tree; nothing outside of them counts, unless there are none.
    includes: Vec<String>,
    /// Paths in the tree that do not count.
    excludes: Vec<String>,
}

/// All folders, in the order in which an import is looked for in them.
pub(super) fn folders(
    source: &Source,
    workspace: &Workspace,
    vendor: Option<&Source>,
) -> Vec<Folder> {
    let mut folders = Vec::new();
    for (index, module) in workspace.modules.iter().enumerate() {
        let module_dir = join(&workspace.root, &module.dir);
        let in_tree = |paths: &[String]| -> Vec<String> {
            paths.iter().map(|path| join(&module_dir, path)).collect()
        };
        folders.extend(module.roots.iter().map(|root| Folder {
            tree: Arc::clone(&source.tree),
            dir: join(&module_dir, root),
            module: Some(index),
            module_name: module.dir.clone(),
            is_target: module.target,
            view: source.view.clone(),
            includes: in_tree(&module.includes),
            excludes: in_tree(&module.excludes),
        }));
    }
    folders.extend(vendor.map(|vendor| Folder {
        tree: Arc::clone(&vendor.tree),
        dir: vendor.dir.clone(),
        module: None,
        module_name: String::new(),
        is_target: false,
        view: vendor.view.clone(),
        includes: Vec::new(),
        excludes: Vec::new(),
    }));
    folders
}

impl Folder {
    /// How the folder is shown.
    pub(super) fn shown(&self) -> String {
        self.view.show(&self.dir)
    }

    /// Whether the configuration lets the folder have `inner`, a path in the tree below it.
    pub(super) fn belongs(&self, inner: &str) -> bool {
        let within = |paths: &[String]| paths.iter().any(|path| contains(path, inner));
        (self.includes.is_empty() || within(&self.includes)) && !within(&self.excludes)
    }

    /// Every `.proto` file below `dir`, a path in the tree. Only what the configuration lets the
    /// folder have needs to be readable.
    pub(super) fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.tree.list(dir, ".proto", &|folder| self.belongs(folder))
    }

    /// Whether the folder has a file that is imported as `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        // An import names a file in one way only; `./a.proto` and `a/../b.proto` do not.
        let is_name = path.ends_with(".proto") && normalize(path).as_deref() == Some(path);
        let inner = join(&self.dir, path);
        is_name && self.belongs(&inner) && self.tree.exists(&inner)
    }

    /// The file `inner`, a path in the tree, of this folder, whose index is `index`: a target.
    pub(super) fn entry(&self, index: usize, inner: String, shown_from: &str) -> SourceEntry {
        let path = strip(&self.dir, &inner).unwrap_or(&inner).to_owned();
        let external = self.view.show_below(shown_from, &inner);
        SourceEntry { path, external, module: self.module, target: true, folder: index, inner }
    }
}

//! A folder that imports are relative to: a module, a root of one (v1beta1), or the vendored
//! dependencies.

use super::entry::SourceEntry;
use super::path::{contains, join, normalize, strip};
use super::tree::Tree;
use super::{Source, View};
use crate::config::Workspace;
use crate::error::Result;
use std::sync::Arc;

/// The folder, with the parts of it that belong to its module.
pub(super) struct Folder {
    pub(super) tree: Arc<dyn Tree>,
    /// Its path in the tree.
    pub(super) dir: String,
    /// The index of its module in the workspace; none for vendored dependencies.
    pub(super) module: Option<usize>,
    /// The path of its module in the workspace.
    pub(super) module_dir: String,
    /// The name of its module in a registry, if it is known.
    pub(super) module_name: Option<Arc<str>>,
    /// Whether its files are target files.
    pub(super) is_target: bool,
    /// Whether it is in buf's cache.
    pub(super) is_cached: bool,
    /// The root of its repository in the tree; links inside it may lead out of it.
    pub(super) top: String,
    view: View,
    /// Paths in the tree. Unless empty, only files inside them belong to the module.
    includes: Vec<String>,
    /// Paths in the tree that do not belong to the module.
    excludes: Vec<String>,
}

/// A folder with files of remote dependencies.
#[derive(Clone)]
pub struct Vendored {
    /// The tree, and the folder in it.
    pub source: Source,
    /// The name of the module that the files belong to; none if it is not known.
    pub module: Option<String>,
    /// The folder in the tree of the input, which has no file of a module: the same one, or that
    /// of another version.
    pub excluded: String,
    /// Whether it is in buf's cache, not in a vendor folder.
    pub is_cached: bool,
}

/// Returns all folders, in the order in which they are searched for an import. A vendor folder
/// inside a module is not part of it.
pub(super) fn folders(
    source: &Source,
    workspace: &Workspace,
    vendored: &[Vendored],
) -> Vec<Folder> {
    let mut folders = Vec::new();
    let top = source.top();
    for (index, module) in workspace.modules.iter().enumerate() {
        let module_dir = join(&workspace.root, &module.dir);
        let in_tree = |paths: &[String]| -> Vec<String> {
            paths.iter().map(|path| join(&module_dir, path)).collect()
        };
        let is_inside = |path: &&String| **path != module_dir && contains(&module_dir, path);
        let vendored = vendored.iter().map(|vendored| &vendored.excluded).filter(is_inside);
        let excludes = in_tree(&module.excludes).into_iter().chain(vendored.cloned());
        let excludes: Vec<String> = excludes.collect();
        let module_name: Option<Arc<str>> = module.name.as_deref().map(Into::into);
        folders.extend(module.roots.iter().map(|root| Folder {
            tree: Arc::clone(&source.tree),
            dir: join(&module_dir, root),
            module: Some(index),
            module_dir: module.dir.clone(),
            module_name: module_name.clone(),
            is_target: module.target,
            is_cached: false,
            top: top.clone(),
            view: source.view.clone(),
            includes: in_tree(&module.includes),
            excludes: excludes.clone(),
        }));
    }
    folders.extend(vendored.iter().map(|vendored| Folder {
        tree: Arc::clone(&vendored.source.tree),
        dir: vendored.source.dir.clone(),
        module: None,
        module_dir: String::new(),
        module_name: vendored.module.as_deref().map(Into::into),
        is_target: false,
        is_cached: vendored.is_cached,
        top: vendored.source.top(),
        view: vendored.source.view.clone(),
        includes: Vec::new(),
        excludes: Vec::new(),
    }));
    folders
}

impl Folder {
    /// Returns the path of the folder, as shown to the user.
    pub(super) fn shown(&self) -> String {
        self.view.show(&self.dir)
    }

    /// Whether `tree_path`, a path in the tree below the folder, belongs to its module.
    pub(super) fn belongs(&self, tree_path: &str) -> bool {
        let within = |paths: &[String]| paths.iter().any(|path| contains(path, tree_path));
        (self.includes.is_empty() || within(&self.includes)) && !within(&self.excludes)
    }

    /// Returns every `.proto` file below `dir`, a path in the tree. Folders that cannot be read are
    /// an error only if they belong to the module.
    pub(super) fn list(&self, dir: &str) -> Result<Vec<String>> {
        self.tree.list(dir, ".proto", &|folder| self.belongs(folder))
    }

    /// Whether the folder has a file that is imported as `path`.
    pub(super) fn has(&self, path: &str) -> bool {
        // A file has exactly one import path, not `./a.proto` or `a/../b.proto`.
        let is_name = path.ends_with(".proto") && normalize(path).as_deref() == Some(path);
        let tree_path = join(&self.dir, path);
        is_name && self.belongs(&tree_path) && self.tree.exists(&tree_path)
    }

    /// Returns the file `tree_path`, a path in the tree, as a target. `index` is the index of this
    /// folder.
    pub(super) fn entry(&self, index: usize, tree_path: String, shown_from: &str) -> SourceEntry {
        let path = strip(&self.dir, &tree_path).unwrap_or(&tree_path).to_owned();
        let external = self.view.show_below(shown_from, &tree_path);
        let (module, module_name) = (self.module, self.module_name.clone());
        SourceEntry { path, external, module, module_name, target: true, folder: index, tree_path }
    }
}

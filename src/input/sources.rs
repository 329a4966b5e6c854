//! The `.proto` files of an input: the target files, the files that they can import, and their
//! import paths and displayed paths.

use super::Source;
use super::entry::SourceEntry;
use super::folder::{Folder, Vendored, folders};
use super::package::package_of;
use super::path::{contains, join};
use super::selection::{Narrowed, Selection};
use super::{Budget, View};
use crate::config::Workspace;
use crate::error::{Error, Result};
use crate::files::SCHEMAS;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The files of an input, read on demand.
///
/// Target files have been listed. Imports are looked up one by one, so that one changed file of
/// thousands does not require a walk over all of them.
pub struct Sources {
    targets: Vec<Arc<SourceEntry>>,
    by_path: FxHashMap<String, Arc<SourceEntry>>,
    folders: Vec<Folder>,
    deps: Vec<String>,
    view: View,
    budget: Budget,
    /// The displayed paths of files whose content must not be displayed.
    hidden: Mutex<FxHashSet<String>>,
}

/// The number of files up to which each is looked up by itself; for more, their folder is listed.
const FEW: usize = 64;

/// Returns the error for a selection of no file.
fn nothing_matches(selection: &Selection<'_>) -> Error {
    let paths: Vec<String> = selection.paths.iter().map(|path| format!("{path:?}")).collect();
    match &paths[..] {
        [] => Error::new("no .proto file matches")
            .help("the input has none, or --exclude-path excludes them all"),
        paths => Error::new(format!("no .proto file at {}", paths.join(" or "))).help(
            "--path, and `paths` in a template, name files or folders of the input; \
             --exclude-path may exclude them",
        ),
    }
}

impl Sources {
    /// Lists the target files of `workspace`, the configuration of `source`, that `selection`
    /// selects.
    pub fn list(
        source: &Source,
        workspace: &Workspace,
        selection: &Selection<'_>,
    ) -> Result<Sources> {
        let narrowed = Narrowed::new(source, workspace, selection)?;
        let folders = folders(source, workspace, selection.vendored);
        let deps = workspace.deps.clone();
        let mut sources = Sources {
            targets: Vec::new(),
            by_path: FxHashMap::default(),
            folders,
            deps,
            view: source.view.clone(),
            budget: source.budget.clone(),
            hidden: Mutex::default(),
        };
        let mut inhabited = FxHashSet::default();
        for index in 0..sources.folders.len() {
            if sources.add_folder(index, &narrowed)? {
                inhabited.insert(sources.folders[index].module);
            }
        }
        if source.file.as_ref().is_some_and(|file| file.package_files) {
            sources.add_package_files()?;
        }
        for (index, folder) in sources.folders.iter().enumerate() {
            let is_listed = folder.is_target && !narrowed.is_narrow();
            if !is_listed {
                sources.check_names(index)?;
            } else if !inhabited.contains(&folder.module) {
                return Err(Error::new("the module has no .proto file").at(folder.shown()));
            }
        }
        if sources.targets.is_empty() && !selection.allow_unmatched {
            return Err(nothing_matches(selection));
        }
        Ok(sources)
    }

    /// Whether no module of `workspace`, the configuration of `source`, has a file.
    pub(crate) fn is_empty(
        source: &Source,
        workspace: &Workspace,
        vendored: &[Vendored],
    ) -> Result<bool> {
        for folder in folders(source, workspace, vendored).iter().filter(|it| it.is_target) {
            if folder.list(&folder.dir)?.iter().any(|path| folder.belongs(path)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the target files: module by module, each in the order of its folders.
    pub fn targets(&self) -> &[Arc<SourceEntry>] {
        &self.targets
    }

    /// Returns the file with the import path `path`; none if there is none or if there are several
    /// candidates ([`Sources::candidates`]).
    pub fn find(&self, path: &str) -> Option<Arc<SourceEntry>> {
        if let Some(entry) = self.by_path.get(path) {
            return Some(Arc::clone(entry));
        }
        let mut candidates = self.candidates(path);
        if candidates.len() == 1 { candidates.pop().map(Arc::new) } else { None }
    }

    /// Returns all candidates for the import `path`: files of modules; if there are none, vendored
    /// files.
    pub fn candidates(&self, path: &str) -> Vec<SourceEntry> {
        let mut candidates: Vec<SourceEntry> = Vec::new();
        for (index, folder) in self.folders.iter().enumerate() {
            let has_own = || candidates.iter().any(|candidate| candidate.module.is_some());
            if folder.has(path) && (folder.module.is_some() || !has_own()) {
                candidates.push(self.entry(index, path));
            }
        }
        candidates
    }

    /// Returns the modules of a registry that the workspace depends on, as written.
    pub fn deps(&self) -> &[String] {
        &self.deps
    }

    /// Returns the vendor folders, as shown to the user, each with the name of its module if it is
    /// known.
    pub fn vendored(&self) -> Vec<(Option<&str>, String)> {
        let is_vendor = |folder: &&Folder| folder.module.is_none() && !folder.is_cached;
        let folders = self.folders.iter().filter(is_vendor);
        folders.map(|folder| (folder.module_name.as_deref(), folder.shown())).collect()
    }

    /// Reads a file. May be called from several threads.
    pub fn read(&self, file: &SourceEntry) -> Result<Vec<u8>> {
        let content = self.folders[file.folder].tree.read(&file.tree_path, SCHEMAS)?;
        content.ok_or_else(|| Error::new("the file no longer exists").at(&file.external))
    }

    /// Returns the package of a file without parsing it; empty if it has none.
    pub(crate) fn package(&self, file: &SourceEntry) -> Result<String> {
        Ok(package_of(&self.read(file)?).unwrap_or_default())
    }

    /// Counts a source that was read in the budget.
    pub(crate) fn charge(&self, source: &[u8]) -> Result<()> {
        self.budget.charge(source.len())?;
        self.budget.charge_items(source)
    }

    /// Whether `file`, which does not parse, must not be quoted, because a link leads from it out
    /// of the repository. From then on [`Sources::text`] returns none for it.
    pub(crate) fn hide_if_outside(&self, file: &SourceEntry) -> bool {
        let folder = &self.folders[file.folder];
        let leads_out = contains(&folder.top, &file.tree_path)
            && folder.tree.leads_out(&folder.top, &file.tree_path);
        if leads_out {
            self.hidden().insert(file.external.clone());
        }
        leads_out
    }

    /// Returns the text of the file with the displayed path `external`, for quoting. Only these
    /// sources are read, never another file of that name. None if it cannot be read.
    pub fn text(&self, external: &str) -> Option<String> {
        let tree_path =
            self.view.tree_path(external).filter(|tree_path| tree_path.ends_with(".proto"))?;
        let folder = self.folders.iter().find(|folder| contains(&folder.dir, &tree_path))?;
        if self.hidden().contains(external) {
            return None;
        }
        String::from_utf8(folder.tree.read(&tree_path, SCHEMAS).ok()??).ok()
    }

    fn hidden(&self) -> MutexGuard<'_, FxHashSet<String>> {
        self.hidden.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the file with the import path `path` in the folder at `index`, as an import.
    fn entry(&self, index: usize, path: &str) -> SourceEntry {
        let folder = &self.folders[index];
        SourceEntry { target: false, ..folder.entry(index, join(&folder.dir, path), &folder.dir) }
    }

    /// Adds the target files of the folder at `index`. Returns whether it had any file before
    /// exclusion.
    fn add_folder(&mut self, index: usize, narrowed: &Narrowed) -> Result<bool> {
        let folder = &self.folders[index];
        let mut entries = Vec::new();
        let mut is_inhabited = false;
        for walk in narrowed.walks(folder) {
            for tree_path in folder.list(walk.dir)? {
                if !folder.belongs(&tree_path) {
                    continue;
                }
                is_inhabited = true;
                if !narrowed.excludes(folder, &tree_path) {
                    entries.push(folder.entry(index, tree_path, walk.shown_from));
                }
            }
        }
        entries.into_iter().try_for_each(|entry| self.add_target(entry))?;
        Ok(is_inhabited)
    }

    /// Adds the files of the same package in the folder of the one target as targets.
    fn add_package_files(&mut self) -> Result<()> {
        let Some(target) = self.targets.first().cloned() else {
            return Ok(());
        };
        let wanted = package_of(&self.read(&target)?);
        let folder = &self.folders[target.folder];
        let mut entries = Vec::new();
        for tree_path in folder.list(&folder.dir)? {
            let entry = folder.entry(target.folder, tree_path, &folder.dir);
            if folder.belongs(&entry.tree_path) && package_of(&self.read(&entry)?) == wanted {
                entries.push(entry);
            }
        }
        entries.into_iter().try_for_each(|entry| self.add_target(entry))
    }

    /// Adds a target file; an error if another one has the same import path.
    fn add_target(&mut self, entry: SourceEntry) -> Result<()> {
        if entry.path.contains(char::REPLACEMENT_CHARACTER) {
            let error = Error::new("the name of this file is not UTF-8").at(&entry.external);
            return Err(error.help("rename the file: no descriptor can hold its name"));
        }
        match self.by_path.entry(entry.path.clone()) {
            Entry::Vacant(vacant) => {
                let entry = Arc::new(entry);
                vacant.insert(Arc::clone(&entry));
                self.targets.push(entry);
                Ok(())
            }
            // Two values of --path may overlap.
            Entry::Occupied(first)
                if first.get().tree_path == entry.tree_path
                    && first.get().module == entry.module =>
            {
                Ok(())
            }
            Entry::Occupied(first) => {
                let first = Arc::clone(first.get());
                Err(self.ambiguous(&first, &entry))
            }
        }
    }

    /// Rejects a folder of a module if it has a file with the same import path as a target
    /// elsewhere. Not all of its files have been listed.
    fn check_names(&self, index: usize) -> Result<()> {
        let folder = &self.folders[index];
        if folder.module.is_none() {
            return Ok(());
        }
        let mut others = self.targets.iter().filter(|target| target.folder != index);
        let same = if self.targets.len() <= FEW {
            others.find(|target| folder.has(&target.path))
        } else {
            let listed = folder.list(&folder.dir)?;
            let listed: FxHashSet<String> = listed.into_iter().collect();
            others.find(|target| {
                let tree_path = join(&folder.dir, &target.path);
                listed.contains(&tree_path) && folder.belongs(&tree_path)
            })
        };
        match same {
            Some(target) => Err(self.ambiguous(target, &self.entry(index, &target.path))),
            None => Ok(()),
        }
    }

    fn ambiguous(&self, first: &SourceEntry, second: &SourceEntry) -> Error {
        let name = |file: &SourceEntry| &self.folders[file.folder].module_dir;
        let (path, first_name, second_name) = (&first.path, name(first), name(second));
        if first_name == second_name && first.module != second.module {
            let message = format!("{path:?} is in two modules with the path {first_name:?}");
            let help = "each file can be in one module: see their `includes` and `excludes`";
            return Error::new(message).at(&second.external).help(help);
        }
        let message = if first.module == second.module {
            format!("two roots of the module at {first_name:?} contain {path:?}")
        } else {
            format!("{path:?} is in two modules, {first_name:?} and {second_name:?}")
        };
        let help =
            format!("the other one is {}; imports of this path are ambiguous", first.external);
        Error::new(message).at(&second.external).help(help)
    }
}

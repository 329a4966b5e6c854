//! The `.proto` files of an input: which there are, which are meant, and by what name each is
//! imported and shown.

use super::Source;
use super::package::package_of;
use super::path::{contains, join, strip};
use super::tree::Tree;
use crate::config::{Module, Workspace};
use crate::error::{Error, Result};
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// What the user said besides the input.
#[derive(Clone, Copy, Default)]
pub struct Selection<'a> {
    /// `--path`: only these files and folders are meant, as the user wrote them.
    pub paths: &'a [String],
    /// `--exclude-path`: these are not.
    pub exclude_paths: &'a [String],
    /// Whether `paths` may name what this input does not have: that of two versions which are
    /// compared, only one has a file, is the point of the comparison.
    pub may_miss: bool,
    /// Where imports are found that no module has: a folder of vendored dependencies.
    pub vendor: Option<&'a Source>,
}

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
    /// Its path in the tree.
    inner: String,
}

/// The files of an input, read when they are asked for.
pub struct Sources {
    files: Vec<SourceEntry>,
    by_path: FxHashMap<String, usize>,
    tree: Arc<dyn Tree>,
    vendor: Option<Arc<dyn Tree>>,
}

impl Sources {
    /// Lists what `workspace` (the configuration found for `source`) says belongs to it, as far
    /// as `selection` leaves it.
    pub fn list(
        source: &Source,
        workspace: &Workspace,
        selection: &Selection<'_>,
    ) -> Result<Sources> {
        let narrowed = Narrowed::new(source, workspace, selection)?;
        narrowed.check(source, workspace)?;
        let mut sources = Sources {
            files: Vec::new(),
            by_path: FxHashMap::default(),
            tree: Arc::clone(&source.tree),
            vendor: selection.vendor.map(|vendor| Arc::clone(&vendor.tree)),
        };
        for index in 0..workspace.modules.len() {
            sources.add_module(source, workspace, index, &narrowed)?;
        }
        if source.file.as_ref().is_some_and(|file| file.package_files) {
            sources.add_package_files()?;
        }
        sources.index(workspace)?;
        if let Some(vendor) = selection.vendor {
            sources.add_vendored(vendor)?;
        }
        if !selection.may_miss && !sources.files.iter().any(|file| file.target) {
            return Err(Error::new("no .proto file of the input is meant").help(
                "the input has none, --path names what is not there, or --exclude-path leaves none",
            ));
        }
        Ok(sources)
    }

    /// All files: module by module, each in the order of its folders; vendored ones last.
    pub fn files(&self) -> &[SourceEntry] {
        &self.files
    }

    /// The index of the file that is imported as `path`.
    pub fn find(&self, path: &str) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Reads the file at `index`. May be called from several threads.
    pub fn read(&self, index: usize) -> Result<Arc<[u8]>> {
        let file = &self.files[index];
        let tree = match (&self.vendor, file.module) {
            (Some(vendor), None) => vendor,
            _ => &self.tree,
        };
        match tree.read(&file.inner)? {
            Some(content) => Ok(content.into()),
            None => Err(Error::new("the file is gone").at(&file.external)),
        }
    }

    fn add_module(
        &mut self,
        source: &Source,
        workspace: &Workspace,
        index: usize,
        narrowed: &Narrowed,
    ) -> Result<()> {
        let module = &workspace.modules[index];
        let dir = join(&workspace.root, &module.dir);
        let before = self.files.len();
        for root in &module.roots {
            let walked = join(&dir, root);
            for inner in source.tree.list(&walked, ".proto")? {
                let in_module = strip(&dir, &inner).expect("a walk stays below its folder");
                if !belongs(module, in_module) {
                    continue;
                }
                let path = strip(&walked, &inner).expect("a walk stays below its folder");
                let wanted = narrowed.walked_from(module, &walked, &inner);
                self.files.push(SourceEntry {
                    path: path.to_owned(),
                    external: source.view.show_below(wanted.unwrap_or(&walked), &inner),
                    module: Some(index),
                    target: wanted.is_some(),
                    inner,
                });
            }
        }
        if module.target && self.files.len() == before {
            return Err(Error::new("the module has no .proto file").at(source.view.show(&dir)));
        }
        Ok(())
    }
}

impl Sources {
    /// Files of the same package as the one target, in its module, become targets too.
    fn add_package_files(&mut self) -> Result<()> {
        let Some(target) = self.files.iter().position(|file| file.target) else {
            return Ok(());
        };
        let wanted = package_of(&self.read(target)?);
        for index in 0..self.files.len() {
            let is_candidate = self.files[index].module == self.files[target].module;
            if is_candidate && package_of(&self.read(index)?) == wanted {
                self.files[index].target = true;
            }
        }
        Ok(())
    }

    /// Makes the files known by their import paths. What is meant must be the only one of its
    /// name; of what is only there to be imported, the first counts.
    fn index(&mut self, workspace: &Workspace) -> Result<()> {
        for (index, file) in self.files.iter().enumerate() {
            match self.by_path.entry(file.path.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(index)),
                Entry::Occupied(entry) => {
                    let first = &self.files[*entry.get()];
                    if first.target || file.target || first.module == file.module {
                        return Err(ambiguous(workspace, first, file));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds what no module has.
    fn add_vendored(&mut self, vendor: &Source) -> Result<()> {
        for inner in vendor.tree.list(&vendor.dir, ".proto")? {
            let path = strip(&vendor.dir, &inner).expect("a walk stays below its folder");
            if let Entry::Vacant(entry) = self.by_path.entry(path.to_owned()) {
                entry.insert(self.files.len());
                self.files.push(SourceEntry {
                    path: path.to_owned(),
                    external: vendor.view.show_below(&vendor.dir, &inner),
                    module: None,
                    target: false,
                    inner,
                });
            }
        }
        Ok(())
    }
}

/// Whether the module's configuration lets it have the file at `path`, relative to its folder.
fn belongs(module: &Module, path: &str) -> bool {
    let within = |dirs: &[String]| dirs.iter().any(|dir| contains(dir, path));
    (module.includes.is_empty() || within(&module.includes)) && !within(&module.excludes)
}

fn ambiguous(workspace: &Workspace, first: &SourceEntry, second: &SourceEntry) -> Error {
    let dir = |file: &SourceEntry| file.module.map_or("", |module| &workspace.modules[module].dir);
    let message = if first.module == second.module {
        format!("two roots of the module at {:?} have a file {:?}", dir(first), first.path)
    } else {
        let (first_dir, second_dir) = (dir(first), dir(second));
        format!("{:?} is a file of two modules, {first_dir:?} and {second_dir:?}", first.path)
    };
    Error::new(message)
        .at(&second.external)
        .help(format!("the other one is {}; an import could mean either", first.external))
}

/// What `--path`, `--exclude-path` or a single file leave of the input; paths in the tree.
struct Narrowed {
    paths: Vec<String>,
    exclude_paths: Vec<String>,
    file: Option<String>,
}

impl Narrowed {
    fn new(source: &Source, workspace: &Workspace, selection: &Selection<'_>) -> Result<Self> {
        let find = |written: &String| {
            let path = source.view.find(written)?;
            if contains(&workspace.root, &path) {
                return Ok(path);
            }
            Err(Error::new("this path is outside of the input").at(written))
        };
        let find_all = |paths: &[String]| paths.iter().map(find).collect::<Result<Vec<_>>>();
        Ok(Narrowed {
            paths: find_all(selection.paths)?,
            exclude_paths: find_all(selection.exclude_paths)?,
            file: source.file.as_ref().map(|file| file.path.clone()),
        })
    }

    /// The folder (or file) whose walk makes the file `inner` of `module` a target: the path
    /// that was asked for, else all of `walked`. None if it is no target.
    fn walked_from<'a>(&'a self, module: &Module, walked: &'a str, inner: &str) -> Option<&'a str> {
        let holds = |path: &&String| contains(path, inner);
        if !module.target || self.exclude_paths.iter().any(|path| holds(&path)) {
            return None;
        }
        match &self.file {
            Some(file) => (file == inner).then_some(walked),
            None if self.paths.is_empty() => Some(walked),
            None => self.paths.iter().find(holds).map(String::as_str),
        }
    }

    /// Refuses, as buf does, what would mean nothing, everything, or what it does not say.
    fn check(&self, source: &Source, workspace: &Workspace) -> Result<()> {
        if self.file.is_some() && !(self.paths.is_empty() && self.exclude_paths.is_empty()) {
            return Err(Error::new("--path and --exclude-path do not go with a single file"));
        }
        for (paths, flag) in [(&self.paths, "--path"), (&self.exclude_paths, "--exclude-path")] {
            for path in paths {
                let fail = |error: Error| error.at(source.view.show(path));
                if *path == source.dir {
                    return Err(fail(Error::new(format!("{flag} names the whole input"))));
                }
                for module in workspace.modules.iter().filter(|module| module.target) {
                    check_in_module(workspace, module, path, flag).map_err(fail)?;
                }
            }
        }
        match self.paths.iter().find(|path| self.exclude_paths.iter().any(|x| contains(x, path))) {
            None => Ok(()),
            Some(path) => Err(Error::new("--exclude-path excludes all that --path names here")
                .at(source.view.show(path))),
        }
    }
}

fn check_in_module(workspace: &Workspace, module: &Module, path: &str, flag: &str) -> Result<()> {
    let dir = join(&workspace.root, &module.dir);
    let Some(path) = strip(&dir, path) else {
        return Ok(());
    };
    if path == "." {
        let error = Error::new(format!("{flag} names a whole module"));
        return Err(if flag == "--path" { error.help("name it as the input") } else { error });
    }
    if module.roots.iter().any(|root| path != root && contains(root, path)) {
        return Ok(());
    }
    let roots = module.roots.join(", ");
    Err(Error::new(format!("{flag} must name what is inside a root of its module ({roots})")))
}

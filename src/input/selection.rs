//! What `--path` and `--exclude-path` leave of an input.

use super::folder::Folder;
use super::path::{contains, join, strip};
use super::{Source, View};
use crate::config::{Module, Workspace};
use crate::error::{Error, Result};

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

/// A selection, or a single file, found in the tree.
pub(super) struct Narrowed {
    paths: Vec<String>,
    exclude_paths: Vec<String>,
    file: Option<String>,
}

/// A walk that finds what is meant.
pub(super) struct Walk<'a> {
    /// The folder, or the single file, that is walked.
    pub(super) dir: &'a str,
    /// The folder that what is found is shown from.
    pub(super) shown_from: &'a str,
}

impl Narrowed {
    /// Finds what `selection` names and refuses, as buf does, what would mean nothing,
    /// everything, or what it does not say.
    pub(super) fn new(
        source: &Source,
        workspace: &Workspace,
        selection: &Selection<'_>,
    ) -> Result<Self> {
        let find = |written: &String| find(source, &workspace.root, written);
        let find_all = |paths: &[String]| paths.iter().map(find).collect::<Result<Vec<_>>>();
        let narrowed = Narrowed {
            paths: find_all(selection.paths)?,
            exclude_paths: match may_exclude_outside(source, &workspace.root) {
                true => selection.exclude_paths.iter().flat_map(find).collect(),
                false => find_all(selection.exclude_paths)?,
            },
            file: source.file.as_ref().map(|file| file.path.clone()),
        };
        narrowed.check(source, workspace)?;
        Ok(narrowed)
    }

    /// Whether not all of the input is meant.
    pub(super) fn is_narrow(&self) -> bool {
        self.file.is_some() || !self.paths.is_empty()
    }

    /// What has to be walked to find what is meant of `folder`.
    pub(super) fn walks<'a>(&'a self, folder: &'a Folder) -> Vec<Walk<'a>> {
        let dir = folder.dir.as_str();
        let inside = |path: &&String| contains(dir, path);
        match &self.file {
            _ if !folder.is_target => Vec::new(),
            Some(file) if contains(dir, file) => vec![Walk { dir: file, shown_from: dir }],
            Some(_) => Vec::new(),
            None if self.paths.is_empty() => vec![Walk { dir, shown_from: dir }],
            None => {
                let paths = self.paths.iter().filter(inside);
                paths.map(|path| Walk { dir: path, shown_from: path }).collect()
            }
        }
    }

    /// Whether `inner`, a file of `folder`, is not meant. As in buf, excluding a folder that
    /// holds whole modules excludes nothing.
    pub(super) fn excludes(&self, folder: &Folder, inner: &str) -> bool {
        let mut exclude_paths = self.exclude_paths.iter();
        exclude_paths.any(|path| contains(&folder.dir, path) && contains(path, inner))
    }

    /// Whether something of `module` is meant, as far as the paths tell.
    fn means(&self, workspace: &Workspace, module: &Module) -> bool {
        let dir = join(&workspace.root, &module.dir);
        let is_named = || self.paths.iter().any(|path| contains(&dir, path));
        module.target && (self.paths.is_empty() || is_named())
    }

    fn check(&self, source: &Source, workspace: &Workspace) -> Result<()> {
        if self.file.is_some() && !(self.paths.is_empty() && self.exclude_paths.is_empty()) {
            return Err(Error::new("--path and --exclude-path cannot be used with a single file"));
        }
        for (paths, flag) in [(&self.paths, "--path"), (&self.exclude_paths, "--exclude-path")] {
            for path in paths {
                let fail = |error: Error| error.at(source.view.show(path));
                if *path == source.dir {
                    return Err(fail(Error::new(format!("{flag} names the whole input"))));
                }
                for module in
                    workspace.modules.iter().filter(|module| self.means(workspace, module))
                {
                    check_in_module(workspace, module, path, flag).map_err(fail)?;
                }
            }
        }
        match self.paths.iter().find(|path| self.exclude_paths.iter().any(|x| contains(x, path))) {
            None => Ok(()),
            Some(path) => {
                Err(Error::new("--exclude-path excludes everything that --path selects here")
                    .at(source.view.show(path)))
            }
        }
    }
}

/// Where in the tree the path is that the user wrote.
fn find(source: &Source, root: &str, written: &str) -> Result<String> {
    let path = source.view.find(written)?;
    if contains(root, &path) {
        return Ok(path);
    }
    Err(Error::new("this path is outside of the input").at(written))
}

/// Whether what lies outside of the workspace at `root` may be excluded, to no effect. As in buf
/// it may where the user stands above the workspace, and where a part of a tree was asked for.
fn may_exclude_outside(source: &Source, root: &str) -> bool {
    match &source.view {
        View::Own { dir } => dir != ".",
        View::Disk { .. } => root != source.ceiling && contains(&source.ceiling, root),
    }
}

fn check_in_module(workspace: &Workspace, module: &Module, path: &str, flag: &str) -> Result<()> {
    let dir = join(&workspace.root, &module.dir);
    let Some(path) = strip(&dir, path) else {
        return Ok(());
    };
    if path == "." {
        let error = Error::new(format!("{flag} names a whole module"));
        return Err(if flag == "--path" {
            error.help("use the module as the input")
        } else {
            error
        });
    }
    if module.roots.iter().any(|root| path != root && contains(root, path)) {
        return Ok(());
    }
    let roots = module.roots.join(", ");
    Err(Error::new(format!("{flag} must be inside a root of its module ({roots})")))
}

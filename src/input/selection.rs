//! Selection of files of an input by `--path` and `--exclude-path`.

use super::folder::{Folder, Vendored};
use super::path::{contains, join, strip};
use super::{Source, View};
use crate::config::{Module, Workspace};
use crate::error::{Error, Result};

/// The user's selection of files.
#[derive(Clone, Copy, Default)]
pub struct Selection<'a> {
    /// `--path`: only these files and folders are targets, as written by the user.
    pub paths: &'a [String],
    /// `--exclude-path`: these files and folders are not targets.
    pub exclude_paths: &'a [String],
    /// Whether `paths` may match nothing. Of two compared versions, one may not have the file.
    pub allow_unmatched: bool,
    /// The folders of vendored dependencies, for imports that no module contains.
    pub vendored: &'a [Vendored],
}

/// A selection, or a single file, as paths in the tree.
pub(super) struct Narrowed {
    paths: Vec<String>,
    exclude_paths: Vec<String>,
    file: Option<String>,
}

/// A walk that finds target files.
pub(super) struct Walk<'a> {
    /// The folder, or the single file, that is walked.
    pub(super) dir: &'a str,
    /// The folder that the displayed paths of its files are based on.
    pub(super) shown_from: &'a str,
}

impl Narrowed {
    /// Resolves `selection`. As in buf, it is an error if it selects nothing or everything, or if a
    /// path is not allowed.
    pub(super) fn new(
        source: &Source,
        workspace: &Workspace,
        selection: &Selection<'_>,
    ) -> Result<Self> {
        let find = |written: &String| find(source, &workspace.root, written);
        let find_all = |paths: &[String]| paths.iter().map(find).collect::<Result<Vec<_>>>();
        let narrowed = Narrowed {
            paths: find_all(selection.paths)?,
            exclude_paths: if may_exclude_outside(source, &workspace.root) {
                selection.exclude_paths.iter().flat_map(find).collect()
            } else {
                find_all(selection.exclude_paths)?
            },
            file: source.file.as_ref().map(|file| file.path.clone()),
        };
        narrowed.check(source, workspace)?;
        Ok(narrowed)
    }

    /// Whether only a part of the input is selected.
    pub(super) fn is_narrow(&self) -> bool {
        self.file.is_some() || !self.paths.is_empty()
    }

    /// Returns the walks that find the selected files of `folder`.
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

    /// Whether `tree_path`, a file of `folder`, is excluded. As in buf, excluding a folder that
    /// contains whole modules excludes nothing.
    pub(super) fn excludes(&self, folder: &Folder, tree_path: &str) -> bool {
        let mut exclude_paths = self.exclude_paths.iter();
        exclude_paths.any(|path| contains(&folder.dir, path) && contains(path, tree_path))
    }

    /// Whether a part of `module` is selected, judging by the paths.
    fn selects(&self, workspace: &Workspace, module: &Module) -> bool {
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
                    workspace.modules.iter().filter(|module| self.selects(workspace, module))
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

/// Returns the path in the tree for `written`, a path by the user.
fn find(source: &Source, root: &str, written: &str) -> Result<String> {
    let path = source.view.find(written)?;
    if contains(root, &path) {
        return Ok(path);
    }
    Err(Error::new("this path is outside of the input").at(written))
}

/// Whether paths outside of the workspace at `root` may be excluded, without effect. As in buf,
/// this is allowed if the working directory is above the workspace, or if the input is a subfolder
/// of a tree.
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

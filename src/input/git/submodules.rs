//! Submodules: their files, at the commits that a revision records. They are read from the
//! repositories that git keeps for them on this machine; nothing is checked out or fetched.

use super::command::Git;
use super::listing::{GitTree, Listing};
use super::revision::commit_of;
use crate::error::{Error, Result};
use crate::files::{is_folder_of_git, is_inside};
use crate::input::Tree;
use crate::input::path::{contains, join, normalize, strip, walk_order};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A repository with submodules.
pub(super) struct Superproject {
    git: Git,
    /// The top of its working tree, if it has one.
    top: Option<PathBuf>,
    /// The top, or the bare repository, as shown to the user.
    shown: String,
}

impl Superproject {
    /// Returns the repository `git`, whose `.git` is `git_dir`. `shown` is its path as written.
    pub(super) fn new(git: Git, git_dir: &Path, shown: &str) -> Self {
        let top = git_dir.parent().filter(|_| git_dir.file_name().is_some_and(is_folder_of_git));
        let shown = match shown.trim_end_matches('/') {
            ".git" => ".",
            shown => shown.strip_suffix("/.git").unwrap_or(shown),
        };
        Superproject { git, top: top.map(Path::to_owned), shown: shown.to_owned() }
    }

    /// Returns the files of `commit` and of its submodules.
    pub(super) fn open(&self, commit: String) -> Result<Arc<dyn Tree>> {
        let tree = GitTree::new(self.git.clone(), Listing::Commit(commit.clone()));
        let links = tree.submodules()?;
        if links.is_empty() {
            return Ok(Arc::new(tree));
        }
        let names = names(&self.git, &commit)?;
        let mut submodules = Vec::new();
        for (path, id) in links {
            let submodule = self.submodule(&path, names.get(&path), &id)?;
            submodules.push((path, submodule.open(id)?));
        }
        Ok(Arc::new(WithSubmodules { tree, submodules }))
    }

    /// Returns the submodule called `name` at `path`. Its repository has the commit `id`.
    fn submodule(&self, path: &str, name: Option<&String>, id: &str) -> Result<Superproject> {
        let shown = join(&self.shown, path);
        let Some(name) = name else {
            return Err(Error::new(".gitmodules does not list this submodule").at(shown));
        };
        // git rejects such a name, too: it would lead out of the folder of the submodules.
        if normalize(name).as_ref() != Some(name) {
            return Err(Error::new(format!("invalid name of a submodule: {name:?}")).at(shown));
        }
        let top = self.top.as_ref().filter(|top| is_inside(top, &top.join(path)));
        let top = top.map(|top| top.join(path));
        let mut is_cloned = false;
        for place in self.kept(name)?.into_iter().chain(top.iter().map(|top| top.join(".git"))) {
            let Some(above) = place.parent().filter(|_| place.exists()) else { continue };
            is_cloned = true;
            // The working tree in the configuration of a submodule need not exist.
            let git = Git::at(&place).with("GIT_WORK_TREE", above);
            if commit_of(&git, id)?.is_some() {
                return Ok(Superproject { git, top, shown });
            }
        }
        Err(self.missing(path, is_cloned.then_some(id)))
    }

    /// Returns the possible repositories of the submodule `name`: git keeps those of a worktree
    /// apart.
    fn kept(&self, name: &str) -> Result<Vec<PathBuf>> {
        let mut kept = Vec::new();
        for option in ["--git-dir", "--git-common-dir"] {
            let dir = self.git.line(&["rev-parse", option])?;
            kept.extend(dir.map(|dir| Path::new(&dir).join("modules").join(name)));
        }
        Ok(kept)
    }

    /// Returns the error for a submodule that is not cloned, or whose clone does not have the commit
    /// `id`.
    fn missing(&self, path: &str, id: Option<&str>) -> Error {
        let shown = join(&self.shown, path);
        let message = match id {
            None => "this submodule is not cloned".to_owned(),
            Some(id) => format!("the clone of this submodule does not have the commit {id}"),
        };
        let help = match id {
            _ if self.top.is_none() => {
                "use a clone that `git clone --recurse-submodules` made".to_owned()
            }
            None if self.shown == "." => format!("run `git submodule update --init -- {path}`"),
            None => format!("run `git -C {} submodule update --init -- {path}`", self.shown),
            Some(id) => format!("run `git -C {shown} fetch origin {id}`"),
        };
        Error::new(message).at(shown).help(help)
    }
}

/// Returns the names of the submodules in the `.gitmodules` of `commit`, by path. As in git, the
/// last path of a name counts.
fn names(git: &Git, commit: &str) -> Result<BTreeMap<String, String>> {
    let file = format!("{commit}:.gitmodules");
    let args = ["config", "--blob", &file, "-z", "--get-regexp", r"^submodule\..*\.path$"];
    let printed = git.line(&args)?.unwrap_or_default();
    let entry = |entry: &str| {
        let (key, path) = entry.split_once('\n')?;
        let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
        Some((name.to_owned(), normalize(path)?))
    };
    let paths: BTreeMap<String, String> = printed.split('\0').filter_map(entry).collect();
    Ok(paths.into_iter().map(|(name, path)| (path, name)).collect())
}

/// The files of a revision and of its submodules.
struct WithSubmodules {
    tree: GitTree,
    /// The files of each submodule, by its path.
    submodules: Vec<(String, Arc<dyn Tree>)>,
}

impl Tree for WithSubmodules {
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let mut paths = self.tree.list(dir, suffix, required)?;
        for (at, submodule) in &self.submodules {
            let below = if contains(dir, at) { Some(".") } else { strip(at, dir) };
            let Some(below) = below else { continue };
            let required = |path: &str| required(&join(at, path));
            let listed = submodule.list(below, suffix, &required)?;
            paths.extend(listed.iter().map(|path| join(at, path)));
        }
        paths.sort_unstable_by(|a, b| walk_order(a, b));
        Ok(paths)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let (tree, below) = self.part(path);
        tree.read(below, limit)
    }

    fn exists(&self, path: &str) -> bool {
        let (tree, below) = self.part(path);
        tree.exists(below)
    }
}

impl WithSubmodules {
    /// Returns the tree with the file at `path`, and its path in that tree.
    fn part<'a>(&'a self, path: &'a str) -> (&'a dyn Tree, &'a str) {
        let below = |at: &str| strip(at, path).filter(|below| *below != ".");
        let mut submodules = self.submodules.iter();
        let inside = submodules.find_map(|(at, tree)| Some((&**tree, below(at)?)));
        inside.unwrap_or((&self.tree, path))
    }
}

//! A tree of files in a repository: those of a revision, or those of the index.

use super::command::Git;
use super::objects::Objects;
use super::partial;
use crate::error::{Error, Result};
use crate::input::path::{contains, join, strip, walk_order};
use crate::input::tree::Tree;
use rustc_hash::FxHashMap;
use std::sync::{PoisonError, RwLock};

/// Which of a repository's trees.
pub(super) enum Listing {
    /// That of a commit, by its full id.
    Commit(String),
    /// The index, whose root stands at this folder of the disk: its paths begin there, so that
    /// they are the same as those of the files on disk.
    Index(String),
}

/// Regular files only: as in buf, links and submodules in git are not followed.
pub(super) struct GitTree {
    git: Git,
    objects: Objects,
    listing: Listing,
    /// The ids of the files listed so far.
    ids: RwLock<FxHashMap<String, String>>,
}

impl GitTree {
    pub(super) fn new(git: Git, listing: Listing) -> Self {
        let objects = Objects::new(git.clone());
        GitTree { git, objects, listing, ids: RwLock::default() }
    }

    /// The path of a submodule, if there is one.
    pub(super) fn submodule(&self) -> Result<Option<String>> {
        let Listing::Commit(commit) = &self.listing else { return Ok(None) };
        let printed = self.git.run(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        for record in split(&printed) {
            let (fields, path) = fields_and_path(record)?;
            if fields.get(1) == Some(&"commit") {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    fn entries(&self, dir: &str) -> Result<Vec<Entry>> {
        let within = |dir: &str| format!(":(literal,top){dir}");
        match &self.listing {
            Listing::Commit(commit) => {
                let args = ["ls-tree", "-r", "-z", "--full-tree", commit];
                let printed = match dir {
                    "." => self.git.run(&args)?,
                    dir => self.git.run(&[&args[..], &["--", dir]].concat())?,
                };
                split(&printed).filter_map(|record| Entry::of_tree(record).transpose()).collect()
            }
            Listing::Index(root) => {
                let mut args = vec!["ls-files", "--stage", "-z", "--full-name", "--"];
                let below = strip(root, dir).filter(|below| *below != ".").map(within);
                match &below {
                    Some(below) => args.push(below),
                    None if contains(dir, root) => args.push(":/"),
                    None => return Ok(Vec::new()),
                }
                let printed = self.git.run(&args)?;
                let entries =
                    split(&printed).filter_map(|record| Entry::of_index(record).transpose());
                entries.map(|entry| entry.map(|entry| entry.below(root))).collect()
            }
        }
    }

    /// Makes sure that a partial clone has the files.
    fn complete(&self, dir: &str, entries: &[Entry]) -> Result<()> {
        match (self.git.promisor(), &self.listing) {
            (Some(remote), Listing::Commit(commit)) if !entries.is_empty() => {
                let tree = format!("{commit}:{}", if dir == "." { "" } else { dir });
                let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
                partial::fetch_missing(&self.git, remote, &tree, &ids)
            }
            _ => Ok(()),
        }
    }

    /// What git calls the file at `path`; none if it cannot have it.
    fn name_of(&self, path: &str) -> Option<String> {
        let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = ids.get(path) {
            return Some(id.clone());
        }
        match &self.listing {
            Listing::Commit(commit) => Some(format!("{commit}:{path}")),
            Listing::Index(root) => strip(root, path).map(|path| format!(":0:{path}")),
        }
    }
}

impl Tree for GitTree {
    fn list(&self, dir: &str, suffix: &str) -> Result<Vec<String>> {
        let mut entries = self.entries(dir)?;
        entries.retain(|entry| entry.path.ends_with(suffix) && contains(dir, &entry.path));
        entries.sort_unstable_by(|a, b| walk_order(&a.path, &b.path));
        self.complete(dir, &entries)?;
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.extend(entries.iter().map(|entry| (entry.path.clone(), entry.id.clone())));
        Ok(entries.into_iter().map(|entry| entry.path).collect())
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.name_of(path) {
            Some(name) => self.objects.read(&name),
            None => Ok(None),
        }
    }

    fn exists(&self, path: &str) -> bool {
        let is_listed = self.ids.read().unwrap_or_else(PoisonError::into_inner).contains_key(path);
        is_listed || !matches!(self.read(path), Ok(None))
    }
}

/// One regular file.
struct Entry {
    id: String,
    path: String,
}

impl Entry {
    /// `MODE TYPE ID\tPATH`; none for a link or a submodule.
    fn of_tree(record: &[u8]) -> Result<Option<Entry>> {
        let (fields, path) = fields_and_path(record)?;
        match fields[..] {
            [mode, "blob", id] if is_regular(mode) => Ok(Some(Entry { id: id.to_owned(), path })),
            _ => Ok(None),
        }
    }

    /// `MODE ID STAGE\tPATH`; a file with conflicts has several, none of them with stage 0.
    fn of_index(record: &[u8]) -> Result<Option<Entry>> {
        let (fields, path) = fields_and_path(record)?;
        match fields[..] {
            [mode, id, "0"] if is_regular(mode) => Ok(Some(Entry { id: id.to_owned(), path })),
            [_, _, "0"] => Ok(None),
            _ => {
                Err(Error::new("the index has conflicts here").at(path).help("resolve them first"))
            }
        }
    }

    fn below(self, root: &str) -> Entry {
        Entry { path: join(root, &self.path), ..self }
    }
}

fn is_regular(mode: &str) -> bool {
    mode.starts_with("100")
}

fn split(printed: &[u8]) -> impl Iterator<Item = &[u8]> {
    printed.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}

/// A record's fields and its path; a path that is not UTF-8 cannot be imported and only has to
/// be told from others.
fn fields_and_path(record: &[u8]) -> Result<(Vec<&str>, String)> {
    let unexpected = || Error::new("git lists files in a form that is not understood");
    let tab = memchr::memchr(b'\t', record).ok_or_else(unexpected)?;
    let fields = std::str::from_utf8(&record[..tab]).map_err(|_| unexpected())?;
    let path = String::from_utf8_lossy(&record[tab + 1..]).into_owned();
    Ok((fields.split(' ').collect(), path))
}

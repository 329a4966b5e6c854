//! A tree of files in a repository: the files of a revision, or those of the index.

use super::command::Git;
use super::objects::Objects;
use super::partial;
use crate::error::{Error, Result};
use crate::files::SCHEMAS;
use crate::input::path::{contains, join, normalize, strip, walk_order};
use crate::input::tree::Tree;
use rustc_hash::FxHashMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::{PoisonError, RwLock};

/// A tree of a repository.
pub(super) enum Listing {
    /// The tree of a commit, by its full id.
    Commit(String),
    /// The index. The paths of its files begin with this folder, the top of the working tree, so
    /// that they are the same as those of the files on disk.
    Index(String),
}

/// A tree of regular files: as in buf, links in git are not followed. The files of submodules are no
/// part of it.
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

    /// Returns the submodules of a commit: the path of each, and the commit that is recorded.
    pub(super) fn submodules(&self) -> Result<Vec<(String, String)>> {
        let Listing::Commit(commit) = &self.listing else { return Ok(Vec::new()) };
        let args = ["ls-tree", "-r", "-z", "--full-tree", commit];
        self.records(&args, |record| {
            let (fields, path) = fields_and_path(record)?;
            Ok(match fields[..] {
                [_, "commit", id] => Some((path, id.to_owned())),
                _ => None,
            })
        })
    }

    fn entries(&self, dir: &str, suffix: &str) -> Result<Vec<Entry>> {
        let within = |dir: &str| format!(":(literal,top){dir}");
        let suffix = suffix.to_owned();
        let wanted = move |entry: &Entry| entry.path.ends_with(&suffix);
        match &self.listing {
            Listing::Commit(commit) => {
                let args = ["ls-tree", "-r", "-z", "--full-tree", commit];
                let args = match dir {
                    "." => args.to_vec(),
                    dir => [&args[..], &["--", dir]].concat(),
                };
                self.records(&args, move |record| Ok(Entry::of_tree(record)?.filter(&wanted)))
            }
            Listing::Index(root) => {
                let mut args = vec!["ls-files", "--stage", "-z", "--full-name", "--"];
                let below = strip(root, dir).filter(|below| *below != ".").map(within);
                match &below {
                    Some(below) => args.push(below),
                    None if contains(dir, root) => args.push(":/"),
                    None => return Ok(Vec::new()),
                }
                let entries = self
                    .records(&args, move |record| Ok(Entry::of_index(record)?.filter(&wanted)))?;
                Ok(entries.into_iter().map(|entry| entry.below(root)).collect())
            }
        }
    }

    /// Reads the records that `git ARGS` lists, while it runs, and returns the results of `take`.
    fn records<T: Send + 'static>(
        &self,
        args: &[&str],
        take: impl Fn(&[u8]) -> Result<Option<T>> + Send + 'static,
    ) -> Result<Vec<T>> {
        let ended = self.git.read(args, move |stdout| Ok(taken(stdout, &take)))?;
        // If reading stops early, git fails, too: the error of the reader takes precedence.
        match ended.stdout {
            Ok(_) if ended.code != Some(0) => {
                Err(Error::quoting(String::from_utf8_lossy(&ended.stderr).trim().to_owned()))
            }
            listed => listed,
        }
    }

    /// Fetches missing files of a partial clone.
    fn complete(&self, dir: &str, entries: &[Entry]) -> Result<()> {
        let Some(remote) = self.git.promisor().filter(|_| !entries.is_empty()) else {
            return Ok(());
        };
        let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        match &self.listing {
            Listing::Commit(commit) => {
                let tree = format!("{commit}:{}", if dir == "." { "" } else { dir });
                partial::fetch_missing(&self.git, remote, &[&tree], &ids)
            }
            Listing::Index(_) => {
                partial::fetch_missing(&self.git, remote, &["--indexed-objects"], &ids)
            }
        }
    }

    /// Returns the name in git of the file at `path`; none if `path` is outside of the tree.
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
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        _required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let mut entries = self.entries(dir, suffix)?;
        entries.retain(|entry| contains(dir, &entry.path));
        entries.sort_unstable_by(|a, b| walk_order(&a.path, &b.path));
        self.complete(dir, &entries)?;
        let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
        ids.extend(entries.iter().map(|entry| (entry.path.clone(), entry.id.clone())));
        Ok(entries.into_iter().map(|entry| entry.path).collect())
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        match self.name_of(path) {
            Some(name) => self.objects.read(&name, limit),
            None => Ok(None),
        }
    }

    fn top_of_repository(&self, dir: &str) -> Option<String> {
        match &self.listing {
            Listing::Index(root) if contains(root, dir) => Some(root.clone()),
            _ => None,
        }
    }

    fn exists(&self, path: &str) -> bool {
        let is_listed = self.ids.read().unwrap_or_else(PoisonError::into_inner).contains_key(path);
        is_listed || !matches!(self.read(path, SCHEMAS), Ok(None))
    }
}

/// A regular file.
struct Entry {
    id: String,
    path: String,
}

impl Entry {
    /// Parses `MODE TYPE ID\tPATH`; none for a link or a submodule.
    fn of_tree(record: &[u8]) -> Result<Option<Entry>> {
        let (fields, path) = fields_and_path(record)?;
        match fields[..] {
            [mode, "blob", id] if is_regular(mode) => Ok(Some(Entry { id: id.to_owned(), path })),
            _ => Ok(None),
        }
    }

    /// Parses `MODE ID STAGE\tPATH`. A file with conflicts has several entries, none of them with
    /// stage 0.
    fn of_index(record: &[u8]) -> Result<Option<Entry>> {
        let (fields, path) = fields_and_path(record)?;
        match fields[..] {
            [mode, id, "0"] if is_regular(mode) => Ok(Some(Entry { id: id.to_owned(), path })),
            [_, _, "0"] => Ok(None),
            _ => Err(Error::new("unresolved conflict in the git index")
                .at(path)
                .help("resolve it first")),
        }
    }

    fn below(self, root: &str) -> Entry {
        Entry { path: join(root, &self.path), ..self }
    }
}

fn is_regular(mode: &str) -> bool {
    mode.starts_with("100")
}

/// The maximum number of files in a listing. Ten nested trees, each of which contains the next one
/// ten times, list 10^10 files: more than any repository has, and more than can be listed in any
/// time.
const MAX_LISTED: usize = 10_000_000;

/// The maximum number of files that are kept from a listing.
const MAX_WANTED: usize = 1_000_000;

/// Reads records that end with NUL, and returns the results of `take`.
fn taken<T>(from: impl Read, take: impl Fn(&[u8]) -> Result<Option<T>>) -> Result<Vec<T>> {
    let mut from = BufReader::new(from);
    let (mut found, mut record) = (Vec::new(), Vec::new());
    for _ in 0..MAX_LISTED {
        record.clear();
        let read = (&mut from).take(SCHEMAS).read_until(0, &mut record);
        if read.map_err(|error| Error::new(format!("cannot read the output of git: {error}")))? == 0
        {
            return Ok(found);
        }
        found.extend(take(record.strip_suffix(b"\0").unwrap_or(&record))?);
        if found.len() > MAX_WANTED {
            return Err(Error::new(format!("git lists more than {MAX_WANTED} files to read")));
        }
    }
    Err(Error::new(format!("git lists more than {MAX_LISTED} files")))
}

/// Returns the fields and the path of a record. A path that is not UTF-8 cannot be imported, so it
/// is only converted to a different text.
fn fields_and_path(record: &[u8]) -> Result<(Vec<&str>, String)> {
    let unexpected = || Error::new("cannot parse the file list of git");
    let tab = memchr::memchr(b'\t', record).ok_or_else(unexpected)?;
    let fields = std::str::from_utf8(&record[..tab]).map_err(|_| unexpected())?;
    let path = String::from_utf8_lossy(&record[tab + 1..]).into_owned();
    // Crafted trees can contain such names; git itself refuses to check them out.
    if normalize(&path).as_deref() != Some(&path) {
        return Err(Error::new(format!("invalid path in the file list of git: {path:?}")));
    }
    Ok((fields.split(' ').collect(), path))
}

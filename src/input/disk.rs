//! The file system, read as buf reads it: hidden folders, ignored files and symbolic links too.

use super::path;
use super::tree::Tree;
use crate::error::{Error, Result};
use crate::files;
use rustc_hash::FxHashSet;
use std::fs::{self, FileType};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The files below one folder of the disk.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    /// The folder below which no link is followed; `None`: all links are followed.
    no_links_below: Option<PathBuf>,
}

impl Disk {
    /// Returns the tree of the files below `root`. Links are followed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Disk { root: root.into(), no_links_below: None }
    }

    /// Returns the tree without following links below `folder`. Elsewhere, links in the last part
    /// of a path are not followed.
    #[must_use]
    pub fn without_links_below(self, folder: &Path) -> Self {
        Disk { no_links_below: Some(folder.to_owned()), ..self }
    }

    fn follows_links(&self) -> bool {
        self.no_links_below.is_none()
    }

    fn resolve(&self, path: &str) -> PathBuf {
        if path == "." { self.root.clone() } else { self.root.join(path) }
    }

    /// Whether `path` may be opened: it is not a link, or links are followed.
    fn is_readable(&self, path: &Path) -> io::Result<bool> {
        let Some(base) = &self.no_links_below else { return Ok(true) };
        let is_link = fs::symlink_metadata(path)?.is_symlink();
        let mut above = path.ancestors().skip(1).take_while(|part| part.starts_with(base));
        Ok(!is_link && !above.any(|part| part != base && part.is_symlink()))
    }
}

impl Tree for Disk {
    fn list(
        &self,
        dir: &str,
        suffix: &str,
        required: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<String>> {
        let folder = self.resolve(dir);
        let mut walk = Walk {
            suffix,
            required,
            follow_symlinks: self.follows_links(),
            seen: FxHashSet::default(),
            files: Vec::new(),
        };
        let Some(readable) = optional(self.is_readable(&folder), &folder)? else {
            return Ok(Vec::new());
        };
        match optional(fs::canonicalize(&folder), &folder)? {
            Some(real) if readable && real.is_dir() => walk.folder(dir, real)?,
            Some(real) if readable && dir.ends_with(suffix) && real.is_file() => {
                walk.files.push(dir.to_owned());
            }
            _ => {}
        }
        Ok(walk.files)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let file = self.resolve(path);
        match optional(self.is_readable(&file), &file)? {
            Some(true) => optional(files::read(&file, limit), &file),
            _ => Ok(None),
        }
    }

    fn exists(&self, path: &str) -> bool {
        let file = self.resolve(path);
        match optional(self.is_readable(&file).and_then(|_| fs::metadata(&file)), &file) {
            Ok(metadata) => {
                metadata.is_some_and(|metadata| metadata.is_file())
                    && self.is_readable(&file).unwrap_or(true)
            }
            Err(_) => true,
        }
    }

    fn has_folder(&self, path: &str) -> bool {
        let folder = self.resolve(path);
        let is_readable = matches!(optional(self.is_readable(&folder), &folder), Ok(Some(true)));
        is_readable && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
    }

    fn top_of_repository(&self, dir: &str) -> Option<String> {
        let folder = self.resolve(dir);
        let below = files::top_of_repository(&folder)?.strip_prefix(&self.root).ok()?;
        let below = below.to_str()?.replace('\\', "/");
        Some(if below.is_empty() { ".".to_owned() } else { below })
    }

    fn leads_out(&self, root: &str, path: &str) -> bool {
        !files::is_inside(&self.resolve(root), &self.resolve(path))
    }
}

/// Returns none for a missing file and for a cycle of links; any other failure is an error.
fn optional<T>(result: io::Result<T>, path: &Path) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Ok(None),
            _ if is_link_cycle(&error) => Ok(None),
            _ => Err(Error::io(path, error)),
        },
    }
}

#[cfg(unix)]
fn is_link_cycle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_link_cycle(_: &io::Error) -> bool {
    false
}

/// A walk over files. As in buf, a link is followed unless the walk has already visited its target.
/// So every walk ends, and a link to a neighbour adds nothing.
struct Walk<'a> {
    suffix: &'a str,
    required: &'a dyn Fn(&str) -> bool,
    follow_symlinks: bool,
    seen: FxHashSet<PathBuf>,
    files: Vec<String>,
}

impl Walk<'_> {
    /// Walks the folder `dir` of the tree; `real` is its path on disk.
    fn folder(&mut self, dir: &str, real: PathBuf) -> Result<()> {
        let mut entries = match read_dir(&real) {
            Err(error) if (self.required)(dir) => return Err(Error::io(&real, error)),
            entries => entries.unwrap_or_default(),
        };
        self.seen.insert(real.clone());
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (name, real, kind) in entries {
            if kind.is_dir() {
                self.folder(&path::join(dir, &name), real)?;
            } else if kind.is_symlink() && self.follow_symlinks {
                self.link(path::join(dir, &name), &real)?;
            } else if name.ends_with(self.suffix) && !kind.is_symlink() {
                // Pipes and devices are listed, too: reading one is an error with its path.
                self.file(path::join(dir, &name), real);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: String, real: PathBuf) {
        self.seen.insert(real);
        self.files.push(path);
    }

    fn link(&mut self, path: String, link: &Path) -> Result<()> {
        let Some(real) = optional(fs::canonicalize(link), link)? else {
            return Ok(());
        };
        if self.seen.contains(&real) {
            return Ok(());
        }
        let kind = fs::metadata(&real).map_err(|error| Error::io(&real, error))?.file_type();
        if kind.is_dir() {
            self.folder(&path, real)?;
        } else if path.ends_with(self.suffix) {
            self.file(path, real);
        }
        Ok(())
    }
}

/// Returns the entries of `folder`: name, path on disk and type.
fn read_dir(folder: &Path) -> io::Result<Vec<(String, PathBuf, FileType)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push((name, entry.path(), entry.file_type()?));
    }
    Ok(entries)
}

//! One output folder: how it differs from what was made, and how it is brought to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::manifest;
use super::super::response::Files;
use super::{Difference, Obstacle, Outputs, file_in_the_way};
use crate::error::{Error, Result};

/// Where new content waits: in the folder that it is for.
pub(super) const STAGING: &str = ".wireproof-new";

/// One output folder, as it is and as it should be.
pub(super) struct Output<'a> {
    /// As the template has it.
    pub(super) name: &'a str,
    pub(super) folder: PathBuf,
    pub(super) files: &'a Files,
    /// What an earlier run made.
    pub(super) listed: BTreeSet<String>,
}

impl<'a> Output<'a> {
    pub(super) fn new(root: &Path, name: &'a str, files: &'a Files) -> Result<Self> {
        let folder = root.join(name);
        let mut output = Output { name, folder, files, listed: BTreeSet::new() };
        if let Some(text) = output.read(manifest::NAME)? {
            output.listed = manifest::paths(&text, &output.shown(manifest::NAME))?;
        }
        Ok(output)
    }

    /// The path of one of its files as the user sees it.
    pub(super) fn shown(&self, path: &str) -> String {
        if self.name == "." { path.to_owned() } else { format!("{}/{path}", self.name) }
    }

    pub(super) fn failed(&self, path: &str, error: io::Error) -> Error {
        Error::io(Path::new(&self.shown(path)), error)
    }

    /// The content of one of its files; none if there is no such file. What is no text, no plugin
    /// made: it differs from everything that one makes.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>> {
        use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
        match fs::read(self.folder.join(path)) {
            Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_else(|error| {
                String::from_utf8_lossy(error.as_bytes()).into_owned() + "\u{0}"
            }))),
            // What is in the way is found by itself ([`Output::obstacles`]).
            Err(error) if matches!(error.kind(), NotFound | NotADirectory | IsADirectory) => {
                Ok(None)
            }
            Err(error) => Err(self.failed(path, error)),
        }
    }

    fn is_cut_off(&self) -> bool {
        self.folder.join(STAGING).exists()
    }

    /// What lies in the way of what is to be written or deleted: each thing once, with its path.
    pub(super) fn obstacles(&self, outputs: &Outputs<'_>) -> BTreeMap<String, Obstacle> {
        if let Some(file) = file_in_the_way(outputs.root, &self.folder) {
            let shown = file.strip_prefix(outputs.root).unwrap_or(file).display().to_string();
            return [(shown, Obstacle::File)].into();
        }
        let gone = outputs.gone_of(self).into_iter().map(|path| (path, false));
        let written = self.files.keys().map(|path| (path.as_str(), true));
        let list = (!self.files.is_empty()).then_some((manifest::NAME, true));
        let all = gone.chain(written).chain(list);
        all.filter_map(|(path, is_written)| self.obstacle(path, is_written, outputs)).collect()
    }

    /// The first thing on the way to `path` that is in the way.
    fn obstacle(
        &self,
        path: &str,
        is_written: bool,
        outputs: &Outputs<'_>,
    ) -> Option<(String, Obstacle)> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends {
            let at = self.folder.join(&path[..end]);
            // Where nothing is, nothing is in the way.
            let kind = fs::symlink_metadata(&at).ok()?.file_type();
            let obstacle = if kind.is_symlink() {
                Obstacle::Link
            } else if !is_written || kind.is_dir() == (end < path.len()) {
                continue;
            } else if kind.is_dir() {
                if outputs.empties(&at) {
                    continue;
                }
                Obstacle::Folder
            } else {
                if outputs.gone.contains(&at) {
                    return None;
                }
                Obstacle::File
            };
            return Some((self.shown(&path[..end]), obstacle));
        }
        None
    }

    pub(super) fn differences(
        &self,
        outputs: &Outputs<'_>,
        found: &mut Vec<(String, Difference)>,
    ) -> Result<()> {
        let obstacles = self.obstacles(outputs);
        // Below what is in the way, nothing of this output is.
        let is_blocked = |path: &str| {
            let shown = self.shown(path);
            Path::new(&shown)
                .ancestors()
                .any(|path| path.to_str().is_some_and(|path| obstacles.contains_key(path)))
        };
        let mut add = |path: &str, difference| found.push((self.shown(path), difference));
        if self.is_cut_off() {
            add(STAGING, Difference::CutOff);
        }
        for (path, file) in self.files.iter().filter(|(path, _)| !is_blocked(path)) {
            match self.read(path)? {
                None => add(path, Difference::Missing),
                Some(text) if text != file.content => {
                    let is_listed = outputs.listed.contains(&self.folder.join(path));
                    let what = if is_listed { Difference::Changed } else { Difference::Foreign };
                    add(path, what(text, file.content.clone()));
                }
                Some(_) if !self.listed.contains(path) => add(path, Difference::Unlisted),
                Some(_) => {}
            }
        }
        let gone = outputs.gone_of(self).into_iter().filter(|path| !is_blocked(path));
        gone.for_each(|path| add(path, Difference::Orphaned));
        let in_the_way = |(path, what)| (path, Difference::InTheWay(what));
        found.extend(obstacles.into_iter().map(in_the_way));
        Ok(())
    }

    /// Writes the files that have to change into the staging folder: their paths.
    pub(super) fn stage(&self) -> Result<Vec<&'a str>> {
        let staging = self.folder.join(STAGING);
        if self.is_cut_off() {
            fs::remove_dir_all(&staging).map_err(|error| self.failed(STAGING, error))?;
        }
        let mut staged = Vec::new();
        for (path, file) in self.files {
            if self.read(path)?.is_some_and(|text| text == file.content) {
                continue;
            }
            let to = staging.join(path);
            let written = fs::create_dir_all(to.parent().expect("it is in the staging folder"))
                .and_then(|()| fs::write(&to, &file.content));
            written.map_err(|error| self.failed(path, error))?;
            staged.push(path.as_str());
        }
        Ok(staged)
    }

    /// Takes the staging folder away again, and the output folder, if it was made for it.
    pub(super) fn unstage(&self) {
        let _ = fs::remove_dir_all(self.folder.join(STAGING));
        let _ = fs::remove_dir(&self.folder);
    }

    /// Has the manifest list what is there and what will be.
    pub(super) fn list_old_and_new(&self) -> Result<()> {
        let made = self.files.keys().map(String::as_str);
        self.list(made.chain(self.listed.iter().map(String::as_str)).collect())
    }

    /// Renames what was staged into its place.
    pub(super) fn put_in_place(&self, staged: &[&str]) -> Result<()> {
        let rename = |path: &str| {
            let to = self.folder.join(path);
            fs::create_dir_all(to.parent().expect("it is in the folder"))?;
            remove_empty_folders(&to)?;
            fs::rename(self.folder.join(STAGING).join(path), to)
        };
        let mut staged = staged.iter();
        staged.try_for_each(|path| rename(path).map_err(|error| self.failed(path, error)))
    }

    /// Has the manifest list what is there, and takes the staging folder away.
    pub(super) fn finish(&self, outputs: &Outputs<'_>) -> Result<()> {
        let is_elsewhere = |path: &str| {
            let full = self.folder.join(path);
            outputs.gone.contains(&full) || outputs.made.contains(&full)
        };
        let listed = self.listed.iter().map(String::as_str).filter(|path| !is_elsewhere(path));
        self.list(listed.chain(self.files.keys().map(String::as_str)).collect())?;
        if self.is_cut_off() {
            let staging = self.folder.join(STAGING);
            fs::remove_dir_all(staging).map_err(|error| self.failed(STAGING, error))?;
        }
        Ok(())
    }

    /// Writes the manifest, if it says something else. Without files there is none.
    fn list(&self, paths: BTreeSet<&str>) -> Result<()> {
        let path = self.folder.join(manifest::NAME);
        let failed = |error| self.failed(manifest::NAME, error);
        if paths.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        let text = manifest::text(paths.into_iter());
        if self.read(manifest::NAME)?.is_some_and(|old| old == text) {
            return Ok(());
        }
        let staging = self.folder.join(STAGING);
        let new = staging.join(manifest::NAME);
        let written = fs::create_dir_all(&staging).and_then(|()| fs::write(&new, text));
        written.and_then(|()| fs::rename(new, path)).map_err(failed)
    }

    /// Deletes files, and the folders that are empty without them. A folder of that name is not
    /// what a plugin made.
    pub(super) fn delete(&self, gone: &[&str]) -> Result<()> {
        for path in gone {
            let file = self.folder.join(path);
            let deleted = match fs::symlink_metadata(&file) {
                Ok(found) if !found.is_dir() => fs::remove_file(&file),
                _ => Ok(()),
            };
            deleted.map_err(|error| self.failed(path, error))?;
            let folders = file.ancestors().skip(1).take_while(|folder| *folder != self.folder);
            for folder in folders {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Takes away the folder at `path`, if there is one: it holds nothing, but for folders that hold
/// nothing.
fn remove_empty_folders(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    for entry in path.read_dir()? {
        remove_empty_folders(&entry?.path())?;
    }
    fs::remove_dir(path)
}

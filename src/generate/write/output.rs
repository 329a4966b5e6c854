//! One output folder: compares it with the generated files, and writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::manifest::{self, Manifest};
use super::super::response::Files;
use super::outputs::Outputs;
use super::paths::{file_in_the_way, relative, resolved};
use super::{Difference, Obstacle, Options};
use crate::error::{Error, Result};
use crate::files;

/// The folder for new content, inside the output.
const STAGING: &str = ".wireproof-new";

/// The part of the manifest for templates that are given as data.
const INLINE: &str = "--template";

/// One output folder, and its generated files.
pub(super) struct Output<'a> {
    /// Its path in the template.
    pub(super) name: &'a str,
    /// Its absolute path, with links resolved.
    pub(super) folder: PathBuf,
    /// The generated files.
    pub(super) files: &'a Files,
    /// The files that the manifest lists, for any template.
    pub(super) listed: BTreeSet<String>,
    /// The manifest on disk.
    manifest: Manifest,
    /// The name of this template in the manifest.
    part: String,
    /// The text of the manifest on disk.
    text: Option<String>,
}

impl<'a> Output<'a> {
    /// Reads the manifest of the output `name` below `root`.
    pub(super) fn new(
        root: &Path,
        name: &'a str,
        files: &'a Files,
        options: &Options,
    ) -> Result<Self> {
        let path = root.join(name);
        let part = match &options.template {
            Some(template) => relative(&path, template),
            None => INLINE.to_owned(),
        };
        let mut output = Output {
            name,
            folder: resolved(&path),
            files,
            listed: BTreeSet::new(),
            manifest: Manifest::default(),
            part,
            text: None,
        };
        output.text = output.read(manifest::NAME)?;
        if let Some(text) = &output.text {
            output.manifest = Manifest::parse(text, &output.shown(manifest::NAME))?;
        }
        // An interrupted run lists new files before it puts them in place. Those that it did not
        // reach are not its own: a file of that name may be hand-written.
        let is_staged = |path: &str| output.folder.join(STAGING).join(path).exists();
        let is_absent = |path: &str| !output.folder.join(path).exists();
        let pending = std::mem::take(&mut output.manifest.pending);
        let unreached: Vec<&String> =
            pending.iter().filter(|path| is_staged(path) || is_absent(path)).collect();
        for part in output.manifest.parts.values_mut() {
            part.retain(|path| !unreached.contains(&path));
        }
        output.listed = output.manifest.parts.values().flatten().cloned().collect();
        Ok(output)
    }

    /// Returns the files that the manifest lists for this template, or for none.
    pub(super) fn own(&self) -> BTreeSet<&str> {
        let parts = [self.part.as_str(), ""].into_iter();
        let own = parts.filter_map(|part| self.manifest.parts.get(part)).flatten();
        own.map(String::as_str).collect()
    }

    /// Returns the files that the manifest lists for other templates.
    pub(super) fn owned_by_others(&self) -> impl Iterator<Item = &str> {
        let others = self.manifest.parts.iter().filter(|(part, _)| !self.is_own(part));
        others.flat_map(|(_, paths)| paths).map(String::as_str)
    }

    fn is_own(&self, part: &str) -> bool {
        part.is_empty() || part == self.part
    }

    /// Returns the path of one of its files, relative to the folder of the template.
    pub(super) fn shown(&self, path: &str) -> String {
        if self.name == "." { path.to_owned() } else { format!("{}/{path}", self.name) }
    }

    /// Returns the error for one of its files.
    pub(super) fn failed(&self, path: &str, error: io::Error) -> Error {
        Error::io(Path::new(&self.shown(path)), error)
    }

    /// Returns the content of one of its files; none if there is no such file. Content that is not
    /// UTF-8 differs from everything that a plugin generates.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>> {
        let full = self.folder.join(path);
        // Folders and pipes are obstacles ([`Output::obstacles`]), not differences.
        if fs::metadata(&full).is_ok_and(|found| !found.is_file()) {
            return Ok(None);
        }
        match files::read(&full, files::SCHEMAS) {
            Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_else(|error| {
                String::from_utf8_lossy(error.as_bytes()).into_owned() + "\u{0}"
            }))),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(self.failed(path, error)),
        }
    }

    /// Whether an earlier run was interrupted.
    fn is_interrupted(&self) -> bool {
        fs::symlink_metadata(self.folder.join(STAGING)).is_ok()
    }

    /// Returns everything that is in the way of a file that is written or deleted, with its path.
    pub(super) fn obstacles(&self, outputs: &Outputs<'_>) -> BTreeMap<String, Obstacle> {
        if let Some(found) = file_in_the_way(outputs.root, &outputs.root.join(self.name)) {
            return [found].into();
        }
        let stale = outputs.stale_of(self).into_iter().map(|path| (path, false));
        let written = self.files.keys().map(|path| (path.as_str(), true));
        let list = (!self.files.is_empty()).then_some((manifest::NAME, true));
        let all = stale.chain(written).chain(list);
        all.filter_map(|(path, is_written)| self.obstacle(path, is_written, outputs)).collect()
    }

    /// Returns the topmost thing in the way of the file at `path`.
    fn obstacle(
        &self,
        path: &str,
        is_written: bool,
        outputs: &Outputs<'_>,
    ) -> Option<(String, Obstacle)> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for end in ends {
            let at = self.folder.join(&path[..end]);
            // If a folder does not exist, nothing below it is in the way.
            let kind = fs::symlink_metadata(&at).ok()?.file_type();
            let is_last = end == path.len();
            let obstacle = if kind.is_symlink() {
                Some(Obstacle::Link)
            } else if !is_written {
                None
            } else if kind.is_dir() {
                (is_last && !outputs.would_be_empty(&at)).then_some(Obstacle::Folder)
            } else if !kind.is_file() {
                Some(Obstacle::Special)
            } else if outputs.stale.contains(&at) {
                return None;
            } else {
                (!is_last).then_some(Obstacle::File)
            };
            if let Some(obstacle) = obstacle {
                return Some((self.shown(&path[..end]), obstacle));
            }
        }
        None
    }

    /// Returns the differences from the generated files, with their paths.
    pub(super) fn differences(
        &self,
        outputs: &Outputs<'_>,
        options: &Options,
    ) -> Result<Vec<(String, Difference)>> {
        let obstacles = self.obstacles(outputs);
        // Below an obstacle there is no file of this output.
        let is_blocked = |path: &str| {
            let shown = self.shown(path);
            let mut above = Path::new(&shown).ancestors().filter_map(Path::to_str);
            above.any(|path| obstacles.contains_key(path))
        };
        let mut found = Vec::new();
        if self.is_interrupted() {
            found.push((self.shown(STAGING), Difference::Interrupted));
        }
        for (path, file) in self.files.iter().filter(|(path, _)| !is_blocked(path)) {
            let difference = self.difference(path, &file.content, outputs)?;
            found.extend(difference.map(|difference| (self.shown(path), difference)));
        }
        let stale = outputs.stale_of(self).into_iter().filter(|path| !is_blocked(path));
        found.extend(stale.map(|path| (self.shown(path), Difference::Stale)));
        let in_the_way = |(path, what)| (path, Difference::InTheWay(what));
        found.extend(obstacles.into_iter().map(in_the_way));
        // Any other difference explains that of the manifest.
        if found.is_empty() && self.text != self.final_manifest(outputs, options).text() {
            found.push((self.shown(manifest::NAME), Difference::Manifest));
        }
        Ok(found)
    }

    /// Compares the file at `path` with its generated content.
    fn difference(
        &self,
        path: &str,
        generated: &str,
        outputs: &Outputs<'_>,
    ) -> Result<Option<Difference>> {
        let Some(text) = self.read(path)? else { return Ok(Some(Difference::Missing)) };
        if text == generated {
            return Ok((!self.listed.contains(path)).then_some(Difference::Unlisted));
        }
        let is_listed = outputs.listed.contains(&self.folder.join(path));
        let difference = if is_listed { Difference::Changed } else { Difference::Foreign };
        Ok(Some(difference(text, generated.to_owned())))
    }

    /// Writes new and changed files to the staging folder, and returns their paths.
    pub(super) fn prepare(&self) -> Result<Vec<&'a str>> {
        self.clear_staging()?;
        let staging = self.folder.join(STAGING);
        let mut prepared = Vec::new();
        for (path, file) in self.files {
            if self.read(path)?.is_some_and(|text| text == file.content) {
                continue;
            }
            let to = staging.join(path);
            let written = fs::create_dir_all(to.parent().expect("it is inside the staging folder"))
                .and_then(|()| files::create_new(&to, file.content.as_bytes()));
            written.map_err(|error| self.failed(path, error))?;
            prepared.push(path.as_str());
        }
        Ok(prepared)
    }

    /// Removes the staging folder, or a file of that name.
    fn clear_staging(&self) -> Result<()> {
        let staging = self.folder.join(STAGING);
        let cleared = match fs::symlink_metadata(&staging) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(staging),
            Ok(_) => fs::remove_file(staging),
            Err(_) => Ok(()),
        };
        cleared.map_err(|error| self.failed(STAGING, error))
    }

    /// Undoes [`Output::prepare`].
    pub(super) fn discard(&self) {
        let _ = self.clear_staging();
    }

    /// Writes a manifest that lists old and new files, and which of them are new: if the run is
    /// interrupted, the next one knows all of them.
    pub(super) fn list_old_and_new(&self) -> Result<()> {
        let mut manifest = self.manifest.clone();
        let generated = self.files.keys().cloned();
        manifest.pending = generated.clone().filter(|path| !self.listed.contains(path)).collect();
        manifest.parts.entry(self.part.clone()).or_default().extend(generated);
        self.list(&manifest)
    }

    /// Renames the prepared files into place.
    pub(super) fn put_in_place(&self, prepared: &[&str]) -> Result<()> {
        let rename = |path: &str| {
            let to = self.folder.join(path);
            fs::create_dir_all(to.parent().expect("it is in the folder"))?;
            remove_empty_folders(&to)?;
            fs::rename(self.folder.join(STAGING).join(path), to)
        };
        let mut prepared = prepared.iter();
        prepared.try_for_each(|path| rename(path).map_err(|error| self.failed(path, error)))
    }

    /// Writes the final manifest, and removes the staging folder.
    pub(super) fn finish(&self, outputs: &Outputs<'_>, options: &Options) -> Result<()> {
        self.list(&self.final_manifest(outputs, options))?;
        self.clear_staging()
    }

    /// Returns the manifest of a finished run.
    fn final_manifest(&self, outputs: &Outputs<'_>, options: &Options) -> Manifest {
        let mut manifest = self.manifest.clone();
        let mut own: BTreeSet<String> = self.files.keys().cloned().collect();
        if !options.complete {
            // A partial run keeps the other files of its template, unless another output has them.
            let is_elsewhere = |path: &&str| outputs.generated.contains(&self.folder.join(path));
            own.extend(self.own().into_iter().filter(|path| !is_elsewhere(path)).map(String::from));
        }
        manifest.parts.remove("");
        manifest.parts.insert(self.part.clone(), own);
        manifest
    }

    /// Writes `manifest` if it differs. One that lists nothing is deleted.
    fn list(&self, manifest: &Manifest) -> Result<()> {
        let path = self.folder.join(manifest::NAME);
        let failed = |error| self.failed(manifest::NAME, error);
        let Some(text) = manifest.text() else {
            return match fs::remove_file(&path) {
                Err(error) if !is_absence(&error) => Err(failed(error)),
                _ => Ok(()),
            };
        };
        if self.read(manifest::NAME)?.is_some_and(|old| old == text) {
            return Ok(());
        }
        let staging = self.folder.join(STAGING);
        let new = staging.join(manifest::NAME);
        let written = fs::create_dir_all(&staging)
            .and_then(|()| remove_if_there(&new))
            .and_then(|()| files::create_new(&new, text.as_bytes()));
        written.and_then(|()| fs::rename(new, path)).map_err(failed)
    }

    /// Deletes stale files, and the folders that become empty. A folder at the path of a stale file
    /// is not generated, and stays.
    pub(super) fn delete(&self, stale: &[&str]) -> Result<()> {
        for path in stale {
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

/// Removes the file at `path`, if there is one.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_absence(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether an error means that the file does not exist.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Removes the folder at `path`, if there is one. It contains only empty folders.
fn remove_empty_folders(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    for entry in path.read_dir()? {
        remove_empty_folders(&entry?.path())?;
    }
    fs::remove_dir(path)
}

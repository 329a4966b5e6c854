//! One output folder: how it differs from what was made, and how it is brought to it.

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

/// Where new content waits: in the folder that it is for.
const STAGING: &str = ".wireproof-new";

/// The part of the manifest for templates that are no file.
const INLINE: &str = "--template";

/// One output folder, as it is and as it should be.
pub(super) struct Output<'a> {
    /// As the template has it.
    pub(super) name: &'a str,
    /// Where it is, links followed.
    pub(super) folder: PathBuf,
    /// What should be in it.
    pub(super) files: &'a Files,
    /// What an earlier run made, for whichever template.
    pub(super) listed: BTreeSet<String>,
    /// Its manifest, as it is.
    manifest: Manifest,
    /// The part of the manifest that this template has.
    part: String,
    /// The text of its manifest.
    text: Option<String>,
}

impl<'a> Output<'a> {
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
        // What a run that was cut off had not put in place is not what it made.
        let waits = |path: &str| output.folder.join(STAGING).join(path).exists();
        let lacks = |path: &str| !output.folder.join(path).exists();
        let pending = std::mem::take(&mut output.manifest.pending);
        let not_made: Vec<&String> =
            pending.iter().filter(|path| waits(path) || lacks(path)).collect();
        for part in output.manifest.parts.values_mut() {
            part.retain(|path| !not_made.contains(&path));
        }
        output.listed = output.manifest.parts.values().flatten().cloned().collect();
        Ok(output)
    }

    /// What an earlier run made for this template.
    pub(super) fn own(&self) -> BTreeSet<&str> {
        let parts = [self.part.as_str(), ""].into_iter();
        let own = parts.filter_map(|part| self.manifest.parts.get(part)).flatten();
        own.map(String::as_str).collect()
    }

    /// What earlier runs made for other templates.
    pub(super) fn of_others(&self) -> impl Iterator<Item = &str> {
        let others = self.manifest.parts.iter().filter(|(part, _)| !self.is_own(part));
        others.flat_map(|(_, paths)| paths).map(String::as_str)
    }

    fn is_own(&self, part: &str) -> bool {
        part.is_empty() || part == self.part
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
        let full = self.folder.join(path);
        // What is in the way is found by itself ([`Output::obstacles`]).
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

    fn is_cut_off(&self) -> bool {
        fs::symlink_metadata(self.folder.join(STAGING)).is_ok()
    }

    /// What lies in the way of what is to be written or deleted: each thing once, with its path.
    pub(super) fn obstacles(&self, outputs: &Outputs<'_>) -> BTreeMap<String, Obstacle> {
        if let Some(found) = file_in_the_way(outputs.root, &outputs.root.join(self.name)) {
            return [found].into();
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
            let is_last = end == path.len();
            let obstacle = if kind.is_symlink() {
                Obstacle::Link
            } else if !is_written {
                continue;
            } else if kind.is_dir() {
                if !is_last || outputs.empties(&at) {
                    continue;
                }
                Obstacle::Folder
            } else if !kind.is_file() {
                Obstacle::NoFile
            } else {
                if is_last {
                    continue;
                }
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
        options: &Options,
        found: &mut Vec<(String, Difference)>,
    ) -> Result<()> {
        let before = found.len();
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
        if found.len() == before && self.text != self.final_manifest(outputs, options).text() {
            found.push((self.shown(manifest::NAME), Difference::Manifest));
        }
        Ok(())
    }

    /// Writes the files that have to change into the staging folder: their paths.
    pub(super) fn stage(&self) -> Result<Vec<&'a str>> {
        self.clear_staging()?;
        let staging = self.folder.join(STAGING);
        let mut staged = Vec::new();
        for (path, file) in self.files {
            if self.read(path)?.is_some_and(|text| text == file.content) {
                continue;
            }
            let to = staging.join(path);
            let written = fs::create_dir_all(to.parent().expect("it is in the staging folder"))
                .and_then(|()| files::create_new(&to, file.content.as_bytes()));
            written.map_err(|error| self.failed(path, error))?;
            staged.push(path.as_str());
        }
        Ok(staged)
    }

    /// Takes the staging folder away, or whatever has its name.
    fn clear_staging(&self) -> Result<()> {
        let staging = self.folder.join(STAGING);
        let cleared = match fs::symlink_metadata(&staging) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(staging),
            Ok(_) => fs::remove_file(staging),
            Err(_) => Ok(()),
        };
        cleared.map_err(|error| self.failed(STAGING, error))
    }

    /// Takes away what [`Output::stage`] wrote.
    pub(super) fn unstage(&self) {
        let _ = self.clear_staging();
    }

    /// Has the manifest list what is there and what will be, and which of that is not there yet.
    pub(super) fn list_old_and_new(&self) -> Result<()> {
        let mut manifest = self.manifest.clone();
        let made = self.files.keys().cloned();
        manifest.pending = made.clone().filter(|path| !self.listed.contains(path)).collect();
        manifest.parts.entry(self.part.clone()).or_default().extend(made);
        self.list(&manifest)
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
    pub(super) fn finish(&self, outputs: &Outputs<'_>, options: &Options) -> Result<()> {
        self.list(&self.final_manifest(outputs, options))?;
        self.clear_staging()
    }

    /// What the manifest says when everything is in its place.
    fn final_manifest(&self, outputs: &Outputs<'_>, options: &Options) -> Manifest {
        let mut manifest = self.manifest.clone();
        let mut own: BTreeSet<String> = self.files.keys().cloned().collect();
        if !options.complete {
            let is_elsewhere = |path: &&str| outputs.made.contains(&self.folder.join(path));
            own.extend(self.own().into_iter().filter(|path| !is_elsewhere(path)).map(String::from));
        }
        manifest.parts.remove("");
        manifest.parts.insert(self.part.clone(), own);
        manifest
    }

    /// Writes the manifest, if it says something else. Where it lists nothing there is none.
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

/// Takes away the file at `path`, if there is one.
fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_absence(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Whether an error says that there is no such file.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
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

//! Brings output folders to what was made, or says how they differ from it.
//!
//! New content is written to a folder beside the files first, and the manifest then lists old
//! and new files alike; only then are files renamed into place and old ones deleted. Whenever a
//! run is cut off, no file is half written, and none that plugins made is taken for one that was
//! written by hand: the next run ends what it began.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest;
use super::response::{Files, Made};
use crate::error::{Error, Result};

/// Where new content waits: in the folder that it is for.
const STAGING: &str = ".wireproof-new";

/// How outputs are brought to what was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether everything was made that there should be: what is listed and was not made goes.
    pub whole: bool,
    /// Whether files that were written by hand may be replaced.
    pub force: bool,
}

/// What writing came to, by number of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The files that were made.
    pub made: usize,
    /// Those of them that were not there or were otherwise.
    pub written: usize,
    /// Files that an earlier run made and this one did not: gone.
    pub deleted: usize,
}

/// How an output differs from what was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A file holds something else: what it holds, and what was made.
    Changed(String, String),
    /// A file is not there.
    Missing,
    /// A file that an earlier run made, and this one did not.
    Orphaned,
    /// A file like those that were made, and nobody made it.
    Extra,
    /// The manifest lists something else.
    Unlisted,
    /// A run was cut off.
    CutOff,
}

/// The differences between the outputs below `root` and what was made: each with the path of its
/// file, in order.
pub fn differences(
    root: &Path,
    made: &Made,
    options: Options,
) -> Result<Vec<(String, Difference)>> {
    let mut found = Vec::new();
    for (out, files) in &made.outputs {
        Output::new(root, out, files)?.differences(options, &mut found)?;
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Writes what was made to the outputs below `root`. Before anything is written everything is
/// looked at: an error leaves all outputs as they were.
pub fn write(root: &Path, made: &Made, options: Options) -> Result<Summary> {
    let outputs = made.outputs.iter().map(|(out, files)| Output::new(root, out, files));
    let outputs = outputs.collect::<Result<Vec<_>>>()?;
    if !options.force {
        outputs.iter().try_for_each(Output::spares_hand_written)?;
    }
    let mut summary = Summary::default();
    let staged = outputs.iter().map(Output::stage).collect::<Result<Vec<_>>>()?;
    for (output, staged) in outputs.iter().zip(staged) {
        output.put_in_place(&staged, options, &mut summary)?;
    }
    Ok(summary)
}

/// One output folder, as it is and as it should be.
struct Output<'a> {
    /// As the template has it.
    name: &'a str,
    folder: PathBuf,
    files: &'a Files,
    /// What an earlier run made.
    listed: BTreeSet<String>,
    manifest: Option<String>,
}

impl<'a> Output<'a> {
    fn new(root: &Path, name: &'a str, files: &'a Files) -> Result<Self> {
        let folder = root.join(name);
        let mut output = Output { name, folder, files, listed: BTreeSet::new(), manifest: None };
        if let Some(text) = output.read(manifest::NAME)? {
            output.listed = manifest::paths(&text, &output.shown(manifest::NAME))?;
            output.manifest = Some(text);
        }
        Ok(output)
    }

    /// The path of one of its files as the user sees it.
    fn shown(&self, path: &str) -> String {
        if self.name == "." { path.to_owned() } else { format!("{}/{path}", self.name) }
    }

    fn failed(&self, path: &str, error: io::Error) -> Error {
        Error::io(Path::new(&self.shown(path)), error)
    }

    /// The content of one of its files; none if it is not there. What is no text is not what a
    /// plugin made, and is given as something that no plugin makes.
    fn read(&self, path: &str) -> Result<Option<String>> {
        match fs::read(self.folder.join(path)) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
            Err(error) => Err(self.failed(path, error)),
        }
    }

    fn is_cut_off(&self) -> bool {
        self.folder.join(STAGING).exists()
    }

    fn differences(&self, options: Options, found: &mut Vec<(String, Difference)>) -> Result<()> {
        let mut add = |path: &str, difference| found.push((self.shown(path), difference));
        if self.is_cut_off() {
            add(STAGING, Difference::CutOff);
        }
        for (path, file) in self.files {
            match self.read(path)? {
                None => add(path, Difference::Missing),
                Some(text) if text != file.content => {
                    add(path, Difference::Changed(text, file.content.clone()));
                }
                Some(_) if !self.listed.contains(path) => add(path, Difference::Unlisted),
                Some(_) => {}
            }
        }
        if options.whole {
            for path in self.listed.iter().filter(|path| !self.files.contains_key(*path)) {
                add(path, Difference::Orphaned);
            }
            self.extra()?.iter().for_each(|path| add(path, Difference::Extra));
        }
        Ok(())
    }

    /// The files that look like stubs and are none: they lie in a folder with stubs, and their
    /// names end like those of stubs there.
    fn extra(&self) -> Result<Vec<String>> {
        let endings: BTreeSet<(&str, &str)> = self.files.keys().map(|path| ending(path)).collect();
        let folders: BTreeSet<&str> = endings.iter().map(|(folder, _)| *folder).collect();
        let mut extra = Vec::new();
        for folder in folders {
            let Ok(entries) = self.folder.join(folder).read_dir() else { continue };
            for entry in entries {
                let entry = entry.map_err(|error| self.failed(folder, error))?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let is_known = self.files.contains_key(&path) || self.listed.contains(&path);
                if !is_known && endings.contains(&ending(&path)) && entry.path().is_file() {
                    extra.push(path);
                }
            }
        }
        Ok(extra)
    }

    /// Fails where a file would be replaced that no plugin made.
    fn spares_hand_written(&self) -> Result<()> {
        for (path, file) in self.files {
            if self.listed.contains(path) {
                continue;
            }
            if self.read(path)?.is_some_and(|text| text != file.content) {
                let name = manifest::NAME;
                return Err(Error::new(format!(
                    "is there and is not listed in {name}: not replaced"
                ))
                .at(self.shown(path))
                .help("move it if it was written by hand; --force replaces it"));
            }
        }
        Ok(())
    }

    /// Writes the files that have to change into the staging folder: their paths.
    fn stage(&self) -> Result<Vec<&'a str>> {
        let staging = self.folder.join(STAGING);
        if self.is_cut_off() {
            fs::remove_dir_all(&staging).map_err(|error| self.failed(STAGING, error))?;
        }
        let mut staged = Vec::new();
        for (path, file) in self.files {
            if self.read(path)?.is_some_and(|text| text == file.content) {
                continue;
            }
            self.refuse_links(path)?;
            let to = staging.join(path);
            let written = fs::create_dir_all(to.parent().expect("it is in the staging folder"))
                .and_then(|()| fs::write(&to, &file.content));
            written.map_err(|error| self.failed(path, error))?;
            staged.push(path.as_str());
        }
        Ok(staged)
    }

    /// Fails where a folder on the way to `path` is a link: it may lead out of the output.
    fn refuse_links(&self, path: &str) -> Result<()> {
        let mut at = self.folder.clone();
        for part in path.split('/') {
            at.push(part);
            if at.is_symlink() {
                return Err(Error::new(
                    "is a symbolic link, which may lead out of the output folder",
                )
                .at(self.shown(path))
                .help("delete the link"));
            }
        }
        Ok(())
    }

    fn put_in_place(&self, staged: &[&str], options: Options, summary: &mut Summary) -> Result<()> {
        let gone = match options.whole {
            true => self.listed.iter().filter(|path| !self.files.contains_key(*path)).collect(),
            false => Vec::new(),
        };
        let made: BTreeSet<&str> = self.files.keys().map(String::as_str).collect();
        let both = made.iter().copied().chain(self.listed.iter().map(String::as_str));
        self.list(both.collect())?;
        for path in staged {
            self.rename(path).map_err(|error| self.failed(path, error))?;
        }
        for path in &gone {
            self.delete(path).map_err(|error| self.failed(path, error))?;
        }
        let kept = self.listed.iter().filter(|path| !gone.contains(path)).map(String::as_str);
        self.list(made.iter().copied().chain(kept).collect())?;
        if self.is_cut_off() {
            let staging = self.folder.join(STAGING);
            fs::remove_dir_all(staging).map_err(|error| self.failed(STAGING, error))?;
        }
        summary.made += self.files.len();
        summary.written += staged.len();
        summary.deleted += gone.len();
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

    fn rename(&self, path: &str) -> io::Result<()> {
        let to = self.folder.join(path);
        fs::create_dir_all(to.parent().expect("it is in the folder"))?;
        fs::rename(self.folder.join(STAGING).join(path), to)
    }

    /// Deletes a file, and the folders that are empty without it.
    fn delete(&self, path: &str) -> io::Result<()> {
        let file = self.folder.join(path);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let folders = file.ancestors().skip(1).take_while(|folder| *folder != self.folder);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// The folder of a path, and how its name ends: from the last `_pb` or the first point on.
fn ending(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let point = name.find('.').unwrap_or(name.len());
    let start = name[..point].rfind("_pb").unwrap_or(point);
    (folder, &name[start..])
}

//! Brings output folders to what was made, or says how they differ from it.
//!
//! New content is written to a folder beside the files first, and the manifest then lists old
//! and new files alike; only then are files renamed into place and old ones deleted. Whenever a
//! run is cut off, no file is half written, and none that plugins made is taken for one that was
//! written by hand: the next run ends what it began.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::archive::{self, Archive};
use super::manifest;
use super::response::{Files, GeneratedFile, Made};
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
    let _lock = lock(root, File::lock_shared);
    let outputs = Outputs::read(root, made)?;
    let mut found = Vec::new();
    outputs.all.iter().try_for_each(|output| output.differences(&outputs, options, &mut found))?;
    let archives = archive::archives(root, made, options)?;
    archives.iter().for_each(|archive| archive.differences(&mut found));
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

/// Writes what was made to the outputs below `root`. Before anything is written everything is
/// looked at: an error leaves all outputs as they were.
pub fn write(root: &Path, made: &Made, options: Options) -> Result<Summary> {
    let _lock = lock(root, File::lock);
    let outputs = Outputs::read(root, made)?;
    let archives = archive::archives(root, made, options)?;
    if !options.force {
        outputs.spare_hand_written()?;
    }
    let gone: Vec<Vec<&str>> =
        outputs.all.iter().map(|output| output.gone(&outputs, options)).collect();
    for (output, gone) in outputs.all.iter().zip(&gone) {
        let mut paths = output.files.keys().map(String::as_str).chain(gone.iter().copied());
        paths.try_for_each(|path| output.refuse_links(path))?;
    }
    let staged = outputs.all.iter().map(Output::stage).collect::<Result<Vec<_>>>();
    let staged = staged.inspect_err(|_| outputs.all.iter().for_each(Output::unstage))?;
    let changed: Vec<&Archive<'_>> = archives.iter().filter(|archive| archive.changes()).collect();
    changed.iter().try_for_each(|archive| archive.stage()).inspect_err(|_| {
        changed.iter().for_each(|archive| archive.unstage());
        outputs.all.iter().for_each(Output::unstage);
    })?;
    let mut summary = Summary {
        made: archives.iter().map(Archive::made).sum(),
        written: changed.len(),
        ..Summary::default()
    };
    changed.iter().try_for_each(|archive| archive.put_in_place())?;
    for ((output, staged), gone) in outputs.all.iter().zip(staged).zip(gone) {
        output.put_in_place(&outputs, &staged, &gone)?;
        summary.made += output.files.len();
        summary.written += staged.len();
        summary.deleted += gone.len();
    }
    Ok(summary)
}

/// Keeps runs apart that write below `root`, for as long as it lives: one waits for the other. It
/// leaves no file behind, and ends with its process. Where folders cannot be locked (on Windows, and
/// some that are shared over a network) there is none.
fn lock(root: &Path, lock: fn(&File) -> io::Result<()>) -> Option<File> {
    let folder = File::open(root).ok()?;
    lock(&folder).is_ok().then_some(folder)
}

/// All outputs. One may lie in another: what one of them makes is nobody's to take away.
struct Outputs<'a> {
    all: Vec<Output<'a>>,
    /// What was made, in whichever of them.
    made: BTreeSet<PathBuf>,
    /// What an earlier run made.
    listed: BTreeSet<PathBuf>,
}

impl<'a> Outputs<'a> {
    fn read(root: &Path, made: &'a Made) -> Result<Self> {
        let folders = made.outputs.iter().filter(|(out, _)| !archive::is_archive(out));
        let all = folders.map(|(out, files)| Output::new(root, out, files));
        let all = all.collect::<Result<Vec<_>>>()?;
        let mut outputs = Outputs { all, made: BTreeSet::new(), listed: BTreeSet::new() };
        for output in &outputs.all {
            for path in output.files.keys() {
                if !outputs.made.insert(output.folder.join(path)) {
                    let problem = "is made in two outputs, of which one lies in the other";
                    return Err(Error::new(problem).at(output.shown(path)));
                }
            }
            outputs.listed.extend(output.listed.iter().map(|path| output.folder.join(path)));
        }
        outputs.refuse_one_folder_twice()?;
        Ok(outputs)
    }

    /// Fails where a link makes one folder of two outputs.
    fn refuse_one_folder_twice(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        for output in &self.all {
            // One that is not there yet is no link.
            let Ok(folder) = output.folder.canonicalize() else { continue };
            if !seen.insert(folder) {
                return Err(Error::new("is the folder of two outputs, by a link")
                    .at(output.name)
                    .help("write it in the same way everywhere"));
            }
        }
        Ok(())
    }

    /// Fails where files would be replaced that no plugin made.
    fn spare_hand_written(&self) -> Result<()> {
        let mut found = Vec::new();
        for output in &self.all {
            for (path, file) in output.files {
                let is_listed = self.listed.contains(&output.folder.join(path));
                if !is_listed && output.read(path)?.is_some_and(|text| text != file.content) {
                    found.push(output.shown(path));
                }
            }
        }
        let Some((first, others)) = found.split_first() else { return Ok(()) };
        let name = manifest::NAME;
        let problem = match others {
            [] => format!("is there and is not listed in {name}: not replaced"),
            others => format!(
                "is there and is not listed in {name}: not replaced, nor {}",
                others.join(", ")
            ),
        };
        Err(Error::new(problem)
            .at(first)
            .help("move what was written by hand; --force replaces all of it"))
    }
}

/// One output folder, as it is and as it should be.
struct Output<'a> {
    /// As the template has it.
    name: &'a str,
    folder: PathBuf,
    files: &'a Files,
    /// What an earlier run made.
    listed: BTreeSet<String>,
}

impl<'a> Output<'a> {
    fn new(root: &Path, name: &'a str, files: &'a Files) -> Result<Self> {
        let folder = root.join(name);
        let mut output = Output { name, folder, files, listed: BTreeSet::new() };
        if let Some(text) = output.read(manifest::NAME)? {
            output.listed = manifest::paths(&text, &output.shown(manifest::NAME))?;
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

    /// The content of one of its files; none if there is no such file. What is no text, no plugin
    /// made: it differs from everything that one makes.
    fn read(&self, path: &str) -> Result<Option<String>> {
        use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
        match fs::read(self.folder.join(path)) {
            Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_else(|error| {
                String::from_utf8_lossy(error.as_bytes()).into_owned() + "\u{0}"
            }))),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory | IsADirectory) => {
                Ok(None)
            }
            Err(error) => Err(self.failed(path, error)),
        }
    }

    fn is_cut_off(&self) -> bool {
        self.folder.join(STAGING).exists()
    }

    /// What an earlier run made and nobody makes any more.
    fn gone(&self, outputs: &Outputs<'_>, options: Options) -> Vec<&str> {
        let is_made = |path: &&str| outputs.made.contains(&self.folder.join(path));
        let listed = self.listed.iter().map(String::as_str);
        if options.whole { listed.filter(|path| !is_made(path)).collect() } else { Vec::new() }
    }

    fn differences(
        &self,
        outputs: &Outputs<'_>,
        options: Options,
        found: &mut Vec<(String, Difference)>,
    ) -> Result<()> {
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
        self.gone(outputs, options).into_iter().for_each(|path| add(path, Difference::Orphaned));
        if options.whole {
            self.extra(outputs)?.iter().for_each(|path| add(path, Difference::Extra));
        }
        Ok(())
    }

    /// The files that look like stubs and are none: they lie in a folder with stubs, their names
    /// end like those of stubs there, and they begin with the line that those begin with.
    fn extra(&self, outputs: &Outputs<'_>) -> Result<Vec<String>> {
        let like = |(path, file): (&'a String, &'a GeneratedFile)| {
            (ending(path), file.content.lines().next().unwrap_or_default())
        };
        let stubs: BTreeSet<((&str, &str), &str)> = self.files.iter().map(like).collect();
        let folders: BTreeSet<&str> = stubs.iter().map(|((folder, _), _)| *folder).collect();
        let mut extra = Vec::new();
        for folder in folders {
            let Ok(entries) = self.folder.join(folder).read_dir() else { continue };
            for entry in entries {
                let entry = entry.map_err(|error| self.failed(folder, error))?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let full = self.folder.join(&path);
                if outputs.made.contains(&full) || outputs.listed.contains(&full) {
                    continue;
                }
                let Some(text) = self.read(&path)? else { continue };
                if stubs.contains(&(ending(&path), text.lines().next().unwrap_or_default())) {
                    extra.push(path);
                }
            }
        }
        Ok(extra)
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
            let to = staging.join(path);
            let written = fs::create_dir_all(to.parent().expect("it is in the staging folder"))
                .and_then(|()| fs::write(&to, &file.content));
            written.map_err(|error| self.failed(path, error))?;
            staged.push(path.as_str());
        }
        Ok(staged)
    }

    /// Takes the staging folder away again, and the output folder, if it was made for it.
    fn unstage(&self) {
        let _ = fs::remove_dir_all(self.folder.join(STAGING));
        let _ = fs::remove_dir(&self.folder);
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

    fn put_in_place(&self, outputs: &Outputs<'_>, staged: &[&str], gone: &[&str]) -> Result<()> {
        let made: BTreeSet<&str> = self.files.keys().map(String::as_str).collect();
        let listed: BTreeSet<&str> = self.listed.iter().map(String::as_str).collect();
        self.list(made.union(&listed).copied().collect())?;
        for path in gone {
            self.delete(path).map_err(|error| self.failed(path, error))?;
        }
        for path in staged {
            self.rename(path).map_err(|error| self.failed(path, error))?;
        }
        let is_here = |path: &&str| {
            !gone.contains(path)
                && (made.contains(path) || !outputs.made.contains(&self.folder.join(path)))
        };
        self.list(made.union(&listed).copied().filter(is_here).collect())?;
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

    fn rename(&self, path: &str) -> io::Result<()> {
        let to = self.folder.join(path);
        fs::create_dir_all(to.parent().expect("it is in the folder"))?;
        fs::rename(self.folder.join(STAGING).join(path), to)
    }

    /// Deletes a file, and the folders that are empty without it.
    fn delete(&self, path: &str) -> io::Result<()> {
        let file = self.folder.join(path);
        match fs::remove_file(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
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

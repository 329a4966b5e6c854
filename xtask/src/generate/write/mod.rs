//! Brings output folders to what was made, or says how they differ from it.
//!
//! New content is written to a folder beside the files first, and the manifest then lists old
//! and new files alike; only then are files renamed into place and old ones deleted. Whenever a
//! run is cut off, no file is half written, and none that plugins made is taken for one that was
//! written by hand: the next run ends what it began.

mod archive;
mod extra;
mod output;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use self::archive::Archive;
use self::output::Output;
use super::manifest;
use super::response::Made;
use crate::error::{Error, Result};

/// How outputs are brought to what was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether everything was made that there should be: what is listed and was not made goes.
    pub whole: bool,
    /// Whether files that were written by hand may be replaced. Folders never are.
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
    /// The same of a file that no manifest lists: it may have been written by hand.
    Foreign(String, String),
    /// A file is not there.
    Missing,
    /// A file that an earlier run made, and this one did not.
    Orphaned,
    /// A file like those that were made, and nobody made it.
    Extra,
    /// The manifest lists something else.
    Unlisted,
    /// An archive holds what was made and does not say that `generate` made it.
    Unmarked,
    /// Something that `generate` does not take away lies where it would write.
    InTheWay(Obstacle),
    /// A run was cut off.
    CutOff,
}

/// What can lie where `generate` would write, and stays there whatever its flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A symbolic link: it may lead out of the output.
    Link,
    /// A folder where a file belongs.
    Folder,
    /// A file where a folder belongs.
    File,
}

impl Obstacle {
    /// What is wrong, of its path.
    pub fn problem(self) -> &'static str {
        match self {
            Obstacle::Link => "is a symbolic link, which may lead out of the output folder",
            Obstacle::Folder => "is a folder, where `generate` would write a file",
            Obstacle::File => "is a file, where `generate` would make a folder",
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Obstacle::Link => "delete the link",
            Obstacle::Folder => "move the folder: `generate` deletes none, --force or not",
            Obstacle::File => "move the file, or name another `out` in the template",
        }
    }
}

/// The differences between the outputs below `root` and what was made: each with the path of its
/// file, in order.
pub fn differences(
    root: &Path,
    made: &Made,
    options: Options,
) -> Result<Vec<(String, Difference)>> {
    let _lock = lock(root, File::lock_shared);
    let outputs = Outputs::read(root, made, options)?;
    let mut found = Vec::new();
    for output in &outputs.all {
        output.differences(&outputs, &mut found)?;
        if options.whole {
            let extra = extra::extra(output, &outputs)?;
            found.extend(extra.into_iter().map(|path| (output.shown(&path), Difference::Extra)));
        }
    }
    let archives = archive::archives(root, made, options)?;
    archives.iter().for_each(|archive| archive.differences(&mut found));
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.dedup();
    Ok(found)
}

/// Writes what was made to the outputs below `root`. Before anything is written everything is
/// looked at: an error leaves all outputs as they were.
pub fn write(root: &Path, made: &Made, options: Options) -> Result<Summary> {
    let _lock = lock(root, File::lock);
    let outputs = Outputs::read(root, made, options)?;
    let archives = archive::archives(root, made, options)?;
    outputs.refuse_obstacles()?;
    archives.iter().try_for_each(Archive::refuse_obstacles)?;
    if !options.force {
        outputs.spare_hand_written()?;
        archives.iter().try_for_each(Archive::spare_foreign)?;
    }
    let changed: Vec<&Archive<'_>> = archives.iter().filter(|archive| archive.changes()).collect();
    let stage = || {
        let staged = outputs.all.iter().map(Output::stage).collect::<Result<Vec<_>>>()?;
        changed.iter().try_for_each(|archive| archive.stage())?;
        Ok(staged)
    };
    let staged: Vec<Vec<&str>> = stage().inspect_err(|_: &Error| {
        archives.iter().for_each(Archive::unstage);
        outputs.all.iter().for_each(Output::unstage);
    })?;
    let gone: Vec<Vec<&str>> = outputs.all.iter().map(|output| outputs.gone_of(output)).collect();
    changed.iter().try_for_each(|archive| archive.put_in_place())?;
    archives.iter().for_each(Archive::unstage);
    // What one output no longer has may lie where another one writes: nothing is renamed before
    // all of it is gone, and nothing is gone that no manifest lists.
    outputs.all.iter().try_for_each(Output::list_old_and_new)?;
    for (output, gone) in outputs.all.iter().zip(&gone) {
        output.delete(gone)?;
    }
    for (output, staged) in outputs.all.iter().zip(&staged) {
        output.put_in_place(staged)?;
    }
    outputs.all.iter().try_for_each(|output| output.finish(&outputs))?;
    Ok(Summary {
        made: archives.iter().map(Archive::made).sum::<usize>()
            + outputs.all.iter().map(|output| output.files.len()).sum::<usize>(),
        written: changed.len() + staged.iter().map(Vec::len).sum::<usize>(),
        deleted: gone.iter().map(Vec::len).sum(),
    })
}

/// Keeps runs apart that write below `root`, for as long as it lives: one waits for the other. It
/// leaves no file behind, and ends with its process. Where folders cannot be locked (on Windows, and
/// some that are shared over a network) there is none.
fn lock(root: &Path, lock: fn(&File) -> io::Result<()>) -> Option<File> {
    let folder = File::open(root).ok()?;
    lock(&folder).is_ok().then_some(folder)
}

/// What lies in the way of a folder at `folder`: itself, or what it would lie in, and is a file.
fn file_in_the_way<'p>(root: &Path, folder: &'p Path) -> Option<&'p Path> {
    let below = folder.ancestors().take_while(|path| *path != root);
    // The topmost one: what is below a file is not there.
    below.filter(|path| fs::metadata(path).is_ok_and(|found| !found.is_dir())).last()
}

/// All output folders. One may lie in another: what one of them makes is nobody's to take away.
struct Outputs<'a> {
    root: &'a Path,
    all: Vec<Output<'a>>,
    /// What was made, in whichever of them.
    made: BTreeSet<PathBuf>,
    /// What an earlier run made.
    listed: BTreeSet<PathBuf>,
    /// What an earlier run made and nobody makes any more.
    gone: BTreeSet<PathBuf>,
}

impl<'a> Outputs<'a> {
    fn read(root: &'a Path, made: &'a Made, options: Options) -> Result<Self> {
        let folders = made.outputs.iter().filter(|(out, _)| !archive::is_archive(out));
        let all = folders.map(|(out, files)| Output::new(root, out, files));
        let all = all.collect::<Result<Vec<_>>>()?;
        let mut outputs = Outputs {
            root,
            all,
            made: BTreeSet::new(),
            listed: BTreeSet::new(),
            gone: BTreeSet::new(),
        };
        for output in &outputs.all {
            for path in output.files.keys() {
                if !outputs.made.insert(output.folder.join(path)) {
                    let problem = "is made in two outputs, of which one lies in the other";
                    return Err(Error::new(problem).at(output.shown(path)));
                }
            }
            outputs.listed.extend(output.listed.iter().map(|path| output.folder.join(path)));
        }
        if options.whole {
            outputs.gone = outputs.listed.difference(&outputs.made).cloned().collect();
        }
        outputs.refuse_files_in_files(made)?;
        outputs.refuse_one_folder_twice()?;
        Ok(outputs)
    }

    /// Fails where one output makes a file of what is a folder to another.
    fn refuse_files_in_files(&self, made: &Made) -> Result<()> {
        let archives = made.outputs.keys().filter(|out| archive::is_archive(out));
        let archives: BTreeSet<PathBuf> = archives.map(|out| self.root.join(out)).collect();
        for output in &self.all {
            for path in output.files.keys() {
                let full = output.folder.join(path);
                let mut at = full.ancestors().take_while(|path| *path != self.root);
                let is_file = |path: &&Path| {
                    archives.contains(*path) || *path != full && self.made.contains(*path)
                };
                if let Some(file) = at.find(is_file) {
                    let file = file.strip_prefix(self.root).unwrap_or(file).display();
                    let problem = format!("is made in an output, and another one makes {file}");
                    return Err(Error::new(problem).at(output.shown(path)));
                }
            }
        }
        Ok(())
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

    /// What `output` has of what nobody makes any more.
    fn gone_of<'o>(&self, output: &'o Output<'_>) -> Vec<&'o str> {
        let listed = output.listed.iter().map(String::as_str);
        listed.filter(|path| self.gone.contains(&output.folder.join(path))).collect()
    }

    /// Whether nothing of the folder at `path` is left when what nobody makes any more is gone.
    fn empties(&self, path: &Path) -> bool {
        let Ok(entries) = path.read_dir() else { return false };
        entries.flatten().all(|entry| {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.empties(&path),
                _ => self.gone.contains(&path),
            }
        })
    }

    /// Fails where something lies in the way of what is to be written or deleted.
    fn refuse_obstacles(&self) -> Result<()> {
        let mut found = self.all.iter().flat_map(|output| output.obstacles(self));
        let Some((path, obstacle)) = found.next() else { return Ok(()) };
        let problem = match found.count() {
            0 => obstacle.problem().to_owned(),
            others => format!("{}; {others} more are in the way", obstacle.problem()),
        };
        Err(Error::new(problem).at(path).help(obstacle.help()))
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

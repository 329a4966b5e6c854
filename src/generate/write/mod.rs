//! Brings output folders to what was made, or says how they differ from it.
//!
//! New content is written to a folder beside the files first, and the manifest then lists old
//! and new files alike; only then are files renamed into place and old ones deleted. Whenever a
//! run is cut off, no file is half written, and none that plugins made is taken for one that was
//! written by hand: the next run ends what it began.

mod archive;
mod leftovers;
mod locks;
mod output;
mod outputs;
mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::archive::Archive;
use self::locks::{Locks, folder_of};
use self::output::Output;
use self::outputs::Outputs;
use super::response::GeneratedOutputs;
use crate::error::{Error, Result};

/// How outputs are brought to what was made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether everything was made that there should be: what is listed and was not made goes.
    pub complete: bool,
    /// Whether files that were written by hand may be replaced. Folders never are.
    pub force: bool,
    /// The file of the template, as an absolute path: what other templates made is left alone.
    /// None where the template was given as data.
    pub template: Option<PathBuf>,
    /// What is called before another run is waited for, with the folder that it writes to.
    pub on_wait: Option<fn(&Path)>,
}

/// What writing came to, by number of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The files that were made.
    pub generated: usize,
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
    Unowned,
    /// The manifest does not list a file.
    Unlisted,
    /// The manifest says something else, though it lists every file.
    Manifest,
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
    /// Something that is no file and no folder: a pipe, a device.
    NoFile,
}

impl Obstacle {
    /// What is wrong, of its path.
    pub fn problem(self) -> &'static str {
        match self {
            Obstacle::Link => "is a symbolic link, which may lead out of the output folder",
            Obstacle::Folder => "is a folder, where `generate` would write a file",
            Obstacle::File => "is a file, where `generate` would make a folder",
            Obstacle::NoFile => "is neither a file nor a folder",
        }
    }

    /// What to do about it.
    pub fn help(self) -> &'static str {
        match self {
            Obstacle::Link => "delete the link",
            Obstacle::Folder => "move the folder: `generate` deletes none, --force or not",
            Obstacle::File => "move the file, or name another `out` in the template",
            Obstacle::NoFile => "move it",
        }
    }
}

/// The differences between the outputs below `root` and what was made: each with the path of its
/// file, in order.
pub fn differences(
    root: &Path,
    made: &GeneratedOutputs,
    options: &Options,
) -> Result<Vec<(String, Difference)>> {
    let _locks = Locks::take(root, made, options, true);
    let archives = archive::archives(root, made, options)?;
    let outputs = Outputs::read(root, made, options, &archives)?;
    let mut found = Vec::new();
    for output in &outputs.all {
        output.differences(&outputs, options, &mut found)?;
        if options.complete {
            let leftovers = leftovers::leftovers(output, &outputs)?;
            found.extend(
                leftovers.into_iter().map(|path| (output.shown(&path), Difference::Unowned)),
            );
        }
    }
    archives.iter().for_each(|archive| archive.differences(&mut found));
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.dedup();
    Ok(found)
}

/// Writes what was made to the outputs below `root`. Everything is looked at before, and new content
/// is written beside the old: an error until then leaves all outputs as they were. One that comes
/// while files are put into place leaves what the next run ends.
pub fn write(root: &Path, made: &GeneratedOutputs, options: &Options) -> Result<Summary> {
    let new = create_outputs(root, made);
    let _locks = Locks::take(root, made, options, false);
    let summary =
        Prepared::new(root, made, options).and_then(|prepared| prepared.put_in_place(options));
    // Those that nothing came into; the others stay, for they are not empty.
    new.iter().rev().for_each(|folder| _ = fs::remove_dir(folder));
    summary
}

/// Makes the folders of the outputs that are not there, so that they can be locked: those that were
/// made. Where one cannot be made, its obstacle is found by and by.
fn create_outputs(root: &Path, made: &GeneratedOutputs) -> BTreeSet<PathBuf> {
    let folders = made.outputs.keys().map(|out| folder_of(root, out));
    let missing = |folder: PathBuf| -> Vec<PathBuf> {
        let missing = folder.ancestors().take_while(|path| fs::symlink_metadata(path).is_err());
        missing.map(Path::to_owned).collect()
    };
    let missing: BTreeSet<PathBuf> = folders.flat_map(missing).collect();
    missing.into_iter().filter(|folder| fs::create_dir(folder).is_ok()).collect()
}

/// What is written, when everything was looked at and lies beside where it belongs.
struct Prepared<'a> {
    outputs: Outputs<'a>,
    archives: Vec<Archive<'a>>,
    /// Of each output, what has to change.
    staged: Vec<Vec<&'a str>>,
}

impl<'a> Prepared<'a> {
    fn new(root: &'a Path, made: &'a GeneratedOutputs, options: &Options) -> Result<Self> {
        let archives = archive::archives(root, made, options)?;
        let outputs = Outputs::read(root, made, options, &archives)?;
        outputs.refuse_obstacles()?;
        archives.iter().try_for_each(Archive::refuse_obstacles)?;
        if !options.force {
            outputs.spare_hand_written()?;
            archives.iter().try_for_each(Archive::spare_foreign)?;
        }
        let stage = || {
            let staged = outputs.all.iter().map(Output::stage).collect::<Result<Vec<_>>>()?;
            archives.iter().try_for_each(Archive::stage)?;
            Ok(staged)
        };
        let staged = stage().inspect_err(|_: &Error| {
            archives.iter().for_each(Archive::unstage);
            outputs.all.iter().for_each(Output::unstage);
        })?;
        Ok(Prepared { outputs, archives, staged })
    }

    fn put_in_place(&self, options: &Options) -> Result<Summary> {
        let Prepared { outputs, archives, staged } = self;
        let gone: Vec<Vec<&str>> = outputs.all.iter().map(|it| outputs.gone_of(it)).collect();
        // What one output no longer has may lie where another one writes: nothing is renamed before
        // all of it is gone, and nothing is gone that no manifest lists.
        outputs.all.iter().try_for_each(Output::list_old_and_new)?;
        for (output, gone) in outputs.all.iter().zip(&gone) {
            output.delete(gone)?;
        }
        archives.iter().try_for_each(Archive::put_in_place)?;
        for (output, staged) in outputs.all.iter().zip(staged) {
            output.put_in_place(staged)?;
        }
        outputs.all.iter().try_for_each(|output| output.finish(outputs, options))?;
        let changed = archives.iter().filter(|archive| archive.changes()).count();
        Ok(Summary {
            generated: archives.iter().map(Archive::made).sum::<usize>()
                + outputs.all.iter().map(|output| output.files.len()).sum::<usize>(),
            written: changed + staged.iter().map(Vec::len).sum::<usize>(),
            deleted: gone.iter().map(Vec::len).sum(),
        })
    }
}

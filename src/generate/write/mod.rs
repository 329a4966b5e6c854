//! Writes generated files to the output folders, or compares them.
//!
//! New content is first written to a staging folder inside the output, and the manifest then lists
//! old and new files alike; only then are files renamed into place and stale ones deleted. If a run
//! is interrupted, no file is half written and no generated file is taken for a hand-written one:
//! the next run completes it.

mod archive;
mod difference;
mod leftovers;
mod locks;
mod output;
mod outputs;
mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::archive::Archive;
pub use self::difference::{Difference, Obstacle};
use self::locks::{Locks, folder_of};
use self::output::Output;
use self::outputs::Outputs;
use super::response::GeneratedOutputs;
use crate::error::{Error, Result};

/// Options for writing or comparing outputs.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the run generated everything that the template names. Then listed files that it did
    /// not generate are stale.
    pub complete: bool,
    /// Whether hand-written files may be overwritten. Folders never are.
    pub force: bool,
    /// The file of the template, absolute; none if it was given as data. The files of other
    /// templates are left alone.
    pub template: Option<PathBuf>,
    /// Called with the folder that another run has locked, before waiting for that run.
    pub on_wait: Option<fn(&Path)>,
}

/// The numbers of files that a run wrote and deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// All generated files.
    pub generated: usize,
    /// The generated files that are new or changed.
    pub written: usize,
    /// The stale files that were deleted.
    pub deleted: usize,
}

/// Compares the outputs below `root` with the `generated` ones. Returns the differences with the
/// paths of their files, sorted by path.
///
/// # Errors
///
/// An output cannot be read.
pub fn differences(
    root: &Path,
    generated: &GeneratedOutputs,
    options: &Options,
) -> Result<Vec<(String, Difference)>> {
    let _locks = Locks::take(root, generated, options, true);
    let archives = archive::archives(root, generated, options)?;
    let outputs = Outputs::read(root, generated, options, &archives)?;
    let mut found = Vec::new();
    for output in &outputs.all {
        found.extend(output.differences(&outputs, options)?);
        if options.complete {
            let leftovers = leftovers::leftovers(output, &outputs)?.into_iter();
            found.extend(leftovers.map(|path| (output.shown(&path), Difference::Unowned)));
        }
    }
    archives.iter().for_each(|archive| archive.differences(&mut found));
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.dedup();
    Ok(found)
}

/// Writes the `generated` outputs below `root`.
///
/// # Errors
///
/// An output cannot be read or written. Until all content is prepared, an error leaves the outputs
/// as they were; after that, the next run completes this one.
pub fn write(root: &Path, generated: &GeneratedOutputs, options: &Options) -> Result<Summary> {
    let new = create_folders(root, generated);
    let _locks = Locks::take(root, generated, options, false);
    let summary =
        Prepared::new(root, generated, options).and_then(|prepared| prepared.put_in_place(options));
    // Removes the new folders that stayed empty; the others cannot be removed.
    new.iter().rev().for_each(|folder| _ = fs::remove_dir(folder));
    summary
}

/// Creates the missing folders of the outputs, so that they can be locked, and returns them. A
/// folder that cannot be created is reported later, with its obstacle.
fn create_folders(root: &Path, generated: &GeneratedOutputs) -> BTreeSet<PathBuf> {
    let folders = generated.outputs.keys().map(|out| folder_of(root, out));
    let missing = |folder: PathBuf| -> Vec<PathBuf> {
        let missing = folder.ancestors().take_while(|path| fs::symlink_metadata(path).is_err());
        missing.map(Path::to_owned).collect()
    };
    let missing: BTreeSet<PathBuf> = folders.flat_map(missing).collect();
    missing.into_iter().filter(|folder| fs::create_dir(folder).is_ok()).collect()
}

/// Outputs whose new content is prepared.
struct Prepared<'a> {
    outputs: Outputs<'a>,
    archives: Vec<Archive<'a>>,
    /// The prepared files of each output.
    prepared: Vec<Vec<&'a str>>,
}

impl<'a> Prepared<'a> {
    /// Checks that everything can be written, and stages it.
    fn new(root: &'a Path, generated: &'a GeneratedOutputs, options: &Options) -> Result<Self> {
        let archives = archive::archives(root, generated, options)?;
        let outputs = Outputs::read(root, generated, options, &archives)?;
        outputs.refuse_obstacles()?;
        archives.iter().try_for_each(Archive::refuse_obstacles)?;
        if !options.force {
            outputs.refuse_overwrite()?;
            archives.iter().try_for_each(Archive::refuse_overwrite)?;
        }
        let prepare = || {
            let prepared = outputs.all.iter().map(Output::prepare).collect::<Result<Vec<_>>>()?;
            archives.iter().try_for_each(Archive::prepare)?;
            Ok(prepared)
        };
        let prepared = prepare().inspect_err(|_: &Error| {
            archives.iter().for_each(Archive::discard);
            outputs.all.iter().for_each(Output::discard);
        })?;
        Ok(Prepared { outputs, archives, prepared })
    }

    fn put_in_place(&self, options: &Options) -> Result<Summary> {
        let Prepared { outputs, archives, prepared } = self;
        let stale: Vec<Vec<&str>> = outputs.all.iter().map(|it| outputs.stale_of(it)).collect();
        // A stale file of one output can be in the way of another, so all of them are deleted before
        // anything is renamed. Nothing is deleted that no manifest lists.
        outputs.all.iter().try_for_each(Output::list_old_and_new)?;
        for (output, stale) in outputs.all.iter().zip(&stale) {
            output.delete(stale)?;
        }
        archives.iter().try_for_each(Archive::put_in_place)?;
        for (output, prepared) in outputs.all.iter().zip(prepared) {
            output.put_in_place(prepared)?;
        }
        outputs.all.iter().try_for_each(|output| output.finish(outputs, options))?;
        let changed = archives.iter().filter(|archive| archive.changes()).count();
        Ok(Summary {
            generated: archives.iter().map(Archive::count).sum::<usize>()
                + outputs.all.iter().map(|output| output.files.len()).sum::<usize>(),
            written: changed + prepared.iter().map(Vec::len).sum::<usize>(),
            deleted: stale.iter().map(Vec::len).sum(),
        })
    }
}

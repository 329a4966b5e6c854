//! Brings output folders to what was made, or says how they differ from it.
//!
//! New content is written to a folder beside the files first, and the manifest then lists old
//! and new files alike; only then are files renamed into place and old ones deleted. Whenever a
//! run is cut off, no file is half written, and none that plugins made is taken for one that was
//! written by hand: the next run ends what it began.

mod archive;
mod extra;
mod output;
mod paths;

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};

use self::archive::Archive;
use self::output::Output;
use self::paths::shown;
use super::manifest;
use super::response::GeneratedOutputs;
use crate::error::{Error, Result};
use crate::files;

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
            let extra = extra::extra(output, &outputs)?;
            found.extend(extra.into_iter().map(|path| (output.shown(&path), Difference::Unowned)));
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

/// The folder of an output, or that in which it is an archive.
fn folder_of(root: &Path, out: &str) -> PathBuf {
    let path = root.join(out);
    match archive::is_archive(out) {
        true => path.parent().map_or_else(|| root.to_owned(), Path::to_owned),
        false => path,
    }
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

/// Keeps runs apart that write to the same folders, for as long as it lives: one waits for the
/// other. It leaves no file behind, and ends with its process. Where folders cannot be locked (on
/// Windows, and some that are shared over a network) there is none.
struct Locks {
    _folders: Vec<File>,
}

impl Locks {
    /// Of the folder of the template, and of those of all outputs that are there.
    fn take(root: &Path, made: &GeneratedOutputs, options: &Options, is_shared: bool) -> Self {
        let folders = made.outputs.keys().map(|out| folder_of(root, out));
        // Always in the same order, and each once: no two runs wait for each other.
        let folders: BTreeSet<PathBuf> =
            folders.chain([root.to_owned()]).filter_map(|path| path.canonicalize().ok()).collect();
        let lock = |folder: PathBuf| {
            // Opening a pipe would wait for whoever writes to it.
            let file = folder.is_dir().then(|| File::open(&folder).ok()).flatten()?;
            let at_once = if is_shared { file.try_lock_shared() } else { file.try_lock() };
            if let Err(TryLockError::WouldBlock) = at_once {
                if let Some(on_wait) = options.on_wait {
                    on_wait(&folder);
                }
                let locked: io::Result<()> =
                    if is_shared { file.lock_shared() } else { file.lock() };
                locked.ok()?;
            }
            Some(file)
        };
        Locks { _folders: folders.into_iter().filter_map(lock).collect() }
    }
}

/// All output folders. One may lie in another: what one of them makes is nobody's to take away.
struct Outputs<'a> {
    root: &'a Path,
    all: Vec<Output<'a>>,
    /// What was made, in whichever of them, archives as well.
    made: BTreeSet<PathBuf>,
    /// What an earlier run made, for whichever template.
    listed: BTreeSet<PathBuf>,
    /// What an earlier run made for this template, and nobody makes any more.
    gone: BTreeSet<PathBuf>,
}

impl<'a> Outputs<'a> {
    fn read(
        root: &'a Path,
        made: &'a GeneratedOutputs,
        options: &Options,
        archives: &[Archive<'_>],
    ) -> Result<Self> {
        let folders = made.outputs.iter().filter(|(out, _)| !archive::is_archive(out));
        let all = folders.map(|(out, files)| Output::new(root, out, files, options));
        let mut outputs = Outputs {
            root,
            all: all.collect::<Result<_>>()?,
            made: BTreeSet::new(),
            listed: BTreeSet::new(),
            gone: BTreeSet::new(),
        };
        outputs.refuse_one_folder_twice()?;
        let files = outputs.all.iter().flat_map(|output| {
            output.files.keys().map(|path| (output.folder.join(path), output.shown(path)))
        });
        let archives =
            archives.iter().map(|archive| (archive.real.clone(), archive.name.to_owned()));
        for (path, shown) in files.chain(archives) {
            if !outputs.made.insert(path) {
                let problem = "is made in two outputs, of which one lies in the other";
                return Err(Error::new(problem).at(shown));
            }
        }
        let listed = |output: &Output<'a>| -> Vec<PathBuf> {
            output.listed.iter().map(|path| output.folder.join(path)).collect()
        };
        outputs.listed = outputs.all.iter().flat_map(listed).collect();
        outputs.refuse_files_in_files()?;
        outputs.refuse_folder_of_git()?;
        if options.complete {
            outputs.gone = outputs.no_longer_made();
        }
        Ok(outputs)
    }

    /// What is listed for this template alone, is there, and was not made.
    fn no_longer_made(&self) -> BTreeSet<PathBuf> {
        let of_others = |output: &Output<'a>| -> Vec<PathBuf> {
            output.of_others().map(|path| output.folder.join(path)).collect()
        };
        let others: BTreeSet<PathBuf> = self.all.iter().flat_map(of_others).collect();
        let own = |output: &Output<'a>| -> Vec<PathBuf> {
            output.own().into_iter().map(|path| output.folder.join(path)).collect()
        };
        let is_gone = |path: &PathBuf| {
            let is_kept = self.made.contains(path) || others.contains(path);
            !is_kept && fs::symlink_metadata(path).is_ok()
        };
        self.all.iter().flat_map(own).filter(is_gone).collect()
    }

    /// Fails where one output makes a file of what is a folder to another.
    fn refuse_files_in_files(&self) -> Result<()> {
        for path in &self.made {
            let mut above = path.ancestors().skip(1).take_while(|above| *above != self.root);
            if let Some(file) = above.find(|above| self.made.contains(*above)) {
                let file = shown(self.root, file);
                let problem = format!("is made in an output, and another one makes {file}");
                return Err(Error::new(problem).at(shown(self.root, path)));
            }
        }
        Ok(())
    }

    /// Fails where a file would be written into the folder of git, whose hooks are programs.
    fn refuse_folder_of_git(&self) -> Result<()> {
        let is_git = |part: Component<'_>| files::is_folder_of_git(part.as_os_str());
        match self.made.iter().find(|path| path.components().any(is_git)) {
            None => Ok(()),
            Some(path) => Err(Error::new("nothing is written into a folder called .git")
                .at(shown(self.root, path))
                .help("name another `out` in the template")),
        }
    }

    /// Fails where a link makes one folder of two outputs.
    fn refuse_one_folder_twice(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        match self.all.iter().find(|output| !seen.insert(&output.folder)) {
            None => Ok(()),
            Some(output) => Err(Error::new("is the folder of two outputs, by a link")
                .at(output.name)
                .help("write it in the same way everywhere")),
        }
    }

    /// What `output` has of what nobody makes any more.
    fn gone_of<'o>(&self, output: &'o Output<'_>) -> Vec<&'o str> {
        let own = output.own().into_iter();
        own.filter(|path| self.gone.contains(&output.folder.join(path))).collect()
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

//! All output folders of a run. One may be inside another.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::super::manifest;
use super::super::response::GeneratedOutputs;
use super::Options;
use super::archive::{self, Archive};
use super::output::Output;
use super::paths::shown;
use crate::error::{Error, Result};
use crate::files;

/// From this number on, files are not named one by one.
const MANY: usize = 10;

/// All output folders of a run. Since one may be inside another, files are compared by their
/// absolute paths.
pub(super) struct Outputs<'a> {
    pub(super) root: &'a Path,
    pub(super) all: Vec<Output<'a>>,
    /// The files that this run generates, including archives.
    pub(super) generated: BTreeSet<PathBuf>,
    /// The files that manifests list, for any template.
    pub(super) listed: BTreeSet<PathBuf>,
    /// The files that manifests list for this template, and that are not generated any more.
    pub(super) stale: BTreeSet<PathBuf>,
}

impl<'a> Outputs<'a> {
    /// Reads the manifests of the outputs below `root`.
    ///
    /// # Errors
    ///
    /// A manifest is not valid, or the outputs contradict each other.
    pub(super) fn read(
        root: &'a Path,
        generated: &'a GeneratedOutputs,
        options: &Options,
        archives: &[Archive<'_>],
    ) -> Result<Self> {
        let folders = generated.outputs.iter().filter(|(out, _)| !archive::is_archive(out));
        let all = folders.map(|(out, files)| Output::new(root, out, files, options));
        let mut outputs = Outputs {
            root,
            all: all.collect::<Result<_>>()?,
            generated: BTreeSet::new(),
            listed: BTreeSet::new(),
            stale: BTreeSet::new(),
        };
        // First, since two names of one folder would make every file of it a duplicate.
        outputs.refuse_one_folder_twice()?;
        outputs.generated = outputs.all_generated(archives)?;
        outputs.listed = outputs.paths(|output| output.listed.iter().map(String::as_str).collect());
        outputs.refuse_files_in_files()?;
        outputs.refuse_folder_of_git()?;
        // A partial run does not know which other files the template generates.
        if options.complete {
            outputs.stale = outputs.all_stale();
        }
        Ok(outputs)
    }

    /// Returns the absolute paths of some files of every output.
    fn paths(&self, files: impl for<'o> Fn(&'o Output<'a>) -> Vec<&'o str>) -> BTreeSet<PathBuf> {
        let paths = |output: &Output<'a>| -> Vec<PathBuf> {
            files(output).iter().map(|path| output.folder.join(path)).collect()
        };
        self.all.iter().flat_map(paths).collect()
    }

    /// Returns all generated files. Fails if two outputs have the same one.
    fn all_generated(&self, archives: &[Archive<'_>]) -> Result<BTreeSet<PathBuf>> {
        let files = self.all.iter().flat_map(|output| {
            output.files.keys().map(|path| (output.folder.join(path), output.shown(path)))
        });
        let archives =
            archives.iter().map(|archive| (archive.real.clone(), archive.name.to_owned()));
        let mut generated = BTreeSet::new();
        for (path, shown) in files.chain(archives) {
            if !generated.insert(path) {
                let problem = "is generated in two outputs, one inside the other";
                return Err(Error::new(problem).at(shown));
            }
        }
        Ok(generated)
    }

    /// Returns the existing files that only this template has, and that are not generated.
    fn all_stale(&self) -> BTreeSet<PathBuf> {
        let mut stale = self.paths(|output| output.own().into_iter().collect());
        // An output inside another one may list its files for another template, or generate them.
        let others = self.paths(|output| output.owned_by_others().collect());
        stale.retain(|path| {
            let is_kept = self.generated.contains(path) || others.contains(path);
            !is_kept && fs::symlink_metadata(path).is_ok()
        });
        stale
    }

    /// Fails if one output has a file where another one has a folder.
    fn refuse_files_in_files(&self) -> Result<()> {
        for path in &self.generated {
            let mut above = path.ancestors().skip(1).take_while(|above| *above != self.root);
            if let Some(file) = above.find(|above| self.generated.contains(*above)) {
                let file = shown(self.root, file);
                let problem = format!("is generated in one output, and another one has {file}");
                return Err(Error::new(problem).at(shown(self.root, path)));
            }
        }
        Ok(())
    }

    /// Fails if a file would be written into a `.git` folder, whose hooks are programs.
    fn refuse_folder_of_git(&self) -> Result<()> {
        let is_git = |part: Component<'_>| files::is_folder_of_git(part.as_os_str());
        match self.generated.iter().find(|path| path.components().any(is_git)) {
            None => Ok(()),
            Some(path) => Err(Error::new("nothing is written into a folder called .git")
                .at(shown(self.root, path))
                .help("name another `out` in the template")),
        }
    }

    /// Fails if two outputs are one folder through a link.
    fn refuse_one_folder_twice(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        match self.all.iter().find(|output| !seen.insert(&output.folder)) {
            None => Ok(()),
            Some(output) => Err(Error::new("is the folder of two outputs, through a link")
                .at(output.name)
                .help("write the path of the folder in the same way everywhere")),
        }
    }

    /// Returns the stale files of `output`.
    pub(super) fn stale_of<'o>(&self, output: &'o Output<'_>) -> Vec<&'o str> {
        let own = output.own().into_iter();
        own.filter(|path| self.stale.contains(&output.folder.join(path))).collect()
    }

    /// Whether the folder at `path` contains only stale files.
    pub(super) fn would_be_empty(&self, path: &Path) -> bool {
        let Ok(entries) = path.read_dir() else { return false };
        entries.flatten().all(|entry| {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.would_be_empty(&path),
                _ => self.stale.contains(&path),
            }
        })
    }

    /// Fails if something is in the way of a file that is written or deleted.
    pub(super) fn refuse_obstacles(&self) -> Result<()> {
        let mut found = self.all.iter().flat_map(|output| output.obstacles(self));
        let Some((path, obstacle)) = found.next() else { return Ok(()) };
        let problem = match found.count() {
            0 => obstacle.problem().to_owned(),
            others => format!("{}; {others} more are in the way", obstacle.problem()),
        };
        Err(Error::new(problem).at(path).help(obstacle.help()))
    }

    /// Fails if hand-written files would be overwritten.
    pub(super) fn refuse_overwrite(&self) -> Result<()> {
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
            [] => format!("exists and is not listed in {name}: not overwritten"),
            others if others.len() < MANY => format!(
                "exists and is not listed in {name}: not overwritten, nor {}",
                others.join(", ")
            ),
            others => format!(
                "exists and is not listed in {name}: not overwritten, nor {} others",
                others.len()
            ),
        };
        Err(Error::new(problem).at(first).help(
            "if buf or another tool generated them, run `generate --force` once: it replaces \
             them, and lists them from then on; move hand-written files first",
        ))
    }
}

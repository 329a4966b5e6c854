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

/// All output folders. One may lie in another: what one of them makes is nobody's to take away.
pub(super) struct Outputs<'a> {
    pub(super) root: &'a Path,
    pub(super) all: Vec<Output<'a>>,
    /// What was made, in whichever of them, archives as well.
    pub(super) made: BTreeSet<PathBuf>,
    /// What an earlier run made, for whichever template.
    pub(super) listed: BTreeSet<PathBuf>,
    /// What an earlier run made for this template, and nobody makes any more.
    pub(super) gone: BTreeSet<PathBuf>,
}

impl<'a> Outputs<'a> {
    pub(super) fn read(
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
    pub(super) fn gone_of<'o>(&self, output: &'o Output<'_>) -> Vec<&'o str> {
        let own = output.own().into_iter();
        own.filter(|path| self.gone.contains(&output.folder.join(path))).collect()
    }

    /// Whether nothing of the folder at `path` is left when what nobody makes any more is gone.
    pub(super) fn empties(&self, path: &Path) -> bool {
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
    pub(super) fn refuse_obstacles(&self) -> Result<()> {
        let mut found = self.all.iter().flat_map(|output| output.obstacles(self));
        let Some((path, obstacle)) = found.next() else { return Ok(()) };
        let problem = match found.count() {
            0 => obstacle.problem().to_owned(),
            others => format!("{}; {others} more are in the way", obstacle.problem()),
        };
        Err(Error::new(problem).at(path).help(obstacle.help()))
    }

    /// Fails where files would be replaced that no plugin made.
    pub(super) fn spare_hand_written(&self) -> Result<()> {
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

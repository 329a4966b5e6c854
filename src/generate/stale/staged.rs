//! The outputs of git's index, copied to a temporary folder, where they are compared like those on
//! disk.

use std::fs;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::super::response::{Files, GeneratedOutputs};
use super::super::write::Options;
use crate::error::{Error, Result};
use crate::files;
use crate::input::{self, Git, Source};

/// A copy of the outputs that are in the index.
pub(super) struct Staged {
    folder: TempDir,
}

impl Staged {
    /// Copies the outputs of `generated`, which are below `root`, from the index. Outputs that git
    /// ignores are removed from `generated`, and returned: no commit contains them.
    pub(super) fn copy(
        root: &Path,
        generated: &mut GeneratedOutputs,
    ) -> Result<(Self, Vec<String>)> {
        let folder =
            tempfile::tempdir().map_err(|error| Error::io(Path::new("a folder"), error))?;
        let staged = Staged { folder };
        let options = input::Options { staged: true, ..input::Options::new(root.to_owned()) };
        let index = input::directory(".", &options)?;
        let ignored = without_ignored(root, generated);
        fs::create_dir_all(staged.path(root)).map_err(|error| Error::io(root, error))?;
        for out in generated.outputs.keys() {
            staged.copy_output(&index, out).map_err(|error| match error.place() {
                Some(_) => error,
                None => error.at(out.as_str()),
            })?;
        }
        Ok((staged, ignored))
    }

    /// Returns the options for comparing the copy.
    pub(super) fn options(&self, options: &Options) -> Options {
        let template = options.template.as_deref().map(|template| self.path(template));
        Options { template, ..options.clone() }
    }

    /// Returns the path in the copy of `path`, an absolute path.
    pub(super) fn path(&self, path: &Path) -> PathBuf {
        let names = path.components().skip_while(|part| !matches!(part, Component::Normal(_)));
        self.folder.path().join(names.collect::<PathBuf>())
    }

    fn copy_output(&self, index: &Source, out: &str) -> Result<()> {
        let dir = index.view.find(out)?;
        for path in index.tree.list(&dir, "", &|_| true)? {
            let to = self.folder.path().join(&path);
            // One output can be inside another.
            if to.exists() {
                continue;
            }
            let Some(content) = index.tree.read(&path, files::SCHEMAS)? else { continue };
            let written = fs::create_dir_all(to.parent().unwrap_or(&to))
                .and_then(|()| files::create_new(&to, &content));
            written.map_err(|error| Error::io(Path::new(&path), error))?;
        }
        Ok(())
    }
}

/// Removes the outputs below `root` whose files git ignores, and returns their paths.
fn without_ignored(root: &Path, generated: &mut GeneratedOutputs) -> Vec<String> {
    let Some(top) = files::top_of_repository(root) else { return Vec::new() };
    let git = Git::with_top(top);
    let from_top = |out: &str, path: &String| {
        let full = root.join(out).join(path);
        Some(full.strip_prefix(top).ok()?.to_string_lossy().into_owned())
    };
    let is_ignored = |out: &str, files: &Files| {
        let paths: Vec<String> = files.keys().filter_map(|path| from_top(out, path)).collect();
        !paths.is_empty() && git.ignored(&paths).len() == paths.len()
    };
    let ignored: Vec<String> = generated
        .outputs
        .iter()
        .filter(|(out, files)| is_ignored(out, files))
        .map(|(out, _)| out.clone())
        .collect();
    ignored.iter().for_each(|out| _ = generated.outputs.remove(out));
    ignored
}

//! The flags that limit an input, like buf's.

use std::path::{Path, PathBuf};

use super::say;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::files;
use crate::workspace::{Loader, Options};

/// The flags that limit an input, like buf's.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct SelectionArgs {
    /// Limit to this file or directory (repeatable)
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Leave out this file or directory (repeatable)
    #[arg(long = "exclude-path", value_name = "PATH")]
    pub(crate) exclude_paths: Vec<String>,
    /// Do not follow symbolic links
    #[arg(long)]
    pub(crate) disable_symlinks: bool,
    /// Read inputs, their configuration and releases from git's index instead of the disk; a file
    /// given by --config is still read from disk
    #[arg(long)]
    pub(crate) staged: bool,
}

impl SelectionArgs {
    /// Returns the options that the flags set. Warnings go to standard error.
    pub(crate) fn options(&self) -> Result<Options> {
        Ok(Options {
            paths: self.paths.clone(),
            exclude_paths: self.exclude_paths.clone(),
            follow_symlinks: !self.disable_symlinks,
            staged: self.staged,
            warn: |warning| say(&format!("warning: {warning}")),
            ..Options::new(working_dir()?)
        })
    }

    /// Returns the loader of a command that has no further options.
    pub(crate) fn loader(&self) -> Result<Loader> {
        Loader::new(self.options()?)
    }
}

/// Returns a folder below that of the settings, as shown to the user.
#[cfg(feature = "roundtrip")]
pub(crate) fn folder_of(loader: &Loader, settings: &Settings, name: &str) -> PathBuf {
    let folder = PathBuf::from(loader.shown(&settings.root)).join(name);
    folder.strip_prefix(".").map(PathBuf::from).unwrap_or(folder)
}

/// Creates a folder of the repository to write into.
///
/// # Errors
///
/// A symbolic link leads out of the repository, or the folder cannot be created.
pub(crate) fn create_folder(loader: &Loader, settings: &Settings, folder: &Path) -> Result<()> {
    if !files::is_inside(&loader.absolute(&settings.top), folder) {
        return Err(Error::new("a symbolic link leads out of the repository here")
            .at(folder.display().to_string())
            .help("remove the link"));
    }
    std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))
}

/// Returns the working directory of the process.
pub(crate) fn working_dir() -> Result<PathBuf> {
    std::env::current_dir()
        .map_err(|error| Error::new(error.to_string()).help("change to a directory that exists"))
}

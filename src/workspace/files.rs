//! Reads configuration files, and records whether a symbolic link led out of the repository.

use std::cell::OnceCell;

use crate::config::{Override, ReadFile};
use crate::error::{Error, Result};
use crate::input::Source;

/// The files of a configuration. Policy files are looked up in the working directory first, like
/// buf, then relative to the configuration.
pub(super) struct Files<'a> {
    /// The input that is configured.
    input: &'a Source,
    /// The working directory.
    here: &'a Source,
    /// The first file that was read through a symbolic link out of the repository, as shown to the
    /// user.
    foreign: OnceCell<String>,
}

impl<'a> Files<'a> {
    pub(super) fn new(input: &'a Source, here: &'a Source) -> Self {
        Files { input, here, foreign: OnceCell::new() }
    }

    /// Returns `result`. If a file outside the repository was read, its error is replaced by one
    /// that does not quote the file, since logs may be public.
    pub(super) fn checked<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match self.foreign.get() {
            None => error,
            Some(foreign) => Error::new(
                "the configuration is not valid; details are hidden because a symbolic link \
                 leads out of the repository",
            )
            .at(foreign),
        })
    }

    /// Records it if `config`, a file named on the command line, is read through such a link.
    pub(super) fn with_override(self, config: Option<&Override>) -> Self {
        if let Some(config) = config
            && let Ok(path) = self.here.view.find(&config.name)
            && self.here.tree.exists(&path)
            && self.here.leads_out(&path)
        {
            let _ = self.foreign.set(config.name.clone());
        }
        self
    }

    /// Reads `path` in `source`, and records it if a symbolic link leads out of the repository.
    fn read_in(&self, source: &Source, path: &str) -> Result<Option<Vec<u8>>> {
        let content = source.read(path)?;
        if content.is_some() && source.leads_out(path) {
            let _ = self.foreign.set(source.display(path));
        }
        Ok(content)
    }
}

impl ReadFile for Files<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.read_in(self.input, path)
    }

    fn top(&self) -> String {
        self.input.top()
    }

    fn read_policy(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        let here = self.here.view.find(written)?;
        match self.read_in(self.here, &here)? {
            None if !written.starts_with('/') => self.read_relative(dir, written),
            found => Ok(found),
        }
    }

    fn display(&self, path: &str) -> String {
        self.input.display(path)
    }
}

//! Reads the configuration of an input, and notes whether a symbolic link led out of the
//! repository on the way.

use std::cell::OnceCell;

use crate::config::{Override, ReadFile};
use crate::error::{Error, Result};
use crate::input::Source;

/// The tree that an input's configuration is read from. Policy files are looked up in the working
/// directory first, as buf does, then beside the configuration.
pub(super) struct Files<'a> {
    input: &'a Source,
    here: &'a Source,
    /// The first file read through a symbolic link out of the repository, as shown to the user.
    foreign: OnceCell<String>,
}

impl<'a> Files<'a> {
    pub(super) fn new(input: &'a Source, here: &'a Source) -> Self {
        Files { input, here, foreign: OnceCell::new() }
    }

    /// Returns `result`, with an error about a file outside the repository replaced by one that
    /// quotes nothing of it: logs may be public.
    pub(super) fn checked<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match self.foreign.get() {
            None => error,
            Some(foreign) => Error::new(
                "the configuration is not valid; a symbolic link leads from here out of the \
                 repository, so that nothing of it is shown",
            )
            .at(foreign),
        })
    }

    /// Notes whether `config`, a file named on the command line, is such a link.
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

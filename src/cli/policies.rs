//! Policies on their way in and out: where their files are, and whose finding is whose.

use std::cell::OnceCell;

use crate::config::{Override, Policy, ReadFile};
use crate::error::{Error, Result};
use crate::finding::Finding;
use crate::input::Source;

/// What an input's configuration is read from. The files of policies are looked for where the user
/// stands, as buf does, and then beside the configuration.
pub(super) struct Files<'a> {
    input: &'a Source,
    here: &'a Source,
    /// The first file that was read and that a link leads to from inside the repository to its
    /// outside, as the user sees it.
    foreign: OnceCell<String>,
}

impl<'a> Files<'a> {
    pub(super) fn new(input: &'a Source, here: &'a Source) -> Self {
        Files { input, here, foreign: OnceCell::new() }
    }

    /// What was made of the configuration. An error of one that is somebody else's file quotes
    /// nothing of it: logs may be public.
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

    /// The same where `config`, a file that the command line names, may be such a link.
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

/// The findings of the modules' own rules, and of each policy what `check` finds; in order.
pub(super) fn with_policies(
    mut found: Vec<Finding>,
    policies: &[Policy],
    check: impl Fn(&Policy) -> Vec<Finding>,
) -> Vec<Finding> {
    if policies.is_empty() {
        return found;
    }
    for policy in policies {
        found.extend(check(policy).into_iter().map(|finding| finding.under(&policy.name)));
    }
    found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    found
}

//! Policies on their way in and out: where their files are, and whose finding is whose.

use crate::config::{Policy, ReadFile};
use crate::error::Result;
use crate::finding::Finding;
use crate::input::Source;

/// What an input's configuration is read from. The files of policies are looked for where the user
/// stands, as buf does, and then beside the configuration.
pub(super) struct Files<'a> {
    pub(super) input: &'a Source,
    pub(super) here: &'a Source,
}

impl ReadFile for Files<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.input.read(path)
    }

    fn read_policy(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        let here = self.here.view.find(written)?;
        match self.here.tree.read(&here)? {
            None if !written.starts_with('/') => self.input.read_policy(dir, written),
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

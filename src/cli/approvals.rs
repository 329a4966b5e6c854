//! Reads the approvals of the settings, and applies them to the findings of a command.

use std::time::SystemTime;

use crate::config::Settings;
use crate::error::Result;
use crate::files;
use crate::finding::{self, Approval, Date, Finding, Malformed};
use crate::input::Source;
#[cfg(feature = "roundtrip")]
use crate::schema::Schema;
#[cfg(feature = "roundtrip")]
use crate::schema::related::{related as related_to, related_on_path};
use crate::workspace::Loader;

/// The approvals of a repository, and the findings about files that are not valid.
pub(crate) struct Approvals {
    valid: finding::Approvals,
    malformed: Vec<Finding>,
}

impl Approvals {
    /// Reads the approvals that `settings` name. A folder that does not exist has none.
    pub(crate) fn load(settings: &Settings, loader: &Loader) -> Result<Self> {
        let here = loader.here();
        let (mut valid, mut malformed) = (Vec::new(), Vec::new());
        for path in here.tree.list(&settings.accepted, ".toml", &|_| true)? {
            let name = path.rsplit('/').next().unwrap_or(&path);
            if name.starts_with('.') {
                continue;
            }
            match read(&path, here)? {
                Ok(approval) => valid.push(approval),
                Err(problem) => malformed.push(problem.finding(&here.view.show(&path))),
            }
        }
        Ok(Approvals { valid: finding::Approvals::new(valid, today()), malformed })
    }

    /// Marks the accepted ones of `found`, the findings of a comparison, and adds the findings about
    /// the approvals. If `is_complete`, the comparison is one of all files with all supported
    /// releases, so an approval without a finding is unused.
    pub(crate) fn apply(&self, found: &mut Vec<Finding>, is_complete: bool) {
        found.iter_mut().for_each(|finding| self.valid.accept(finding));
        let about = self.valid.findings(is_complete.then_some(found));
        found.extend(about.into_iter().chain(self.malformed.clone()));
    }
}

/// Reads the approval at `path`. One that a symbolic link brings from elsewhere is not quoted.
fn read(path: &str, here: &Source) -> Result<Result<Approval, Malformed>> {
    if here.leads_out(path) {
        return Ok(Err(Malformed::new("a symbolic link leads out of the repository")));
    }
    let bytes = here.tree.read(path, files::SETTINGS)?.unwrap_or_default();
    here.budget.charge(bytes.len())?;
    Ok(Approval::parse(&here.view.show(path), &bytes))
}

/// Returns the current day in UTC.
pub(crate) fn today() -> Date {
    Date::of(SystemTime::now())
}

/// The approvals, and the versions of the schema, for commands that find the effects of a change.
#[cfg(feature = "roundtrip")]
pub(crate) struct Effects<'s> {
    approvals: Approvals,
    versions: Vec<&'s Schema>,
}

#[cfg(feature = "roundtrip")]
impl<'s> Effects<'s> {
    /// Reads the approvals that `settings` name. `versions` are the versions of the schema, oldest
    /// first. What is wrong with the approvals is reported by `check-compat`.
    pub(crate) fn load(
        settings: &Settings,
        loader: &Loader,
        versions: impl IntoIterator<Item = &'s Schema>,
    ) -> Result<Self> {
        let approvals = Approvals::load(settings, loader)?;
        Ok(Effects { approvals, versions: versions.into_iter().collect() })
    }

    /// Marks `finding`, an effect on `elements` and on what is at `path` in the message called `root`,
    /// as accepted if the change that causes it is.
    pub(crate) fn accept(&self, finding: &mut Finding, elements: &[&str], root: &str, path: &str) {
        if self.approvals.valid.is_empty() {
            return;
        }
        let mut related = related_on_path(&self.versions, root, path);
        related.extend(elements.iter().flat_map(|element| related_to(&self.versions, element)));
        self.approvals.valid.accept_effect(finding, &related);
    }
}

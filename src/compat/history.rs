//! Findings against several releases: each is reported once, with the releases that it affects.
//! Comparing with the newest release only is not enough: a number that is reserved, freed and
//! reused in three steps passes each comparison and breaks the oldest clients.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::finding::{Finding, Place, add_effects};

/// The findings against each release, oldest release first.
#[derive(Debug, Default)]
pub struct History {
    findings: Vec<Finding>,
    /// The index in `findings`, by fingerprint and location.
    known: FxHashMap<(String, Place), usize>,
}

impl History {
    /// Adds the findings against `release`, which is newer than those added before. A finding
    /// replaces the same finding of older releases, unless the change has a worse effect there, and
    /// takes over their names and effects.
    pub fn add(&mut self, release: &str, found: Vec<Finding>) {
        for finding in found {
            let mut effects = finding.effects();
            let key = (finding.fingerprint(), finding.place.clone());
            let next = self.findings.len();
            let index = *self.known.entry(key).or_insert(next);
            let mut releases = Vec::new();
            if let Some(known) = self.findings.get_mut(index) {
                add_effects(&mut effects, &known.effects());
                releases = std::mem::take(&mut known.releases);
            }
            // Two modules may find the same in one release: the first one counts.
            let is_again = releases.last().is_some_and(|last| last == release);
            if !is_again {
                releases.push(release.to_owned());
            }
            let is_kept = |known: &Finding| match known.level().cmp(&finding.level()) {
                Ordering::Greater => true,
                Ordering::Equal => is_again,
                Ordering::Less => false,
            };
            match self.findings.get_mut(index) {
                Some(known) if is_kept(known) => known.releases = releases,
                Some(known) => *known = Finding { releases, ..finding },
                None => self.findings.push(Finding { releases, ..finding }),
            }
            if let Some(proof) = &mut self.findings[index].proof {
                proof.effects = effects;
            }
        }
    }

    /// Returns all findings.
    pub fn findings(self) -> Vec<Finding> {
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_said_once_with_its_releases() {
        let finding = |what: &str| Finding::compile(Place::file("a.proto"), what);
        let mut history = History::default();
        history.add("v1.0.0", vec![finding("old"), finding("both")]);
        history.add("v1.1.0", vec![finding("both"), finding("new")]);
        let found = history.findings();
        let said: Vec<_> =
            found.iter().map(|f| (f.message.as_str(), f.releases.join(" "))).collect();
        let expected = [("old", "v1.0.0"), ("both", "v1.0.0 v1.1.0"), ("new", "v1.1.0")];
        assert_eq!(said, expected.map(|(message, releases)| (message, releases.to_owned())));
    }
}

//! The version that a change requires, by the rules of Semantic Versioning.

use std::fmt;

use semver::Version;
use serde::Serialize;

use super::{Kind, Part};

/// The part of a version that a change increases, the smallest first.
///
/// A finding makes every change a major one. Otherwise a change of comments, options or reserved
/// numbers and names is a patch, and any other change is minor, except that removing an element is
/// major even if no rule in use forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Only comments, options or reservations changed.
    Patch,
    /// Something was added, or altered without breaking anything.
    Minor,
    /// Something breaks.
    Major,
}

impl Bump {
    /// Returns the bump of a change without findings.
    pub(super) fn of(kind: Kind, part: Part) -> Self {
        match (kind, part) {
            (_, Part::Reserved | Part::Options | Part::Comments) => Bump::Patch,
            (Kind::Removed, _) => Bump::Major,
            _ => Bump::Minor,
        }
    }

    /// Returns the name in reports: `major`.
    pub fn name(self) -> &'static str {
        match self {
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Returns the least version that may follow `previous` with changes that require `bump`.
///
/// While the major version is 0, a break requires a minor version, and everything else a patch.
/// Only the three numbers of `previous` count: a pre-release or build is not considered.
pub fn least_version(previous: &Version, bump: Bump) -> Version {
    let Version { major, minor, patch, .. } = *previous;
    match (major, bump) {
        (0, Bump::Major) => Version::new(0, minor.saturating_add(1), 0),
        (0, _) | (_, Bump::Patch) => Version::new(major, minor, patch.saturating_add(1)),
        (_, Bump::Minor) => Version::new(major, minor.saturating_add(1), 0),
        (_, Bump::Major) => Version::new(major.saturating_add(1), 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_version_follows_semver() {
        let next = |previous: &str, bump| {
            least_version(&Version::parse(previous).expect("it is one"), bump).to_string()
        };
        let bumps = [Bump::Patch, Bump::Minor, Bump::Major];
        assert_eq!(bumps.map(|bump| next("1.2.3", bump)), ["1.2.4", "1.3.0", "2.0.0"]);
        assert_eq!(bumps.map(|bump| next("0.2.3", bump)), ["0.2.4", "0.2.4", "0.3.0"]);
        assert_eq!(next("1.2.3-rc.1+x", Bump::Major), "2.0.0");
        let last = format!("1.2.{}", u64::MAX);
        assert_eq!(next(&last, Bump::Patch), last, "a version without a successor");
    }
}

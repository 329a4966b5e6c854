//! Package versions, and the folders of files.

use crate::config;

/// The stability that a version promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stability {
    /// `v1`, `v12`.
    Stable,
    /// `v1alpha1`, `v1beta`, `v1p1beta2`, `v1test`.
    Unstable,
}

/// Returns the stability of the version at the end of `package`; none if there is no version.
pub(super) fn stability(package: &str) -> Option<Stability> {
    if config::is_unstable_package(package) {
        return Some(Stability::Unstable);
    }
    config::is_stable_package(package).then_some(Stability::Stable)
}

/// Returns `package` as the object of a message about a file: "has …".
pub(super) fn named(package: &str) -> String {
    if package.is_empty() { "no package".to_owned() } else { format!("package `{package}`") }
}

/// Returns the folder of `path`, `.` for the root.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_ends_with_a_version_or_not() {
        for package in ["a.v1", "a.b.v20", "a.v1.v2"] {
            assert_eq!(stability(package), Some(Stability::Stable), "{package}");
        }
        for package in ["a.v1beta1", "a.v1alpha", "a.v1p2beta3", "a.v1test", "a.v1testing"] {
            assert_eq!(stability(package), Some(Stability::Unstable), "{package}");
        }
        for package in ["", "v1", "a", "a.v0", "a.v", "a.V1", "a.v1.b", "a.v1gamma", "a.v+1"] {
            assert_eq!(stability(package), None, "{package}");
        }
    }
}

//! The rules of one module, and the paths that they ignore.

use std::collections::BTreeMap;

use super::path;
use crate::rule::ConfigVersion;

/// The rules of one kind (lint or compatibility) that are in use for one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The version of the configuration that selects them.
    pub version: ConfigVersion,
    /// The ids of the rules in use, sorted; deprecated ones are already replaced.
    pub rules: Vec<&'static str>,
    /// Files and folders that all rules ignore, as import paths.
    pub ignore: Vec<String>,
    /// Files and folders that a single rule ignores, by its id.
    pub ignore_only: BTreeMap<&'static str, Vec<String>>,
    /// Whether the module is part of the input; no rule runs on others.
    pub is_target: bool,
    /// Whether packages whose last component is an unstable version are ignored.
    pub ignore_unstable_packages: bool,
}

impl RuleSet {
    /// Returns the rule set of a module that is not part of the input.
    pub(super) fn none(version: ConfigVersion) -> Self {
        RuleSet {
            version,
            rules: Vec::new(),
            ignore: Vec::new(),
            ignore_only: BTreeMap::new(),
            is_target: false,
            ignore_unstable_packages: false,
        }
    }

    /// Whether the rule `id` is in use.
    pub fn enabled(&self, id: &str) -> bool {
        self.rules.binary_search(&id).is_ok()
    }

    /// Whether findings of the rule `id` in the file `path` are ignored, because the path or a
    /// folder around it is listed.
    pub fn ignores(&self, id: &str, path: &str) -> bool {
        let only = self.ignore_only.get(id).into_iter().flatten();
        self.ignore.iter().chain(only).any(|entry| path::contains(entry, path))
    }

    /// Whether findings in `package` are ignored because it is unstable.
    pub fn ignores_package(&self, package: &str) -> bool {
        self.ignore_unstable_packages && is_unstable_package(package)
    }
}

/// The options of lint rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintOptions {
    /// The suffix of the zero values of enums.
    pub enum_zero_value_suffix: String,
    /// Whether an RPC may have one type as request and response.
    pub rpc_allow_same_request_response: bool,
    /// Whether any number of RPCs may take `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_requests: bool,
    /// Whether any number of RPCs may return `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_responses: bool,
    /// The suffix of the names of services.
    pub service_suffix: String,
    /// Whether a comment `// buf:lint:ignore RULE` above an element suppresses the rule.
    pub comment_ignores: bool,
}

/// Whether the last component of `package` is an unstable version: `v1alpha1`, `v1beta1`,
/// `v1p1alpha1`, `v1test`.
pub fn is_unstable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    last.strip_prefix('v').is_some_and(is_unstable_version)
}

/// Whether the last component of `package` is a stable version: `v1`, `v12`.
pub fn is_stable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    last.strip_prefix('v').is_some_and(is_number)
}

/// Whether `version`, a version without its `v`, is unstable: `1alpha`, `1beta2`, `1p3alpha4`,
/// `1test`, `1testword`.
fn is_unstable_version(version: &str) -> bool {
    if let Some((major, _)) = version.split_once("test") {
        return is_number(major);
    }
    for word in ["alpha", "beta"] {
        if let Some((stable, minor)) = version.split_once(word) {
            let (major, patch) = stable.split_once('p').unwrap_or((stable, "1"));
            return is_number(major) && is_number(patch) && (minor.is_empty() || is_number(minor));
        }
    }
    false
}

/// Whether `digits` is a number from 1 to the maximum of 32 bits with a sign.
fn is_number(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<i32>().is_ok_and(|number| number > 0)
}

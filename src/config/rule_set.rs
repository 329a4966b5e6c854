//! The rules that hold for one module, and the paths they leave alone.

use std::collections::BTreeMap;

use super::path;
use crate::rule::ConfigVersion;

/// The rules of one kind (lint or compatibility) that are in use for one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The version of the configuration that chose them.
    pub version: ConfigVersion,
    /// The ids of the rules in use, sorted; deprecated ones are replaced already.
    pub rules: Vec<&'static str>,
    /// Files and folders that no rule is asked about, relative to the module's root as imports
    /// are.
    pub ignore: Vec<String>,
    /// The same for single rules, by id.
    pub ignore_only: BTreeMap<&'static str, Vec<String>>,
    /// Whether the module is part of the input; nothing is asked about one that is not.
    pub is_target: bool,
    /// Whether packages whose last component is an unstable version are left alone.
    pub ignore_unstable_packages: bool,
}

impl RuleSet {
    /// The rules of a module that is not part of the input.
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

    /// Whether findings of the rule `id` in the file `path` are left out; an entry stands for
    /// itself and everything below it.
    pub fn ignores(&self, id: &str, path: &str) -> bool {
        let only = self.ignore_only.get(id).into_iter().flatten();
        self.ignore.iter().chain(only).any(|entry| path::contains(entry, path))
    }

    /// Whether findings in `package` are left out because it is unstable.
    pub fn ignores_package(&self, package: &str) -> bool {
        self.ignore_unstable_packages && is_unstable_package(package)
    }
}

/// What some lint rules can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LintOptions {
    /// What the name of an enum's zero value ends with.
    pub enum_zero_value_suffix: String,
    /// Whether an RPC may have one type as request and response.
    pub rpc_allow_same_request_response: bool,
    /// Whether any number of RPCs may take `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_requests: bool,
    /// Whether any number of RPCs may return `google.protobuf.Empty`.
    pub rpc_allow_google_protobuf_empty_responses: bool,
    /// What the name of a service ends with.
    pub service_suffix: String,
    /// Whether `// buf:lint:ignore RULE` above an element is obeyed.
    pub comment_ignores: bool,
}

/// Whether the last component of `package` is a version that promises nothing: `v1alpha1`,
/// `v1beta1`, `v1p1alpha1`, `v1test`.
pub fn is_unstable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    last.strip_prefix('v').is_some_and(is_unstable_version)
}

/// Whether the last component of `package` is a version that promises to stay: `v1`, `v12`.
pub fn is_stable_package(package: &str) -> bool {
    let Some((_, last)) = package.rsplit_once('.') else { return false };
    last.strip_prefix('v').is_some_and(is_number)
}

/// `1alpha`, `1beta2`, `1p3alpha4`, `1test`, `1testword`: a version without its `v`.
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

/// Digits of a number from 1 to what fits 32 bits with a sign.
fn is_number(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit())
        && digits.parse::<i32>().is_ok_and(|number| number > 0)
}

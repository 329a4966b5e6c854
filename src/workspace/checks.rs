//! Runs the rules that a configuration uses, including those of its policies.

use std::collections::BTreeMap;

use super::Loaded;
use crate::compat;
use crate::config::{Module, Policy, RuleSet, Workspace};
use crate::finding::{Finding, Level, Surface};
use crate::lint;
use crate::schema::Schema;
use crate::schema::pair::Pair;

/// Options of [`compat()`](crate::compat()).
#[derive(Clone, Debug)]
pub struct CompatOptions {
    /// Whether files that are only imported are left out.
    pub exclude_imports: bool,
    /// The rules of the category PROOF to run besides those that the new version configures.
    pub proof_rules: Vec<&'static str>,
    /// The surfaces on which effects are looked for; none for those that the rules in use protect.
    pub surfaces: Option<Vec<Surface>>,
    /// The lowest level that the rules of the category PROOF report.
    pub fail_on: Level,
}

impl Default for CompatOptions {
    fn default() -> Self {
        let (exclude_imports, fail_on) = (false, Level::Lossy);
        CompatOptions { exclude_imports, proof_rules: Vec::new(), surfaces: None, fail_on }
    }
}

/// Returns the findings of the lint rules in use, sorted.
pub fn run_lint(loaded: &Loaded) -> Vec<Finding> {
    let Workspace { modules, policies, .. } = &loaded.workspace;
    let own: Vec<lint::Settings<'_>> = modules
        .iter()
        .map(|module| lint::Settings { rules: &module.lint, options: &module.lint_options })
        .collect();
    with_policies(lint::check(&loaded.schema, &own), policies, |policy| {
        let settings = lint::Settings { rules: &policy.lint, options: &policy.lint_options };
        lint::check(&loaded.schema, &vec![settings; modules.len()])
    })
}

/// Returns the breaking changes from `old` to `new` under the rules that `new` configures, sorted. A
/// change that concerns several modules is reported once.
pub fn run_compat(old: &Schema, new: &Loaded, options: &CompatOptions) -> Vec<Finding> {
    let mut found = compare(old, new, options, None);
    compat::distinct(&mut found);
    found
}

/// The findings of files that several old versions share, by the policy that found them; empty for
/// the rules of the modules.
pub(crate) type Seen = BTreeMap<String, compat::SeenFiles>;

/// Returns breaking changes like [`run_compat`], but with duplicates, for callers that merge the
/// findings of several versions.
/// `seen` remembers the findings of files that several versions share.
pub(crate) fn compare(
    old: &Schema,
    new: &Loaded,
    options: &CompatOptions,
    mut seen: Option<&mut Seen>,
) -> Vec<Finding> {
    let Workspace { modules, policies, .. } = &new.workspace;
    // The files by what checks them: the modules, or a policy.
    let mut check = |by: &str, modules: Vec<RuleSet>, proof_rules: &[&'static str]| {
        let CompatOptions { exclude_imports, fail_on, .. } = *options;
        let surfaces = options.surfaces.as_deref();
        let proof = compat::ProofSettings { rules: proof_rules, surfaces, fail_on };
        let settings = compat::Settings { modules: &modules, exclude_imports, proof };
        let seen = seen.as_deref_mut().map(|seen| seen.entry(by.to_owned()).or_default());
        compat::check_remembering(Pair { old, new: &new.schema }, &settings, seen)
    };
    // The order matters: files refer to their module by index.
    let own = modules.iter().map(|module| module.breaking.clone()).collect();
    let own = check("", own, &options.proof_rules);
    with_policies(own, policies, |policy| {
        let rules = |module: &Module| {
            let set = if module.target { &policy.breaking } else { &module.breaking };
            set.clone()
        };
        check(&policy.name, modules.iter().map(rules).collect(), &[])
    })
}

/// Adds the findings of `check` for each policy, under the name of the policy, and sorts.
fn with_policies(
    mut found: Vec<Finding>,
    policies: &[Policy],
    mut check: impl FnMut(&Policy) -> Vec<Finding>,
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

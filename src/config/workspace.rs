//! The resolved configuration of one input.

use super::rule_set::{LintOptions, RuleSet};
use crate::rule::ConfigVersion;

/// What configured a [`Workspace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing was found: the rules of `version: v1` hold.
    Default,
    /// The value of `--config`.
    Override,
    /// These files, as the user sees them.
    Files(Vec<String>),
}

/// The configuration of one input: its modules, each with its rules.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The version of the configuration; v1 where there is none.
    pub version: ConfigVersion,
    /// The folder that all paths are relative to, itself relative to the root of the tree it was
    /// found in (`.` for that root). It is the input, or a folder above it.
    pub root: String,
    /// The modules, in the order of their configuration.
    pub modules: Vec<Module>,
    /// Modules of a registry that imports may come from, as written.
    pub deps: Vec<String>,
    /// The policies, whose rules hold for every module besides its own, as listed.
    pub policies: Vec<Policy>,
    /// What the user should know, and what fails nothing.
    pub warnings: Vec<String>,
    /// What configured it.
    pub source: Source,
}

/// One module: a folder of schemas whose imports are relative to it.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its folder, relative to [`Workspace::root`]; `.` for the root itself.
    pub dir: String,
    /// Whether the input includes it; otherwise it only serves imports.
    pub target: bool,
    /// The folders, relative to `dir`, that imports are relative to: `.` alone except in
    /// v1beta1.
    pub roots: Vec<String>,
    /// The module's name in a registry.
    pub name: Option<String>,
    /// Folders, relative to `dir`, outside of which nothing belongs to the module; none: all of
    /// it does.
    pub includes: Vec<String>,
    /// Folders, relative to `dir`, that do not belong to the module.
    pub excludes: Vec<String>,
    /// The lint rules in use.
    pub lint: RuleSet,
    /// What the lint rules ask for.
    pub lint_options: LintOptions,
    /// The compatibility rules in use.
    pub breaking: RuleSet,
}

/// A policy: rules from a file of its own. What they ignore is named by the paths by which files
/// are imported, so they are the same for every module.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its file, as the configuration names it.
    pub name: String,
    /// The lint rules in use.
    pub lint: RuleSet,
    /// What the lint rules ask for.
    pub lint_options: LintOptions,
    /// The compatibility rules in use.
    pub breaking: RuleSet,
}

//! The resolved configuration of one input.

use super::rule_set::{LintOptions, RuleSet};
use crate::rule::ConfigVersion;

/// The origin of the configuration of a [`Workspace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing was found: the rules of `version: v1` apply.
    Default,
    /// The value of `--config`.
    Override,
    /// These files, as shown to the user.
    Files(Vec<String>),
}

/// The configuration of one input: its modules, each with its rules.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The version of the configuration; v1 if there is none.
    pub version: ConfigVersion,
    /// The folder that all paths are relative to, itself relative to the root of its tree (`.` for
    /// that root). It is the input, or a folder above it.
    pub root: String,
    /// The modules, in the order of their configuration.
    pub modules: Vec<Module>,
    /// Modules of a registry that imports may come from, as written.
    pub deps: Vec<String>,
    /// The names of all modules of a registry that are needed, by `deps` and `buf.lock`. Known only
    /// if one vendor folder may have the files of several of them.
    pub dependencies: Vec<String>,
    /// The policies, as listed. Their rules apply to every module, in addition to its own.
    pub policies: Vec<Policy>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
    /// The origin of the configuration.
    pub source: Source,
}

/// One module: a folder of schemas whose imports are relative to it.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its folder, relative to [`Workspace::root`]; `.` for the root itself.
    pub dir: String,
    /// Whether the input includes it; otherwise its files are only imported.
    pub target: bool,
    /// The folders, relative to `dir`, that imports are relative to: `.` alone except in
    /// v1beta1.
    pub roots: Vec<String>,
    /// The module's name in a registry.
    pub name: Option<String>,
    /// The folders, relative to `dir`, whose files belong to the module; empty: all files do.
    pub includes: Vec<String>,
    /// Folders, relative to `dir`, that do not belong to the module.
    pub excludes: Vec<String>,
    /// The lint rules in use.
    pub lint: RuleSet,
    /// The options of the lint rules.
    pub lint_options: LintOptions,
    /// The compatibility rules in use.
    pub breaking: RuleSet,
}

/// A policy: rules from a file of its own. Their ignored paths are import paths, so they are the
/// same for every module.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its file, as written in the configuration.
    pub name: String,
    /// The lint rules in use.
    pub lint: RuleSet,
    /// The options of the lint rules.
    pub lint_options: LintOptions,
    /// The compatibility rules in use.
    pub breaking: RuleSet,
}

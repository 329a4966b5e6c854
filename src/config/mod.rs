//! Configuration: `buf.yaml` of every version, `buf.work.yaml`, `wireproof.toml`.
//!
//! Files are read through [`ReadFile`], parsed strictly into raw structures (`raw`), and resolved
//! against the rule [`Tables`]. The result has the same form for all versions: paths relative to
//! the module, rule ids instead of categories.

use crate::error::Result;
use crate::rule::Rule;

mod common;
mod decode;
mod discover;
mod input_paths;
mod lists;
mod load;
mod lock;
mod names;
mod parse;
mod path;
mod policy;
mod raw;
mod rule_set;
mod rules;
mod section;
mod settings;
mod template;
mod workspace;

#[cfg(test)]
mod tests;

pub use input_paths::{InputPaths, Override};
pub use load::{load, load_for_image};
pub(crate) use lock::{Locked, cached_module, dependencies, locked};
pub use rule_set::{LintOptions, RuleSet, is_stable_package, is_unstable_package};
pub use settings::{Judge, ProofSettings, Settings, VendorFolder};
pub(crate) use template::known as known_plugins;
pub use template::managed;
pub use template::{Input, Plugin, Program, RemotePlugin, Strategy, Template};
pub use workspace::{Module, Policy, Source, Workspace};

/// The file names of a module's configuration, the preferred one first.
const BUF_YAML: [&str; 2] = ["buf.yaml", "buf.mod"];

/// A tree of files that configuration can be read from: a disk, a git revision, an archive.
pub trait ReadFile {
    /// Returns the content of the file at `path` (relative to the tree's root, with `/`); none if
    /// there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// Returns the content of the policy that a configuration in `dir` names `written`; none if
    /// there is no such file. By default the name is relative to `dir`.
    fn read_policy(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        self.read_relative(dir, written)
    }

    /// Returns the content of the file `written`, relative to `dir`.
    fn read_relative(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        self.read(&path::resolve(dir, written)?)
    }

    /// Returns the root of the repository: folders in settings must be below it.
    fn top(&self) -> String {
        ".".to_owned()
    }

    /// Returns `path` as shown to the user.
    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// The existing rules, against which ids and categories are resolved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tables<'a> {
    /// The lint rules.
    pub lint: Table<'a>,
    /// The compatibility rules (buf's `breaking`).
    pub compat: Table<'a>,
}

/// The rules of one kind.
#[derive(Clone, Copy, Debug)]
pub enum Table<'a> {
    /// Rules that the command runs: their section is resolved, and unknown ids in it are errors.
    Active(&'a [&'a Rule]),
    /// Rules that the command does not run: their section yields no rules. The ids in its `use` are
    /// checked only if neither table is empty.
    Inactive(&'a [&'a Rule]),
}

impl<'a> Table<'a> {
    fn rules(self) -> &'a [&'a Rule] {
        match self {
            Table::Active(rules) | Table::Inactive(rules) => rules,
        }
    }
}

impl Default for Table<'_> {
    fn default() -> Self {
        Table::Inactive(&[])
    }
}

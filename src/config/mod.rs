//! What the user asked for: `buf.yaml` of every version, `buf.work.yaml`, `wireproof.toml`.
//!
//! Files are read through [`ReadFile`], parsed strictly into raw structures (`raw`), and resolved
//! against the rule [`Tables`] they are handed. The result holds one form of everything: paths
//! relative to the module, rule ids instead of categories.

use crate::error::Result;
use crate::rule::Rule;

mod common;
mod decode;
mod discover;
mod lists;
mod load;
mod names;
mod parse;
mod path;
mod policy;
mod raw;
mod rule_set;
mod rules;
mod section;
mod settings;
mod target;
mod template;
mod workspace;

#[cfg(test)]
mod tests;

pub use load::{load, load_for_image};
pub use rule_set::{LintOptions, RuleSet, is_stable_package, is_unstable_package};
pub use settings::Settings;
pub use target::{Override, Target};
pub(crate) use template::known as known_plugins;
pub use template::managed;
pub use template::{Input, Plugin, Program, Strategy, Template};
pub use workspace::{Module, Policy, Source, Workspace};

/// The names of a module's configuration, the usual one first.
const BUF_YAML: [&str; 2] = ["buf.yaml", "buf.mod"];

/// A tree of files that configuration can be read from: a disk, a git revision, an archive.
pub trait ReadFile {
    /// The content of the file at `path` (relative to the tree's root, with `/`); none if there
    /// is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;

    /// The content of the policy that a configuration in `dir` calls `written`; none if there is no
    /// such file. Who does not say otherwise has it relative to that folder.
    fn read_policy(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        self.read_relative(dir, written)
    }

    /// The content of the file that a configuration in `dir` calls `written`, relative to it.
    fn read_relative(&self, dir: &str, written: &str) -> Result<Option<Vec<u8>>> {
        self.read(&path::resolve(dir, written)?)
    }

    /// The folder at which the repository begins: what settings name lies below it.
    fn top(&self) -> String {
        ".".to_owned()
    }

    /// How `path` is shown to the user.
    fn display(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// The rules that exist, by which ids and categories are resolved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tables<'a> {
    /// The lint rules.
    pub lint: Table<'a>,
    /// The rules of compatibility (buf's `breaking`).
    pub compat: Table<'a>,
}

/// The rules of one kind.
#[derive(Clone, Copy, Debug)]
pub enum Table<'a> {
    /// The command checks them: their section is resolved, and wrong ids in it are errors.
    Asked(&'a [&'a Rule]),
    /// The command does not check them: their section yields no rules. That its `use` names what
    /// exists is checked only if neither table is empty.
    Known(&'a [&'a Rule]),
}

impl<'a> Table<'a> {
    fn rules(self) -> &'a [&'a Rule] {
        match self {
            Table::Asked(rules) | Table::Known(rules) => rules,
        }
    }
}

impl Default for Table<'_> {
    fn default() -> Self {
        Table::Known(&[])
    }
}

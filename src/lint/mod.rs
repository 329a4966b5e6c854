//! Lint: finds declarations that cause problems later.
//!
//! [`check`] visits every element of every module once and runs the enabled rules on it. A rule is
//! one [`LintRule`] in one file of [`rules`].

mod comments;
mod findings;
pub mod fix;
mod ignores;
mod names;
mod packages;
mod protovalidate;
pub mod rules;
mod walk;

use std::collections::BTreeMap;

use crate::config::{LintOptions, RuleSet};
use crate::finding::Finding;
use crate::rule::Rule;
use crate::schema::{Enum, EnumValue, Field, File, Message, Method, Oneof, Schema, Service};

use self::findings::Findings;
pub(crate) use self::protovalidate::ENTRY_LOCATIONS;
use self::walk::Enabled;

/// A rule with its check.
#[derive(Clone, Copy, Debug)]
pub struct LintRule {
    /// The declaration of the rule.
    pub rule: Rule,
    /// The check.
    pub check: Check,
}

/// The check of a rule, by the kind of element that it runs on. Checks do not see map entries and
/// the oneofs of `optional` fields, because they are synthetic.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// All files of a module, for problems that no single file shows.
    Module(fn(&Module<'_>, &mut Findings<'_>)),
    /// The files of one package in a module; files without a package count as one package.
    Package(fn(&str, &[File<'_>], &mut Findings<'_>)),
    /// The files of a module that are in one folder.
    Folder(fn(&str, &[File<'_>], &mut Findings<'_>)),
    /// A file.
    File(fn(File<'_>, &mut Findings<'_>)),
    /// A message.
    Message(fn(Message<'_>, &mut Findings<'_>)),
    /// A field or an extension.
    Field(fn(Field<'_>, &mut Findings<'_>)),
    /// A oneof.
    Oneof(fn(Oneof<'_>, &mut Findings<'_>)),
    /// An enum.
    Enum(fn(Enum<'_>, &mut Findings<'_>)),
    /// A value of an enum.
    EnumValue(fn(EnumValue<'_>, &mut Findings<'_>)),
    /// A service.
    Service(fn(Service<'_>, &mut Findings<'_>)),
    /// An RPC.
    Method(fn(Method<'_>, &mut Findings<'_>)),
    /// None: the rule exists by name only.
    Nothing,
}

/// The lint settings of one module.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The enabled rules, and the paths that they ignore.
    pub rules: &'a RuleSet,
    /// The options of the rules.
    pub options: &'a LintOptions,
}

/// A module under lint.
#[derive(Debug)]
pub struct Module<'s> {
    schema: &'s Schema,
    /// The files of the module, without its imports.
    files: Vec<File<'s>>,
    settings: Settings<'s>,
}

impl<'s> Module<'s> {
    /// Returns the files of the module.
    fn files(&self) -> &[File<'s>] {
        &self.files
    }

    /// Returns the files of the module and everything that they import, directly or transitively.
    fn seen(&self) -> Vec<File<'s>> {
        let mut seen = vec![false; self.schema.files().len()];
        let mut files = self.files.clone();
        files.iter().for_each(|file| seen[file.index()] = true);
        let mut next = 0;
        while let Some(file) = files.get(next).copied() {
            next += 1;
            let imports = file.proto().dependency.iter().filter_map(|path| self.schema.file(path));
            files.extend(
                imports.filter(|import| !std::mem::replace(&mut seen[import.index()], true)),
            );
        }
        files
    }

    /// Returns the schema that contains the module.
    fn schema(&self) -> &'s Schema {
        self.schema
    }

    /// Groups the files of the module by `key`.
    fn grouped<K: Ord>(&self, key: impl Fn(File<'s>) -> K) -> BTreeMap<K, Vec<File<'s>>> {
        let mut groups = BTreeMap::<K, Vec<File<'s>>>::new();
        for file in &self.files {
            groups.entry(key(*file)).or_default().push(*file);
        }
        groups
    }
}

/// Returns the findings of the enabled rules in `schema`, sorted. The module index of a file
/// selects its settings in `modules`; files that are only imported are not checked.
pub fn check(schema: &Schema, modules: &[Settings<'_>]) -> Vec<Finding> {
    let mut own: Vec<Vec<File<'_>>> = modules.iter().map(|_| Vec::new()).collect();
    for file in schema.files().filter(|file| !file.is_import()) {
        if let Some(files) = own.get_mut(file.module()) {
            files.push(file);
        }
    }
    let mut found = Vec::new();
    for (settings, files) in modules.iter().zip(own) {
        let module = Module { schema, files, settings: *settings };
        found.extend(walk::walk(&module, &Enabled::of(&|rule| settings.rules.enabled(rule.id))));
    }
    found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    found.dedup();
    found
}

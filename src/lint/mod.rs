//! Lint: what is written in a way that will be regretted.
//!
//! Rules judge, the engine walks: [`check`] visits every element of every module once and asks
//! the rules in use about it. A rule is one [`LintRule`] in one file of [`rules`].

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
    /// What the rule is.
    pub rule: Rule,
    /// How it judges.
    pub check: Check,
}

/// The check of a rule, by what it is asked about. Nobody wrote the entries of maps and the oneofs
/// of `optional` fields: no check sees them.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// All files of a module, for what no single one shows.
    Module(fn(&Module<'_>, &mut Findings<'_>)),
    /// The files of a module that have one package; those that declare none have one, too.
    Package(fn(&str, &[File<'_>], &mut Findings<'_>)),
    /// The files of a module that lie in one folder.
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
    /// A rule that exists by name only.
    Nothing,
}

/// What one module asks for.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The rules in use, and where not.
    pub rules: &'a RuleSet,
    /// What they are told.
    pub options: &'a LintOptions,
}

/// A module under lint.
#[derive(Debug)]
pub struct Module<'s> {
    schema: &'s Schema,
    /// Its own files; what it imports is somebody else's.
    files: Vec<File<'s>>,
    settings: Settings<'s>,
}

impl<'s> Module<'s> {
    /// Its own files.
    fn files(&self) -> &[File<'s>] {
        &self.files
    }

    /// Its own files and all that they import, directly or through others.
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

    /// What the module is part of.
    fn schema(&self) -> &'s Schema {
        self.schema
    }

    /// Its files by what `key` says of them.
    fn grouped<K: Ord>(&self, key: impl Fn(File<'s>) -> K) -> BTreeMap<K, Vec<File<'s>>> {
        let mut groups = BTreeMap::<K, Vec<File<'s>>>::new();
        for file in &self.files {
            groups.entry(key(*file)).or_default().push(*file);
        }
        groups
    }
}

/// Everything that the rules in use find in the modules of `schema`, sorted. `modules` are by the
/// index that files carry; files that are only imported are not looked at.
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
        found.extend(walk::walk(&module, &Enabled::of(settings.rules)));
    }
    found.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    found.dedup();
    found
}

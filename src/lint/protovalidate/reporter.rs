//! Reports problems of the rules of a field, at the location of the rule.

use std::fmt::Display;

use super::RULES;
use super::kind::name;
use crate::lint::findings::Findings;
use crate::schema::{Field, Schema, tag};

/// The rules of a field, or those of its items, keys or values.
pub(super) struct Reporter<'r, 's> {
    findings: &'r mut Findings<'s>,
    /// The field with the rules.
    pub(super) field: Field<'r>,
    /// The path of these rules in the `FieldRules` of the field.
    base: Vec<i32>,
}

/// A problem of one of several items with the same name.
pub(super) struct Violation {
    /// A short and stable description that includes the index of the item.
    pub(super) problem: String,
    /// The same description without the index, which distinguishes findings at the same location.
    pub(super) key: String,
    /// The predicate that completes the sentence after the name of the field.
    pub(super) predicate: String,
    /// The instruction for the user.
    pub(super) help: String,
}

impl<'r, 's> Reporter<'r, 's> {
    pub(super) fn new(field: Field<'r>, findings: &'r mut Findings<'s>) -> Self {
        Reporter { findings, field, base: Vec::new() }
    }

    /// Returns a reporter of the rules at `base` in these.
    pub(super) fn inside(&mut self, base: [u32; 2]) -> Reporter<'_, 's> {
        let base = base.map(|number| number as i32).to_vec();
        Reporter { findings: &mut *self.findings, field: self.field, base }
    }

    /// Returns the schema that contains the field.
    pub(super) fn schema(&self) -> &'s Schema {
        self.findings.schema()
    }

    /// Returns the name of the rule at `path`.
    pub(super) fn name(&self, path: &[u32]) -> String {
        name(&self.path(path))
    }

    fn path(&self, path: &[u32]) -> Vec<i32> {
        self.base.iter().copied().chain(path.iter().map(|number| *number as i32)).collect()
    }

    /// Reports a problem of the rule at `path`. `predicate` completes the sentence after
    /// the name of the field.
    pub(super) fn add(
        &mut self,
        path: &[u32],
        problem: impl Display,
        predicate: impl Display,
        help: impl Into<String>,
    ) {
        let (problem, predicate, help) = (problem.to_string(), predicate.to_string(), help.into());
        self.report(path, Violation { key: problem.clone(), problem, predicate, help });
    }

    /// Reports a problem of two conflicting rules, at each of them.
    pub(super) fn add_both(
        &mut self,
        paths: [&[u32]; 2],
        problem: &str,
        predicate: &str,
        help: &str,
    ) {
        for path in paths {
            let path = self.path(path);
            let change = format!("{}: {problem}", name(&path));
            self.report_at(&path, &change, problem.to_owned(), predicate, help);
        }
    }

    /// Reports `violation` at the rule at `path`.
    pub(super) fn report(&mut self, path: &[u32], violation: Violation) {
        let path = self.path(path);
        let name = name(&path);
        let Violation { problem, key, predicate, help } = violation;
        self.report_at(
            &path,
            &format!("{name}: {problem}"),
            format!("{name} {key}"),
            &predicate,
            &help,
        );
    }

    fn report_at(&mut self, path: &[i32], change: &str, key: String, predicate: &str, help: &str) {
        let tail = [&[tag::field::OPTIONS, RULES as i32], path].concat();
        let draft = self.findings.on(self.field).option(&tail);
        draft
            .distinguished_by(format!("{} {key}", self.field.name()))
            .report(change, predicate, help);
    }
}

//! Reports problems of the rules of a field, at the location of the rule.

use std::fmt::Display;

use super::RULES;
use super::kind::name;
use crate::lint::findings::Findings;
use crate::schema::{Field, Schema, tag};

/// The rules of a field, or those of its items, keys or values.
pub(super) struct Judge<'j, 's> {
    findings: &'j mut Findings<'s>,
    /// The field with the rules.
    pub(super) field: Field<'j>,
    /// The path of these rules in the `FieldRules` of the field.
    base: Vec<i32>,
}

/// A problem of one of several items with the same name.
pub(super) struct Wrong {
    /// A short and stable description that includes the index of the item.
    pub(super) wrong: String,
    /// The same description without the index, which distinguishes findings at the same location.
    pub(super) apart: String,
    /// The predicate that completes the sentence after the name of the field.
    pub(super) says: String,
    /// The instruction for the user.
    pub(super) help: String,
}

impl<'j, 's> Judge<'j, 's> {
    pub(super) fn new(field: Field<'j>, findings: &'j mut Findings<'s>) -> Self {
        Judge { findings, field, base: Vec::new() }
    }

    /// Returns a judge of the rules at `base` in these.
    pub(super) fn inside(&mut self, base: [u32; 2]) -> Judge<'_, 's> {
        let base = base.map(|number| number as i32).to_vec();
        Judge { findings: &mut *self.findings, field: self.field, base }
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

    /// Reports a problem of the rule at `path`. `says` is the predicate that completes the sentence
    /// after the name of the field.
    pub(super) fn add(
        &mut self,
        path: &[u32],
        wrong: impl Display,
        says: impl Display,
        help: impl Into<String>,
    ) {
        let (wrong, says, help) = (wrong.to_string(), says.to_string(), help.into());
        self.tell(path, Wrong { apart: wrong.clone(), wrong, says, help });
    }

    /// Reports a problem of two conflicting rules, at each of them.
    pub(super) fn add_both(&mut self, paths: [&[u32]; 2], wrong: &str, says: &str, help: &str) {
        for path in paths {
            let path = self.path(path);
            let change = format!("{}: {wrong}", name(&path));
            self.report(&path, &change, wrong.to_owned(), says, help);
        }
    }

    /// Reports `wrong` at the rule at `path`.
    pub(super) fn tell(&mut self, path: &[u32], wrong: Wrong) {
        let path = self.path(path);
        let name = name(&path);
        let Wrong { wrong, apart, says, help } = wrong;
        self.report(&path, &format!("{name}: {wrong}"), format!("{name} {apart}"), &says, &help);
    }

    fn report(&mut self, path: &[i32], change: &str, apart: String, says: &str, help: &str) {
        let tail = [&[tag::field::OPTIONS, RULES as i32], path].concat();
        let draft = self.findings.on(self.field).option(&tail);
        draft.saying(format!("{} {apart}", self.field.name())).report(change, says, help);
    }
}

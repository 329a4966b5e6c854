//! Says what is wrong with the rules of a field, at the place where they are written.

use std::fmt::Display;

use super::RULES;
use super::kind::name;
use crate::lint::findings::Findings;
use crate::schema::{Field, Schema, tag};

/// The rules of a field, or those of its items, keys or values.
pub(super) struct Judge<'j, 's> {
    findings: &'j mut Findings<'s>,
    /// What has the rules.
    pub(super) field: Field<'j>,
    /// Where in the field's rules the ones in question begin.
    base: Vec<i32>,
}

/// What is wrong with one of several things that have one name.
pub(super) struct Wrong {
    /// In short and stable words, with which of the several it is.
    pub(super) wrong: String,
    /// What it says apart from the place, without which one it is.
    pub(super) apart: String,
    /// A sentence that goes on where the name of the field ends.
    pub(super) says: String,
    /// What to do.
    pub(super) help: String,
}

impl<'j, 's> Judge<'j, 's> {
    pub(super) fn new(field: Field<'j>, findings: &'j mut Findings<'s>) -> Self {
        Judge { findings, field, base: Vec::new() }
    }

    /// The rules at `base` in these.
    pub(super) fn inside(&mut self, base: [u32; 2]) -> Judge<'_, 's> {
        let base = base.map(|number| number as i32).to_vec();
        Judge { findings: &mut *self.findings, field: self.field, base }
    }

    /// What the field is part of.
    pub(super) fn schema(&self) -> &'s Schema {
        self.findings.schema()
    }

    /// What the rule at `path` is called.
    pub(super) fn name(&self, path: &[u32]) -> String {
        name(&self.path(path))
    }

    fn path(&self, path: &[u32]) -> Vec<i32> {
        self.base.iter().copied().chain(path.iter().map(|number| *number as i32)).collect()
    }

    /// Something is wrong with the rule at `path`. `says` goes on where the name of the field ends.
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

    /// As [`Judge::add`], of two rules that are wrong together, at each of them.
    pub(super) fn add_both(&mut self, paths: [&[u32]; 2], wrong: &str, says: &str, help: &str) {
        for path in paths {
            let path = self.path(path);
            let change = format!("{}: {wrong}", name(&path));
            self.report(&path, &change, wrong.to_owned(), says, help);
        }
    }

    /// Says `wrong` of the rule at `path`.
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

//! Finds the fields that are named by the parts of an option's name and by the entries of its
//! message value.

use super::fault::Fault;
use super::names::Names;
use super::raw::Part;
use super::support;
use super::text::Name;
use super::types::{FieldType, MessageType, Types, ValueType};
use crate::schema::options::Kind;

/// The field lookup for the options of one element.
pub(super) struct Fields<'p, 'f, 'n> {
    pub(super) types: &'p Types,
    pub(super) names: &'n mut Names<'p, 'f>,
    /// The kind of the element.
    pub(super) kind: Kind,
    /// The edition of the file.
    pub(super) edition: i32,
    /// The path of the element whose scopes are searched for names.
    pub(super) scope: &'n [i32],
}

impl<'p> Fields<'p, '_, '_> {
    /// Finds the field that one part of a name names.
    pub(super) fn part(
        &mut self,
        part: Part<'_>,
        of: &'p MessageType,
    ) -> Result<&'p FieldType, Fault> {
        let field = if part.is_extension {
            self.names.field(part.name, self.scope, of)?
        } else {
            self.simple(of, part.name)?
        };
        self.check_use(field)?;
        Ok(field)
    }

    /// Reports a field that cannot be set on such an element or in such a file.
    pub(super) fn check_use(&self, field: &FieldType) -> Result<(), Fault> {
        if !field.may_target(self.kind) {
            let allowed = field.targets();
            return Err(Fault::new(format!("`{}` can be set on {allowed} only", field.written())));
        }
        support::check(&field.written(), &field.support, self.edition)
    }

    /// Finds the field that an entry of a message value sets.
    pub(super) fn entry_field(
        &mut self,
        of: &'p MessageType,
        name: &Name<'_>,
    ) -> Result<&'p FieldType, Fault> {
        match name {
            Name::Field(name) => match self.group(of, name) {
                Some(group) => Ok(group),
                None => self.simple(of, name),
            },
            Name::Extension(name) => {
                let field = self.names.field(name, self.scope, of)?;
                if field.is_extension {
                    return Ok(field);
                }
                let fault = Fault::new(format!("`{}` is no extension", field.name));
                Err(fault.help(format!("write `{}` without brackets", field.name)))
            }
            Name::Any(..) => Err(Fault::new(format!(
                "`{name}` stands for the content of a `google.protobuf.Any`, but this is a `{}`",
                of.full_name
            ))),
        }
    }

    /// Finds the group whose type is called `name`: in the text format, groups have the names of
    /// their types.
    fn group(&self, of: &'p MessageType, name: &str) -> Option<&'p FieldType> {
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            return None;
        }
        let field = of.field(&name.to_ascii_lowercase()).filter(|field| field.is_delimited)?;
        let ValueType::Message(index) = field.value_type else { return None };
        let group = &self.types.message(index).full_name;
        let scope = group.strip_suffix(name)?.strip_suffix('.')?;
        (scope == of.full_name).then_some(field)
    }

    /// Finds the field of `of` that is called `name` and is not an extension.
    pub(super) fn simple(
        &mut self,
        of: &'p MessageType,
        name: &str,
    ) -> Result<&'p FieldType, Fault> {
        of.field(name).ok_or_else(|| {
            let fault = Fault::new(format!("`{}` has no field `{name}`", of.full_name));
            let known = of.fields.iter().map(|field| field.name.as_str());
            fault.suggest(name, known, &mut self.names.suggestions)
        })
    }
}

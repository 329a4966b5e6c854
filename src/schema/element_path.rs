//! A location that is not looked up yet. A rule reports an element and a part of it; only reported
//! findings need the source code info.

use super::descriptor::{DescriptorProto, FieldType};
use super::{Places, Schema, tag};
use crate::finding::Place;

/// An element, or a part of one: a file and a descriptor path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElementPath {
    pub(super) file: u32,
    pub(super) path: Vec<i32>,
}

impl ElementPath {
    /// Returns its descriptor path within its file.
    pub fn path(&self) -> &[i32] {
        &self.path
    }

    /// Returns the index of its file in its schema.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    /// Returns the enclosing element whose path is the first `length` numbers.
    #[must_use]
    pub fn up_to(&self, length: usize) -> Self {
        ElementPath { file: self.file, path: self.path[..length.min(self.path.len())].to_vec() }
    }

    /// Returns the part of this element at `tail`, a relative descriptor path.
    #[must_use]
    pub fn part(mut self, tail: &[i32]) -> Self {
        self.path.extend_from_slice(tail);
        self
    }
}

impl Schema {
    /// Returns the message of a group; none if `field` is no group.
    pub fn message_of_group(&self, field: &ElementPath) -> Option<ElementPath> {
        let file = &self.files[field.file()].descriptor;
        // The path of a part of a field has another length, or other lists.
        let (steps, []) = field.path().as_chunks() else { return None };
        let ([list, index], outer) = steps.split_last()?;
        let mut scope: Option<&DescriptorProto> = None;
        for [step, index] in outer {
            let (list, messages) = match scope {
                None => (tag::file::MESSAGE_TYPE, &file.message_type),
                Some(scope) => (tag::message::NESTED_TYPE, &scope.nested_type),
            };
            let index = usize::try_from(*index).ok().filter(|_| *step == list)?;
            scope = Some(messages.get(index)?);
        }
        let fields = match (scope, *list) {
            (None, tag::file::EXTENSION) => &file.extension,
            (Some(scope), tag::message::FIELD) => &scope.field,
            (Some(scope), tag::message::EXTENSION) => &scope.extension,
            _ => return None,
        };
        let group = fields.get(usize::try_from(*index).ok()?)?;
        if group.r#type() != FieldType::Group {
            return None;
        }
        let message = self.message(group.type_name().trim_start_matches('.'))?;
        Some(message.element_path()).filter(|message| message.file == field.file)
    }
}

/// A look-up of the locations of one schema. It caches the locations of one file, so look-ups
/// should be ordered by file.
#[derive(Debug)]
pub struct Lookup<'s> {
    schema: &'s Schema,
    current: Option<(u32, Places)>,
}

impl<'s> Lookup<'s> {
    /// Returns a lookup in `schema`.
    pub fn new(schema: &'s Schema) -> Self {
        Lookup { schema, current: None }
    }

    /// Returns the place of the first of `paths` that has a location; the first line of the file if
    /// none has one; [`Place::nowhere`] if `paths` is empty.
    pub fn place(&mut self, paths: &[ElementPath]) -> Place {
        let Some(first) = paths.first() else { return Place::nowhere() };
        let span = paths.iter().find_map(|path| self.places(path.file).span(&path.path));
        let path = self.schema.files[first.file as usize].external.clone();
        match span {
            None => Place::file(path),
            Some(span) => Place::spanning(path, span),
        }
    }

    /// Returns the locations of a file.
    fn places(&mut self, file: u32) -> &Places {
        if self.current.as_ref().is_none_or(|(id, _)| *id != file) {
            let info = self.schema.files[file as usize].descriptor.source_code_info.as_deref();
            self.current = Some((file, info.map(Places::decode).unwrap_or_default()));
        }
        let (_, places) = self.current.as_ref().expect("it was set above");
        places
    }
}

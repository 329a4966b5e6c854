//! Files.

use std::sync::Arc;

use super::{Enum, Field, Message, Service, inherit, options};
use crate::schema::descriptor::{Edition, FileDescriptorProto, FileOptions};
use crate::schema::{ElementPath, Features, Schema, SchemaFile};

/// A file.
#[derive(Clone, Copy, Debug)]
pub struct File<'s> {
    schema: &'s Schema,
    id: u32,
}

impl<'s> File<'s> {
    pub(in crate::schema) fn new(schema: &'s Schema, id: u32) -> Self {
        File { schema, id }
    }

    fn data(self) -> &'s SchemaFile {
        &self.schema.files[self.id as usize]
    }

    /// Returns the schema that contains it.
    pub fn schema(self) -> &'s Schema {
        self.schema
    }

    /// Returns its position in [`Schema::files`].
    pub fn index(self) -> usize {
        self.id as usize
    }

    /// Returns the raw descriptor.
    pub fn proto(self) -> &'s FileDescriptorProto {
        &self.data().descriptor
    }

    /// Returns the import path.
    pub fn path(self) -> &'s str {
        self.proto().name()
    }

    /// Returns the path as the user sees it.
    pub fn external(self) -> &'s str {
        &self.data().external
    }

    /// Returns the index of the configured module that the file belongs to.
    pub fn module(self) -> usize {
        self.data().module
    }

    /// Returns the name of its module in a registry, if it is known.
    pub fn module_name(self) -> Option<&'s Arc<str>> {
        self.data().module_name.as_ref()
    }

    /// Whether it comes from a vendor folder.
    pub fn is_vendored(self) -> bool {
        self.data().is_vendored
    }

    /// Whether it is part of the schema only because another file imports it.
    pub fn is_import(self) -> bool {
        self.data().is_import
    }

    /// Whether its source declares no syntax.
    pub fn is_syntax_unspecified(self) -> bool {
        self.data().is_syntax_unspecified
    }

    /// Returns the indices in the descriptor's `dependency` of the imports that it does not use.
    /// They are unknown in an image that buf did not write; then the list is empty.
    pub fn unused_imports(self) -> &'s [i32] {
        &self.data().unused_imports
    }

    /// Returns the package; empty if none is declared.
    pub fn package(self) -> &'s str {
        self.proto().package()
    }

    /// Returns the edition; `proto2` and `proto3` are editions, too.
    pub fn edition(self) -> Edition {
        match self.proto().syntax() {
            "editions" => self.proto().edition(),
            "proto3" => Edition::Proto3,
            _ => Edition::Proto2,
        }
    }

    /// Whether the file uses an edition instead of proto2 or proto3.
    pub fn has_edition(self) -> bool {
        self.proto().syntax() == "editions"
    }

    /// Returns the decoded options.
    pub fn options(self) -> FileOptions {
        options(self.proto().options.as_deref())
    }

    /// Returns the features of the file.
    pub fn features(self) -> Features {
        let bytes = self.proto().options.as_deref();
        inherit(Features::of_edition(self.edition()), self, bytes, |b| {
            options::<FileOptions>(Some(b)).features
        })
    }

    /// Returns the [`ElementPath`] of the whole file.
    pub fn element_path(self) -> ElementPath {
        ElementPath { file: self.id, path: Vec::new() }
    }

    /// Returns the messages declared in it, nested ones included, parents before children.
    pub fn all_messages(self) -> impl ExactSizeIterator<Item = Message<'s>> {
        self.range(0).map(move |id| Message::new(self.schema, id))
    }

    /// Returns the enums declared in it, nested ones included.
    pub fn all_enums(self) -> impl ExactSizeIterator<Item = Enum<'s>> {
        self.range(1).map(move |id| Enum::new(self.schema, id))
    }

    /// Returns the services declared in it.
    pub fn services(self) -> impl ExactSizeIterator<Item = Service<'s>> {
        self.range(2).map(move |id| Service::new(self.schema, id))
    }

    /// Returns the extensions declared in it, nested ones included.
    pub fn all_extensions(self) -> impl ExactSizeIterator<Item = Field<'s>> {
        self.range(3).map(move |id| Field::extension(self.schema, id))
    }

    fn range(self, kind: usize) -> std::ops::Range<u32> {
        let starts = &self.schema.starts;
        starts[self.id as usize][kind]..starts[self.id as usize + 1][kind]
    }
}

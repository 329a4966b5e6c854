//! The elements of a schema that a filter can name. Each has a number, in the order of a walk
//! through the files, so that an element and everything declared in it is a range.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::schema::Schema;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldType, FileDescriptorProto,
    MethodDescriptorProto, ServiceDescriptorProto,
};

/// The number of an element.
pub(super) type Id = u32;

/// An element. Fields, oneofs and enum values are not listed; they are parts of their parents.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'s> {
    File(&'s FileDescriptorProto),
    Message(&'s DescriptorProto),
    Enum(&'s EnumDescriptorProto),
    Extension(&'s FieldDescriptorProto),
    Service(&'s ServiceDescriptorProto),
    Method(&'s MethodDescriptorProto),
}

/// An element and its position.
#[derive(Debug)]
pub(super) struct Element<'s> {
    pub(super) item: Item<'s>,
    /// The full name; the package for a file.
    pub(super) name: String,
    /// The index of its file in the schema.
    pub(super) file: usize,
    /// The element that declares it; none for a file.
    pub(super) parent: Option<Id>,
    /// The number after the last element in it.
    pub(super) end: Id,
}

/// All elements of a schema, with look-up tables.
#[derive(Debug, Default)]
pub(super) struct Index<'s> {
    pub(super) elements: Vec<Element<'s>>,
    /// The numbers of the files, by their index in the schema.
    pub(super) files: Vec<Id>,
    names: FxHashMap<String, Id>,
    /// The extensions of each message, by its full name.
    extensions: FxHashMap<&'s str, Vec<Id>>,
    /// The extensions, by the message and the field number.
    numbers: FxHashMap<(&'s str, i32), Id>,
    /// The files of every package. Packages that are only a prefix of others have no files.
    packages: BTreeMap<&'s str, Vec<Id>>,
}

impl<'s> Index<'s> {
    pub(super) fn of(schema: &'s Schema) -> Self {
        let mut index = Index::default();
        for file in schema.files() {
            index.file(file.index(), file.proto());
        }
        index
    }

    pub(super) fn get(&self, id: Id) -> &Element<'s> {
        &self.elements[id as usize]
    }

    /// Returns the element with the full name `name`, with or without the leading dot.
    pub(super) fn named(&self, name: &str) -> Option<Id> {
        self.names.get(name.strip_prefix('.').unwrap_or(name)).copied()
    }

    /// Returns the type of `field`, if it is a named type.
    pub(super) fn type_of(&self, field: &FieldDescriptorProto) -> Option<Id> {
        let named = [FieldType::Message, FieldType::Group, FieldType::Enum];
        let is_named = named.iter().any(|kind| field.r#type == Some(*kind as i32));
        self.named(field.type_name()).filter(|_| is_named)
    }

    /// Returns the range of an element and everything declared in it.
    pub(super) fn within(&self, id: Id) -> Range<Id> {
        id..self.get(id).end
    }

    /// Returns the extensions of a message, by its full name.
    pub(super) fn extensions_of(&self, message: &str) -> &[Id] {
        self.extensions.get(message).map_or(&[], |ids| ids)
    }

    /// Returns the extension of `message` with the field number `number`.
    pub(super) fn extension(&self, message: &str, number: u32) -> Option<Id> {
        self.numbers.get(&(message, i32::try_from(number).ok()?)).copied()
    }

    /// Returns the files of the package `name`; an empty list for a package that is only a prefix
    /// of others, none for an unknown one.
    pub(super) fn package(&self, name: &str) -> Option<&[Id]> {
        self.packages.get(name).map(|files| &files[..])
    }

    /// Returns the files of the package `name` and of the packages inside it.
    pub(super) fn packages_below(&self, name: &str) -> Vec<Id> {
        let is_below = |package: &str| match package.strip_prefix(name) {
            Some(rest) => name.is_empty() || rest.is_empty() || rest.starts_with('.'),
            None => false,
        };
        let below = self.packages.iter().filter(|(package, _)| is_below(package));
        below.flat_map(|(_, files)| files).copied().collect()
    }

    fn file(&mut self, file: usize, proto: &'s FileDescriptorProto) {
        let package = proto.package();
        let id = self.push(Item::File(proto), package.to_owned(), file, None);
        self.files.push(id);
        for (at, _) in package.match_indices('.') {
            self.packages.entry(&package[..at]).or_default();
        }
        self.packages.entry("").or_default();
        self.packages.entry(package).or_default().push(id);
        proto.message_type.iter().for_each(|message| self.message(id, message));
        proto.enum_type.iter().for_each(|item| self.leaf(id, item.name(), Item::Enum(item)));
        proto.extension.iter().for_each(|item| self.extend(id, item));
        for service in &proto.service {
            let service_id = self.child(id, service.name(), Item::Service(service));
            for method in &service.method {
                self.leaf(service_id, method.name(), Item::Method(method));
            }
            self.close(service_id);
        }
        self.close(id);
    }

    fn message(&mut self, parent: Id, message: &'s DescriptorProto) {
        let id = self.child(parent, message.name(), Item::Message(message));
        message.nested_type.iter().for_each(|nested| self.message(id, nested));
        message.enum_type.iter().for_each(|item| self.leaf(id, item.name(), Item::Enum(item)));
        message.extension.iter().for_each(|item| self.extend(id, item));
        self.close(id);
    }

    fn extend(&mut self, parent: Id, extension: &'s FieldDescriptorProto) {
        let id = self.child(parent, extension.name(), Item::Extension(extension));
        self.close(id);
        let extendee = extension.extendee().trim_start_matches('.');
        self.extensions.entry(extendee).or_default().push(id);
        self.numbers.insert((extendee, extension.number()), id);
    }

    fn leaf(&mut self, parent: Id, name: &str, item: Item<'s>) {
        let id = self.child(parent, name, item);
        self.close(id);
    }

    fn child(&mut self, parent: Id, name: &str, item: Item<'s>) -> Id {
        let above = self.get(parent);
        let file = above.file;
        let name = match &*above.name {
            "" => name.to_owned(),
            scope => format!("{scope}.{name}"),
        };
        let id = self.push(item, name.clone(), file, Some(parent));
        self.names.entry(name).or_insert(id);
        id
    }

    fn push(&mut self, item: Item<'s>, name: String, file: usize, parent: Option<Id>) -> Id {
        let id = self.elements.len() as Id;
        self.elements.push(Element { item, name, file, parent, end: id + 1 });
        id
    }

    /// Closes the element: elements added later are outside of it.
    fn close(&mut self, id: Id) {
        self.elements[id as usize].end = self.elements.len() as Id;
    }
}

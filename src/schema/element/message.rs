//! Messages and their oneofs.

use super::{Container, Field, File, inherit, nested_name, options, tag};
use crate::schema::descriptor::{
    DescriptorProto, MessageOptions, OneofDescriptorProto, OneofOptions,
};
use crate::schema::{ElementPath, Features, Node, Schema};

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s DescriptorProto,
}

described!(Message, DescriptorProto, MessageOptions);
featured!(Message, MessageOptions);
named!(Message, messages);
nested!(Message);

impl<'s> Message<'s> {
    pub(in crate::schema) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.messages[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().message_type[node.index as usize],
            Container::Message(parent) => &parent.proto().nested_type[node.index as usize],
        };
        Message { schema, id, proto }
    }

    /// Whether it is the synthetic entry message of a map field.
    pub fn is_map_entry(self) -> bool {
        self.proto.options.is_some() && self.options().map_entry()
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        let index = self.node().index;
        self.container().child_path(tag::file::MESSAGE_TYPE, tag::message::NESTED_TYPE, index)
    }

    /// Returns its fields in the order of declaration, without extensions.
    pub fn fields(self) -> impl ExactSizeIterator<Item = Field<'s>> {
        let fields = self.proto.field.iter().enumerate();
        fields.map(move |(index, proto)| Field::of(self.schema, self.id, index as u32, proto))
    }

    /// Returns the field with the number `number`, the first if there are several.
    pub fn field(self, number: i32) -> Option<Field<'s>> {
        self.fields().find(|field| field.number() == number)
    }

    /// Returns its oneofs, those of proto3 `optional` fields included.
    pub fn oneofs(self) -> impl ExactSizeIterator<Item = Oneof<'s>> {
        let oneofs = self.proto.oneof_decl.iter().enumerate();
        oneofs.map(move |(index, proto)| Oneof { message: self, index: index as u32, proto })
    }
}

/// A oneof.
#[derive(Clone, Copy, Debug)]
pub struct Oneof<'s> {
    message: Message<'s>,
    index: u32,
    proto: &'s OneofDescriptorProto,
}

described!(Oneof, OneofDescriptorProto, OneofOptions);

impl<'s> Oneof<'s> {
    /// Returns the message it belongs to.
    pub fn message(self) -> Message<'s> {
        self.message
    }

    /// Returns its fields.
    pub fn fields(self) -> impl Iterator<Item = Field<'s>> {
        let index = Some(self.index as i32);
        self.message.fields().filter(move |field| field.proto().oneof_index == index)
    }

    /// Whether it is the synthetic oneof of a proto3 `optional` field.
    pub fn is_synthetic(self) -> bool {
        self.fields().any(|field| field.proto().proto3_optional())
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        self.message.element_path().part(&[tag::message::ONEOF_DECL, self.index as i32])
    }
}

//! Enums and their values.

use super::{Container, File, inherit, nested_name, options, tag};
use crate::schema::descriptor::{
    self, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
};
use crate::schema::{ElementPath, Features, Node, Schema};

/// An enum.
#[derive(Clone, Copy, Debug)]
pub struct Enum<'s> {
    schema: &'s Schema,
    id: u32,
    proto: &'s EnumDescriptorProto,
}

described!(Enum, EnumDescriptorProto, EnumOptions);
featured!(Enum, EnumOptions);
named!(Enum, enums);
nested!(Enum);

impl<'s> Enum<'s> {
    pub(in crate::schema) fn new(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.enums[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().enum_type[node.index as usize],
            Container::Message(parent) => &parent.proto().enum_type[node.index as usize],
        };
        Enum { schema, id, proto }
    }

    /// Whether unlisted numbers are kept as unknown fields.
    pub fn is_closed(self) -> bool {
        self.features().enum_type == descriptor::EnumType::Closed
    }

    /// Returns its values in the order of declaration.
    pub fn values(self) -> impl ExactSizeIterator<Item = EnumValue<'s>> {
        let values = self.proto.value.iter().enumerate();
        values.map(move |(index, proto)| EnumValue { parent: self, index: index as u32, proto })
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        let index = self.node().index;
        self.container().child_path(tag::file::ENUM_TYPE, tag::message::ENUM_TYPE, index)
    }
}

/// A value of an enum.
#[derive(Clone, Copy, Debug)]
pub struct EnumValue<'s> {
    parent: Enum<'s>,
    index: u32,
    proto: &'s EnumValueDescriptorProto,
}

described!(EnumValue, EnumValueDescriptorProto, EnumValueOptions);

impl<'s> EnumValue<'s> {
    /// Returns the number.
    pub fn number(self) -> i32 {
        self.proto.number()
    }

    /// Returns the enum it belongs to.
    pub fn parent(self) -> Enum<'s> {
        self.parent
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        self.parent.element_path().part(&[tag::enumeration::VALUE, self.index as i32])
    }
}

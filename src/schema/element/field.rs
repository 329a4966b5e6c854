//! Fields and extensions.

use super::{Container, Enum, File, Message, Oneof, inherit, nested_name, options, tag};
use crate::schema::descriptor::{self, FieldDescriptorProto, FieldOptions, FieldType, Label};
use crate::schema::{ElementPath, Features, Schema};

/// The list that contains a field.
#[derive(Clone, Copy, Debug)]
enum Owner {
    /// Message and position in it.
    Message(u32, u32),
    /// Position in [`Schema::extensions`].
    Extension(u32),
}

/// The kind of value that a field holds, with its type resolved.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind<'s> {
    /// A number, bool, string or bytes.
    Scalar(FieldType),
    /// A message, a group or the entry of a map.
    Message(Message<'s>),
    /// An enum.
    Enum(Enum<'s>),
    /// A type that is not in the schema. Only an image can be incomplete.
    Missing,
}

/// A reference to a named type.
pub type TypeRef<'s> = FieldKind<'s>;

/// A field of a message, or an extension.
#[derive(Clone, Copy, Debug)]
pub struct Field<'s> {
    schema: &'s Schema,
    owner: Owner,
    proto: &'s FieldDescriptorProto,
}

described!(Field, FieldDescriptorProto, FieldOptions);
featured!(Field, FieldOptions);

impl<'s> Field<'s> {
    /// Returns the field at `index` in `message`.
    pub(super) fn of(
        schema: &'s Schema,
        message: u32,
        index: u32,
        proto: &'s FieldDescriptorProto,
    ) -> Self {
        Field { schema, owner: Owner::Message(message, index), proto }
    }

    pub(in crate::schema) fn extension(schema: &'s Schema, id: u32) -> Self {
        let node = &schema.extensions[id as usize];
        let proto = match node.container(schema) {
            Container::File(file) => &file.proto().extension[node.index as usize],
            Container::Message(parent) => &parent.proto().extension[node.index as usize],
        };
        Field { schema, owner: Owner::Extension(id), proto }
    }

    /// Returns the full name, without a leading dot. It is built on each call.
    pub fn full_name(self) -> String {
        match self.owner {
            Owner::Message(id, _) => {
                format!("{}.{}", self.schema.messages[id as usize].full_name, self.name())
            }
            Owner::Extension(id) => self.schema.extensions[id as usize].full_name.to_string(),
        }
    }

    /// Returns the name within its file, see [`Message::nested_name`].
    pub fn nested_name(self) -> String {
        nested_name(&self.full_name(), self.file()).to_owned()
    }

    /// Returns the number.
    pub fn number(self) -> i32 {
        self.proto.number()
    }

    /// Returns the file that declares it.
    pub fn file(self) -> File<'s> {
        match self.owner {
            Owner::Message(id, _) => self.schema.messages[id as usize].file(self.schema),
            Owner::Extension(id) => self.schema.extensions[id as usize].file(self.schema),
        }
    }

    /// Returns the scope of its declaration: its message, or for an extension the scope of the
    /// `extend`.
    pub fn container(self) -> Container<'s> {
        match self.owner {
            Owner::Message(id, _) => Container::Message(Message::new(self.schema, id)),
            Owner::Extension(id) => self.schema.extensions[id as usize].container(self.schema),
        }
    }

    /// Whether it is an extension.
    pub fn is_extension(self) -> bool {
        matches!(self.owner, Owner::Extension(_))
    }

    /// Returns the full name of the message that an extension extends, without a leading dot.
    pub fn extendee(self) -> &'s str {
        self.proto.extendee().trim_start_matches('.')
    }

    /// Returns the declared type. [`Field::kind`] resolves it.
    pub fn field_type(self) -> FieldType {
        self.proto.r#type()
    }

    /// Returns the full name of its message or enum type, without a leading dot; empty for scalars.
    pub fn type_name(self) -> &'s str {
        self.proto.type_name().trim_start_matches('.')
    }

    /// Returns the kind of value that it holds.
    pub fn kind(self) -> FieldKind<'s> {
        match self.field_type() {
            FieldType::Message | FieldType::Group => {
                self.schema.message(self.type_name()).map_or(FieldKind::Missing, FieldKind::Message)
            }
            FieldType::Enum => self
                .schema
                .enumeration(self.type_name())
                .map_or(FieldKind::Missing, FieldKind::Enum),
            scalar => FieldKind::Scalar(scalar),
        }
    }

    /// Whether it holds a list (a map included).
    pub fn is_repeated(self) -> bool {
        self.proto.label() == Label::Repeated
    }

    /// Whether it is a map.
    pub fn is_map(self) -> bool {
        self.is_repeated() && matches!(self.kind(), FieldKind::Message(m) if m.is_map_entry())
    }

    /// Whether it is the key or the value of a map.
    pub fn is_in_map_entry(self) -> bool {
        !self.is_extension()
            && matches!(self.container(), Container::Message(message) if message.is_map_entry())
    }

    /// Whether a message without it is invalid (proto2's `required`).
    pub fn is_required(self) -> bool {
        if self.file().has_edition() {
            !self.is_repeated()
                && self.features().field_presence == descriptor::FieldPresence::LegacyRequired
        } else {
            self.proto.label() == Label::Required
        }
    }

    /// Whether a field that holds its default value can be told from an unset one.
    pub fn has_presence(self) -> bool {
        if self.is_repeated() {
            return false;
        }
        self.is_extension()
            || self.proto.oneof_index.is_some()
            || self.proto.proto3_optional()
            || matches!(self.field_type(), FieldType::Message | FieldType::Group)
            || self.features().field_presence != descriptor::FieldPresence::Implicit
    }

    /// Whether its elements are encoded packed, under one length.
    pub fn is_packed(self) -> bool {
        let packable = self.is_repeated()
            && !matches!(
                self.field_type(),
                FieldType::String | FieldType::Bytes | FieldType::Message | FieldType::Group
            );
        if !packable {
            return false;
        }
        let written = if self.file().has_edition() { None } else { self.options().packed };
        let packed = descriptor::RepeatedFieldEncoding::Packed;
        written.unwrap_or_else(|| self.features().repeated_field_encoding == packed)
    }

    /// Whether its message is encoded between group tags (delimited). Maps and their values never are.
    pub fn is_delimited(self) -> bool {
        let delimited = descriptor::MessageEncoding::Delimited;
        match self.field_type() {
            FieldType::Group => true,
            FieldType::Message if self.file().has_edition() => {
                let is_of_map = self.is_map() || self.is_in_map_entry();
                self.features().message_encoding == delimited && !is_of_map
            }
            _ => false,
        }
    }

    /// Returns the oneof it belongs to; none for a proto3 `optional` field, whose oneof is
    /// synthetic.
    pub fn oneof(self) -> Option<Oneof<'s>> {
        let (index, Owner::Message(id, _)) = (self.proto.oneof_index?, self.owner) else {
            return None;
        };
        let index = usize::try_from(index).ok().filter(|_| !self.proto.proto3_optional())?;
        Message::new(self.schema, id).oneofs().nth(index)
    }

    /// Returns its [`ElementPath`].
    pub fn element_path(self) -> ElementPath {
        match (self.owner, self.container()) {
            (Owner::Message(_, index), Container::Message(message)) => {
                message.element_path().part(&[tag::message::FIELD, index as i32])
            }
            (Owner::Message(_, index), container) => {
                container.child_path(tag::file::EXTENSION, tag::message::FIELD, index)
            }
            (Owner::Extension(id), container) => {
                let index = self.schema.extensions[id as usize].index;
                container.child_path(tag::file::EXTENSION, tag::message::EXTENSION, index)
            }
        }
    }
}

//! The types of the values in an expression.

use crate::schema::descriptor::FieldType;
use crate::schema::{Field, Message, Schema};

/// The type of an expression's value.
#[derive(Clone, Copy, Debug)]
pub(in crate::lint::protovalidate) enum Type<'s> {
    /// Not certain, or anything.
    Unknown,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    List,
    Map,
    Duration,
    Timestamp,
    #[cfg(feature = "protovalidate")]
    Null,
    Message(Message<'s>),
}

impl<'s> Type<'s> {
    /// Returns the type of a whole field.
    pub(in crate::lint::protovalidate) fn of_field(field: Field<'_>, schema: &'s Schema) -> Self {
        if field.is_map() {
            Type::Map
        } else if field.is_repeated() {
            Type::List
        } else {
            Type::of_item(field, schema)
        }
    }

    /// Returns the type of a field, or of an item of a list.
    pub(in crate::lint::protovalidate) fn of_item(field: Field<'_>, schema: &'s Schema) -> Self {
        match field.field_type() {
            FieldType::Bool => Type::Bool,
            FieldType::String => Type::Text,
            FieldType::Bytes => Type::Bytes,
            FieldType::Float | FieldType::Double => Type::Double,
            FieldType::Uint32 | FieldType::Uint64 | FieldType::Fixed32 | FieldType::Fixed64 => {
                Type::Uint
            }
            FieldType::Message | FieldType::Group => Type::of_message(field.type_name(), schema),
            _ => Type::Int,
        }
    }

    fn of_message(name: &str, schema: &'s Schema) -> Self {
        match name.strip_prefix("google.protobuf.") {
            Some("Duration") => Type::Duration,
            Some("Timestamp") => Type::Timestamp,
            Some(_) => Type::Unknown,
            None => schema.message(name).map_or(Type::Unknown, Type::Message),
        }
    }

    /// Returns the name of the type in CEL.
    pub(in crate::lint::protovalidate) fn name(self) -> &'s str {
        match self {
            Type::Unknown => "dyn",
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Uint => "uint",
            Type::Double => "double",
            Type::Text => "string",
            Type::Bytes => "bytes",
            Type::List => "list",
            Type::Map => "map",
            Type::Duration => "duration",
            Type::Timestamp => "timestamp",
            #[cfg(feature = "protovalidate")]
            Type::Null => "null",
            Type::Message(message) => message.full_name(),
        }
    }
}

/// The names that an expression can use, with their types.
#[derive(Clone, Debug)]
pub(in crate::lint::protovalidate) struct Scope<'s> {
    #[cfg_attr(not(feature = "protovalidate"), expect(dead_code, reason = "for the checker"))]
    pub(in crate::lint::protovalidate) schema: &'s Schema,
    pub(in crate::lint::protovalidate) names: Vec<(String, Type<'s>)>,
}

//! The types of the values in an expression.

use crate::schema::descriptor::FieldType;
use crate::schema::{Container, Field, Message, Schema};

/// The type of an expression's value.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "protovalidate"), expect(dead_code, reason = "only CEL asks for items"))]
pub(in crate::lint::protovalidate) enum Type<'s> {
    /// Not certain, or anything.
    Unknown,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    /// A list; that of a repeated field, if its items are known.
    List(Option<Field<'s>>),
    /// A map; that of a field, if its keys and values are known.
    Map(Option<Field<'s>>),
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
            Type::Map(find(field, schema))
        } else if field.is_repeated() {
            Type::List(find(field, schema))
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

    /// Returns the type of what `x in` and `all(x, …)` take: the items of a list, or the keys of a
    /// map.
    #[cfg(feature = "protovalidate")]
    pub(super) fn member(self, schema: &'s Schema) -> Self {
        match self {
            Type::Map(map) => Type::of_entry(map, 1, schema),
            list => list.element(schema),
        }
    }

    /// Returns the type of what an index leads to: the items of a list, or the values of a map.
    #[cfg(feature = "protovalidate")]
    pub(super) fn element(self, schema: &'s Schema) -> Self {
        match self {
            Type::List(Some(list)) => Type::of_item(list, schema),
            Type::Map(map) => Type::of_entry(map, 2, schema),
            _ => Type::Unknown,
        }
    }

    /// Returns the type of the keys (1) or values (2) of a map.
    #[cfg(feature = "protovalidate")]
    fn of_entry(map: Option<Field<'s>>, number: i32, schema: &'s Schema) -> Self {
        let entry = map.and_then(|map| schema.message(map.type_name())?.field(number));
        entry.map_or(Type::Unknown, |field| Type::of_item(field, schema))
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
            Type::List(_) => "list",
            Type::Map(_) => "map",
            Type::Duration => "duration",
            Type::Timestamp => "timestamp",
            #[cfg(feature = "protovalidate")]
            Type::Null => "null",
            Type::Message(message) => message.full_name(),
        }
    }
}

/// Returns `field`, a repeated field of a message, in `schema`.
fn find<'s>(field: Field<'_>, schema: &'s Schema) -> Option<Field<'s>> {
    let Container::Message(message) = field.container() else { return None };
    let found = schema.message(message.full_name())?.field(field.number())?;
    (!field.is_extension() && found.is_repeated()).then_some(found)
}

/// The names that an expression can use, with their types.
#[derive(Clone, Debug)]
pub(in crate::lint::protovalidate) struct Scope<'s> {
    #[cfg_attr(not(feature = "protovalidate"), expect(dead_code, reason = "for the checker"))]
    pub(in crate::lint::protovalidate) schema: &'s Schema,
    pub(in crate::lint::protovalidate) names: Vec<(String, Type<'s>)>,
}

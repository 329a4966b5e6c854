//! Example messages: with no field set, one field set, all fields set.

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::edge::known;
use super::edges;

/// The depth of nested messages in an example with all fields set.
const DEPTH: usize = 3;

/// An example message.
#[derive(Clone, Debug)]
pub struct Example {
    /// A description, unique among the examples of its type.
    pub name: String,
    /// The message.
    pub message: DynamicMessage,
}

/// Returns a message in which only the required fields are set.
pub fn empty(kind: &MessageDescriptor) -> DynamicMessage {
    let mut message = DynamicMessage::new(kind.clone());
    for field in kind.fields().filter(FieldDescriptor::is_required) {
        message.set_field(&field, plain(&field.kind(), 0, field.number()));
    }
    message
}

/// Returns a message in which every field is set to a value other than its default; of a oneof, the
/// last field. Nested messages are filled likewise, up to a depth at which they are [`empty`].
pub fn all(kind: &MessageDescriptor) -> DynamicMessage {
    all_to(kind, DEPTH)
}

/// Returns for each field a message in which only this field is set, to a value other than its
/// default.
pub fn fields(kind: &MessageDescriptor) -> Vec<Example> {
    let one = |field: FieldDescriptor| {
        let mut message = empty(kind);
        message.set_field(&field, plain_field(&field, 1));
        Example { name: field.name().to_owned(), message }
    };
    kind.fields().map(one).collect()
}

/// Returns for each field messages in which only this field is set, to each of the edge values of
/// its type. A list is set to all of them, and to the default alone; a map has all keys, each with
/// one of the values.
pub fn field_edges(kind: &MessageDescriptor) -> Vec<Example> {
    kind.fields().flat_map(|field| of_field(kind, &field)).collect()
}

/// Returns a message nested in itself through `field`, `depth` messages deep; none if the type of
/// the field is another message.
pub fn nested(kind: &MessageDescriptor, field: &str, depth: usize) -> Option<DynamicMessage> {
    let field = kind.get_field_by_name(field)?;
    let is_own = matches!(field.kind(), Kind::Message(inner) if inner == *kind);
    if !is_own || field.is_map() {
        return None;
    }
    let mut message = empty(kind);
    for _ in 1..depth {
        let mut outer = empty(kind);
        let inner = Value::Message(message);
        outer.set_field(&field, if field.is_list() { Value::List(vec![inner]) } else { inner });
        message = outer;
    }
    Some(message)
}

fn of_field(kind: &MessageDescriptor, field: &FieldDescriptor) -> Vec<Example> {
    let example = |what: &str, value: Value| {
        let mut message = empty(kind);
        message.set_field(field, value);
        Example { name: format!("{} {what}", field.name()), message }
    };
    if field.is_map() {
        return vec![example("of all edges", map_of_edges(field))];
    }
    let edges = edges(&field.kind());
    if field.is_list() {
        let default = edges.first().map(|(_, value)| value.clone());
        let values = edges.into_iter().map(|(_, value)| value).collect();
        let short = Value::List(default.into_iter().collect());
        return vec![
            example("of the default", short),
            example("of all edges", Value::List(values)),
        ];
    }
    edges.into_iter().map(|(name, value)| example(&name, value)).collect()
}

fn map_of_edges(field: &FieldDescriptor) -> Value {
    let Kind::Message(entry) = field.kind() else { return plain_field(field, 0) };
    let keys: Vec<MapKey> = edges(&entry.map_entry_key_field().kind())
        .into_iter()
        .filter_map(|(_, value)| value.into_map_key())
        .collect();
    let values: Vec<Value> =
        edges(&entry.map_entry_value_field().kind()).into_iter().map(|(_, value)| value).collect();
    let count = keys.len().max(values.len());
    // There are as many entries as keys: with few keys, as for bool, some values are left out.
    let entries = (0..count).filter_map(|at| {
        let value = values.get(at % values.len().max(1))?;
        Some((keys.get(at)?.clone(), value.clone()))
    });
    Value::Map(entries.collect())
}

fn all_to(kind: &MessageDescriptor, depth: usize) -> DynamicMessage {
    // For well-known types, arbitrary field values may have no JSON form.
    if let Some((_, message)) = known(kind).pop() {
        return message;
    }
    let mut message = empty(kind);
    if depth > 0 {
        for field in kind.fields() {
            message.set_field(&field, plain_field(&field, depth - 1));
        }
    }
    message
}

fn plain_field(field: &FieldDescriptor, depth: usize) -> Value {
    let seed = field.number();
    match field.kind() {
        Kind::Message(entry) if field.is_map() => {
            let key = plain(&entry.map_entry_key_field().kind(), depth, seed);
            let value = plain(&entry.map_entry_value_field().kind(), depth, seed);
            Value::Map(key.into_map_key().map(|key| (key, value)).into_iter().collect())
        }
        kind if field.is_list() => {
            Value::List((0..2).map(|step| plain(&kind, depth, seed + step)).collect())
        }
        kind => plain(&kind, depth, seed),
    }
}

/// Returns a value other than the default if there is one. It depends on `seed`.
fn plain(kind: &Kind, depth: usize, seed: u32) -> Value {
    let number = seed.cast_signed() % 1000 + 1;
    match kind {
        Kind::Double => Value::F64(f64::from(number) + 0.5),
        Kind::Float => Value::F32(number as f32 + 0.25),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(-number),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(-i64::from(number)),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(number.cast_unsigned()),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(u64::from(number.cast_unsigned())),
        Kind::Bool => Value::Bool(true),
        Kind::String => Value::String(format!("text {number}")),
        Kind::Bytes => Value::Bytes(Bytes::from(number.to_be_bytes().to_vec())),
        Kind::Enum(kind) => {
            let default = kind.default_value().number();
            let other = kind.values().map(|value| value.number()).find(|it| *it != default);
            Value::EnumNumber(other.unwrap_or(default))
        }
        Kind::Message(kind) => Value::Message(all_to(kind, depth)),
    }
}

//! Messages that show something: nothing set, one field set, everything set.

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::edge::known;
use super::edges;

/// How deep messages lie in an example that holds everything.
const DEPTH: usize = 3;

/// A message that shows something.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows: among the examples of its type no other is called so.
    pub name: String,
    /// The message.
    pub message: DynamicMessage,
}

/// A message in which nothing is set but what has to be.
pub fn empty(kind: &MessageDescriptor) -> DynamicMessage {
    let mut message = DynamicMessage::new(kind.clone());
    for field in kind.fields().filter(FieldDescriptor::is_required) {
        message.set_field(&field, plain(&field.kind(), 0, field.number()));
    }
    message
}

/// A message in which every field is set to something that is no default, of a oneof the last
/// one; messages in it likewise, to a depth at which they are [`empty`].
pub fn all(kind: &MessageDescriptor) -> DynamicMessage {
    all_to(kind, DEPTH)
}

/// For each field a message in which it alone is set, to something that is no default.
pub fn fields(kind: &MessageDescriptor) -> Vec<Example> {
    let one = |field: FieldDescriptor| {
        let mut message = empty(kind);
        message.set_field(&field, plain_field(&field, 1));
        Example { name: field.name().to_owned(), message }
    };
    kind.fields().map(one).collect()
}

/// For each field messages in which it alone is set, to each of the edge values of its type: a
/// list to all of them and to the default alone, a map to all keys, or, where there are more of
/// them, to all values.
pub fn field_edges(kind: &MessageDescriptor) -> Vec<Example> {
    kind.fields().flat_map(|field| of_field(kind, &field)).collect()
}

/// A message that holds itself by `field`, so that it is `depth` messages deep; none if the field
/// is another type's.
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
    // As many entries as there are keys: a type with few, as bool is, cannot hold all values.
    let entries = (0..count).filter_map(|at| {
        let value = values.get(at % values.len().max(1))?;
        Some((keys.get(at)?.clone(), value.clone()))
    });
    Value::Map(entries.collect())
}

fn all_to(kind: &MessageDescriptor, depth: usize) -> DynamicMessage {
    // A standard type has values of its own; what is made of its fields may have no JSON form.
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

/// A value that is no default, where there is such a one; another `seed`, another value.
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

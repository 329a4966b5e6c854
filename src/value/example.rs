//! Example messages: nothing set, one field set, all fields set.

use super::data::{MapKey, MessageValue, Value};
use super::edge::{edges, known};
use super::types::{Field, Kind, Label, MessageType, Types};
use crate::schema::descriptor::FieldType as Scalar;

/// The depth of messages in an example with all fields.
const DEPTH: usize = 3;

/// The most messages in an example with all fields.
const MAX_MESSAGES: usize = 10_000;

/// The most required messages in a message.
const MAX_REQUIRED: usize = 50;

/// An example message.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows; distinct among the examples of its type.
    pub name: String,
    /// The message.
    pub message: MessageValue,
}

impl MessageType {
    /// Returns a message in which only the required fields are set.
    pub fn empty(&self) -> MessageValue {
        empty_of(self.types(), self.id())
    }

    /// Returns a message in which every field has a value that is no default, of a oneof the last
    /// one. Messages in it are alike, to a depth at which they are empty.
    pub fn all(&self) -> MessageValue {
        all_of(self.types(), self.id())
    }

    /// Returns for each field a message in which it alone has a value, which is no default.
    /// Extensions are left out.
    pub fn field_examples(&self) -> Vec<Example> {
        let one = |field: &Field| {
            let mut message = self.empty();
            set(self.types(), self.id(), field, sample_field(self.types(), field, 1), &mut message);
            Example { name: field.name.clone(), message }
        };
        own_fields(self.types(), self.id()).map(one).collect()
    }

    /// Returns for each field messages in which it alone is set, to each of the edge values of its
    /// type: a list to all of them and to the default alone, a map to all keys, or, where there are
    /// more of them, to all values. Extensions are left out.
    pub fn edge_examples(&self) -> Vec<Example> {
        own_fields(self.types(), self.id()).flat_map(|field| self.edges_of(field)).collect()
    }

    /// Returns a message that contains itself by `field`, `depth` messages deep; none if the field
    /// has another type.
    pub fn nested(&self, field: &str, depth: usize) -> Option<MessageValue> {
        let field = self.field(field)?;
        if field.kind != Kind::Message(self.id()) || field.label == Label::Map {
            return None;
        }
        let mut message = self.empty();
        for _ in 1..depth {
            let inner = Value::Message(message);
            message = self.empty();
            let is_list = matches!(field.label, Label::Repeated { .. });
            message.set(field.number, if is_list { Value::List(vec![inner]) } else { inner });
        }
        Some(message)
    }

    fn edges_of(&self, field: &Field) -> Vec<Example> {
        let example = |what: &str, value: Value| {
            let mut message = self.empty();
            set(self.types(), self.id(), field, value, &mut message);
            Example { name: format!("{} {what}", field.name), message }
        };
        if field.label == Label::Map {
            return vec![example("of all edges", map_of_edges(self.types(), field))];
        }
        let edges = edges(self.types(), field.kind);
        if let Label::Repeated { .. } = field.label {
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
}

/// Returns the fields of the type `id` in the order of their numbers, without extensions.
fn own_fields(types: &Types, id: u32) -> impl Iterator<Item = &Field> {
    types.layout(id).fields.iter().filter(|field| !field.is_extension)
}

/// Sets a field as a writer does: a default without presence is not set, and of a oneof one field.
pub(super) fn set(types: &Types, id: u32, field: &Field, value: Value, message: &mut MessageValue) {
    let is_unset = match field.label {
        Label::Implicit | Label::Repeated { .. } | Label::Map => value.is_default(),
        _ => false,
    };
    if is_unset {
        message.clear(field.number);
        return;
    }
    if field.oneof.is_some() {
        for other in types.layout(id).fields.iter().filter(|other| other.oneof == field.oneof) {
            message.clear(other.number);
        }
    }
    message.set(field.number, value);
}

pub(super) fn empty_of(types: &Types, id: u32) -> MessageValue {
    empty_within(types, id, &mut { MAX_REQUIRED })
}

/// Returns a message with its required fields, in which `left` more messages are required: a type
/// may require itself, several times.
fn empty_within(types: &Types, id: u32, left: &mut usize) -> MessageValue {
    let mut message = MessageValue::new();
    if !types.layout(id).has_required {
        return message;
    }
    for field in own_fields(types, id).filter(|field| field.label == Label::Required) {
        let value = match field.kind {
            Kind::Message(_) if *left == 0 => continue,
            Kind::Message(id) if known(types, id).is_empty() => {
                *left -= 1;
                Value::Message(empty_within(types, id, left))
            }
            kind => sample(types, kind, 0, field.number),
        };
        message.set(field.number, value);
    }
    message
}

pub(super) fn all_of(types: &Types, id: u32) -> MessageValue {
    Sampler { types, messages: 0 }.populated(id, DEPTH)
}

fn map_of_edges(types: &Types, field: &Field) -> Value {
    let Kind::Message(entry) = field.kind else { return sample_field(types, field, 0) };
    let Some((key, value)) = types.entry(entry) else { return sample_field(types, field, 0) };
    let keys: Vec<MapKey> =
        edges(types, key.kind).into_iter().filter_map(|(_, value)| value.into_key()).collect();
    let values: Vec<Value> = edges(types, value.kind).into_iter().map(|(_, value)| value).collect();
    let count = keys.len().max(values.len());
    // As many entries as there are keys: a type with few, as bool is, cannot hold all values.
    let entries = (0..count).filter_map(|at| {
        let value = values.get(at % values.len().max(1))?;
        Some((keys.get(at)?.clone(), value.clone()))
    });
    Value::Map(entries.collect())
}

/// Returns a value that is no default, with two items in a list and one in a map.
pub(super) fn sample_field(types: &Types, field: &Field, depth: usize) -> Value {
    Sampler { types, messages: 0 }.field(field, depth)
}

/// Returns a value that is no default, where there is one; another `seed`, another value.
pub(super) fn sample(types: &Types, kind: Kind, depth: usize, seed: u32) -> Value {
    Sampler { types, messages: 0 }.single(kind, depth, seed)
}

/// Makes values that are no default. The messages in one value are counted: a type with many fields
/// of itself would have their number to the power of the depth.
struct Sampler<'t> {
    types: &'t Types,
    messages: usize,
}

impl Sampler<'_> {
    fn populated(&mut self, id: u32, depth: usize) -> MessageValue {
        let types = self.types;
        // Sample values of the fields of a well-known type may have no JSON form.
        if let Some((_, message)) = known(types, id).pop() {
            return message;
        }
        if types.layout(id).name == "google.protobuf.Any" {
            return MessageValue::new();
        }
        self.messages += 1;
        let mut message = empty_of(types, id);
        if depth > 0 && self.messages < MAX_MESSAGES {
            for field in own_fields(types, id) {
                set(types, id, field, self.field(field, depth - 1), &mut message);
            }
        }
        message
    }

    fn field(&mut self, field: &Field, depth: usize) -> Value {
        let (types, seed) = (self.types, field.number);
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => {
                let Some((key, value)) = types.entry(entry) else {
                    return Value::Map(<_>::default());
                };
                let key = self.single(key.kind, depth, seed).into_key();
                let value = self.single(value.kind, depth, seed);
                Value::Map(key.map(|key| (key, value)).into_iter().collect())
            }
            (Label::Repeated { .. }, kind) => {
                Value::List((0..2).map(|step| self.single(kind, depth, seed + step)).collect())
            }
            (_, kind) => self.single(kind, depth, seed),
        }
    }

    fn single(&mut self, kind: Kind, depth: usize, seed: u32) -> Value {
        let number = seed.cast_signed() % 1000 + 1;
        let scalar = match kind {
            Kind::Scalar(scalar) => scalar,
            Kind::Enum(id) => {
                let of = self.types.enumeration(id);
                let default = of.default();
                let other = of.values.iter().map(|(_, number)| *number).find(|it| *it != default);
                return Value::Enum(other.unwrap_or(default));
            }
            Kind::Message(id) => return Value::Message(self.populated(id, depth)),
        };
        match scalar {
            Scalar::Double => Value::F64(f64::from(number) + 0.5),
            Scalar::Float => Value::F32(number as f32 + 0.25),
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Value::I32(-number),
            Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Value::I64(-i64::from(number)),
            Scalar::Uint32 | Scalar::Fixed32 => Value::U32(number.cast_unsigned()),
            Scalar::Uint64 | Scalar::Fixed64 => Value::U64(u64::from(number.cast_unsigned())),
            Scalar::Bool => Value::Bool(true),
            Scalar::Bytes => Value::Bytes(number.to_be_bytes().to_vec()),
            _ => Value::String(format!("text {number}")),
        }
    }
}

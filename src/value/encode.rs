//! Deterministic encoding of messages, as the official runtimes define it: fields by number, the
//! entries of a map by key (<https://protobuf.dev/programming-guides/encoding/>).

use prost_reflect::prost::encoding::{self, WireType};
use prost_reflect::{
    Cardinality, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MapKey, Value,
};

/// The encoding of map entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// With key and value, as C++, Java, Go and Python do.
    Whole,
    /// Without keys and values that are the default, as prost does. Decoders accept both.
    WithoutDefaults,
}

/// Returns the encoded `message`. Unknown fields follow the known ones, unchanged.
pub fn encode(message: &DynamicMessage, entries: Entries) -> Vec<u8> {
    let mut out = Vec::new();
    write_message(message, entries, &mut out);
    out
}

/// The properties of a field or an extension that determine its encoding.
struct Shape {
    number: u32,
    kind: Kind,
    is_group: bool,
    is_packed: bool,
    is_map: bool,
}

impl Shape {
    fn field(field: &FieldDescriptor) -> Self {
        Shape {
            number: field.number(),
            kind: field.kind(),
            is_group: field.is_group(),
            is_packed: field.is_packed(),
            is_map: field.is_map(),
        }
    }

    fn extension(field: &ExtensionDescriptor) -> Self {
        Shape {
            number: field.number(),
            kind: field.kind(),
            is_group: field.is_group(),
            is_packed: field.cardinality() == Cardinality::Repeated && field.is_packed(),
            is_map: false,
        }
    }
}

fn write_message(message: &DynamicMessage, entries: Entries, out: &mut Vec<u8>) {
    let fields = message.fields().map(|(field, value)| (Shape::field(&field), value));
    let extensions = message.extensions().map(|(field, value)| (Shape::extension(&field), value));
    let mut all: Vec<(Shape, &Value)> = fields.chain(extensions).collect();
    all.sort_by_key(|(shape, _)| shape.number);
    for (shape, value) in all {
        write_field(&shape, value, entries, out);
    }
    message.unknown_fields().for_each(|field| field.encode(out));
}

fn write_field(shape: &Shape, value: &Value, entries: Entries, out: &mut Vec<u8>) {
    match value {
        Value::Map(map) if shape.is_map => write_map(shape, map.iter(), entries, out),
        Value::List(values) if shape.is_packed && !values.is_empty() => {
            let mut packed = Vec::new();
            values.iter().for_each(|value| write_bare(&shape.kind, value, &mut packed));
            prefixed(shape.number, &packed, out);
        }
        Value::List(values) => {
            values.iter().for_each(|value| write_one(shape, value, entries, out));
        }
        value => write_one(shape, value, entries, out),
    }
}

/// Writes one value with its tag.
fn write_one(shape: &Shape, value: &Value, entries: Entries, out: &mut Vec<u8>) {
    match value {
        Value::Message(message) if shape.is_group => {
            encoding::encode_key(shape.number, WireType::StartGroup, out);
            write_message(message, entries, out);
            encoding::encode_key(shape.number, WireType::EndGroup, out);
        }
        Value::Message(message) => prefixed(shape.number, &encode(message, entries), out),
        Value::String(text) => prefixed(shape.number, text.as_bytes(), out),
        Value::Bytes(bytes) => prefixed(shape.number, bytes, out),
        value => {
            encoding::encode_key(shape.number, wire_type(&shape.kind), out);
            write_bare(&shape.kind, value, out);
        }
    }
}

fn wire_type(kind: &Kind) -> WireType {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireType::SixtyFourBit,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => WireType::ThirtyTwoBit,
        _ => WireType::Varint,
    }
}

/// Writes a number without its tag. A negative `int32` takes as many bytes as an `int64`.
fn write_bare(kind: &Kind, value: &Value, out: &mut Vec<u8>) {
    let varint = |number: u64, out: &mut Vec<u8>| encoding::encode_varint(number, out);
    match (kind, value) {
        (_, Value::F64(number)) => out.extend(number.to_le_bytes()),
        (_, Value::F32(number)) => out.extend(number.to_le_bytes()),
        (Kind::Sfixed32, Value::I32(number)) => out.extend(number.to_le_bytes()),
        (Kind::Fixed32, Value::U32(number)) => out.extend(number.to_le_bytes()),
        (Kind::Sfixed64, Value::I64(number)) => out.extend(number.to_le_bytes()),
        (Kind::Fixed64, Value::U64(number)) => out.extend(number.to_le_bytes()),
        (Kind::Sint32, Value::I32(n)) => varint(u64::from((n << 1 ^ n >> 31).cast_unsigned()), out),
        (Kind::Sint64, Value::I64(n)) => varint((n << 1 ^ n >> 63).cast_unsigned(), out),
        (_, Value::I32(number) | Value::EnumNumber(number)) => {
            varint(i64::from(*number).cast_unsigned(), out);
        }
        (_, Value::I64(number)) => varint(number.cast_unsigned(), out),
        (_, Value::U32(number)) => varint(u64::from(*number), out),
        (_, Value::U64(number)) => varint(*number, out),
        (_, Value::Bool(flag)) => varint(u64::from(*flag), out),
        // Strings, bytes and messages cannot be packed; the compiler rejects that.
        _ => {}
    }
}

/// Writes `bytes`, preceded by a tag and their length.
fn prefixed(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encoding::encode_key(number, WireType::LengthDelimited, out);
    encoding::encode_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn write_map<'v>(
    shape: &Shape,
    map: impl Iterator<Item = (&'v MapKey, &'v Value)>,
    entries: Entries,
    out: &mut Vec<u8>,
) {
    let Kind::Message(entry) = &shape.kind else { return };
    let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
    let mut sorted: Vec<(&MapKey, &Value)> = map.collect();
    sorted.sort_by_key(|(key, _)| *key);
    for (at, held) in sorted {
        let at = Value::from(at.clone());
        let mut bytes = Vec::new();
        for (field, part) in [(&key, &at), (&value, held)] {
            if entries == Entries::Whole || !is_default(&field.kind(), part) {
                write_one(&Shape::field(field), part, entries, &mut bytes);
            }
        }
        prefixed(shape.number, &bytes, out);
    }
}

/// Whether a value is the default of its type. A message is, if no field in it is set.
fn is_default(kind: &Kind, value: &Value) -> bool {
    match value {
        Value::Message(message) => encode(message, Entries::Whole).is_empty(),
        value => value.is_default(kind),
    }
}

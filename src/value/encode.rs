//! Writes the bytes of a message in the deterministic encoding of the official runtimes: fields by
//! number, the entries of a map by key, unknown fields last
//! (<https://protobuf.dev/programming-guides/encoding/>).

use prost::encoding::{WireType, encode_key, encode_varint};

use super::data::{MessageValue, Value};
use super::types::{Field, Kind, Label, MessageType, Types};
use crate::schema::descriptor::FieldType as Scalar;
use crate::schema::wire::encode_bytes;

/// How the entries of a map are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// With key and value, as C++, Java, Go and Python do.
    Whole,
    /// Without a key or a value that is the default, as prost does; a reader reads the same. prost
    /// takes a negative zero for the default, in entries and in fields without presence.
    WithoutDefaults,
}

impl MessageType {
    /// Writes `message`, which is of this type.
    pub fn encode(&self, message: &MessageValue) -> Vec<u8> {
        self.encode_with(message, Entries::Whole)
    }

    /// Writes `message`, which is of this type, with map entries as `entries` says.
    pub fn encode_with(&self, message: &MessageValue, entries: Entries) -> Vec<u8> {
        let mut out = Vec::new();
        Writer { types: self.types(), entries }.message(self.id(), message, &mut out);
        out
    }
}

struct Writer<'t> {
    types: &'t Types,
    entries: Entries,
}

impl Writer<'_> {
    fn message(&self, id: u32, message: &MessageValue, out: &mut Vec<u8>) {
        let layout = self.types.layout(id);
        for (number, value) in message.fields() {
            let Some(field) = layout.field(number) else { continue };
            let is_left_out = self.entries == Entries::WithoutDefaults
                && field.is_implicit()
                && self.is_left_out(field, value);
            if !is_left_out {
                self.field(field, value, out);
            }
        }
        out.extend_from_slice(message.unknown());
    }

    fn field(&self, field: &Field, value: &Value, out: &mut Vec<u8>) {
        match (field.label, value) {
            (Label::Repeated { packed: true }, Value::List(items)) => {
                let mut packed = Vec::new();
                items.iter().for_each(|item| number(field.kind, item, &mut packed));
                encode_bytes(field.number, &packed, out);
            }
            (_, Value::List(items)) => items.iter().for_each(|item| self.single(field, item, out)),
            (_, Value::Map(entries)) => {
                let Kind::Message(entry) = field.kind else { return };
                let Some((key_field, value_field)) = self.types.entry(entry) else { return };
                for (key, value) in entries {
                    let mut bytes = Vec::new();
                    for (field, part) in [(key_field, &key.clone().into()), (value_field, value)] {
                        if self.entries == Entries::Whole || !self.is_left_out(field, part) {
                            self.single(field, part, &mut bytes);
                        }
                    }
                    encode_bytes(field.number, &bytes, out);
                }
            }
            (_, value) => self.single(field, value, out),
        }
    }

    /// Whether prost leaves a key or value out of an entry.
    fn is_left_out(&self, field: &Field, value: &Value) -> bool {
        match (field.kind, value) {
            (Kind::Enum(id), Value::Enum(number)) => {
                *number == self.types.enumeration(id).default()
            }
            // prost compares the numbers: a negative zero is the default.
            (_, Value::F32(number)) => *number == 0.0,
            (_, Value::F64(number)) => *number == 0.0,
            (_, value) => value.is_default(),
        }
    }

    /// Writes one value with its tag.
    fn single(&self, field: &Field, value: &Value, out: &mut Vec<u8>) {
        match (value, field.kind) {
            (Value::Message(message), Kind::Message(id)) if field.is_delimited => {
                encode_key(field.number, WireType::StartGroup, out);
                self.message(id, message, out);
                encode_key(field.number, WireType::EndGroup, out);
            }
            (Value::Message(message), Kind::Message(id)) => {
                let mut bytes = Vec::new();
                self.message(id, message, &mut bytes);
                encode_bytes(field.number, &bytes, out);
            }
            (Value::String(text), _) => encode_bytes(field.number, text.as_bytes(), out),
            (Value::Bytes(bytes), _) => encode_bytes(field.number, bytes, out),
            (value, kind) => {
                encode_key(field.number, wire_type(kind), out);
                number(kind, value, out);
            }
        }
    }
}

fn wire_type(kind: Kind) -> WireType {
    match kind {
        Kind::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => WireType::SixtyFourBit,
        Kind::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => WireType::ThirtyTwoBit,
        _ => WireType::Varint,
    }
}

/// Writes a number without its tag. A negative `int32` is as long as an `int64`.
fn number(kind: Kind, value: &Value, out: &mut Vec<u8>) {
    let Kind::Scalar(scalar) = kind else {
        if let Value::Enum(number) = value {
            encode_varint(i64::from(*number).cast_unsigned(), out);
        }
        return;
    };
    match (scalar, value) {
        (_, Value::F64(number)) => out.extend(number.to_le_bytes()),
        (_, Value::F32(number)) => out.extend(number.to_le_bytes()),
        (Scalar::Sfixed32, Value::I32(number)) => out.extend(number.to_le_bytes()),
        (Scalar::Fixed32, Value::U32(number)) => out.extend(number.to_le_bytes()),
        (Scalar::Sfixed64, Value::I64(number)) => out.extend(number.to_le_bytes()),
        (Scalar::Fixed64, Value::U64(number)) => out.extend(number.to_le_bytes()),
        (Scalar::Sint32, Value::I32(n)) => {
            encode_varint(u64::from((n << 1 ^ n >> 31).cast_unsigned()), out);
        }
        (Scalar::Sint64, Value::I64(n)) => encode_varint((n << 1 ^ n >> 63).cast_unsigned(), out),
        (_, Value::I32(number)) => encode_varint(i64::from(*number).cast_unsigned(), out),
        (_, Value::I64(number)) => encode_varint(number.cast_unsigned(), out),
        (_, Value::U32(number)) => encode_varint(u64::from(*number), out),
        (_, Value::U64(number)) => encode_varint(*number, out),
        (_, Value::Bool(flag)) => encode_varint(u64::from(*flag), out),
        // Nothing else is packed or has a tag of its own here.
        _ => {}
    }
}

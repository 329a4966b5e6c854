//! An options message while it is being put together, and its encoding.

use std::borrow::Cow;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::types::{FieldType, MessageType};
use crate::schema::descriptor::FieldType as Type;

/// A message of type `of`, its fields in the order in which they were set.
#[derive(Debug)]
pub(super) struct Tree<'p, 'a> {
    pub(super) of: &'p MessageType,
    fields: Vec<(&'p FieldType, Value<'p, 'a>)>,
}

/// The value of a field, or one element of a repeated field.
#[derive(Debug)]
pub(super) enum Value<'p, 'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Cow<'a, [u8]>),
    Message(Tree<'p, 'a>),
}

impl<'p, 'a> Tree<'p, 'a> {
    /// A message with nothing set.
    pub(super) fn new(of: &'p MessageType) -> Self {
        Tree { of, fields: Vec::new() }
    }

    /// Everything that is set, in order.
    pub(super) fn fields(&self) -> &[(&'p FieldType, Value<'p, 'a>)] {
        &self.fields
    }

    /// Whether `field` is set.
    pub(super) fn has(&self, field: &FieldType) -> bool {
        self.fields.iter().rev().any(|(set, _)| std::ptr::eq(*set, field))
    }

    /// How many values `field` has.
    pub(super) fn count(&self, field: &FieldType) -> usize {
        self.fields.iter().filter(|(set, _)| std::ptr::eq(*set, field)).count()
    }

    /// Another field that is set and of the same oneof as `field`.
    pub(super) fn rival(&self, field: &FieldType) -> Option<&'p FieldType> {
        let (oneof, _) = field.oneof.as_ref()?;
        let mut set = self.fields.iter().map(|(set, _)| *set);
        set.find(|set| {
            !std::ptr::eq(*set, field)
                && set.oneof.as_ref().is_some_and(|(other, _)| other == oneof)
        })
    }

    /// Appends a value.
    pub(super) fn push(&mut self, field: &'p FieldType, value: Value<'p, 'a>) {
        self.fields.push((field, value));
    }

    /// The message in `field`, of type `of`, which is set if it was not.
    pub(super) fn child(&mut self, field: &'p FieldType, of: &'p MessageType) -> Option<&mut Self> {
        if !self.has(field) {
            self.push(field, Value::Message(Tree::new(of)));
        }
        self.fields.iter_mut().rev().find(|(set, _)| std::ptr::eq(*set, field)).and_then(
            |(_, value)| match value {
                Value::Message(child) => Some(child),
                _ => None,
            },
        )
    }

    /// Appends the encoded message to `out`.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for (index, (field, value)) in self.fields.iter().enumerate() {
            if !field.is_packed {
                encode_field(field, value, out);
            } else if !self.fields[..index].iter().rev().any(|(set, _)| std::ptr::eq(*set, *field))
            {
                self.encode_packed(field, out);
            }
        }
    }

    fn encode_packed(&self, field: &FieldType, out: &mut Vec<u8>) {
        let values = self.fields.iter().filter(|(set, _)| std::ptr::eq(*set, field));
        encode_key(field.number as u32, WireType::LengthDelimited, out);
        with_length(out, |out| values.for_each(|(_, value)| encode_scalar(value, out)));
    }
}

fn encode_field(field: &FieldType, value: &Value<'_, '_>, out: &mut Vec<u8>) {
    let number = field.number as u32;
    match value {
        Value::Message(message) if field.is_delimited => {
            encode_key(number, WireType::StartGroup, out);
            message.encode(out);
            encode_key(number, WireType::EndGroup, out);
        }
        Value::Message(message) => {
            encode_key(number, WireType::LengthDelimited, out);
            with_length(out, |out| message.encode(out));
        }
        Value::Bytes(bytes) => {
            encode_key(number, WireType::LengthDelimited, out);
            encode_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Value::Varint(_) => {
            encode_key(number, WireType::Varint, out);
            encode_scalar(value, out);
        }
        Value::Fixed32(_) => {
            encode_key(number, WireType::ThirtyTwoBit, out);
            encode_scalar(value, out);
        }
        Value::Fixed64(_) => {
            encode_key(number, WireType::SixtyFourBit, out);
            encode_scalar(value, out);
        }
    }
}

fn encode_scalar(value: &Value<'_, '_>, out: &mut Vec<u8>) {
    match value {
        Value::Varint(number) => encode_varint(*number, out),
        Value::Fixed32(number) => out.extend_from_slice(&number.to_le_bytes()),
        Value::Fixed64(number) => out.extend_from_slice(&number.to_le_bytes()),
        // Neither can be packed.
        Value::Bytes(_) | Value::Message(_) => {}
    }
}

/// Writes what `write` appends, with its length before it.
fn with_length(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    if let (0, Ok(short @ 0..=127)) = (length >> 7, u8::try_from(length)) {
        out[start] = short;
    } else {
        let mut prefix = Vec::with_capacity(5);
        encode_varint(length as u64, &mut prefix);
        out.splice(start..=start, prefix);
    }
}

/// The encoding of an integer in a field of type `of`.
pub(super) fn integer(of: Type, number: i64) -> Value<'static, 'static> {
    match of {
        Type::Sint32 | Type::Sint64 => Value::Varint(((number << 1) ^ (number >> 63)) as u64),
        Type::Fixed32 | Type::Sfixed32 => Value::Fixed32(number as u32),
        Type::Fixed64 | Type::Sfixed64 => Value::Fixed64(number as u64),
        _ => Value::Varint(number as u64),
    }
}

//! A message value under construction, and its encoding.

use std::borrow::Cow;

use prost::encoding::{WireType, encode_key, encode_varint};
use rustc_hash::FxHashMap;

use super::types::{FieldType, MessageType};
use crate::schema::descriptor::FieldType as Type;
use crate::schema::wire::encode_bytes;

/// A message of type `of`, its fields in the order in which they were set.
#[derive(Debug)]
pub(super) struct MessageValue<'p, 'a> {
    pub(super) of: &'p MessageType,
    fields: Vec<(&'p FieldType, Value<'p, 'a>)>,
    /// The number of values of each field that is set, and the position of the last.
    set: FxHashMap<*const FieldType, (usize, usize)>,
    /// The field that is set in each oneof.
    oneofs: FxHashMap<i32, &'p FieldType>,
}

/// The value of a field, or one element of a repeated field.
#[derive(Debug)]
pub(super) enum Value<'p, 'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Cow<'a, [u8]>),
    Message(MessageValue<'p, 'a>),
}

impl<'p, 'a> MessageValue<'p, 'a> {
    /// Returns an empty message.
    pub(super) fn new(of: &'p MessageType) -> Self {
        MessageValue {
            of,
            fields: Vec::new(),
            set: FxHashMap::default(),
            oneofs: FxHashMap::default(),
        }
    }

    /// Returns all values, in order.
    pub(super) fn fields(&self) -> &[(&'p FieldType, Value<'p, 'a>)] {
        &self.fields
    }

    /// Whether `field` is set.
    pub(super) fn has(&self, field: &FieldType) -> bool {
        self.set.contains_key(&std::ptr::from_ref(field))
    }

    /// Returns the number of values of `field`.
    pub(super) fn count(&self, field: &FieldType) -> usize {
        self.set.get(&std::ptr::from_ref(field)).map_or(0, |(count, _)| *count)
    }

    /// Returns another field of the same oneof as `field` that is set.
    pub(super) fn oneof_conflict(&self, field: &FieldType) -> Option<&'p FieldType> {
        let (oneof, _) = field.oneof.as_ref()?;
        self.oneofs.get(oneof).copied().filter(|set| !std::ptr::eq(*set, field))
    }

    /// Appends a value.
    pub(super) fn push(&mut self, field: &'p FieldType, value: Value<'p, 'a>) {
        let (count, last) = self.set.entry(std::ptr::from_ref(field)).or_default();
        (*count, *last) = (*count + 1, self.fields.len());
        if let Some((oneof, _)) = &field.oneof {
            self.oneofs.entry(*oneof).or_insert(field);
        }
        self.fields.push((field, value));
    }

    /// Returns the message in `field`, of type `of`, and sets it if it is not set.
    pub(super) fn child(&mut self, field: &'p FieldType, of: &'p MessageType) -> Option<&mut Self> {
        if !self.has(field) {
            self.push(field, Value::Message(MessageValue::new(of)));
        }
        let (_, last) = self.set.get(&std::ptr::from_ref(field))?;
        match self.fields.get_mut(*last) {
            Some((_, Value::Message(child))) => Some(child),
            _ => None,
        }
    }

    /// Appends the encoded message to `out`.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let mut packed = FxHashMap::<*const FieldType, Vec<&Value<'_, '_>>>::default();
        for (field, value) in self.fields.iter().filter(|(field, _)| field.is_packed) {
            packed.entry(*field).or_default().push(value);
        }
        for (field, value) in &self.fields {
            if !field.is_packed {
                encode_field(field, value, out);
            } else if let Some(values) = packed.remove(&std::ptr::from_ref(*field)) {
                encode_packed(field, &values, out);
            }
        }
    }
}

fn encode_packed(field: &FieldType, values: &[&Value<'_, '_>], out: &mut Vec<u8>) {
    encode_key(field.number as u32, WireType::LengthDelimited, out);
    with_length(out, |out| values.iter().for_each(|value| encode_scalar(value, out)));
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
            encode_bytes(number, bytes, out);
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

/// Appends the output of `write`, with its length before it.
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

/// Returns the encoded value of an integer in a field of type `of`.
pub(super) fn integer(of: Type, number: i64) -> Value<'static, 'static> {
    match of {
        Type::Sint32 | Type::Sint64 => Value::Varint(((number << 1) ^ (number >> 63)) as u64),
        Type::Fixed32 | Type::Sfixed32 => Value::Fixed32(number as u32),
        Type::Fixed64 | Type::Sfixed64 => Value::Fixed64(number as u64),
        _ => Value::Varint(number as u64),
    }
}

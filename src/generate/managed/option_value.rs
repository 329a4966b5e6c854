//! The value of an option that is set in an encoded options message. The bytes of all other fields
//! do not change.

use prost::encoding::{WireType, encode_key, encode_varint};

use crate::schema::wire::{encode_bytes, records};

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
}

/// Sets the field `number` to `value`, before the fields with greater numbers.
pub(super) fn set(message: &mut Option<Vec<u8>>, number: i32, value: &Value) {
    let number = number as u32;
    let old = message.take().unwrap_or_default();
    let mut new = Vec::with_capacity(old.len() + 16);
    let mut is_set = false;
    for record in records(&old).filter(|record| record.number != number) {
        if !is_set && (record.number > number || record.number == 0) {
            value.encode(number, &mut new);
            is_set = true;
        }
        new.extend_from_slice(record.bytes);
    }
    if !is_set {
        value.encode(number, &mut new);
    }
    *message = Some(new);
}

impl Value {
    fn encode(&self, number: u32, out: &mut Vec<u8>) {
        match self {
            Value::Number(value) => {
                encode_key(number, WireType::Varint, out);
                encode_varint(*value, out);
            }
            Value::Text(text) => {
                encode_bytes(number, text.as_bytes(), out);
            }
        }
    }
}

//! Encoded messages, field by field: one is set, all others stay the bytes they are.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::encoding::{encode_key, encode_varint};

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(u64),
    Text(String),
}

/// One field of an encoded message.
pub(super) struct Record<'a> {
    /// Its number; 0 for a rest that is no field.
    pub(super) number: u32,
    pub(super) content: Content<'a>,
    /// All of it.
    pub(super) bytes: &'a [u8],
}

/// What a field holds.
pub(super) enum Content<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The fields of `message`, which together are all its bytes.
pub(super) fn records(message: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = message;
    std::iter::from_fn(move || {
        let start = rest;
        let (number, content) = match take(&mut rest) {
            _ if start.is_empty() => return None,
            Some(field) => field,
            None => {
                rest = &[];
                (0, Content::Other)
            }
        };
        Some(Record { number, content, bytes: &start[..start.len() - rest.len()] })
    })
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<(u32, Content<'a>)> {
    let (number, wire_type) = decode_key(rest).ok()?;
    let content = match wire_type {
        WireType::Varint => Content::Number(decode_varint(rest).ok()?),
        WireType::LengthDelimited => {
            let length = usize::try_from(decode_varint(rest).ok()?).ok()?;
            let (bytes, after) = rest.split_at_checked(length)?;
            *rest = after;
            Content::Bytes(bytes)
        }
        other => {
            skip_field(other, number, rest, DecodeContext::default()).ok()?;
            Content::Other
        }
    };
    Some((number, content))
}

/// The text in the field `number` of an optional message.
pub(super) fn text(message: Option<&[u8]>, number: u32) -> Option<&[u8]> {
    let texts = records(message?).filter_map(|record| match record.content {
        Content::Bytes(bytes) if record.number == number => Some(bytes),
        _ => None,
    });
    texts.last()
}

/// The number in the field `number` of an optional message.
pub(super) fn number(message: Option<&[u8]>, number: u32) -> Option<u64> {
    let numbers = records(message?).filter_map(|record| match record.content {
        Content::Number(value) if record.number == number => Some(value),
        _ => None,
    });
    numbers.last()
}

/// Puts `value` into the field `number`, before the fields with greater numbers.
pub(super) fn set(message: &mut Option<Vec<u8>>, number: u32, value: &Value) {
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
                encode_key(number, WireType::LengthDelimited, out);
                encode_varint(text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
}

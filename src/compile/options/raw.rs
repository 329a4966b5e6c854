//! Reads uninterpreted options from the bytes of an options message.

use std::borrow::Cow;

use super::text::Literal;
use crate::schema::tag::{UNINTERPRETED_OPTION, name_part, uninterpreted_option as option};
use crate::schema::wire::{self, Value};

/// One uninterpreted option.
#[derive(Debug)]
pub(super) struct RawOption<'a> {
    pub(super) name: Vec<Part<'a>>,
    pub(super) value: RawValue<'a>,
}

/// One part of a name: `foo`, or in parentheses `(foo.bar)`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    pub(super) is_extension: bool,
}

/// A value; a message value is the text between its braces.
#[derive(Debug)]
pub(super) enum RawValue<'a> {
    Scalar(Literal<'a>),
    Message(&'a str),
}

/// Reads the uninterpreted options in `bytes`, and copies all other fields to `rest`. Returns
/// `None` if the bytes are malformed.
pub(super) fn read<'a>(bytes: &'a [u8], rest: &mut Vec<u8>) -> Option<Vec<RawOption<'a>>> {
    let mut options = Vec::new();
    for record in wire::read(bytes) {
        let record = record.ok()?;
        match record.value {
            Value::Bytes(option) if record.number == UNINTERPRETED_OPTION as u32 => {
                options.push(read_option(option)?);
            }
            _ => rest.extend_from_slice(record.bytes),
        }
    }
    Some(options)
}

fn read_option(bytes: &[u8]) -> Option<RawOption<'_>> {
    let (mut name, mut value) = (Vec::with_capacity(2), None);
    for record in wire::read(bytes) {
        let record = record.ok()?;
        let scalar = match (record.number as i32, record.value) {
            (option::NAME, Value::Bytes(part)) => {
                name.push(read_part(part)?);
                continue;
            }
            (option::IDENTIFIER_VALUE, Value::Bytes(text)) => {
                Literal::Identifier(std::str::from_utf8(text).ok()?)
            }
            (option::POSITIVE_INT_VALUE, Value::Varint(number)) => Literal::Unsigned(number),
            (option::NEGATIVE_INT_VALUE, Value::Varint(number)) => Literal::Negative(number as i64),
            (option::DOUBLE_VALUE, Value::Fixed64(bits)) => Literal::Float(f64::from_bits(bits)),
            (option::STRING_VALUE, Value::Bytes(bytes)) => Literal::String(Cow::Borrowed(bytes)),
            (option::AGGREGATE_VALUE, Value::Bytes(text)) => {
                value = Some(RawValue::Message(std::str::from_utf8(text).ok()?));
                continue;
            }
            _ => continue,
        };
        value = Some(RawValue::Scalar(scalar));
    }
    Some(RawOption { name, value: value? })
}

fn read_part(bytes: &[u8]) -> Option<Part<'_>> {
    let mut part = Part::default();
    for record in wire::read(bytes) {
        let record = record.ok()?;
        match (record.number as i32, record.value) {
            (name_part::NAME_PART, Value::Bytes(name)) => {
                part.name = std::str::from_utf8(name).ok()?
            }
            (name_part::IS_EXTENSION, Value::Varint(set)) => part.is_extension = set != 0,
            _ => {}
        }
    }
    Some(part)
}

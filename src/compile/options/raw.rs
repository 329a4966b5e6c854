//! Options as the parser leaves them, read where they stand in the bytes of an options message.

use std::borrow::Cow;

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::text::Literal;

/// The number of `uninterpreted_option` in every options message.
pub(super) const UNINTERPRETED: i32 = 999;

/// One option: its name in parts, and what it is set to.
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

/// A value, a message among them still the text between its braces.
#[derive(Debug)]
pub(super) enum RawValue<'a> {
    Scalar(Literal<'a>),
    Message(&'a str),
}

/// The uninterpreted options in `bytes`; everything else in there is copied to `rest`.
/// Nothing if the bytes are no options message.
pub(super) fn read<'a>(bytes: &'a [u8], rest: &mut Vec<u8>) -> Option<Vec<RawOption<'a>>> {
    let mut options = Vec::new();
    each_field(bytes, |tag, field, whole| {
        match field {
            Wire::Bytes(option) if tag == UNINTERPRETED as u32 => {
                options.push(read_option(option)?)
            }
            _ => rest.extend_from_slice(whole),
        }
        Some(())
    })?;
    Some(options)
}

fn read_option(bytes: &[u8]) -> Option<RawOption<'_>> {
    let (mut name, mut value) = (Vec::with_capacity(2), None);
    each_field(bytes, |tag, field, _| {
        let scalar = match (tag, field) {
            (3, Wire::Bytes(text)) => Literal::Identifier(std::str::from_utf8(text).ok()?),
            (4, Wire::Varint(number)) => Literal::Unsigned(number),
            (5, Wire::Varint(number)) => Literal::Negative(number as i64),
            (6, Wire::Fixed64(bits)) => Literal::Float(f64::from_bits(bits)),
            (7, Wire::Bytes(bytes)) => Literal::String(Cow::Borrowed(bytes)),
            (8, Wire::Bytes(text)) => {
                value = Some(RawValue::Message(std::str::from_utf8(text).ok()?));
                return Some(());
            }
            (2, Wire::Bytes(part)) => {
                name.push(read_part(part)?);
                return Some(());
            }
            _ => return Some(()),
        };
        value = Some(RawValue::Scalar(scalar));
        Some(())
    })?;
    Some(RawOption { name, value: value? })
}

fn read_part(bytes: &[u8]) -> Option<Part<'_>> {
    let mut part = Part::default();
    each_field(bytes, |tag, field, _| {
        match (tag, field) {
            (1, Wire::Bytes(name)) => part.name = std::str::from_utf8(name).ok()?,
            (2, Wire::Varint(set)) => part.is_extension = set != 0,
            _ => {}
        }
        Some(())
    })?;
    Some(part)
}

/// The value of a field, as far as it matters here.
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Other,
}

/// Calls `visit` with the number, the value and all the bytes of every field of a message.
pub(super) fn each_field<'a>(
    mut bytes: &'a [u8],
    mut visit: impl FnMut(u32, Wire<'a>, &'a [u8]) -> Option<()>,
) -> Option<()> {
    while !bytes.is_empty() {
        let start = bytes;
        let (tag, wire_type) = decode_key(&mut bytes).ok()?;
        let value = match wire_type {
            WireType::Varint => Wire::Varint(decode_varint(&mut bytes).ok()?),
            WireType::SixtyFourBit => {
                let (value, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Wire::Fixed64(u64::from_le_bytes(*value))
            }
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (value, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Wire::Bytes(value)
            }
            other => {
                skip_field(other, tag, &mut bytes, DecodeContext::default()).ok()?;
                Wire::Other
            }
        };
        visit(tag, value, &start[..start.len() - bytes.len()])?;
    }
    Some(())
}

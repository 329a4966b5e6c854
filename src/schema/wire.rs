//! The reader of encoded messages: their records, by number, without a descriptor.

use std::fmt;

use prost::DecodeError;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, key_len,
    skip_field,
};

/// One field of an encoded message, or one element of a repeated field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// The number of the field.
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
    /// All bytes of the record, the key included.
    pub(crate) bytes: &'a [u8],
}

/// The value of a record, still encoded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    /// A string, bytes, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// The records of a group.
    Group(&'a [u8]),
    /// Malformed bytes at the end of a message ([`records`]).
    Malformed,
}

impl<'a> Value<'a> {
    /// Returns the bytes of a string, bytes, a message, or packed numbers.
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// A malformed record.
#[derive(Clone, Debug)]
pub(crate) struct Malformed<'a> {
    /// All bytes from the beginning of the record to the end of the message.
    pub(crate) bytes: &'a [u8],
    pub(crate) why: Why,
}

/// The reason why a record is malformed.
#[derive(Clone, Debug)]
pub(crate) enum Why {
    /// The length of the value exceeds the bytes left.
    Cut { number: u32, length: u64, left: usize },
    /// Any other reason, with the error of prost.
    Other(DecodeError),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The wording of prost.
            Why::Cut { .. } => f.write_str("failed to decode Protobuf message: buffer underflow"),
            Why::Other(error) => error.fmt(f),
        }
    }
}

impl From<DecodeError> for Why {
    fn from(error: DecodeError) -> Self {
        Why::Other(error)
    }
}

/// Reads the records of `message`, in order. An error is the last item.
pub(crate) fn read(message: &[u8]) -> Reader<'_> {
    Reader { rest: message }
}

/// Returns the records of `message`. Their bytes together are the whole message: a malformed rest
/// is the last item, with the number 0, which no field has.
pub(crate) fn records(message: &[u8]) -> impl Iterator<Item = Record<'_>> {
    read(message).map(|record| {
        record.unwrap_or_else(|Malformed { bytes, .. }| Record {
            number: 0,
            value: Value::Malformed,
            bytes,
        })
    })
}

/// A reader of a message, record by record.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Record<'a>, Malformed<'a>>;

    // Called for every option of every source, and for every byte of an image.
    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let start = self.rest;
        Some(match self.take() {
            Ok((number, value)) => {
                Ok(Record { number, value, bytes: &start[..start.len() - self.rest.len()] })
            }
            Err(why) => {
                self.rest = &[];
                Err(Malformed { bytes: start, why })
            }
        })
    }
}

impl<'a> Reader<'a> {
    /// Takes the next record.
    #[inline]
    fn take(&mut self) -> Result<(u32, Value<'a>), Why> {
        let (number, wire_type) = decode_key(&mut self.rest)?;
        let value = match wire_type {
            WireType::Varint => Value::Varint(decode_varint(&mut self.rest)?),
            WireType::LengthDelimited => {
                let length = decode_varint(&mut self.rest)?;
                let short = usize::try_from(length).ok();
                let (bytes, rest) = short
                    .and_then(|length| self.rest.split_at_checked(length))
                    .ok_or(Why::Cut { number, length, left: self.rest.len() })?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            _ => self.take_other(number, wire_type)?,
        };
        Ok((number, value))
    }

    /// Takes the next value, which is of fixed size or a group.
    fn take_other(&mut self, number: u32, wire_type: WireType) -> Result<Value<'a>, Why> {
        let start = self.rest;
        skip_field(wire_type, number, &mut self.rest, DecodeContext::default())?;
        let bytes = &start[..start.len() - self.rest.len()];
        Ok(match (wire_type, bytes) {
            (WireType::ThirtyTwoBit, &[a, b, c, d]) => {
                Value::Fixed32(u32::from_le_bytes([a, b, c, d]))
            }
            (WireType::SixtyFourBit, &[a, b, c, d, e, f, g, h]) => {
                Value::Fixed64(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
            }
            // The end-group key is as long as the start-group key.
            _ => Value::Group(&bytes[..bytes.len().saturating_sub(key_len(number))]),
        })
    }
}

/// Writes a string, bytes, a message or packed numbers as the field `number`.
pub(crate) fn encode_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Returns the bytes of the last record of the field `number` that has any.
pub(crate) fn last_bytes(message: Option<&[u8]>, number: i32) -> Option<&[u8]> {
    let values = records(message?).filter_map(|record| match record.value {
        Value::Bytes(bytes) if record.number as i32 == number => Some(bytes),
        _ => None,
    });
    values.last()
}

/// Returns the value of the last record of the field `number` that is a varint.
pub(crate) fn last_varint(message: Option<&[u8]>, number: i32) -> Option<u64> {
    let values = records(message?).filter_map(|record| match record.value {
        Value::Varint(value) if record.number as i32 == number => Some(value),
        _ => None,
    });
    values.last()
}

/// Reads packed varints, up to the first malformed one.
pub(crate) fn packed_varints(mut packed: &[u8]) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || match packed {
        [] => None,
        _ => decode_varint(&mut packed).ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields 1 to 5: a varint, 32 bits, 64 bits, text, a group with the varint 1 in it.
    const MESSAGE: &[u8] = &[
        0x08, 0x96, 0x01, 0x15, 1, 0, 0, 0, 0x19, 2, 0, 0, 0, 0, 0, 0, 0, 0x22, 2, b'a', b'b',
        0x2b, 0x08, 0x01, 0x2c,
    ];

    #[test]
    fn every_kind_of_value_is_read() {
        let found: Vec<_> = records(MESSAGE).map(|record| (record.number, record.value)).collect();
        let expected = [
            (1, Value::Varint(150)),
            (2, Value::Fixed32(1)),
            (3, Value::Fixed64(2)),
            (4, Value::Bytes(b"ab")),
            (5, Value::Group(&[0x08, 0x01])),
        ];
        assert_eq!(found, expected);
        assert_eq!(last_bytes(Some(MESSAGE), 4), Some(&b"ab"[..]));
        assert_eq!(
            (last_varint(Some(MESSAGE), 1), last_varint(Some(MESSAGE), 4)),
            (Some(150), None)
        );
        assert_eq!(packed_varints(&[1, 0x96, 0x01, 0x80]).collect::<Vec<_>>(), [1, 150]);
    }

    #[test]
    fn records_are_all_bytes_wherever_a_message_is_cut() {
        let ends: Vec<usize> = records(MESSAGE)
            .scan(0, |end, record| {
                *end += record.bytes.len();
                Some(*end)
            })
            .collect();
        for length in 0..=MESSAGE.len() {
            let message = &MESSAGE[..length];
            let bytes: Vec<u8> =
                records(message).flat_map(|record| record.bytes).copied().collect();
            assert_eq!(bytes, message);
            let is_whole = length == 0 || ends.contains(&length);
            assert_eq!(read(message).all(|record| record.is_ok()), is_whole, "{length}");
            assert_eq!(records(message).all(|record| record.number != 0), is_whole, "{length}");
        }
    }

    #[test]
    fn the_reason_is_that_of_prost_but_for_lengths() {
        let why = |message| match read(message).last() {
            Some(Err(malformed)) => malformed.why,
            other => panic!("{other:?}"),
        };
        assert!(matches!(why(&[0x22, 3, 1]), Why::Cut { number: 4, length: 3, left: 1 }));
        assert!(why(&[0x08]).to_string().ends_with("invalid varint"));
        for (wire_type, message) in [
            (WireType::LengthDelimited, &[0x22, 3, 1][..]),
            (WireType::ThirtyTwoBit, &[0x25, 1]),
            (WireType::StartGroup, &[0x23, 0x2c]),
            (WireType::EndGroup, &[0x24]),
        ] {
            let skipped = skip_field(wire_type, 4, &mut &message[1..], DecodeContext::default());
            let error = skipped.expect_err("it is malformed");
            assert_eq!(why(message).to_string(), error.to_string());
        }
    }
}

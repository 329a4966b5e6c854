//! The default values of fields.

use std::fmt;

use crate::schema::descriptor::FieldType;
use crate::schema::{Enum, Field, FieldKind};

/// A default value, explicit or implicit.
#[derive(Clone, Debug)]
pub(super) enum Default<'s> {
    /// The default of a string or bytes field.
    Text(Vec<u8>),
    /// The default of an integer field.
    Integer(i128),
    /// The default of a bool field.
    Bool(bool),
    /// The default of a float field.
    Float(f32),
    /// The default of a double field.
    Double(f64),
    /// The default of an enum field: the name and number of the value.
    Value(&'s str, i32),
}

impl<'s> Default<'s> {
    /// Returns the default of `field`; none for repeated, map and message fields.
    pub(super) fn of(field: Field<'s>) -> Option<Self> {
        if field.is_repeated() {
            return None;
        }
        let written = field.proto().default_value.as_deref();
        match field.kind() {
            FieldKind::Scalar(scalar) => Default::of_scalar(scalar, written),
            FieldKind::Enum(values) => Default::of_enum(values, written),
            FieldKind::Message(_) | FieldKind::Missing => None,
        }
    }

    fn of_scalar(scalar: FieldType, written: Option<&'s str>) -> Option<Self> {
        Some(match scalar {
            FieldType::String => Default::Text(written.unwrap_or_default().into()),
            FieldType::Bytes => Default::Text(unescape(written.unwrap_or_default())),
            FieldType::Bool => Default::Bool(written == Some("true")),
            FieldType::Float => Default::Float(written.unwrap_or("0").parse().ok()?),
            FieldType::Double => Default::Double(written.unwrap_or("0").parse().ok()?),
            _ => Default::Integer(written.unwrap_or("0").parse().ok()?),
        })
    }

    fn of_enum(values: Enum<'s>, written: Option<&str>) -> Option<Self> {
        let value = match written {
            Some(name) => values.values().find(|value| value.name() == name)?,
            None => values.values().next()?,
        };
        Some(Default::Value(value.name(), value.number()))
    }

    /// Whether both are the same value, even if their types differ.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Default::Text(a), Default::Text(b)) => a == b,
            (Default::Text(text), number) | (number, Default::Text(text)) => {
                text.is_empty() && number.is_zero()
            }
            (Default::Float(a), Default::Double(b)) | (Default::Double(b), Default::Float(a)) => {
                // Compared as floats: 0.1 is a different number as a float and as a double.
                is_same_float((*a).into(), (*b as f32).into())
            }
            (a, b) => match (a.integer(), b.integer()) {
                (Some(a), Some(b)) => a == b,
                (None, None) => is_same_float(a.float(), b.float()),
                (Some(integer), None) => is_integer(b.float(), integer),
                (None, Some(integer)) => is_integer(a.float(), integer),
            },
        }
    }

    fn is_zero(&self) -> bool {
        self.integer() == Some(0) || (self.integer().is_none() && self.float().to_bits() == 0)
    }

    /// Returns the value of an integer, bool or enum default.
    fn integer(&self) -> Option<i128> {
        match self {
            Default::Integer(number) => Some(*number),
            Default::Bool(set) => Some((*set).into()),
            Default::Value(_, number) => Some((*number).into()),
            Default::Text(_) | Default::Float(_) | Default::Double(_) => None,
        }
    }

    /// Returns the value of a float or double default; NaN for other types.
    fn float(&self) -> f64 {
        match self {
            Default::Float(number) => (*number).into(),
            Default::Double(number) => *number,
            _ => f64::NAN,
        }
    }
}

impl fmt::Display for Default<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Default::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.contains(char::is_control) => write!(f, "{text:?}"),
                _ => write!(f, "\"{}\"", bytes.escape_ascii()),
            },
            Default::Integer(number) => write!(f, "{number}"),
            Default::Bool(set) => write!(f, "{set}"),
            Default::Float(number) => write!(f, "{number}"),
            Default::Double(number) => write!(f, "{number}"),
            Default::Value(name, _) => f.write_str(name),
        }
    }
}

fn is_same_float(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

/// Whether `float` is exactly `integer`, which has at most 64 bits.
fn is_integer(float: f64, integer: i128) -> bool {
    float.fract() == 0.0 && float.abs() < 1e30 && float as i128 == integer
}

/// Decodes the escape sequences that descriptors use for the default of a bytes field.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes().peekable();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => out.push(digits(&mut bytes, 16, 2, 0)),
            Some(octal @ b'0'..=b'7') => out.push(digits(&mut bytes, 8, 2, octal - b'0')),
            Some(other) => out.push(other),
            None => out.push(b'\\'),
        }
    }
    out
}

/// Reads up to `most` more digits of a number that begins with `start`.
fn digits(
    bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>,
    radix: u32,
    most: u32,
    start: u8,
) -> u8 {
    let mut value = u32::from(start);
    for _ in 0..most {
        let Some(digit) = bytes.peek().and_then(|byte| char::from(*byte).to_digit(radix)) else {
            break;
        };
        value = value * radix + digit;
        bytes.next();
    }
    value as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_across_types() {
        let one = Default::Integer(1);
        assert!(one.is_same(&Default::Bool(true)));
        assert!(one.is_same(&Default::Double(1.0)));
        assert!(one.is_same(&Default::Value("ONE", 1)));
        assert!(!one.is_same(&Default::Float(1.5)));
        assert!(!one.is_same(&Default::Text(b"1".to_vec())));
        assert!(Default::Float(0.1).is_same(&Default::Double(0.1)));
        assert!(Default::Double(f64::NAN).is_same(&Default::Float(f32::NAN)));
        assert!(Default::Text(Vec::new()).is_same(&Default::Integer(0)), "both are the zero value");
        let (max, float) =
            (Default::Integer(u64::MAX.into()), Default::Double(18446744073709551615.0));
        assert!(!max.is_same(&float), "no float is exactly the largest uint64");
    }

    #[test]
    fn escapes_of_bytes_are_read() {
        assert_eq!(unescape(r#"a\001\\\n\"\377\x0aZ"#), b"a\x01\\\n\"\xff\x0aZ");
    }
}

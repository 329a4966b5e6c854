//! Numbers of every type in rules, durations and timestamps included.

use std::cmp::Ordering;

use super::fields::Fields;
use crate::schema::descriptor::FieldType;
use crate::schema::wire::{Value, packed_varints};

/// A number, comparable with those of its own type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    /// Nanoseconds of a duration, or of a timestamp since 1970.
    Time(i128),
}

/// The type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberType {
    Scalar(FieldType),
    Duration,
    Timestamp,
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Number::Signed(a), Number::Signed(b)) => Some(a.cmp(b)),
            (Number::Unsigned(a), Number::Unsigned(b)) => Some(a.cmp(b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(b),
            (Number::Time(a), Number::Time(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl Number {
    pub(super) fn signed(self) -> Option<i64> {
        match self {
            Number::Signed(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_nan(self) -> bool {
        matches!(self, Number::Float(number) if number.is_nan())
    }

    pub(super) fn is_finite(self) -> bool {
        !matches!(self, Number::Float(number) if !number.is_finite())
    }

    /// Whether a field without presence is unset if it has this value. A negative zero is set.
    pub(super) fn is_zero(self) -> bool {
        match self {
            Number::Signed(number) => number == 0,
            Number::Unsigned(number) => number == 0,
            Number::Float(number) => number == 0.0 && number.is_sign_positive(),
            Number::Time(_) => false,
        }
    }

    /// Whether it equals the zero value of its type.
    pub(super) fn equals_zero(self) -> bool {
        match self {
            Number::Float(number) => number == 0.0,
            Number::Time(time) => time == 0,
            number => number.is_zero(),
        }
    }

    /// Returns the number in the value of a field of such a type; the error tells why there is
    /// none.
    pub(super) fn read(raw: Value<'_>, number_type: NumberType) -> Result<Self, &'static str> {
        match (number_type, raw) {
            (NumberType::Scalar(of), raw) => scalar(of, raw).ok_or("is of another type"),
            (_, Value::Bytes(bytes)) => Number::of_time(&Fields::of(bytes), number_type),
            _ => Err("is of another type"),
        }
    }

    /// Returns the duration or timestamp in a message; the error tells why it is invalid.
    pub(super) fn of_time(
        message: &Fields<'_>,
        number_type: NumberType,
    ) -> Result<Self, &'static str> {
        let seconds = message.uint(1).unwrap_or(0) as i64;
        let nanos = message.uint(2).unwrap_or(0) as i32;
        match number_type {
            NumberType::Timestamp => timestamp(seconds, nanos),
            _ => duration(seconds, nanos),
        }
    }
}

/// Returns the numbers of a repeated field, packed or not; invalid ones are left out.
pub(super) fn all(fields: &Fields<'_>, number: u32, number_type: NumberType) -> Vec<Number> {
    let values = fields.all(number).flat_map(|raw| match (number_type, raw) {
        (NumberType::Scalar(of), Value::Bytes(packed)) => unpack(of, packed),
        _ => vec![raw],
    });
    values.filter_map(|raw| Number::read(raw, number_type).ok()).collect()
}

fn unpack(of: FieldType, packed: &[u8]) -> Vec<Value<'_>> {
    match of {
        FieldType::Float | FieldType::Fixed32 | FieldType::Sfixed32 => {
            let (values, _) = packed.as_chunks();
            values.iter().map(|bytes| Value::Fixed32(u32::from_le_bytes(*bytes))).collect()
        }
        FieldType::Double | FieldType::Fixed64 | FieldType::Sfixed64 => {
            let (values, _) = packed.as_chunks();
            values.iter().map(|bytes| Value::Fixed64(u64::from_le_bytes(*bytes))).collect()
        }
        _ => packed_varints(packed).map(Value::Varint).collect(),
    }
}

fn scalar(of: FieldType, raw: Value<'_>) -> Option<Number> {
    let zigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
    Some(match (of, raw) {
        (FieldType::Int32 | FieldType::Enum, Value::Varint(value)) => {
            Number::Signed(i64::from(value as i32))
        }
        (FieldType::Int64, Value::Varint(value)) => Number::Signed(value as i64),
        (FieldType::Uint32, Value::Varint(value)) => Number::Unsigned(u64::from(value as u32)),
        (FieldType::Uint64, Value::Varint(value)) => Number::Unsigned(value),
        (FieldType::Bool, Value::Varint(value)) => Number::Unsigned(u64::from(value != 0)),
        (FieldType::Sint32 | FieldType::Sint64, Value::Varint(value)) => {
            Number::Signed(zigzag(value))
        }
        (FieldType::Fixed32, Value::Fixed32(value)) => Number::Unsigned(u64::from(value)),
        (FieldType::Sfixed32, Value::Fixed32(value)) => Number::Signed(i64::from(value as i32)),
        (FieldType::Float, Value::Fixed32(bits)) => Number::Float(f64::from(f32::from_bits(bits))),
        (FieldType::Fixed64, Value::Fixed64(value)) => Number::Unsigned(value),
        (FieldType::Sfixed64, Value::Fixed64(value)) => Number::Signed(value as i64),
        (FieldType::Double, Value::Fixed64(bits)) => Number::Float(f64::from_bits(bits)),
        _ => return None,
    })
}

fn nanoseconds(seconds: i64, nanos: i32) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

fn duration(seconds: i64, nanos: i32) -> Result<Number, &'static str> {
    // A little less than 64 bits of nanoseconds: the limit of the validators.
    const MOST: i128 = 9_223_372_036_854_775_428;
    let whole = nanoseconds(seconds, nanos);
    if nanos.unsigned_abs() >= 1_000_000_000 {
        Err("has a second or more of nanoseconds")
    } else if (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0) {
        Err("has seconds and nanoseconds of different signs")
    } else if whole.abs() > MOST {
        Err("is longer than 64 bits of nanoseconds can count")
    } else {
        Ok(Number::Time(whole))
    }
}

fn timestamp(seconds: i64, nanos: i32) -> Result<Number, &'static str> {
    if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
        Err("is not within the years 1 to 9999")
    } else if !(0..1_000_000_000).contains(&nanos) {
        Err("has nanoseconds that are negative or a second and more")
    } else {
        Ok(Number::Time(nanoseconds(seconds, nanos)))
    }
}

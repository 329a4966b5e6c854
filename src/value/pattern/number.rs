//! Numbers of any type, compared exactly: a double has not every 64-bit integer.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value as Json;

use crate::value::data::Value;

/// A number in a pattern or in a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    /// Returns the number that is written in JSON.
    pub(super) fn of_json(json: &Json) -> Option<Self> {
        match (json.as_i64(), json.as_u64()) {
            (Some(number), _) => Some(Number::Integer(number.into())),
            (_, Some(number)) => Some(Number::Integer(number.into())),
            _ => json.as_f64().map(Number::Float),
        }
    }

    /// Returns the number that a field has.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        Some(match value {
            Value::I32(number) | Value::Enum(number) => Number::Integer((*number).into()),
            Value::U32(number) => Number::Integer((*number).into()),
            Value::I64(number) => Number::Integer((*number).into()),
            Value::U64(number) => Number::Integer((*number).into()),
            Value::F32(number) => Number::Float((*number).into()),
            Value::F64(number) => Number::Float(*number),
            _ => return None,
        })
    }

    /// Returns the least integer that is not less.
    pub(super) fn ceil(self) -> i128 {
        match self {
            Number::Integer(number) => number,
            Number::Float(number) => number.ceil() as i128,
        }
    }

    /// Returns the greatest integer that is not greater.
    pub(super) fn floor(self) -> i128 {
        match self {
            Number::Integer(number) => number,
            Number::Float(number) => number.floor() as i128,
        }
    }

    /// Returns the nearest double.
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Number::Integer(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.partial_cmp(other) == Some(Ordering::Equal)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (*self, *other) {
            (Number::Integer(a), Number::Integer(b)) => Some(a.cmp(&b)),
            (Number::Float(a), Number::Float(b)) => a.partial_cmp(&b),
            (Number::Integer(a), Number::Float(b)) => compare(a, b),
            (Number::Float(a), Number::Integer(b)) => compare(b, a).map(Ordering::reverse),
        }
    }
}

/// Compares an integer of at most 64 bits with a double. NaN is neither less nor greater.
fn compare(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let whole = float.floor();
    let rest = if float > whole { Ordering::Less } else { Ordering::Equal };
    // The conversion saturates, beyond all integers of 64 bits.
    Some(integer.cmp(&(whole as i128)).then(rest))
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(number) => number.fmt(f),
            Number::Float(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_doubles_are_compared_exactly() {
        let (integer, float) = (Number::Integer, Number::Float);
        let limit = 9_007_199_254_740_992; // 2^53: the next integer is no double.
        for (less, greater) in [
            (integer(limit), integer(limit + 1)),
            (float(9_007_199_254_740_992.0), integer(limit + 1)),
            (integer(limit + 1), float(9_007_199_254_740_994.0)),
            (integer(1), float(1.5)),
            (float(-1.5), integer(-1)),
            (integer(u64::MAX.into()), float(18_446_744_073_709_551_616.0)),
            (integer(u64::MAX.into()), float(f64::INFINITY)),
            (float(f64::NEG_INFINITY), integer(i64::MIN.into())),
        ] {
            assert!(less < greater && less != greater, "{less} < {greater}");
            assert!(greater > less, "{greater} > {less}");
        }
        assert_eq!(integer(3), float(3.0));
        assert_eq!(float(f64::NAN).partial_cmp(&integer(0)), None);
    }
}

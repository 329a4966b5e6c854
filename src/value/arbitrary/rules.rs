//! Values that satisfy protovalidate rules.

use super::generate::Generator;
use crate::schema::descriptor::FieldType as Scalar;
use crate::value::data::{MessageValue, Value};
use crate::value::json::of_time;
use crate::value::rules::{Bound, Constant, Rules};
use crate::value::types::{Field, Kind, Label, Types};

/// Returns a value that is likely to satisfy `rules`; none if any value of the type is.
pub(super) fn candidate(generator: &mut Generator<'_>, kind: Kind, rules: &Rules) -> Option<Value> {
    if let Some(inner) = wrapped(generator.types, kind) {
        let value = candidate(generator, inner, rules).unwrap_or_else(|| generator.free(inner, 0));
        return Some(wrapper(value));
    }
    if let Some(constant) = generator.pick(&rules.one_of) {
        return value_of(generator.types, kind, constant);
    }
    match kind {
        Kind::Scalar(Scalar::String) => Some(Value::String(text(generator, rules)?)),
        Kind::Scalar(Scalar::Bytes) => {
            let size = size(generator, rules)?;
            let bytes = (0..size).map(|_| generator.below(256) as u8);
            let bytes: Vec<u8> = bytes.collect();
            Some(Value::Bytes(framed(bytes, rules)))
        }
        Kind::Enum(id) if rules.is_defined_only => {
            let of = generator.types.enumeration(id);
            generator.pick(&of.values).map(|(_, number)| Value::Enum(*number))
        }
        _ => number(generator, kind, rules),
    }
}

/// Whether a message is only valid if `field` is set: what the schema requires, what protovalidate
/// requires, and a default that the field's rules do not allow. A field without presence has its
/// default if it is not set.
pub(super) fn require(types: &Types, field: &Field) -> bool {
    let Some(rules) = &field.rules else { return field.label == Label::Required };
    let is_empty_allowed = match field.label {
        Label::Required => false,
        Label::Repeated { .. } | Label::Map => {
            rules.ignores_default || rules.min_size.is_none_or(|size| size == 0)
        }
        Label::Implicit => {
            let default = types.default(field.kind);
            rules.ignores_default
                || allow(types, field.kind, rules, &default)
                    && (!matches!(default, Value::String(_) | Value::Bytes(_))
                        || rules.allow_empty_text())
        }
        Label::Explicit => true,
    };
    rules.required || !is_empty_allowed
}

/// Returns a number within the range that `rules` give; none if they give none.
fn number(generator: &mut Generator<'_>, kind: Kind, rules: &Rules) -> Option<Value> {
    if rules.lower.is_none() && rules.upper.is_none() {
        return None;
    }
    let bound = |bound: &Option<Bound>| bound.as_ref().map(|bound| bound.at.clone());
    let (lower, upper) = (bound(&rules.lower), bound(&rules.upper));
    if let Kind::Scalar(Scalar::Float | Scalar::Double) = kind {
        let float = |constant: Constant| match constant {
            Constant::Float(number) => Some(number),
            _ => None,
        };
        let (lower, upper) = (lower.and_then(float), upper.and_then(float));
        let (start, end) = match (lower, upper) {
            (Some(lower), Some(upper)) => (lower, upper),
            (Some(lower), None) => (lower, lower.abs().mul_add(2.0, lower) + 1000.0),
            (None, Some(upper)) => (upper - upper.abs() * 2.0 - 1000.0, upper),
            (None, None) => return None,
        };
        // The ends of the range are tried more often than others.
        let share = match generator.below(8) {
            0 => 0.0,
            1 => 1.0,
            _ => generator.below(1 << 53) as f64 / (1_u64 << 53) as f64,
        };
        return value_of(
            generator.types,
            kind,
            &Constant::Float((end - start).mul_add(share, start)),
        );
    }
    let integer = |constant: Constant| match constant {
        Constant::Integer(number) => Some(number),
        _ => None,
    };
    let (least, most) = range(kind)?;
    let start = lower.and_then(integer).unwrap_or(least);
    let end = upper.and_then(integer).unwrap_or(most);
    if start > end {
        return None;
    }
    let width = u64::try_from(end - start).unwrap_or(u64::MAX).min(u64::MAX - 1);
    let at = match generator.below(8) {
        0 => u64::from(rules.lower.as_ref().is_some_and(|bound| !bound.is_inclusive)),
        1 => width.saturating_sub(u64::from(
            rules.upper.as_ref().is_some_and(|bound| !bound.is_inclusive),
        )),
        2 => generator.below(width.min(100) + 1),
        _ => generator.below(width + 1),
    };
    value_of(generator.types, kind, &Constant::Integer(start + i128::from(at)))
}

/// Returns the range of a type of number; of a point or span of time in nanoseconds.
fn range(kind: Kind) -> Option<(i128, i128)> {
    Some(match kind {
        Kind::Enum(_) => (i32::MIN.into(), i32::MAX.into()),
        // As many years as a signed number of 64 bits has nanoseconds for.
        Kind::Message(_) => (i64::MIN.into(), i64::MAX.into()),
        Kind::Scalar(scalar) => match scalar {
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
            Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
            Scalar::Uint32 | Scalar::Fixed32 => (0, u32::MAX.into()),
            Scalar::Uint64 | Scalar::Fixed64 => (0, u64::MAX.into()),
            _ => return None,
        },
    })
}

/// Returns a constant as a value of the type `kind`.
fn value_of(types: &Types, kind: Kind, constant: &Constant) -> Option<Value> {
    Some(match (kind, constant) {
        (Kind::Enum(_), Constant::Integer(number)) => Value::Enum(i32::try_from(*number).ok()?),
        (Kind::Message(id), Constant::Integer(nanos)) => {
            let name = types.layout(id).name.as_str();
            let second = 1_000_000_000;
            Value::Message(match name {
                "google.protobuf.Timestamp" => of_time(
                    i64::try_from(nanos.div_euclid(second)).ok()?,
                    i32::try_from(nanos.rem_euclid(second)).ok()?,
                ),
                "google.protobuf.Duration" => of_time(
                    i64::try_from(nanos / second).ok()?,
                    i32::try_from(nanos % second).ok()?,
                ),
                _ => return None,
            })
        }
        (Kind::Scalar(scalar), constant) => match (scalar, constant) {
            (Scalar::Bool, Constant::Integer(flag)) => Value::Bool(*flag != 0),
            (Scalar::Float, Constant::Float(number)) => Value::F32(*number as f32),
            (Scalar::Double, Constant::Float(number)) => Value::F64(*number),
            (Scalar::String, Constant::Bytes(text)) => {
                Value::String(String::from_utf8(text.clone()).ok()?)
            }
            (Scalar::Bytes, Constant::Bytes(bytes)) => Value::Bytes(bytes.clone()),
            (Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32, Constant::Integer(number)) => {
                Value::I32(i32::try_from(*number).ok()?)
            }
            (Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64, Constant::Integer(number)) => {
                Value::I64(i64::try_from(*number).ok()?)
            }
            (Scalar::Uint32 | Scalar::Fixed32, Constant::Integer(number)) => {
                Value::U32(u32::try_from(*number).ok()?)
            }
            (Scalar::Uint64 | Scalar::Fixed64, Constant::Integer(number)) => {
                Value::U64(u64::try_from(*number).ok()?)
            }
            _ => return None,
        },
        _ => return None,
    })
}

/// Returns the type of the value in a wrapper: rules of the field are about the value.
pub(super) fn wrapped(types: &Types, kind: Kind) -> Option<Kind> {
    let Kind::Message(id) = kind else { return None };
    let layout = types.layout(id);
    let name = layout.name.strip_prefix("google.protobuf.")?;
    let is_wrapper = name.ends_with("Value") && !matches!(name, "Value" | "ListValue");
    layout.field(1).filter(|_| is_wrapper).map(|field| field.kind)
}

fn wrapper(value: Value) -> Value {
    let mut message = MessageValue::new();
    if !value.is_default() {
        message.set(1, value);
    }
    Value::Message(message)
}

fn size(generator: &mut Generator<'_>, rules: &Rules) -> Option<u64> {
    let (min, max) = (rules.min_size, rules.max_size);
    if min.is_none() && max.is_none() && rules.prefix.is_empty() && rules.contains.is_empty() {
        return None;
    }
    let min = min.unwrap_or(0).min(4096);
    let max = max.unwrap_or(min + 20).clamp(min, min + 2000);
    Some(match generator.below(8) {
        0 => min,
        1 => max,
        _ => min + generator.below(max.saturating_sub(min).min(30) + 1),
    })
}

/// Puts `bytes` between the prefix and the suffix that are required, and inserts what they must
/// contain. The size does not change where there is room.
fn framed(bytes: Vec<u8>, rules: &Rules) -> Vec<u8> {
    let fixed = rules.prefix.len() + rules.contains.len() + rules.suffix.len();
    let rest = bytes.len().saturating_sub(fixed);
    let middle = &bytes[..rest.min(bytes.len())];
    [&*rules.prefix, middle, &*rules.contains, &*rules.suffix].concat()
}

fn text(generator: &mut Generator<'_>, rules: &Rules) -> Option<String> {
    if let Some(text) = rules.format.and_then(|format| well_formed(generator, format)) {
        return Some(text);
    }
    if let Some(pattern) = &rules.pattern {
        // Each text of a run differs.
        let seed = generator.below(u64::MAX);
        return crate::value::matching::text(pattern, seed);
    }
    let has_bytes = rules.min_bytes.is_some() || rules.max_bytes.is_some();
    if has_bytes {
        let sized = Rules {
            min_size: rules.min_bytes.or(rules.min_size),
            max_size: rules.max_bytes.or(rules.max_size),
            ..rules.clone()
        };
        let size = size(generator, &sized)?;
        let ascii = (0..size).map(|_| b'a' + generator.below(26) as u8).collect();
        return String::from_utf8(framed(ascii, rules)).ok();
    }
    let size = size(generator, rules)?;
    let has_parts =
        !rules.prefix.is_empty() || !rules.suffix.is_empty() || !rules.contains.is_empty();
    if has_parts {
        let ascii = (0..size).map(|_| b'a' + generator.below(26) as u8).collect();
        return String::from_utf8(framed(ascii, rules)).ok();
    }
    Some(generator.text(size))
}

/// Returns a string of the format that the field `format` of `StringRules` names.
fn well_formed(generator: &mut Generator<'_>, format: u32) -> Option<String> {
    let examples: &[&str] = match format {
        12 => &["a@example.com", "first.last+tag@sub.example.org"],
        13 => &["example.com", "a", "xn--bcher-kva.example"],
        14 => &["127.0.0.1", "::1", "2001:db8::ff00:42:8329"],
        15 => &["127.0.0.1", "255.255.255.255", "0.0.0.0"],
        16 => &["::1", "2001:db8::ff00:42:8329", "::"],
        17 => &["https://example.com/a?b=c#d", "urn:example:a"],
        18 => &["/a/b", "https://example.com", "?q=1", ""],
        21 => &["example.com", "127.0.0.1", "::1"],
        22 => &["00000000-0000-0000-0000-000000000000", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
        24 => &["x-name", "content-type"],
        26 => &["192.168.5.21/16", "2001:db8::1/48"],
        27 => &["192.168.5.21/16"],
        28 => &["2001:db8::1/48"],
        29 => &["192.168.0.0/16", "2001:db8::/48"],
        30 => &["192.168.0.0/16"],
        31 => &["2001:db8::/48"],
        32 => &["example.com:80", "127.0.0.1:0", "[::1]:65535"],
        33 => &["f81d4fae7dec11d0a76500a0c91e6bf6"],
        35 => &["01ARZ3NDEKTSV4RRFFQ69G5FAV"],
        37 => &["google.protobuf.Any", "a"],
        38 => &[".google.protobuf.Any", ".a"],
        _ => return None,
    };
    generator.pick(examples).map(|text| (*text).to_owned())
}

/// Whether `value` satisfies those of the rules that are checked here.
pub(super) fn allow(types: &Types, kind: Kind, rules: &Rules, value: &Value) -> bool {
    if let (Some(inner), Value::Message(message)) = (wrapped(types, kind), value) {
        let default = types.default(inner);
        return allow(types, inner, rules, message.get(1).unwrap_or(&default));
    }
    let is = |constant: &Constant| value_of(types, kind, constant).as_ref() == Some(value);
    if !rules.one_of.is_empty() {
        return rules.one_of.iter().any(is);
    }
    if rules.none_of.iter().any(is) {
        return false;
    }
    match value {
        Value::String(text) => {
            let (chars, bytes) = (text.chars().count() as u64, text.len() as u64);
            within(chars, rules.min_size, rules.max_size)
                && within(bytes, rules.min_bytes, rules.max_bytes)
        }
        Value::Bytes(bytes) => within(bytes.len() as u64, rules.min_size, rules.max_size),
        Value::F32(number) => allow_float(f64::from(*number), rules),
        Value::F64(number) => allow_float(*number, rules),
        Value::Enum(number) => match kind {
            Kind::Enum(id) if rules.is_defined_only => {
                types.enumeration(id).name_of(*number).is_some()
            }
            _ => true,
        },
        Value::I32(number) => allow_integer((*number).into(), rules),
        Value::I64(number) => allow_integer((*number).into(), rules),
        Value::U32(number) => allow_integer((*number).into(), rules),
        Value::U64(number) => allow_integer((*number).into(), rules),
        // A duration or a point in time: its rules are in nanoseconds. Others have no range.
        Value::Message(message) => {
            let seconds = match message.get(1) {
                Some(Value::I64(seconds)) => i128::from(*seconds),
                _ => 0,
            };
            let nanos = match message.get(2) {
                Some(Value::I32(nanos)) => i128::from(*nanos),
                _ => 0,
            };
            allow_integer(seconds * 1_000_000_000 + nanos, rules)
        }
        _ => true,
    }
}

fn within(size: u64, min: Option<u64>, max: Option<u64>) -> bool {
    size >= min.unwrap_or(0) && size <= max.unwrap_or(u64::MAX)
}

fn allow_integer(number: i128, rules: &Rules) -> bool {
    let compare = |bound: &Bound| match bound.at {
        Constant::Integer(at) => Some((number.cmp(&at), bound.is_inclusive)),
        _ => None,
    };
    is_in_range(rules.lower.as_ref().and_then(compare), rules.upper.as_ref().and_then(compare))
}

fn allow_float(number: f64, rules: &Rules) -> bool {
    if rules.is_finite && !number.is_finite() {
        return false;
    }
    let has_range = rules.lower.is_some() || rules.upper.is_some();
    if number.is_nan() {
        return !has_range;
    }
    let compare = |bound: &Bound| match bound.at {
        Constant::Float(at) => Some((number.partial_cmp(&at)?, bound.is_inclusive)),
        _ => None,
    };
    is_in_range(rules.lower.as_ref().and_then(compare), rules.upper.as_ref().and_then(compare))
}

type Compared = Option<(std::cmp::Ordering, bool)>;

fn is_in_range(lower: Compared, upper: Compared) -> bool {
    lower.is_none_or(|(order, inclusive)| order.is_gt() || inclusive && order.is_eq())
        && upper.is_none_or(|(order, inclusive)| order.is_lt() || inclusive && order.is_eq())
}

//! Simpler versions of a message: fields, items and entries left out, numbers and strings halved, also
//! those that are map keys.

use super::rules;
use crate::value::data::{MessageValue, Value};
use crate::value::types::{Field, Kind, Types};

/// Returns the simplification with the number `at` of a message of the type `id`; none if it has
/// fewer.
pub(super) fn simplified(
    types: &Types,
    id: u32,
    message: &MessageValue,
    at: usize,
) -> Option<MessageValue> {
    let mut left = at;
    of_message(types, id, message, &mut left)
}

/// Counts a simplification. Returns true if it is the one that is wanted.
fn is_next(left: &mut usize) -> bool {
    let is_next = *left == 0;
    *left = left.wrapping_sub(1);
    is_next
}

fn of_message(
    types: &Types,
    id: u32,
    message: &MessageValue,
    left: &mut usize,
) -> Option<MessageValue> {
    let layout = types.layout(id);
    let well_known = layout.name.strip_prefix("google.protobuf.");
    // What is left of these would have no JSON form.
    if matches!(well_known, Some("Timestamp" | "Duration" | "FieldMask" | "Any")) {
        return None;
    }
    if !message.unknown().is_empty() && is_next(left) {
        let mut simpler = MessageValue::new();
        message.fields().for_each(|(number, value)| simpler.set(number, value.clone()));
        return Some(simpler);
    }
    let fields =
        || message.fields().filter_map(|(number, value)| Some((layout.field(number)?, value)));
    for (field, _) in fields() {
        let is_of_required_oneof =
            field.oneof.is_some_and(|index| layout.required_oneofs.contains(&index));
        let is_needed =
            well_known == Some("Value") || is_of_required_oneof || rules::require(types, field);
        if !is_needed && is_next(left) {
            let mut simpler = message.clone();
            simpler.clear(field.number);
            return Some(simpler);
        }
    }
    // A message that contains itself: one level less.
    for (field, value) in fields() {
        let items = match value {
            Value::List(items) => items.as_slice(),
            value => std::slice::from_ref(value),
        };
        for item in items {
            if let (Kind::Message(inner), Value::Message(message)) = (field.kind, item)
                && inner == id
                && is_next(left)
            {
                return Some(message.clone());
            }
        }
    }
    for (field, value) in fields() {
        if let Some(value) = of_field(types, field, value, left) {
            let mut simpler = message.clone();
            simpler.set(field.number, value);
            return Some(simpler);
        }
    }
    None
}

fn of_field(types: &Types, field: &Field, value: &Value, left: &mut usize) -> Option<Value> {
    let has_rules = field.rules.is_some();
    match value {
        Value::List(items) => {
            if !has_rules && items.len() > 1 {
                if items.len() > 3 && is_next(left) {
                    return Some(Value::List(items[..items.len() / 2].to_vec()));
                }
                for index in 0..items.len() {
                    if is_next(left) {
                        let mut fewer = items.clone();
                        fewer.remove(index);
                        return Some(Value::List(fewer));
                    }
                }
            }
            for (index, item) in items.iter().enumerate() {
                if let Some(item) = of_single(types, field.kind, (has_rules, false), item, left) {
                    let mut items = items.clone();
                    items[index] = item;
                    return Some(Value::List(items));
                }
            }
            None
        }
        Value::Map(entries) => {
            let Kind::Message(entry) = field.kind else { return None };
            let (of_key, of) = types.entry(entry)?;
            if !has_rules && entries.len() > 1 {
                for key in entries.keys() {
                    if is_next(left) {
                        let mut fewer = entries.clone();
                        fewer.remove(key);
                        return Some(Value::Map(fewer));
                    }
                }
            }
            for (key, value) in entries {
                let as_value = Value::from(key.clone());
                let simpler = of_single(types, of_key.kind, (has_rules, false), &as_value, left);
                if let Some(simpler) = simpler.and_then(Value::into_key) {
                    let mut entries = entries.clone();
                    entries.remove(key);
                    // An entry that has this key already is replaced: that is simpler, too.
                    entries.insert(simpler, value.clone());
                    return Some(Value::Map(entries));
                }
                if let Some(value) = of_single(types, of.kind, (has_rules, false), value, left) {
                    let mut entries = entries.clone();
                    entries.insert(key.clone(), value);
                    return Some(Value::Map(entries));
                }
            }
            None
        }
        value => of_single(types, field.kind, (has_rules, field.is_implicit()), value, left),
    }
}

fn of_single(
    types: &Types,
    kind: Kind,
    (has_rules, is_implicit): (bool, bool),
    value: &Value,
    left: &mut usize,
) -> Option<Value> {
    let is_ruled_wrapper = has_rules && rules::wrapped(types, kind).is_some();
    if let (Value::Message(message), Kind::Message(id)) = (value, kind)
        && !is_ruled_wrapper
    {
        return of_message(types, id, message, left).map(Value::Message);
    }
    if has_rules {
        return None;
    }
    // The default of a field without presence is the field left out, which is a simplification of
    // its own.
    let simpler = simpler_scalars(types, kind, value).into_iter();
    simpler.filter(|value| !(is_implicit && value.is_default())).find(|_| is_next(left))
}

/// Returns simpler scalars, the simplest first, each closer to the default than `value` is.
fn simpler_scalars(types: &Types, kind: Kind, value: &Value) -> Vec<Value> {
    let default = types.default(kind);
    if *value == default {
        return Vec::new();
    }
    let mut simpler = match value {
        Value::I32(number) => towards_zero((*number).into())
            .filter_map(|number| Some(Value::I32(number.try_into().ok()?)))
            .collect(),
        Value::I64(number) => towards_zero((*number).into())
            .filter_map(|number| Some(Value::I64(number.try_into().ok()?)))
            .collect(),
        Value::U32(number) => towards_zero((*number).into())
            .filter_map(|number| Some(Value::U32(number.try_into().ok()?)))
            .collect(),
        Value::U64(number) => towards_zero((*number).into())
            .filter_map(|number| Some(Value::U64(number.try_into().ok()?)))
            .collect(),
        Value::F32(number) => vec![Value::F32(1.0), Value::F32(number.trunc())],
        Value::F64(number) => vec![Value::F64(1.0), Value::F64(number.trunc())],
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            parts(&chars).map(|part| Value::String(part.iter().collect())).collect()
        }
        Value::Bytes(bytes) => parts(bytes).map(|part| Value::Bytes(part.to_vec())).collect(),
        _ => Vec::new(),
    };
    simpler.insert(0, default);
    simpler.retain(|simpler| size(simpler) < size(value));
    simpler.dedup();
    simpler
}

/// Returns parts of a text or of bytes, the shortest first: the first and the last item, each half, and
/// all but the last and but the first item. They lead to the one item that fails, wherever it is.
fn parts<T>(items: &[T]) -> impl Iterator<Item = &[T]> {
    let (count, half) = (items.len(), items.len() / 2);
    let last = count.saturating_sub(1);
    [0..1, last..count, 0..half, half..count, 0..last, 1..count]
        .into_iter()
        .filter_map(|part| items.get(part))
}

/// Returns 1 or -1, the positive number for a negative one, then numbers between 0 and `number`: half
/// of it, three quarters, seven eighths, to one less. They lead to the smallest number that fails.
fn towards_zero(number: i128) -> impl Iterator<Item = i128> {
    let steps = std::iter::successors(Some(number / 2), |step| Some(step / 2));
    let steps = steps.take_while(|step| *step != 0);
    [number.signum(), number.abs()].into_iter().chain(steps.map(move |step| number - step))
}

/// Returns the measure that becomes smaller with each simplification.
fn size(value: &Value) -> u128 {
    match value {
        Value::Bool(flag) => u128::from(*flag),
        // Positive numbers are simpler than negative ones.
        Value::I32(number) => {
            u128::from(number.unsigned_abs()) * 2 + u128::from(number.is_negative())
        }
        Value::I64(number) => {
            u128::from(number.unsigned_abs()) * 2 + u128::from(number.is_negative())
        }
        Value::U32(number) => (*number).into(),
        Value::U64(number) => (*number).into(),
        Value::Enum(number) => u128::from(number.cast_unsigned()) + 1,
        Value::F32(number) => float_size(f64::from(*number)),
        Value::F64(number) => float_size(*number),
        Value::String(text) => text.len() as u128,
        Value::Bytes(bytes) => bytes.len() as u128,
        _ => 0,
    }
}

fn float_size(number: f64) -> u128 {
    if !number.is_finite() {
        return u128::MAX;
    }
    let whole = (number.abs() as u128).min(u128::MAX / 8);
    let fraction = u128::from(number.fract() != 0.0);
    whole * 4 + fraction * 2 + u128::from(number.is_sign_negative())
}

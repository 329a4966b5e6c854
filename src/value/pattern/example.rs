//! Messages that match a pattern.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Matcher, Number, Pattern, entry};
use crate::schema::descriptor::FieldType as Scalar;
use crate::value::data::{MessageValue, Value};
use crate::value::example;
use crate::value::json;
use crate::value::types::{Field, Kind, Label, Types};

impl Pattern {
    /// Returns a message that matches. `position` is that of the message in its stream, from 0.
    pub fn example(&self, position: u64) -> MessageValue {
        let types = self.of.types();
        let layout = self.of.layout();
        let mut message = self.of.empty();
        for (number, matcher) in &self.fields {
            let Some(field) = layout.field(*number) else { continue };
            if let Some(value) = whole_example(types, field, matcher, position) {
                example::set(types, self.of.id(), field, value, &mut message);
            }
        }
        message
    }
}

/// Returns a value of a field that matches; none if the field is not set.
fn whole_example(types: &Types, field: &Field, matcher: &Matcher, position: u64) -> Option<Value> {
    let is_map = field.label == Label::Map;
    let is_list = matches!(field.label, Label::Repeated { .. });
    let single = |matcher: &Matcher| single_example(types, field.kind, matcher, position);
    Some(match matcher {
        Matcher::Absent => return None,
        Matcher::IsSet => example::sample_field(types, field, 1),
        Matcher::Items(matchers) | Matcher::Unordered(matchers) => {
            Value::List(matchers.iter().map(single).collect())
        }
        Matcher::Entries(matchers) => {
            let (_, of) = entry(types, field).ok()?;
            let entries = matchers.iter().map(|(key, matcher)| {
                (key.clone(), single_example(types, of.kind, matcher, position))
            });
            Value::Map(entries.collect())
        }
        Matcher::Each { pattern, min, .. } if is_map => {
            let (key, of) = entry(types, field).ok()?;
            let keys = (0..*min)
                .filter_map(|seed| example::sample(types, key.kind, 0, seed as u32 + 1).into_key());
            let value = single_example(types, of.kind, pattern, position);
            Value::Map(keys.map(|key| (key, value.clone())).collect())
        }
        Matcher::Each { pattern, min, .. } => {
            Value::List((0..*min).map(|_| single(pattern)).collect())
        }
        matcher if is_list => Value::List(vec![single(matcher)]),
        matcher => single(matcher),
    })
}

/// Returns one value that matches.
fn single_example(types: &Types, kind: Kind, matcher: &Matcher, position: u64) -> Value {
    let float = |number: Number| match kind {
        Kind::Scalar(Scalar::Float) => Value::F32(number.to_f64() as f32),
        _ => Value::F64(number.to_f64()),
    };
    let integer = |number: i128| match types.default(kind) {
        Value::I32(_) => Value::I32(number.clamp(i32::MIN.into(), i32::MAX.into()) as i32),
        Value::I64(_) => Value::I64(number.clamp(i64::MIN.into(), i64::MAX.into()) as i64),
        Value::U32(_) => Value::U32(number.clamp(0, u32::MAX.into()) as u32),
        Value::U64(_) => Value::U64(number.clamp(0, u64::MAX.into()) as u64),
        Value::Enum(_) => Value::Enum(number.clamp(i32::MIN.into(), i32::MAX.into()) as i32),
        _ => float(Number::Integer(number)),
    };
    let is_float = matches!(kind, Kind::Scalar(Scalar::Float | Scalar::Double));
    match matcher {
        Matcher::Equal(value) => value.clone(),
        Matcher::Message(pattern) => Value::Message(pattern.example(position)),
        Matcher::Range(Some(min), _) if is_float => float(*min),
        Matcher::Range(Some(min), _) => integer(min.ceil()),
        Matcher::Range(None, Some(max)) if is_float => float(*max),
        Matcher::Range(None, Some(max)) => integer(max.floor()),
        Matcher::Position(first) => integer(i128::from(*first) + i128::from(position)),
        Matcher::Now(_) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Value::Message(json::of_time(now.as_secs().cast_signed(), 0))
        }
        Matcher::Regex(text, _) => Value::String(matching_text(text)),
        _ => example::sample(types, kind, 1, 1),
    }
}

/// Returns a string that the expression matches; the expression itself if none was found.
pub fn matching_text(regex: &str) -> String {
    crate::value::matching::text(regex, 0).unwrap_or_else(|| regex.to_owned())
}

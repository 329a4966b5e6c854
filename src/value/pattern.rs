//! Patterns for messages: what a consumer expects of a response. A pattern is written as the JSON
//! form of a message in which matchers can stand for values, and is checked against the type.
//!
//! Only the fields that a pattern mentions are compared. A matcher is an object with one key that
//! begins with `$`:
//!
//! | matcher | matches |
//! | --- | --- |
//! | `{$equal: value}` | the value; the same as the value alone |
//! | `{$type: string}` | any value of the field's type that is set; of a field without presence any but the default |
//! | `{$regex: "^a+$"}` | a string that the expression matches |
//! | `{$range: [1, 10]}` | a number from 1 to 10; `null` for no bound |
//! | `{$each: pattern, $min: 1, $max: 9}` | a list of so many items, or a map of so many entries, each of which matches; without `$min`, at least 1 |
//! | `{$unordered: [pattern, …]}` | a list with a different item for each pattern, and no others |
//! | `{$absent: true}` | a field that is not set |
//! | `{$now: 60s}` | a timestamp at most so far from now |
//! | `{$position: 0}` | in a stream: an integer that is the position of the message, counted from this number |

mod compare;
mod example;
mod implied;
mod number;
mod recorded;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};

pub use self::example::matching_text;
use self::number::Number;
pub use self::recorded::{Received, Redacted};
use super::data::{MapKey, Value};
use super::json::{self, JsonError, Step};
use super::types::{Field, Kind, Label, MessageType, Types};
use crate::schema::descriptor::FieldType as Scalar;

type Result<T> = std::result::Result<T, JsonError>;

/// The most items that a pattern can ask for.
const MAX_ITEMS: u64 = 10_000;

/// A pattern for a message of one type.
#[derive(Clone, Debug)]
pub struct Pattern {
    of: MessageType,
    fields: Vec<(u32, Matcher)>,
}

/// A part of a message that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The way from the pattern to the part that does not match.
    pub path: Vec<Step>,
    /// What the pattern expects.
    pub expected: String,
    /// What the message has.
    pub found: String,
}

/// A matcher of a field, an item or a value of a map.
#[derive(Clone, Debug)]
enum Matcher {
    Equal(Value),
    /// The items of a list, one by one.
    Items(Vec<Matcher>),
    /// The entries of a map.
    Entries(Vec<(MapKey, Matcher)>),
    Message(Pattern),
    IsSet,
    Regex(String, regex_lite::Regex),
    Range(Option<Number>, Option<Number>),
    Each {
        pattern: Box<Matcher>,
        min: u64,
        max: Option<u64>,
    },
    Unordered(Vec<Matcher>),
    Absent,
    Now(i64),
    Position(i64),
}

impl MessageType {
    /// Reads a pattern for messages of this type.
    ///
    /// # Errors
    ///
    /// A field, an enum value or a matcher is unknown, or a value or matcher does not fit its field.
    pub fn read_pattern(&self, json: &Json) -> Result<Pattern> {
        match json {
            Json::Object(object) => message(self.types(), self.id(), object),
            _ => Err(JsonError::new(format!("expected an object, the message {}", self.name()))),
        }
    }
}

impl MessageType {
    /// Returns a pattern, as JSON, for people to edit: strings, messages, lists and maps are set.
    /// Numbers, bools and enums are left out, since a correct answer may have their default, and of
    /// a oneof all but the first field.
    pub fn example_pattern(&self) -> Json {
        let mut object = Map::new();
        let mut oneofs = Vec::new();
        for field in self.fields().iter().filter(|field| !field.is_extension) {
            if let Some(oneof) = field.oneof {
                if oneofs.contains(&oneof) {
                    continue;
                }
                oneofs.push(oneof);
            }
            let name = match field.label {
                Label::Map => "map",
                Label::Repeated { .. } => "list",
                _ => type_name(field.kind),
            };
            let is_implicit = field.is_implicit() && !matches!(name, "string" | "bytes");
            if !is_implicit {
                object.insert(field.json_name.clone(), serde_json::json!({ "$type": name }));
            }
        }
        Json::Object(object)
    }
}

impl Pattern {
    /// Returns the message type.
    pub fn of(&self) -> &MessageType {
        &self.of
    }
}

fn within<T>(step: Step, result: Result<T>) -> Result<T> {
    result.map_err(|error| JsonError { path: [vec![step], error.path].concat(), ..error })
}

fn message(types: &Types, id: u32, object: &Map<String, Json>) -> Result<Pattern> {
    let layout = types.layout(id);
    let mut fields = Vec::new();
    for (name, json) in object {
        let step = || Step::Key(name.clone());
        let Some(field) = layout.json_field(name) else {
            let error = if name.starts_with('$') {
                format!("the matcher {name} does not fit the message {}", layout.name)
            } else {
                format!("the message {} has no field {name:?}", layout.name)
            };
            return within(step(), Err(JsonError::new(error)));
        };
        fields.push((field.number, within(step(), whole(types, field, json))?));
    }
    Ok(Pattern { of: types.of(id), fields })
}

/// Returns the name and the argument of a matcher.
fn matcher(json: &Json) -> Option<(&str, &Json, &Map<String, Json>)> {
    let object = json.as_object()?;
    let name = |key: &&String| key.starts_with('$') && *key != "$min" && *key != "$max";
    let name = object.keys().find(name)?;
    Some((name, &object[name], object))
}

/// Reports a key beside a matcher that is not part of it.
fn only_matcher(name: &str, object: &Map<String, Json>) -> Result<()> {
    let is_part = |key: &str| key == name || name == "$each" && matches!(key, "$min" | "$max");
    match object.keys().find(|key| !is_part(key)) {
        Some(key) => within(
            Step::Key(key.clone()),
            Err(JsonError::new(format!("unknown key beside {name}"))),
        ),
        None => Ok(()),
    }
}

/// Whether a matcher is anywhere in a value.
fn has_matcher(json: &Json) -> bool {
    match json {
        Json::Object(object) => {
            object.keys().any(|key| key.starts_with('$')) || object.values().any(has_matcher)
        }
        Json::Array(items) => items.iter().any(has_matcher),
        _ => false,
    }
}

/// Reads the matcher of a field.
fn whole(types: &Types, field: &Field, json: &Json) -> Result<Matcher> {
    let is_repeated = matches!(field.label, Label::Repeated { .. } | Label::Map);
    if let Some((name, argument, object)) = matcher(json) {
        only_matcher(name, object)?;
        let step = || Step::Key(name.to_owned());
        match name {
            "$absent" if *argument == Json::Bool(true) => return Ok(Matcher::Absent),
            "$absent" => {
                let error = format!("write `$absent: true`, not {argument}");
                return within(step(), Err(JsonError::new(error)));
            }
            "$each" if is_repeated => {
                let pattern = within(step(), item(types, field, argument))?;
                let size = |name: &str| match object.get(name) {
                    None => Ok(None),
                    Some(json) => {
                        let size = json.as_u64().filter(|size| *size <= MAX_ITEMS);
                        size.map(Some).ok_or_else(|| {
                            let error = format!("{name} is a number of items, {MAX_ITEMS} at most");
                            JsonError::new(error)
                        })
                    }
                };
                let (min, max) = (size("$min")?.unwrap_or(1), size("$max")?);
                return Ok(Matcher::Each { pattern: Box::new(pattern), min, max });
            }
            "$unordered" if matches!(field.label, Label::Repeated { .. }) => {
                let items = argument.as_array().ok_or_else(|| JsonError::new("expected an array"));
                let items = within(step(), items)?.iter().enumerate().map(|(index, json)| {
                    within(step(), within(Step::Index(index), item(types, field, json)))
                });
                return items.collect::<Result<_>>().map(Matcher::Unordered);
            }
            "$type" if is_repeated => return within(step(), is_set(field, argument)),
            "$equal" if is_repeated => return within(step(), whole(types, field, argument)),
            _ if is_repeated && field.label != Label::Map => {
                let error =
                    format!("{name} is for one value, and the field is a list: {{$each: …}}");
                return within(step(), Err(JsonError::new(error)));
            }
            _ => {}
        }
    }
    match (field.label, json) {
        (Label::Repeated { .. }, Json::Array(items)) => {
            let items = items.iter().enumerate();
            let items =
                items.map(|(index, json)| within(Step::Index(index), item(types, field, json)));
            items.collect::<Result<_>>().map(Matcher::Items)
        }
        (Label::Map, Json::Object(entries)) => {
            let (key, _) = entry(types, field)?;
            let entries = entries.iter().map(|(name, json)| {
                let step = || Step::Key(name.clone());
                let key = within(step(), json::map_key(key.kind, name))?;
                Ok((key, within(step(), item(types, field, json))?))
            });
            entries.collect::<Result<_>>().map(Matcher::Entries)
        }
        (Label::Repeated { .. }, _) => Err(JsonError::new("expected an array, or a matcher")),
        (Label::Map, _) => Err(JsonError::new("expected an object, or a matcher")),
        (_, json) => single(types, field.kind, json),
    }
}

fn entry<'t>(types: &'t Types, field: &Field) -> Result<(&'t Field, &'t Field)> {
    let found = match field.kind {
        Kind::Message(entry) => types.entry(entry),
        _ => None,
    };
    found.ok_or_else(|| JsonError::new("the map has no key or value"))
}

/// Reads the matcher of an item of a list, or of a value of a map.
fn item(types: &Types, field: &Field, json: &Json) -> Result<Matcher> {
    match field.label {
        Label::Map => single(types, entry(types, field)?.1.kind, json),
        _ => single(types, field.kind, json),
    }
}

/// Reads the matcher of one value.
fn single(types: &Types, kind: Kind, json: &Json) -> Result<Matcher> {
    let Some((name, argument, object)) = matcher(json) else {
        return match (kind, json) {
            (Kind::Message(_), json)
                if json.is_object() && is_free_form(types, kind) && has_matcher(json) =>
            {
                Err(JsonError::new(
                    "there are no matchers within a Struct, Value, ListValue or Any",
                ))
            }
            // Messages with a JSON form of their own are compared as values.
            (Kind::Message(id), Json::Object(object)) if !json::has_own_form(types, id) => {
                message(types, id, object).map(Matcher::Message)
            }
            _ => json::read_single(types, kind, json).map(Matcher::Equal),
        };
    };
    only_matcher(name, object)?;
    let step = || Step::Key(name.to_owned());
    let wrong = |what: &str| Err(JsonError::new(what.to_owned()));
    let is_number = matches!(kind, Kind::Scalar(scalar)
        if !matches!(scalar, Scalar::String | Scalar::Bytes | Scalar::Bool));
    let result = match name {
        "$equal" => json::read_single(types, kind, argument).map(Matcher::Equal),
        "$type" => match argument.as_str() {
            Some(written) if written == type_name(kind) => Ok(Matcher::IsSet),
            _ => wrong(&format!("the type of the field is {}", type_name(kind))),
        },
        "$regex" if kind == Kind::Scalar(Scalar::String) => {
            let text = argument.as_str().ok_or_else(|| JsonError::new("expected a string"));
            text.and_then(|text| {
                let regex = regex_lite::Regex::new(text)
                    .map_err(|error| JsonError::new(error.to_string()))?;
                Ok(Matcher::Regex(text.to_owned(), regex))
            })
        }
        "$regex" => wrong("$regex is for strings"),
        "$range" if is_number => match argument.as_array().map(Vec::as_slice) {
            Some([min, max]) if [min, max].iter().all(|end| end.is_null() || end.is_number()) => {
                let (min, max) = (Number::of_json(min), Number::of_json(max));
                if is_empty_range(kind, min, max) {
                    return wrong("no value of the field is in this range");
                }
                Ok(Matcher::Range(min, max))
            }
            _ => wrong("write the least and the greatest number: [1, 10]"),
        },
        "$range" => wrong("$range is for numbers"),
        "$now" if is_message(types, kind, "google.protobuf.Timestamp") => {
            let seconds = argument.as_str().and_then(|text| text.strip_suffix('s'));
            match seconds.and_then(|text| text.parse().ok()) {
                Some(seconds @ 0..) => Ok(Matcher::Now(seconds)),
                _ => wrong("write a number of seconds: 60s"),
            }
        }
        "$now" => wrong("$now is for google.protobuf.Timestamp"),
        "$position" if is_number => match argument.as_i64() {
            Some(first) => Ok(Matcher::Position(first)),
            None => wrong("write the number of the first message: 0"),
        },
        "$position" => wrong("$position is for numbers"),
        "$each" | "$unordered" => wrong("the field is not a list"),
        _ => wrong(
            "unknown matcher; there are $equal, $type, $regex, $range, $each, $unordered, \
             $absent, $now and $position",
        ),
    };
    within(step(), result)
}

/// Whether a field of the type `kind` has no value from `min` to `max`.
fn is_empty_range(kind: Kind, min: Option<Number>, max: Option<Number>) -> bool {
    let (least, most) = match kind {
        Kind::Scalar(Scalar::Float | Scalar::Double) => {
            let (min, max) = (min.map(Number::to_f64), max.map(Number::to_f64));
            return min.zip(max).is_some_and(|(min, max)| min > max);
        }
        Kind::Scalar(Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64) => {
            (i64::MIN.into(), i64::MAX.into())
        }
        Kind::Scalar(Scalar::Uint32 | Scalar::Fixed32) => (0, u32::MAX.into()),
        Kind::Scalar(Scalar::Uint64 | Scalar::Fixed64) => (0, u64::MAX.into()),
        // int32 and its like, and enums.
        _ => (i128::from(i32::MIN), i128::from(i32::MAX)),
    };
    min.map_or(least, Number::ceil).max(least) > max.map_or(most, Number::floor).min(most)
}

fn is_set(field: &Field, argument: &Json) -> Result<Matcher> {
    let name = if field.label == Label::Map { "map" } else { "list" };
    match argument.as_str() {
        Some(written) if written == name => Ok(Matcher::IsSet),
        _ => Err(JsonError::new(format!("the type of the field is {name}"))),
    }
}

/// Whether the JSON form of a type can be any object.
fn is_free_form(types: &Types, kind: Kind) -> bool {
    matches!(kind, Kind::Message(id) if json::has_own_form(types, id))
}

fn is_message(types: &Types, kind: Kind, name: &str) -> bool {
    matches!(kind, Kind::Message(id) if types.layout(id).name == name)
}

/// Returns the name that `$type` has for a type.
fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Enum(_) => "enum",
        Kind::Message(_) => "message",
        Kind::Scalar(scalar) => match scalar {
            Scalar::Bool => "bool",
            Scalar::Bytes => "bytes",
            Scalar::String => "string",
            _ => "number",
        },
    }
}

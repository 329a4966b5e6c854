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

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value as Json};

use super::data::{MapKey, MessageValue, Value};
use super::example;
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
    Range(Option<f64>, Option<f64>),
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

    /// Returns the parts of `message` that do not match. `position` is that of the message in its
    /// stream, from 0.
    pub fn mismatches(&self, message: &MessageValue, position: u64) -> Vec<Mismatch> {
        let mut found = Comparison { types: self.of.types(), position, mismatches: Vec::new() };
        found.message(&[], self, message);
        found.mismatches
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
                return within(step(), Err(JsonError::new("write `$absent: true`")));
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
                Ok(Matcher::Range(min.as_f64(), max.as_f64()))
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
    let number = |number: f64| match types.default(kind) {
        Value::I32(_) => Value::I32(number as i32),
        Value::I64(_) => Value::I64(number as i64),
        Value::U32(_) => Value::U32(number as u32),
        Value::U64(_) => Value::U64(number as u64),
        Value::F32(_) => Value::F32(number as f32),
        Value::Enum(_) => Value::Enum(number as i32),
        _ => Value::F64(number),
    };
    let is_float = matches!(kind, Kind::Scalar(Scalar::Float | Scalar::Double));
    match matcher {
        Matcher::Equal(value) => value.clone(),
        Matcher::Message(pattern) => Value::Message(pattern.example(position)),
        Matcher::Range(Some(min), _) if is_float => number(*min),
        Matcher::Range(Some(min), _) => number(min.ceil()),
        Matcher::Range(None, Some(max)) if is_float => number(*max),
        Matcher::Range(None, Some(max)) => number(max.floor()),
        Matcher::Position(first) => number(first.saturating_add_unsigned(position) as f64),
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
    super::matching::text(regex, 0).unwrap_or_else(|| regex.to_owned())
}

struct Comparison<'t> {
    types: &'t Types,
    position: u64,
    mismatches: Vec<Mismatch>,
}

impl Comparison<'_> {
    fn add(&mut self, path: &[Step], expected: impl Into<String>, found: impl Into<String>) {
        let (expected, found) = (expected.into(), found.into());
        self.mismatches.push(Mismatch { path: path.to_vec(), expected, found });
    }

    fn message(&mut self, path: &[Step], pattern: &Pattern, message: &MessageValue) {
        let layout = pattern.of.layout();
        for (number, matcher) in &pattern.fields {
            let Some(field) = layout.field(*number) else { continue };
            let path = [path, &[Step::Key(field.json_name.clone())]].concat();
            self.field(&path, field, matcher, message.get(*number));
        }
    }

    fn field(&mut self, path: &[Step], field: &Field, matcher: &Matcher, value: Option<&Value>) {
        let is_repeated = matches!(field.label, Label::Repeated { .. } | Label::Map);
        let found = || {
            value.map_or_else(|| "nothing".to_owned(), |value| self.types.value_text(field, value))
        };
        match (matcher, value) {
            (Matcher::Absent, None) | (Matcher::IsSet, Some(_)) => {}
            (Matcher::Absent, Some(_)) => {
                let found = found();
                self.add(path, "nothing", found);
            }
            (Matcher::IsSet, None) => self.add(path, "a value", "nothing"),
            (matcher, None) if is_repeated => {
                self.repeated(path, field, matcher, &Value::List(Vec::new()))
            }
            (matcher, Some(value)) if is_repeated => self.repeated(path, field, matcher, value),
            (matcher, None) if field.is_implicit() => {
                let default = self.types.default(field.kind);
                self.single(path, field.kind, matcher, &default);
            }
            (matcher, None) => {
                let expected = self.described(field.kind, matcher);
                self.add(path, expected, "nothing");
            }
            (matcher, Some(value)) => self.single(path, field.kind, matcher, value),
        }
    }

    fn repeated(&mut self, path: &[Step], field: &Field, matcher: &Matcher, value: &Value) {
        let (kind, items): (Kind, Vec<(Step, &Value)>) = match value {
            Value::Map(entries) => {
                let Ok((_, of)) = entry(self.types, field) else { return };
                let steps =
                    entries.iter().map(|(key, value)| (Step::Key(json::key_text(key)), value));
                (of.kind, steps.collect())
            }
            Value::List(items) => {
                let steps = items.iter().enumerate();
                (field.kind, steps.map(|(index, item)| (Step::Index(index), item)).collect())
            }
            _ => return,
        };
        match matcher {
            Matcher::Each { pattern, min, max } => {
                let count = items.len() as u64;
                if count < *min || max.is_some_and(|max| count > max) {
                    let expected = match max {
                        Some(max) => format!("{min} to {max} items"),
                        None => format!("at least {min} items"),
                    };
                    self.add(path, expected, format!("{count}"));
                }
                for (step, item) in items {
                    self.single(&[path, &[step]].concat(), kind, pattern, item);
                }
            }
            Matcher::Items(matchers) => {
                if matchers.len() != items.len() {
                    let expected = format!("{} items", matchers.len());
                    self.add(path, expected, format!("{}", items.len()));
                    return;
                }
                for (matcher, (step, item)) in matchers.iter().zip(items) {
                    self.single(&[path, &[step]].concat(), kind, matcher, item);
                }
            }
            Matcher::Unordered(matchers) => {
                if matchers.len() != items.len() {
                    let expected = format!("{} items", matchers.len());
                    self.add(path, expected, format!("{}", items.len()));
                    return;
                }
                let values: Vec<&Value> = items.iter().map(|(_, item)| *item).collect();
                if let Some(index) = self.unmatched(kind, matchers, &values) {
                    let expected = format!("an item like the one at {index} of the pattern");
                    let found = self.types.value_text(field, value);
                    self.add(path, expected, found);
                }
            }
            Matcher::Entries(matchers) => {
                let Value::Map(entries) = value else {
                    let expected = format!("{} entries", matchers.len());
                    if !matchers.is_empty() {
                        self.add(path, expected, "nothing");
                    }
                    return;
                };
                for (key, matcher) in matchers {
                    let path = [path, &[Step::Key(json::key_text(key))]].concat();
                    match entries.get(key) {
                        Some(value) => self.single(&path, kind, matcher, value),
                        None => {
                            let expected = self.described(kind, matcher);
                            self.add(&path, expected, "nothing");
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Assigns each matcher an item of its own. Returns the index of the first matcher for which
    /// there is none left.
    fn unmatched(&self, kind: Kind, matchers: &[Matcher], items: &[&Value]) -> Option<usize> {
        // Augmenting paths: an item that is taken may be given up for another one.
        let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
        for index in 0..matchers.len() {
            let mut tried = vec![false; items.len()];
            if !self.assign(kind, matchers, items, index, &mut owner, &mut tried) {
                return Some(index);
            }
        }
        None
    }

    fn assign(
        &self,
        kind: Kind,
        matchers: &[Matcher],
        items: &[&Value],
        index: usize,
        owner: &mut BTreeMap<usize, usize>,
        tried: &mut [bool],
    ) -> bool {
        for (at, item) in items.iter().enumerate() {
            let mut probe =
                Comparison { position: self.position, types: self.types, mismatches: Vec::new() };
            probe.single(&[], kind, &matchers[index], item);
            if !probe.mismatches.is_empty() || std::mem::replace(&mut tried[at], true) {
                continue;
            }
            let before = owner.get(&at).copied();
            let is_free = before
                .is_none_or(|before| self.assign(kind, matchers, items, before, owner, tried));
            if is_free {
                owner.insert(at, index);
                return true;
            }
        }
        false
    }

    fn single(&mut self, path: &[Step], kind: Kind, matcher: &Matcher, value: &Value) {
        let is_match = match (matcher, value) {
            (Matcher::Message(pattern), Value::Message(message)) => {
                self.message(path, pattern, message);
                return;
            }
            (Matcher::Equal(Value::F32(a)), Value::F32(b)) => a == b || a.is_nan() && b.is_nan(),
            (Matcher::Equal(Value::F64(a)), Value::F64(b)) => a == b || a.is_nan() && b.is_nan(),
            (Matcher::Equal(expected), value) => expected == value,
            (Matcher::IsSet, value) => !value.is_default() || matches!(value, Value::Message(_)),
            (Matcher::Regex(_, regex), Value::String(text)) => regex.is_match(text),
            (Matcher::Range(min, max), value) => number(value).is_some_and(|number| {
                min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max)
            }),
            (Matcher::Now(seconds), Value::Message(time)) => {
                let at = match time.get(1) {
                    Some(Value::I64(at)) => *at,
                    _ => 0,
                };
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                at.abs_diff(now.as_secs().cast_signed()) <= seconds.unsigned_abs()
            }
            (Matcher::Position(first), value) => {
                number(value) == Some(first.saturating_add_unsigned(self.position) as f64)
            }
            _ => false,
        };
        if !is_match {
            let expected = self.described(kind, matcher);
            let found = self.shown(kind, value);
            self.add(path, expected, found);
        }
    }

    fn shown(&self, kind: Kind, value: &Value) -> String {
        json::write_single(self.types, kind, value).map_or_else(|e| e.message, |it| it.to_string())
    }

    fn described(&self, kind: Kind, matcher: &Matcher) -> String {
        match matcher {
            Matcher::Equal(value) => self.shown(kind, value),
            Matcher::IsSet => format!("a {}", type_name(kind)),
            Matcher::Regex(text, _) => format!("a string that matches {text:?}"),
            Matcher::Range(Some(min), Some(max)) => format!("a number from {min} to {max}"),
            Matcher::Range(Some(min), None) => format!("a number of at least {min}"),
            Matcher::Range(None, Some(max)) => format!("a number of at most {max}"),
            Matcher::Range(None, None) => "a number".to_owned(),
            Matcher::Now(seconds) => format!("a time at most {seconds} s from now"),
            Matcher::Position(first) => {
                format!(
                    "{}, the position in the stream",
                    first.saturating_add_unsigned(self.position)
                )
            }
            Matcher::Absent => "nothing".to_owned(),
            Matcher::Message(_) => "a message".to_owned(),
            _ => "items".to_owned(),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    Some(match value {
        Value::I32(number) | Value::Enum(number) => f64::from(*number),
        Value::U32(number) => f64::from(*number),
        Value::I64(number) => *number as f64,
        Value::U64(number) => *number as f64,
        Value::F32(number) => f64::from(*number),
        Value::F64(number) => *number,
        _ => return None,
    })
}

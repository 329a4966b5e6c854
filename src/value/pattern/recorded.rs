//! Patterns of messages that a server really sent: what all of them have in common.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::{has_matcher, is_message, type_name};
use crate::value::data::{MessageValue, Value};
use crate::value::json;
use crate::value::types::{Field, Kind, Label, MessageType, Types};

/// A timestamp this close to the time of the answer, in seconds, is a `$now`.
const NOW: i64 = 60;

/// The text in place of one that is kept secret.
const SECRET: &str = "redacted";

/// A message that was received, and when: seconds since 1970.
pub type Received<'m> = (&'m MessageValue, i64);

/// The full names of fields that are kept secret: `package.Message.field`.
#[derive(Clone, Debug, Default)]
pub struct Redacted(BTreeSet<String>);

impl Redacted {
    /// Keeps `fields` secret.
    ///
    /// # Errors
    ///
    /// Returns the first name that no field of `types` has: a misspelt name would reveal it.
    pub fn new(fields: &[String], types: &[&Types]) -> Result<Self, String> {
        let known = |name: &&String| {
            types.iter().flat_map(|types| types.messages()).any(|of| {
                of.fields().iter().any(|field| full_name(of.types(), of.id(), field) == **name)
            })
        };
        match fields.iter().find(|name| !known(name)) {
            Some(unknown) => Err(unknown.clone()),
            None => Ok(Redacted(fields.iter().cloned().collect())),
        }
    }

    fn has(&self, types: &Types, id: u32, field: &Field) -> bool {
        !self.0.is_empty() && self.0.contains(&full_name(types, id, field))
    }

    /// Whether the value of a type can have a secret part that has no field of its own.
    fn hides(&self, types: &Types, kind: Kind) -> bool {
        !self.0.is_empty() && is_message(types, kind, "google.protobuf.Any")
    }

    /// Returns a message in which secret strings are `redacted`, and other secret fields are unset.
    pub fn request(&self, of: &MessageType, message: &MessageValue) -> MessageValue {
        let mut copy = message.clone();
        copy.discard_unknown();
        self.clear(of.types(), of.id(), &mut copy);
        copy
    }

    fn clear(&self, types: &Types, id: u32, message: &mut MessageValue) {
        let numbers: Vec<u32> = message.fields().map(|(number, _)| number).collect();
        for number in numbers {
            let Some(field) = types.layout(id).field(number) else { continue };
            let Some(value) = message.get_mut(number) else { continue };
            match value {
                Value::String(text) if self.has(types, id, field) => *text = SECRET.to_owned(),
                _ if self.has(types, id, field) || self.hides(types, field.kind) => {
                    message.clear(number);
                }
                Value::Message(inner) => {
                    if let Kind::Message(inner_id) = field.kind {
                        self.clear(types, inner_id, inner);
                    }
                }
                Value::List(items) => {
                    for item in items {
                        if let (Value::Message(inner), Kind::Message(id)) = (item, field.kind) {
                            self.clear(types, id, inner);
                        }
                    }
                }
                Value::Map(entries) => {
                    let kind = entry_kind(types, field);
                    for item in entries.values_mut() {
                        if let (Value::Message(inner), Some(Kind::Message(id))) = (item, kind) {
                            self.clear(types, id, inner);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn full_name(types: &Types, id: u32, field: &Field) -> String {
    if field.is_extension {
        field.name.clone()
    } else {
        format!("{}.{}", types.layout(id).name, field.name)
    }
}

/// Returns the kind of the values of a map.
fn entry_kind(types: &Types, field: &Field) -> Option<Kind> {
    match field.kind {
        Kind::Message(id) => types.entry(id).map(|(_, value)| value.kind),
        _ => None,
    }
}

impl MessageType {
    /// Returns a pattern, as JSON, that all of `messages` match: equal values are written, values
    /// that differ are a `$type`, timestamps of that moment a `$now`. What some of them lack, and
    /// what is `redacted`, is left out.
    pub fn common_pattern(&self, messages: &[Received<'_>], redacted: &Redacted) -> Json {
        Json::Object(Common { types: self.types(), redacted }.message(self.id(), messages))
    }
}

struct Common<'c> {
    types: &'c Types,
    redacted: &'c Redacted,
}

impl Common<'_> {
    fn message(&self, id: u32, messages: &[Received<'_>]) -> Map<String, Json> {
        let mut object = Map::new();
        for field in &self.types.layout(id).fields {
            if self.redacted.has(self.types, id, field) {
                continue;
            }
            let values: Vec<(&Value, i64)> = messages
                .iter()
                .filter_map(|(message, at)| Some((message.get(field.number)?, *at)))
                .collect();
            if values.len() == messages.len()
                && let Some(json) = self.field(field, &values)
            {
                let extension = || format!("[{}]", field.name);
                let name = if field.is_extension { extension() } else { field.json_name.clone() };
                object.insert(name, json);
            }
        }
        object
    }

    fn field(&self, field: &Field, values: &[(&Value, i64)]) -> Option<Json> {
        match field.label {
            Label::Repeated { .. } => self.list(field, values),
            Label::Map => self.map(field, values),
            _ => self.single(field.kind, values),
        }
    }

    fn list(&self, field: &Field, values: &[(&Value, i64)]) -> Option<Json> {
        let lists: Vec<(&Vec<Value>, i64)> = values
            .iter()
            .filter_map(|(value, at)| match value {
                Value::List(items) => Some((items, *at)),
                _ => None,
            })
            .collect();
        let least = lists.iter().map(|(items, _)| items.len()).min()?;
        let is_same_length = lists.iter().all(|(items, _)| items.len() == least);
        let known = if is_same_length {
            (0..least)
                .map(|index| {
                    let items: Vec<_> =
                        lists.iter().map(|(items, at)| (&items[index], *at)).collect();
                    self.single(field.kind, &items)
                })
                .collect::<Option<Vec<_>>>()
                .map(Json::Array)
        } else {
            let items: Vec<_> =
                lists.iter().flat_map(|(items, at)| items.iter().map(|item| (item, *at))).collect();
            self.single(field.kind, &items).map(|each| json!({ "$each": each, "$min": least }))
        };
        known.or_else(|| Some(json!({ "$type": "list" })))
    }

    fn map(&self, field: &Field, values: &[(&Value, i64)]) -> Option<Json> {
        let kind = entry_kind(self.types, field)?;
        let maps: Vec<_> = values
            .iter()
            .filter_map(|(value, at)| match value {
                Value::Map(entries) => Some((entries, *at)),
                _ => None,
            })
            .collect();
        let mut object = Map::new();
        for key in maps.first()?.0.keys() {
            let items: Vec<_> =
                maps.iter().filter_map(|(map, at)| Some((map.get(key)?, *at))).collect();
            let name = json::key_text(key);
            // A key that looks like a matcher cannot be written.
            if items.len() == maps.len()
                && !name.starts_with('$')
                && let Some(json) = self.single(kind, &items)
            {
                object.insert(name, json);
            }
        }
        Some(if object.is_empty() { json!({ "$type": "map" }) } else { Json::Object(object) })
    }

    /// Returns the pattern of single values; none if nothing can be said of them.
    fn single(&self, kind: Kind, values: &[(&Value, i64)]) -> Option<Json> {
        if let Kind::Message(id) = kind
            && !json::has_own_form(self.types, id)
        {
            let messages: Vec<Received<'_>> = values
                .iter()
                .filter_map(|(value, at)| match value {
                    Value::Message(message) => Some((message, *at)),
                    _ => None,
                })
                .collect();
            return Some(Json::Object(self.message(id, &messages)));
        }
        if self.redacted.hides(self.types, kind) {
            return Some(json!({ "$type": "message" }));
        }
        if is_message(self.types, kind, "google.protobuf.Timestamp") && values.iter().all(is_now) {
            return Some(json!({ "$now": format!("{NOW}s") }));
        }
        let (first, _) = values.first()?;
        if values.iter().all(|(value, _)| value == first) {
            let json = json::write_single(self.types, kind, first).ok();
            return json.map(|it| if has_matcher(&it) { json!({ "$equal": it }) } else { it });
        }
        // A default does not match `$type`, except an empty message.
        let is_set = values
            .iter()
            .all(|(value, _)| matches!(value, Value::Message(_)) || !value.is_default());
        is_set.then(|| json!({ "$type": type_name(kind) }))
    }
}

/// Whether a timestamp is that of its answer.
fn is_now((value, at): &(&Value, i64)) -> bool {
    match value {
        Value::Message(time) => match time.get(1) {
            Some(Value::I64(seconds)) => seconds.abs_diff(*at) <= NOW.unsigned_abs(),
            _ => false,
        },
        _ => false,
    }
}

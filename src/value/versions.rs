//! Two versions of a message type: whether they are the same, and what of a message both have.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::data::{MessageValue, Value};
use super::json::Step;
use super::types::{Field, Kind, Label, Layout, MessageType, Types};
#[cfg(feature = "contract")]
use crate::schema::wire;

impl MessageType {
    /// Whether the two types read and write the same in binary, JSON and text, with all types that
    /// are reachable from them.
    pub fn is_equivalent(&self, other: &MessageType) -> bool {
        let mut open = vec![(self.id(), other.id())];
        let mut seen = FxHashSet::from_iter(open.clone());
        while let Some((a, b)) = open.pop() {
            let (one, two) = (self.types().layout(a), other.types().layout(b));
            let is_same = one.name == two.name
                && one.oneofs == two.oneofs
                && one.fields.len() == two.fields.len()
                && one
                    .fields
                    .iter()
                    .zip(&two.fields)
                    .all(|(one, two)| is_same_field(self.types(), one, other.types(), two));
            if !is_same {
                return false;
            }
            for (one, two) in one.fields.iter().zip(&two.fields) {
                if let (Kind::Message(a), Kind::Message(b)) = (one.kind, two.kind)
                    && seen.insert((a, b))
                {
                    open.push((a, b));
                }
            }
        }
        true
    }

    /// Returns the required fields that `message` does not set, each by its path and its full name.
    pub fn missing_required(&self, message: &MessageValue) -> Vec<(String, String)> {
        let mut missing = Vec::new();
        each_message(self.types(), self.id(), message, "", &mut |layout, message, path| {
            if !layout.has_required {
                return;
            }
            let required = layout.fields.iter().filter(|field| field.label == Label::Required);
            for field in required.filter(|field| message.get(field.number).is_none()) {
                missing.push((join(path, field), layout.element(field)));
            }
        });
        missing
    }

    /// Returns the enum values in `message` that have no name in this type, each by the path of its
    /// field and its number: also those that a reader of a closed enum keeps as unknown fields, but
    /// for those in a map, of which it keeps the entry.
    #[cfg(feature = "contract")]
    pub fn unnamed_enum_values(&self, message: &MessageValue) -> Vec<(String, i32)> {
        let mut unnamed = Vec::new();
        each_message(self.types(), self.id(), message, "", &mut |layout, message, path| {
            for field in &layout.fields {
                let Some(Kind::Enum(of)) = value_kind(self.types(), field) else { continue };
                let of = self.types().enumeration(of);
                let values = message.get(field.number).into_iter().flat_map(items);
                let read = values.filter_map(|value| match value {
                    Value::Enum(number) => Some(*number),
                    _ => None,
                });
                let records = wire::records(message.unknown());
                let kept = records.filter_map(|record| match record.value {
                    wire::Value::Varint(number) if record.number == field.number => {
                        Some(number as i32)
                    }
                    _ => None,
                });
                let numbers = read.chain(kept).filter(|number| of.name_of(*number).is_none());
                unnamed.extend(numbers.map(|number| (join(path, field), number)));
            }
        });
        unnamed
    }

    /// Returns the full name of the field at a path in the JSON form of a message of this type, and
    /// what differs from the type that `reader` has there. Both are empty if there is no field.
    pub fn json_element(&self, reader: &MessageType, path: &[Step]) -> (String, String) {
        let mut at = (Some(self.id()), Some(reader.id()));
        let mut found = (String::new(), String::new());
        for step in path {
            let (Step::Key(name), (Some(id), other)) = (step, at) else { continue };
            let layout = self.types().layout(id);
            // The key of a map is no field: the next step is one of its value.
            let Some(field) = layout.json_field(name) else { continue };
            let other = other.and_then(|id| reader.types().layout(id).field(field.number));
            let change = match other {
                None => "the reader does not have the field".to_owned(),
                Some(other) if other.json_name != field.json_name => {
                    format!("the JSON name {:?} → {:?}", field.json_name, other.json_name)
                }
                Some(other) => self.types().change(field, reader.types(), other),
            };
            found = (layout.element(field), change);
            at = (
                value_type(self.types(), field),
                other.and_then(|other| value_type(reader.types(), other)),
            );
        }
        found
    }
}

/// Returns the type of a field, or of the values of a map.
pub(super) fn value_kind(types: &Types, field: &Field) -> Option<Kind> {
    match field.kind {
        Kind::Message(entry) if field.label == Label::Map => {
            types.entry(entry).map(|(_, value)| value.kind)
        }
        kind => Some(kind),
    }
}

/// Returns the message type of a field, or of the values of a map.
fn value_type(types: &Types, field: &Field) -> Option<u32> {
    match value_kind(types, field) {
        Some(Kind::Message(id)) => Some(id),
        _ => None,
    }
}

/// Returns the items of a list, the values of a map, or the value itself.
pub(super) fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().collect(),
        Value::Map(entries) => entries.values().collect(),
        value => vec![value],
    }
}

/// Returns the path of `field` in the message at `path`.
pub(super) fn join(path: &str, field: &Field) -> String {
    if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) }
}

pub(super) fn is_same_field(a: &Types, one: &Field, b: &Types, two: &Field) -> bool {
    let is_same_kind = match (one.kind, two.kind) {
        (Kind::Scalar(a), Kind::Scalar(b)) => a == b,
        (Kind::Enum(x), Kind::Enum(y)) => {
            let (x, y) = (a.enumeration(x), b.enumeration(y));
            x.is_closed == y.is_closed && x.values == y.values
        }
        (Kind::Message(_), Kind::Message(_)) => true,
        _ => false,
    };
    is_same_kind
        && (one.number, &one.name, &one.json_name) == (two.number, &two.name, &two.json_name)
        && (one.label, one.oneof) == (two.label, two.oneof)
        && (one.is_delimited, one.verifies_utf8) == (two.is_delimited, two.verifies_utf8)
}

/// Calls `visit` with `message` and every message in it, each with its type and its path.
pub(super) fn each_message(
    types: &Types,
    id: u32,
    message: &MessageValue,
    path: &str,
    visit: &mut dyn FnMut(&Layout, &MessageValue, &str),
) {
    let layout = types.layout(id);
    visit(layout, message, path);
    for (number, value) in message.fields() {
        let Some(field) = layout.field(number) else { continue };
        let Some(id) = value_type(types, field) else { continue };
        for item in items(value) {
            if let Value::Message(message) = item {
                each_message(types, id, message, &join(path, field), visit);
            }
        }
    }
}

/// What [`restricted`] leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restrict {
    /// For JSON: fields and enum values that the reader does not have, and presence that it does not
    /// know. A required field gets another enum value.
    Json,
    /// For the binary format: the same, but a required field keeps its enum value, since a reader
    /// with a closed enum misses the field then, and refuses the message.
    Binary,
    /// For a reader that passes the message on: only the enum values that one with a closed enum
    /// moves to its unknown fields.
    Relay,
}

/// Returns the part of `message`, of the type `writer`, that `reader` can have.
pub fn restricted(
    writer: &MessageType,
    message: &MessageValue,
    reader: &MessageType,
    what: Restrict,
) -> MessageValue {
    let restriction = Restriction { writer: writer.types(), reader: reader.types(), what };
    restriction.message(writer.id(), message, reader.id())
}

struct Restriction<'t> {
    writer: &'t Types,
    reader: &'t Types,
    what: Restrict,
}

impl Restriction<'_> {
    fn message(&self, id: u32, message: &MessageValue, reader: u32) -> MessageValue {
        let (layout, other) = (self.writer.layout(id), self.reader.layout(reader));
        let mut kept = MessageValue::new();
        for (number, value) in message.fields() {
            let Some(field) = layout.field(number) else { continue };
            let by_name = (self.what == Restrict::Json).then(|| other.json_field(&field.in_json()));
            let Some(other) = by_name.flatten().or_else(|| other.field(number)) else {
                if self.what == Restrict::Relay {
                    kept.set(number, value.clone());
                }
                continue;
            };
            let gains_presence = other.is_implicit() && !field.is_implicit();
            if gains_presence && value.is_default() {
                continue;
            }
            let kept_value = self.value(field, value, other);
            if let Some(value) = kept_value.or_else(|| self.required(field, value, other)) {
                kept.set(number, value);
            }
        }
        kept.push_unknown(message.unknown());
        kept
    }

    /// Returns the value of a required field whose enum value the reader does not have.
    fn required(&self, field: &Field, value: &Value, other: &Field) -> Option<Value> {
        if other.label != Label::Required {
            return None;
        }
        match (self.what, field.kind) {
            (Restrict::Binary, _) => Some(value.clone()),
            (Restrict::Json, Kind::Enum(id)) => {
                let values = self.writer.enumeration(id).values.iter();
                let mut values = values.map(|(_, number)| Value::Enum(*number));
                values.find(|value| self.single(field.kind, value, other.kind).is_some())
            }
            _ => None,
        }
    }

    /// Returns none if nothing is left of the value.
    fn value(&self, field: &Field, value: &Value, other: &Field) -> Option<Value> {
        match value {
            Value::List(items) => {
                let items: Vec<Value> = items
                    .iter()
                    .filter_map(|item| self.single(field.kind, item, other.kind))
                    .collect();
                (!items.is_empty()).then_some(Value::List(items))
            }
            Value::Map(entries) => {
                let (Kind::Message(entry), Kind::Message(other)) = (field.kind, other.kind) else {
                    return Some(value.clone());
                };
                let (Some((_, of)), Some((_, other))) =
                    (self.writer.entry(entry), self.reader.entry(other))
                else {
                    return Some(value.clone());
                };
                let entries: BTreeMap<_, _> = entries
                    .iter()
                    .filter_map(|(key, value)| {
                        Some((key.clone(), self.single(of.kind, value, other.kind)?))
                    })
                    .collect();
                (!entries.is_empty()).then_some(Value::Map(entries))
            }
            value => self.single(field.kind, value, other.kind),
        }
    }

    fn single(&self, kind: Kind, value: &Value, other: Kind) -> Option<Value> {
        match (kind, value, other) {
            (Kind::Message(id), Value::Message(message), Kind::Message(other)) => {
                Some(Value::Message(self.message(id, message, other)))
            }
            (Kind::Enum(id), Value::Enum(number), Kind::Enum(other)) => {
                let (of, other) = (self.writer.enumeration(id), self.reader.enumeration(other));
                let is_added = of.name_of(*number).is_some() && other.name_of(*number).is_none();
                let is_dropped = if self.what == Restrict::Relay {
                    other.is_closed && other.name_of(*number).is_none()
                } else {
                    is_added
                };
                (!is_dropped).then_some(value.clone())
            }
            _ => Some(value.clone()),
        }
    }
}

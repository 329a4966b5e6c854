//! Whether a value that was read is the value that was written, when writer and reader have
//! different versions of a type.
//!
//! Two values are equal if they are the same number (false is 0, true is 1, NaN is NaN), or the
//! same bytes as string or bytes. An enum value goes by its name where the reader has the name,
//! otherwise by its number. In the binary format, a field whose number has another name, while the
//! reader has its name for another number, is misread. A value equals a list of it alone, a map the
//! list of its entries, a message its encoding and, in JSON, a wrapper its value. Presence counts: a
//! 0 that was set and that the reader cannot tell from unset is lost.

use std::collections::BTreeMap;

use super::data::{MapKey, MessageValue, Value};
use super::json::is_wrapper;
use super::types::{Field, Kind, Label, Layout, MessageType, Types};
use crate::finding::{Effect, Surface};

/// A field whose value was not read as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path from the message to the field: `usage.input_tokens`.
    pub path: String,
    /// The full name of the field, in the writer's version if it has the field.
    pub element: String,
    /// What the reader does.
    pub effect: Effect,
    /// The value in the text format.
    pub written: String,
    /// The value that was read, or `unset`.
    pub read: String,
    /// What differs between the two types of the field, if something does.
    pub change: String,
}

/// How a reader finds the field of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// By its number.
    Number,
    /// By its JSON name, or else by its name.
    JsonName,
}

impl Match {
    /// Returns how readers find fields on `surface`.
    pub(super) fn of(surface: Surface) -> Self {
        if surface == Surface::Json { Match::JsonName } else { Match::Number }
    }
}

/// Returns the fields of `written`, which the type `writer` wrote in the binary format, that `reader`
/// read as something else.
pub fn compare(
    writer: &MessageType,
    written: &MessageValue,
    reader: &MessageType,
    read: &MessageValue,
) -> Vec<Difference> {
    compare_by(Match::Number, writer, written, reader, read)
}

/// Returns the fields like [`compare`], of a reader that finds fields by `by`.
pub(super) fn compare_by(
    by: Match,
    writer: &MessageType,
    written: &MessageValue,
    reader: &MessageType,
    read: &MessageValue,
) -> Vec<Difference> {
    let mut comparison =
        Comparison { by, writer: writer.types(), reader: reader.types(), differences: Vec::new() };
    comparison.messages("", (writer.id(), written), (reader.id(), read));
    comparison.differences
}

struct Comparison<'t> {
    by: Match,
    writer: &'t Types,
    reader: &'t Types,
    differences: Vec<Difference>,
}

impl Comparison<'_> {
    fn messages(
        &mut self,
        path: &str,
        (writer_id, written): (u32, &MessageValue),
        (reader_id, read): (u32, &MessageValue),
    ) {
        let (writer, reader) = (self.writer.layout(writer_id), self.reader.layout(reader_id));
        for (number, value) in written.fields() {
            let Some(field) = writer.field(number) else { continue };
            let path =
                if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
            let other = self.counterpart(field, reader);
            let found = other.and_then(|other| Some((other, read.get(other.number)?)));
            let effect = match found {
                None => Some(Effect::Loses),
                Some((other, found)) => {
                    let effect = self.values(&path, (field, value), (other, found));
                    effect.max(self.is_other_name(field, other, reader).then_some(Effect::Misreads))
                }
            };
            if let Some(effect) = effect {
                self.differences.push(Difference {
                    path,
                    element: writer.element(field),
                    effect,
                    written: self.writer.value_text(field, value),
                    read: found.map_or_else(
                        || "unset".to_owned(),
                        |(other, found)| self.reader.value_text(other, found),
                    ),
                    change: self.change(field, other),
                });
            }
        }
        for (number, value) in read.fields() {
            let Some(field) = reader.field(number) else { continue };
            let mut set = written.fields().filter_map(|(number, _)| writer.field(number));
            let is_written = match self.by {
                Match::Number => written.get(number).is_some(),
                Match::JsonName => set.any(|other| {
                    self.counterpart(other, reader).is_some_and(|it| it.number == number)
                }),
            };
            if is_written {
                continue;
            }
            self.differences.push(Difference {
                path: if path.is_empty() {
                    field.name.clone()
                } else {
                    format!("{path}.{}", field.name)
                },
                element: reader.element(field),
                effect: Effect::Misreads,
                written: "unset".to_owned(),
                read: self.reader.value_text(field, value),
                change: writer
                    .field(number)
                    .map_or_else(String::new, |other| self.change(other, Some(field))),
            });
        }
    }

    /// Returns the field of `reader` that takes a value of `field`.
    fn counterpart<'l>(&self, field: &Field, reader: &'l Layout) -> Option<&'l Field> {
        match self.by {
            Match::Number => reader.field(field.number),
            Match::JsonName => reader.json_field(&field.in_json()),
        }
    }

    /// Whether `other`, which takes a value of `field` by its number, is another field: the reader has
    /// the name of `field` for another number.
    fn is_other_name(&self, field: &Field, other: &Field, reader: &Layout) -> bool {
        self.by == Match::Number
            && other.name != field.name
            && reader.fields.iter().any(|it| !it.is_extension && it.name == field.name)
    }

    /// Returns what happened to the value of a field. The differences within messages are added on
    /// the way.
    fn values(
        &mut self,
        path: &str,
        (field, written): (&Field, &Value),
        (other, read): (&Field, &Value),
    ) -> Option<Effect> {
        match (written, read) {
            (Value::List(a), Value::List(b)) => {
                if a.len() != b.len() {
                    return Some(Effect::Loses);
                }
                let mut effects = a.iter().zip(b).enumerate().map(|(index, (a, b))| {
                    let path = format!("{path}[{index}]");
                    self.singles(&path, (field.kind, a), (other.kind, b))
                });
                effects.find_map(|effect| effect)
            }
            (Value::Map(a), Value::Map(b)) => {
                let (Some((_, of)), Some((_, other))) =
                    (entry(self.writer, field), entry(self.reader, other))
                else {
                    return Some(Effect::Misreads);
                };
                if a.len() != b.len() {
                    return Some(Effect::Loses);
                }
                let (of, other) = (of.kind, other.kind);
                let mut effects = a.iter().zip(b).map(|((key, a), (read_key, b))| {
                    let is_same = same_scalar(&key.clone().into(), &read_key.clone().into());
                    if !is_same {
                        return Some(Effect::Misreads);
                    }
                    self.singles(&format!("{path}[{key:?}]"), (of, a), (other, b))
                });
                effects.find_map(|effect| effect)
            }
            (Value::Map(a), Value::List(b)) => {
                let (Kind::Message(writer), Kind::Message(reader)) = (field.kind, other.kind)
                else {
                    return Some(Effect::Misreads);
                };
                self.entries(path, (writer, a.iter().collect()), (reader, b))
            }
            (Value::List(items), Value::Map(b)) => {
                let (Kind::Message(entry), Some((_, of))) = (field.kind, entry(self.reader, other))
                else {
                    return Some(Effect::Misreads);
                };
                self.items(path, (entry, items), (of.kind, b))
            }
            (Value::List(items), single) => {
                let last = items
                    .last()
                    .and_then(|item| self.singles(path, (field.kind, item), (other.kind, single)));
                last.or((items.len() > 1).then_some(Effect::Loses))
            }
            (single, Value::List(items)) => match items.as_slice() {
                [item] => self.singles(path, (field.kind, single), (other.kind, item)),
                _ => Some(Effect::Misreads),
            },
            (a, b) => self.singles(path, (field.kind, a), (other.kind, b)),
        }
    }

    /// Compares a map with the list of its entries.
    fn entries(
        &mut self,
        path: &str,
        (writer, entries): (u32, Vec<(&MapKey, &Value)>),
        (reader, items): (u32, &[Value]),
    ) -> Option<Effect> {
        if entries.len() != items.len() {
            return Some(Effect::Loses);
        }
        let before = self.differences.len();
        for ((key, value), item) in entries.into_iter().zip(items) {
            let Value::Message(item) = item else { return Some(Effect::Misreads) };
            let mut entry = MessageValue::new();
            for (number, part) in [(1, key.clone().into()), (2, value.clone())] {
                let reads_default =
                    self.reader.layout(reader).field(number).is_some_and(Field::is_implicit);
                if !(reads_default && part.is_default()) {
                    entry.set(number, part);
                }
            }
            self.messages(path, (writer, &entry), (reader, item));
        }
        (self.differences.len() > before).then_some(Effect::Misreads)
    }

    /// Compares a list of entries with the map that was read. The last entry of a key counts.
    fn items(
        &mut self,
        path: &str,
        (writer, items): (u32, &[Value]),
        (kind, entries): (Kind, &BTreeMap<MapKey, Value>),
    ) -> Option<Effect> {
        let value_kind = self.writer.layout(writer).field(2).map(|field| field.kind);
        let mut effect = None;
        for item in items {
            let Value::Message(item) = item else { return Some(Effect::Misreads) };
            let key = item.get(1).cloned();
            let found = entries.iter().find(|(read, _)| match &key {
                Some(key) => same_scalar(key, &(*read).clone().into()),
                None => Value::from((*read).clone()).is_default(),
            });
            let Some((_, read)) = found else { return Some(Effect::Loses) };
            let (Some(written), Some(value_kind)) = (item.get(2), value_kind) else { continue };
            effect = effect.or(self.singles(path, (value_kind, written), (kind, read)));
        }
        effect.or((entries.len() != items.len()).then_some(Effect::Loses))
    }

    fn singles(
        &mut self,
        path: &str,
        (writer_kind, written): (Kind, &Value),
        (reader_kind, read): (Kind, &Value),
    ) -> Option<Effect> {
        match ((writer_kind, written), (reader_kind, read)) {
            (
                (Kind::Message(writer), Value::Message(a)),
                (Kind::Message(reader), Value::Message(b)),
            ) => {
                self.messages(path, (writer, a), (reader, b));
                None
            }
            ((Kind::Message(id), Value::Message(message)), (_, other)) => {
                let is_same = self.same_as_message(self.writer, (id, message), other);
                (!is_same).then_some(Effect::Misreads)
            }
            ((_, written), (Kind::Message(id), Value::Message(message))) => {
                let is_same = self.same_as_message(self.reader, (id, message), written);
                (!is_same).then_some(Effect::Misreads)
            }
            (
                (Kind::Enum(writer), Value::Enum(number)),
                (Kind::Enum(reader), Value::Enum(other)),
            ) => {
                let (writer, reader) =
                    (self.writer.enumeration(writer), self.reader.enumeration(reader));
                let name = writer.name_of(*number);
                let expected = name.and_then(|name| reader.number_of(name)).unwrap_or(*number);
                (expected != *other).then_some(Effect::Misreads)
            }
            ((_, written), (_, read)) => (!same_scalar(written, read)).then_some(Effect::Misreads),
        }
    }

    /// Whether a scalar is the same value as a message: its encoding or, in JSON, the value of a
    /// wrapper, which is written without its message.
    fn same_as_message(
        &self,
        types: &Types,
        (id, message): (u32, &MessageValue),
        scalar: &Value,
    ) -> bool {
        if self.by == Match::JsonName && is_wrapper(types, id) {
            return message.get(1).map_or(scalar.is_default(), |value| same_scalar(value, scalar));
        }
        same_scalar(&Value::Bytes(types.of(id).encode(message)), scalar)
    }

    /// Returns what differs between the two versions of a field.
    fn change(&self, field: &Field, other: Option<&Field>) -> String {
        match other {
            Some(other) => self.writer.change(field, self.reader, other),
            None => "the reader does not have the field".to_owned(),
        }
    }
}

impl MessageType {
    /// Returns the element that people wrote for `element`: of a field of a map entry the map.
    pub fn written_element(&self, element: &str) -> String {
        let map = element.rsplit_once('.').and_then(|(entry, _)| {
            let (owner, _) = entry.rsplit_once('.')?;
            let owner = self.types().message(owner)?;
            let is_of_entry = |field: &&Field| match (field.label, field.kind) {
                (Label::Map, Kind::Message(id)) => self.types().layout(id).name == entry,
                _ => false,
            };
            let map = owner.fields().iter().find(is_of_entry)?;
            Some(format!("{}.{}", owner.name(), map.name))
        });
        map.unwrap_or_else(|| element.to_owned())
    }

    /// Returns what differs between this version and that of `reader` in the field with the full name
    /// `element`, which may be one of a message inside. Empty if nothing does.
    pub fn element_change(&self, reader: &MessageType, element: &str) -> String {
        let Some((owner, name)) = element.rsplit_once('.') else { return String::new() };
        let (Some(written), Some(read)) =
            (self.types().message(owner), reader.types().message(owner))
        else {
            return String::new();
        };
        let Some(field) = read.fields().iter().find(|field| field.name == name) else {
            return String::new();
        };
        match written.fields().iter().find(|other| other.number == field.number) {
            Some(other) => self.types().change(other, reader.types(), field),
            None => "the writer does not have the field".to_owned(),
        }
    }
}

impl Types {
    /// Returns what differs between a field and another version of it, which is one of `types`.
    /// Empty if nothing does.
    pub(super) fn change(&self, field: &Field, types: &Types, other: &Field) -> String {
        let (before, after) = (self.declared(field), types.declared(other));
        if before != after {
            return format!("{before} → {after}");
        }
        match (field.oneof, other.oneof) {
            (None, Some(_)) => return "outside of a oneof → in a oneof".to_owned(),
            (Some(_), None) => return "in a oneof → outside of it".to_owned(),
            _ => {}
        }
        if let (Kind::Enum(a), Kind::Enum(b)) = (field.kind, other.kind) {
            let (a, b) = (self.enumeration(a), types.enumeration(b));
            if a.is_closed != b.is_closed {
                let openness = |closed| if closed { "closed" } else { "open" };
                return format!("{} enum → {} enum", openness(a.is_closed), openness(b.is_closed));
            }
            if a.values != b.values {
                return format!("the values of the enum {} differ", a.name);
            }
        }
        String::new()
    }

    /// Returns the type of a field as a schema declares it: `repeated int32`, `map<string, Order>`.
    pub(super) fn declared(&self, field: &Field) -> String {
        if let (Label::Map, Some((key, value))) = (field.label, entry(self, field)) {
            return format!("map<{}, {}>", self.kind_name(key), self.kind_name(value));
        }
        let label = match field.label {
            Label::Repeated { .. } => "repeated ",
            Label::Required => "required ",
            Label::Explicit if !matches!(field.kind, Kind::Message(_)) && field.oneof.is_none() => {
                "optional "
            }
            _ => "",
        };
        format!("{label}{}", self.kind_name(field))
    }

    fn kind_name(&self, field: &Field) -> String {
        match field.kind {
            Kind::Scalar(scalar) => format!("{scalar:?}").to_lowercase(),
            Kind::Enum(id) => self.enumeration(id).name.clone(),
            Kind::Message(id) if field.is_delimited => format!("group {}", self.layout(id).name),
            Kind::Message(id) => self.layout(id).name.clone(),
        }
    }
}

/// Returns the key and the value field of a map field.
fn entry<'t>(types: &'t Types, field: &Field) -> Option<(&'t Field, &'t Field)> {
    match field.kind {
        Kind::Message(entry) => types.entry(entry),
        _ => None,
    }
}

/// A scalar as the rules of equality see it.
enum Plain<'v> {
    Integer(i128),
    Float(f64),
    Bytes(&'v [u8]),
    Other,
}

fn plain(value: &Value) -> Plain<'_> {
    match value {
        Value::Bool(flag) => Plain::Integer((*flag).into()),
        Value::I32(number) | Value::Enum(number) => Plain::Integer((*number).into()),
        Value::I64(number) => Plain::Integer((*number).into()),
        Value::U32(number) => Plain::Integer((*number).into()),
        Value::U64(number) => Plain::Integer((*number).into()),
        Value::F32(number) => Plain::Float((*number).into()),
        Value::F64(number) => Plain::Float(*number),
        Value::String(text) => Plain::Bytes(text.as_bytes()),
        Value::Bytes(bytes) => Plain::Bytes(bytes),
        _ => Plain::Other,
    }
}

fn same_scalar(a: &Value, b: &Value) -> bool {
    match (plain(a), plain(b)) {
        (Plain::Integer(a), Plain::Integer(b)) => a == b,
        (Plain::Float(a), Plain::Float(b)) => {
            a.is_nan() && b.is_nan() || a == b && a.is_sign_negative() == b.is_sign_negative()
        }
        (Plain::Integer(a), Plain::Float(b)) | (Plain::Float(b), Plain::Integer(a)) => {
            b.fract() == 0.0 && b.abs() < 1e30 && b as i128 == a
        }
        (Plain::Bytes(a), Plain::Bytes(b)) => a == b,
        _ => false,
    }
}

//! Generates messages.

use std::collections::BTreeMap;

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;
use prost::encoding::{WireType, encode_key, encode_varint};

use super::rules;
use crate::schema::descriptor::FieldType as Scalar;
use crate::schema::wire::encode_bytes;
use crate::value::data::{MapKey, MessageValue, Value};
use crate::value::edge::edges;
use crate::value::example::set;
use crate::value::json::of_time;
use crate::value::rules::Rules;
use crate::value::types::{Field, Kind, Label, Types};

/// The depth of messages below which only required fields are set.
const MAX_DEPTH: usize = 6;

/// The number of messages in one above which only required fields are set.
const MAX_MESSAGES: usize = 64;

/// The values of a field with rules among the edge values.
const RULED: usize = 6;

/// Returns a message of the type `id`.
pub(super) fn message(
    types: &Types,
    id: u32,
    rng: &mut TestRng,
    with_unknown: bool,
) -> MessageValue {
    Generator { types, rng, with_unknown, messages: 0 }.message(id, 0)
}

/// Returns messages of the type `id` in which one field each has an edge value. Fields of messages in
/// it are among them, `depth` messages deep, up to `limit` messages, but at least one for each field. The first one has only what is
/// required, and so have the others but for their one field.
pub(super) fn edge_messages(
    types: &Types,
    id: u32,
    rng: &mut TestRng,
    (depth, limit): (usize, usize),
) -> Vec<MessageValue> {
    Generator { types, rng, with_unknown: false, messages: 0 }.edge_messages(id, depth, limit)
}

pub(super) struct Generator<'a> {
    pub(super) types: &'a Types,
    pub(super) rng: &'a mut TestRng,
    with_unknown: bool,
    messages: usize,
}

impl Generator<'_> {
    /// Returns a number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    /// Returns true in one of `times` cases.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<'v, T>(&mut self, items: &'v [T]) -> Option<&'v T> {
        if items.is_empty() {
            return None;
        }
        items.get(self.below(items.len() as u64) as usize)
    }

    fn message(&mut self, id: u32, depth: usize) -> MessageValue {
        self.messages += 1;
        if let Some(message) = self.well_known(id, depth) {
            return message;
        }
        let types = self.types;
        let layout = types.layout(id);
        let is_at_limit = depth >= MAX_DEPTH || self.messages >= MAX_MESSAGES;
        // Some messages are empty, some full, most between; deep ones are emptier.
        let density = match self.below(8) {
            _ if is_at_limit => 0,
            0 => 0,
            1 if depth < 2 => 8,
            2..=4 => 4,
            _ => 2,
        };
        let mut message = MessageValue::new();
        let chosen: Vec<Option<u32>> = (0..layout.oneofs.len())
            .map(|index| {
                let members: Vec<u32> = layout
                    .fields
                    .iter()
                    .filter(|field| field.oneof == Some(index))
                    .map(|field| field.number)
                    .collect();
                self.pick(&members).copied()
            })
            .collect();
        for field in &layout.fields {
            // A type that requires several of itself would grow without end.
            let may_grow = !matches!(field.kind, Kind::Message(_))
                || depth < 20 && self.messages < 10 * MAX_MESSAGES;
            let is_required = may_grow
                && (rules::require(types, field)
                    || field.oneof.is_some_and(|index| layout.required_oneofs.contains(&index)));
            if depth > 40 || !is_required && self.below(8) >= density {
                continue;
            }
            let is_other_member =
                field.oneof.is_some_and(|index| chosen.get(index) != Some(&Some(field.number)));
            if is_other_member {
                continue;
            }
            let mut value = self.field(field, depth);
            // What is required by a rule has to differ from unset.
            for _ in 0..20 {
                if !(is_required && value.is_default() && field.label != Label::Required) {
                    break;
                }
                value = self.field(field, depth);
            }
            let is_unset = match field.label {
                Label::Implicit | Label::Repeated { .. } | Label::Map => value.is_default(),
                _ => false,
            };
            if !is_unset {
                message.set(field.number, value);
            }
        }
        if self.with_unknown && self.one_in(8) {
            self.unknown(id, &mut message);
        }
        message
    }

    /// Returns a message with only what is required.
    fn smallest(&mut self, id: u32) -> MessageValue {
        self.messages = 0;
        self.message(id, MAX_DEPTH)
    }

    fn edge_messages(&mut self, id: u32, depth: usize, limit: usize) -> Vec<MessageValue> {
        let types = self.types;
        let known = crate::value::edge::known(types, id);
        if !known.is_empty() {
            return known.into_iter().map(|(_, message)| message).collect();
        }
        let smallest = self.smallest(id);
        let mut messages = vec![smallest.clone()];
        // The fields of messages in it share what the others leave.
        let (inner, own): (Vec<&Field>, Vec<&Field>) =
            types.layout(id).fields.iter().partition(|field| self.is_message(field));
        for (fields, is_inner) in [(own, false), (inner, true)] {
            let share = limit.saturating_sub(messages.len()) / fields.len().max(1);
            for field in fields {
                let needs_value = field.label != Label::Required && rules::require(types, field);
                let values = self.edges_of(field, depth, share.max(1));
                let values =
                    values.into_iter().filter(|value| !(needs_value && value.is_default()));
                for value in values.take(if is_inner { share.max(1) } else { usize::MAX }) {
                    let mut message = smallest.clone();
                    set(types, id, field, value, &mut message);
                    messages.push(message);
                }
            }
        }
        messages
    }

    /// Whether a field has messages, as its value, its items or the values of its entries.
    fn is_message(&self, field: &Field) -> bool {
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => {
                let value = self.types.entry(entry).map(|(_, value)| value.kind);
                matches!(value, Some(Kind::Message(_)))
            }
            (_, kind) => matches!(kind, Kind::Message(_)),
        }
    }

    /// Returns the edge values of a field; of a list or map one item or entry with each.
    fn edges_of(&mut self, field: &Field, depth: usize, limit: usize) -> Vec<Value> {
        let types = self.types;
        let rules = field.rules.as_deref();
        match (field.label, field.kind) {
            // A list of one message is allowed unless its rules say more.
            (Label::Repeated { .. }, Kind::Message(_))
                if rules.is_some_and(|rules| {
                    rules.items.is_none() && rules.min_size.is_none_or(|size| size <= 1)
                }) =>
            {
                let items = self.single_edges(field.kind, None, depth, limit);
                items.into_iter().map(|item| Value::List(vec![item])).collect()
            }
            (Label::Map | Label::Repeated { .. }, _) if rules.is_some() => {
                (0..RULED).map(|_| self.field(field, MAX_DEPTH)).collect()
            }
            (Label::Map, Kind::Message(entry)) => {
                let Some((key, value)) = types.entry(entry) else { return Vec::new() };
                let one = |key: &Value, value: &Value| {
                    Some(Value::Map([(key.clone().into_key()?, value.clone())].into()))
                };
                let keys = self.single_edges(key.kind, None, depth, limit);
                let values = self.single_edges(value.kind, None, depth, limit);
                let (Some(key), Some(value)) = (keys.last(), values.last()) else {
                    return Vec::new();
                };
                let of_keys = keys.iter().filter_map(|key| one(key, value));
                of_keys.chain(values.iter().filter_map(|value| one(key, value))).collect()
            }
            (Label::Repeated { .. }, kind) => {
                let items = self.single_edges(kind, None, depth, limit);
                let mut lists: Vec<Value> =
                    items.iter().map(|item| Value::List(vec![item.clone()])).collect();
                lists.push(Value::List(items.into_iter().take(3).collect()));
                lists
            }
            (_, kind) => self.single_edges(kind, rules, depth, limit),
        }
    }

    fn single_edges(
        &mut self,
        kind: Kind,
        rules: Option<&Rules>,
        depth: usize,
        limit: usize,
    ) -> Vec<Value> {
        let types = self.types;
        // Of the rules of a message, only those of times and wrappers are about its fields.
        let has_fields = matches!(kind, Kind::Message(id)
            if !types.layout(id).name.starts_with("google.protobuf."));
        let rules = rules.filter(|_| !has_fields);
        match (kind, rules) {
            (Kind::Message(id), None) if depth > 1 => {
                let messages = self.edge_messages(id, depth - 1, limit);
                messages.into_iter().map(Value::Message).collect()
            }
            (Kind::Message(id), None) => vec![Value::Message(self.smallest(id))],
            (kind, None) => edges(types, kind).into_iter().map(|(_, value)| value).collect(),
            (kind, Some(rules)) => {
                let mut values: Vec<Value> = (0..RULED)
                    .map(|_| {
                        self.messages = 0;
                        self.ruled(kind, rules, MAX_DEPTH)
                    })
                    .collect();
                // Patterns and formats are not checked, so texts are left out.
                let checked = match kind {
                    Kind::Enum(_) => true,
                    Kind::Scalar(scalar) => !matches!(scalar, Scalar::String | Scalar::Bytes),
                    Kind::Message(_) => false,
                };
                if checked {
                    let edges = edges(types, kind).into_iter().map(|(_, value)| value);
                    values.extend(edges.filter(|value| rules::allow(types, kind, rules, value)));
                }
                values
            }
        }
    }

    fn field(&mut self, field: &Field, depth: usize) -> Value {
        let rules = field.rules.as_deref();
        match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => Value::Map(self.map(entry, rules, depth)),
            (Label::Repeated { .. }, kind) => {
                let mut items = Vec::new();
                let item_rules = rules.and_then(|rules| rules.items.as_deref());
                let size = self.size(rules, kind);
                // A rule for unique items may leave fewer than were planned.
                for _ in 0..size * 4 {
                    if items.len() >= size {
                        break;
                    }
                    let item = self.single(kind, item_rules, depth);
                    if !rules.is_some_and(|rules| rules.is_unique) || !items.contains(&item) {
                        items.push(item);
                    }
                }
                Value::List(items)
            }
            (_, kind) => self.single(kind, rules, depth),
        }
    }

    /// Returns the number of items of a list or entries of a map.
    fn size(&mut self, rules: Option<&Rules>, kind: Kind) -> usize {
        let is_scalar = matches!(kind, Kind::Scalar(_));
        let size = if is_scalar && self.one_in(16) { self.below(40) } else { 1 + self.below(3) };
        let rules = rules.map(|rules| (rules.min_size, rules.max_size));
        let (min, max) = rules.unwrap_or_default();
        size.min(max.unwrap_or(u64::MAX)).max(min.unwrap_or(0)).min(1000) as usize
    }

    fn map(&mut self, entry: u32, rules: Option<&Rules>, depth: usize) -> BTreeMap<MapKey, Value> {
        let types = self.types;
        let Some((key, value)) = types.entry(entry) else { return BTreeMap::new() };
        let mut entries = BTreeMap::new();
        let size = self.size(rules, value.kind);
        for _ in 0..size * 4 {
            if entries.len() >= size {
                break;
            }
            let of_key =
                self.single(key.kind, rules.and_then(|rules| rules.keys.as_deref()), depth);
            let of_value =
                self.single(value.kind, rules.and_then(|rules| rules.items.as_deref()), depth);
            if let Some(key) = of_key.into_key() {
                entries.insert(key, of_value);
            }
        }
        entries
    }

    fn single(&mut self, kind: Kind, rules: Option<&Rules>, depth: usize) -> Value {
        if let Some(rules) = rules.filter(|rules| **rules != Rules::default()) {
            return self.ruled(kind, rules, depth);
        }
        self.free(kind, depth)
    }

    /// Returns a value without regard to rules.
    pub(super) fn free(&mut self, kind: Kind, depth: usize) -> Value {
        match kind {
            Kind::Message(id) => Value::Message(self.message(id, depth + 1)),
            Kind::Enum(id) => {
                let of = self.types.enumeration(id);
                let is_open = !of.is_closed && of.name != "google.protobuf.NullValue";
                if is_open && self.one_in(8) {
                    return Value::Enum(self.rng.next_u32().cast_signed());
                }
                Value::Enum(self.pick(&of.values).map_or(0, |(_, number)| *number))
            }
            Kind::Scalar(scalar) if self.one_in(2) => {
                let edges = edges(self.types, Kind::Scalar(scalar));
                match self.pick(&edges) {
                    Some((_, value)) => value.clone(),
                    None => self.types.default(kind),
                }
            }
            Kind::Scalar(scalar) => self.random(scalar),
        }
    }

    fn random(&mut self, scalar: Scalar) -> Value {
        // As many bits as an encoding may have, each length equally often.
        let shift = self.below(64) as u32;
        let bits = self.rng.next_u64() >> shift;
        let signed = if self.one_in(2) { bits.cast_signed().wrapping_neg() } else { bits as i64 };
        match scalar {
            Scalar::Bool => Value::Bool(bits & 1 == 1),
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Value::I32(signed as i32),
            Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Value::I64(signed),
            Scalar::Uint32 | Scalar::Fixed32 => Value::U32(bits as u32),
            Scalar::Uint64 | Scalar::Fixed64 => Value::U64(bits),
            Scalar::Float => Value::F32(canonical(f32::from_bits(self.rng.next_u32()))),
            Scalar::Double => match f64::from_bits(self.rng.next_u64()) {
                number if number.is_nan() => Value::F64(f64::NAN),
                number => Value::F64(number),
            },
            Scalar::Bytes => {
                let size = self.below(24);
                Value::Bytes((0..size).map(|_| self.rng.next_u32() as u8).collect())
            }
            _ => {
                let size = self.below(16);
                Value::String(self.text(size))
            }
        }
    }

    /// Returns a string of `size` characters, most of them letters.
    pub(super) fn text(&mut self, size: u64) -> String {
        let one = |generator: &mut Self| match generator.below(8) {
            0 => char::from_u32((generator.rng.next_u32() >> 8) % 0x11_0000).unwrap_or('\u{fffd}'),
            1 => char::from(b' ' + generator.below(95) as u8),
            _ => char::from(b'a' + generator.below(26) as u8),
        };
        (0..size).map(|_| one(self)).collect()
    }

    /// Adds a field that no type of the schema is likely to have.
    fn unknown(&mut self, id: u32, message: &mut MessageValue) {
        let number = 20_000 + self.below(500_000_000) as u32;
        if self.types.layout(id).field(number).is_some() {
            return;
        }
        let mut record = Vec::new();
        if self.one_in(2) {
            encode_key(number, WireType::Varint, &mut record);
            encode_varint(self.rng.next_u64() >> self.below(64), &mut record);
        } else {
            let size = self.below(12);
            let bytes: Vec<u8> = (0..size).map(|_| self.rng.next_u32() as u8).collect();
            encode_bytes(number, &bytes, &mut record);
        }
        message.push_unknown(&record);
    }

    /// Returns a valid message of a well-known type that has a JSON form of its own.
    fn well_known(&mut self, id: u32, depth: usize) -> Option<MessageValue> {
        let types = self.types;
        let layout = types.layout(id);
        let name = layout.name.strip_prefix("google.protobuf.")?;
        let known = crate::value::edge::known(types, id);
        if known.is_empty() {
            // The schema has no type that an Any could hold and JSON express: it is left empty.
            return (name == "Any").then(MessageValue::new);
        }
        let is_deep = depth >= MAX_DEPTH || self.messages >= MAX_MESSAGES;
        if is_deep || self.one_in(3) {
            return self.pick(&known).map(|(_, message)| message.clone());
        }
        let mut message = MessageValue::new();
        match name {
            "Timestamp" => {
                let seconds = self.below(253_402_300_800 + 62_135_596_800) as i64 - 62_135_596_800;
                return Some(of_time(seconds, self.nanos()));
            }
            "Duration" => {
                let seconds = self.below(315_576_000_000) as i64 >> self.below(38);
                let sign = if self.one_in(2) { -1 } else { 1 };
                return Some(of_time(seconds * sign, self.nanos() * sign as i32));
            }
            "Value" => {
                let number = 1 + self.below(6) as u32;
                let field = layout.field(number)?;
                let value = match self.field(field, depth) {
                    Value::F64(number) if !number.is_finite() => Value::F64(0.5),
                    value => value,
                };
                message.set(number, value);
            }
            "Struct" | "ListValue" => {
                let field = layout.field(1)?;
                let value = self.field(field, depth);
                if !value.is_default() {
                    message.set(1, value);
                }
            }
            // An Any and the paths of a FieldMask: the edge values are enough.
            _ => return self.pick(&known).map(|(_, message)| message.clone()),
        }
        Some(message)
    }

    fn nanos(&mut self) -> i32 {
        let digits = [1, 1_000, 1_000_000];
        let unit = self.pick(&digits).copied().unwrap_or(1);
        let count = self.below(1_000_000_000 / unit as u64) as i32;
        if self.one_in(3) { 0 } else { count * unit }
    }

    /// Returns a value that satisfies `rules`.
    fn ruled(&mut self, kind: Kind, rules: &Rules, depth: usize) -> Value {
        for _ in 0..50 {
            let value = match rules::candidate(self, kind, rules) {
                Some(value) => value,
                None => self.free(kind, depth),
            };
            if rules::allow(self.types, kind, rules, &value) {
                return value;
            }
        }
        // No value was found: the closest there is.
        rules::candidate(self, kind, rules).unwrap_or_else(|| self.free(kind, depth))
    }
}

/// Returns a float whose bits survive a conversion to a double and back: the one NaN.
fn canonical(number: f32) -> f32 {
    if number.is_nan() { f32::NAN } else { number }
}

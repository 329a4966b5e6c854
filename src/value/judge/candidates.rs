//! The messages with which the change of a field is tried.

use rustc_hash::FxHashSet;

use crate::schema::descriptor::FieldType as Scalar;
use crate::value::compare::Match;
use crate::value::data::{MapKey, MessageValue, Value};
use crate::value::edge::{edges, known};
use crate::value::example::{all_of, empty_of, sample, sample_field, set};
use crate::value::json::is_wrapper;
use crate::value::types::{EnumType, Field, Kind, Label, Types};
use crate::value::versions::is_same_field;

/// The most messages that are made for one field, those inside of replaced messages included.
const MAX: usize = 2_000;

/// A message that the writer may send.
pub(super) struct Candidate {
    pub(super) message: MessageValue,
    /// Whether the value is the default of its type, or unset.
    pub(super) is_default: bool,
}

/// The message types of writer and reader.
type Pair = (u32, u32);

/// Makes candidates.
pub(super) struct Candidates<'t> {
    writer: &'t Types,
    reader: &'t Types,
    by: Match,
    /// The pairs of a message type and the one that replaces it whose fields were tried.
    seen: FxHashSet<Pair>,
    /// How many messages may still be made.
    left: usize,
}

impl<'t> Candidates<'t> {
    pub(super) fn new(writer: &'t Types, reader: &'t Types, by: Match) -> Self {
        Candidates { writer, reader, by, seen: FxHashSet::default(), left: MAX }
    }

    /// Whether there were more messages to make.
    pub(super) fn is_cut(&self) -> bool {
        self.left == 0
    }

    /// Returns the field of the type `of` of the reader that takes the values of `field`.
    pub(super) fn counterpart(&self, of: u32, field: &Field) -> Option<&'t Field> {
        let layout = self.reader.layout(of);
        match self.by {
            Match::Number => layout.field(field.number),
            Match::JsonName => layout.json_field(&field.in_json()),
        }
    }

    /// Returns the fields that the writer can set beside `field`, and the reader has in one oneof with
    /// it.
    pub(super) fn beside(&self, of: Pair, field: &Field, other: Option<&Field>) -> Vec<&'t Field> {
        let Some(oneof) = other.and_then(|other| other.oneof) else { return Vec::new() };
        let members = self.reader.layout(of.1).fields.iter();
        let members = members.filter(|member| member.oneof == Some(oneof));
        let own = members.filter_map(|member| self.writer.layout(of.0).field(member.number));
        own.filter(|own| {
            own.number != field.number && (own.oneof.is_none() || own.oneof != field.oneof)
        })
        .collect()
    }

    /// Returns messages with values of `field`, alone or beside another field that the reader has in
    /// the same oneof: the one with the lowest and the one with the highest number, since the last one
    /// on the wire counts.
    pub(super) fn of_field(
        &mut self,
        of: Pair,
        field: &Field,
        other: Option<&Field>,
    ) -> Vec<Candidate> {
        let mut candidates = match (field.label, field.kind) {
            (Label::Map, Kind::Message(entry)) => self.maps(of.0, field, entry, other),
            (Label::Repeated { .. }, _) => self.lists(of.0, field, other),
            _ => {
                let singles = self.singles(field, field.kind, other);
                let is_default = |value: &Value| self.is_default(field.kind, value);
                let one = |value: Value| (is_default(&value), value);
                let singles: Vec<_> = singles.into_iter().map(one).collect();
                let one = |(is_default, value)| self.with(of.0, field, value, is_default);
                singles.into_iter().map(one).collect()
            }
        };
        let beside = self.beside(of, field, other);
        let ends =
            [beside.iter().min_by_key(|it| it.number), beside.iter().max_by_key(|it| it.number)];
        for own in ends.into_iter().flatten() {
            let mut both = self.with(of.0, field, self.filled(field), false);
            set(self.writer, of.0, own, self.filled(own), &mut both.message);
            if both.message.get(field.number).is_some() {
                candidates.push(both);
            }
        }
        candidates.truncate(self.left);
        self.left -= candidates.len();
        candidates
    }

    fn is_default(&self, kind: Kind, value: &Value) -> bool {
        value.is_default() || *value == self.writer.default(kind)
    }

    /// Returns a value of `field` that is no default.
    fn filled(&self, field: &Field) -> Value {
        match field.label {
            Label::Repeated { .. } => Value::List(vec![sample(self.writer, field.kind, 0, 0)]),
            Label::Map => sample_field(self.writer, field, 0),
            _ => sample(self.writer, field.kind, 0, 0),
        }
    }

    /// Returns the message in which `field` alone is set.
    pub(super) fn with(&self, of: u32, field: &Field, value: Value, is_default: bool) -> Candidate {
        let mut message = empty_of(self.writer, of);
        set(self.writer, of, field, value, &mut message);
        Candidate { message, is_default }
    }

    /// Returns messages with lists of one item and of two.
    fn lists(&mut self, of: u32, field: &Field, other: Option<&Field>) -> Vec<Candidate> {
        let singles = self.singles(field, field.kind, other);
        let (zeros, values): (Vec<_>, Vec<_>) =
            singles.into_iter().partition(|value| self.is_default(field.kind, value));
        let list = |items: Vec<&Value>, is_default| {
            let items = items.into_iter().cloned().collect();
            self.with(of, field, Value::List(items), is_default)
        };
        let mut lists: Vec<Candidate> = values.iter().map(|it| list(vec![it], false)).collect();
        if let Some(zero) = zeros.first() {
            lists.push(list(vec![zero], true));
            // Two entries of a map with the same key.
            if other.is_some_and(|other| other.label == Label::Map) {
                lists.push(list(vec![zero, zero], false));
            }
        }
        if let Some(first) = values.first().or(zeros.first()) {
            lists.push(list(vec![first, values.get(1).unwrap_or(first)], false));
        }
        lists
    }

    /// Returns messages with a map of one entry or two.
    fn maps(
        &mut self,
        of: u32,
        field: &Field,
        entry: u32,
        other: Option<&Field>,
    ) -> Vec<Candidate> {
        let Some((key, value)) = self.writer.entry(entry) else { return Vec::new() };
        let other = match other.map(|other| other.kind) {
            Some(Kind::Message(entry)) => self.reader.entry(entry),
            _ => None,
        };
        let has_same_keys = other.is_some_and(|(other, _)| other.kind == key.kind);
        let edges = edges(self.writer, key.kind);
        let keys: Vec<MapKey> = edges.into_iter().filter_map(|(_, key)| key.into_key()).collect();
        let values = self.singles(value, value.kind, other.map(|(_, value)| value));
        let (Some(last_key), Some(last_value)) = (keys.get(1).or(keys.first()), values.last())
        else {
            return Vec::new();
        };
        let map = |entries: Vec<(MapKey, Value)>| {
            self.with(of, field, Value::Map(entries.into_iter().collect()), false)
        };
        let by_key = keys.iter().filter(|_| !has_same_keys);
        let by_key = by_key.map(|key| vec![(key.clone(), last_value.clone())]);
        let by_value = values.iter().map(|value| vec![(last_key.clone(), value.clone())]);
        let two = keys.iter().take(2).map(|key| (key.clone(), last_value.clone())).collect();
        by_key.chain(by_value).chain([two]).map(map).collect()
    }

    /// Returns values of the type `kind` of `field`, the default among them, for a reader that takes
    /// them with `other`.
    fn singles(&mut self, field: &Field, kind: Kind, other: Option<&Field>) -> Vec<Value> {
        let other_kind = other.map(|other| other.kind);
        match (kind, other_kind) {
            // In JSON, a wrapper is the value in it.
            (Kind::Message(a), Some(Kind::Scalar(_) | Kind::Enum(_)))
                if self.by == Match::JsonName && is_wrapper(self.writer, a) =>
            {
                return self.wrapped(a, other);
            }
            (Kind::Message(a), Some(Kind::Message(b))) if known(self.writer, a).is_empty() => {
                return self.inner((a, b));
            }
            (Kind::Enum(a), of_reader) => {
                let of_reader = match of_reader {
                    Some(Kind::Enum(b)) => Some(self.reader.enumeration(b)),
                    _ => None,
                };
                return enum_values(self.writer.enumeration(a), of_reader);
            }
            _ => {}
        }
        let mut values: Vec<Value> =
            edges(self.writer, kind).into_iter().map(|(_, value)| value).collect();
        match (kind, other_kind) {
            // Beyond the range of 32 bits, and of the digits of a float.
            (Kind::Scalar(Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64), _) => {
                values.extend([1 << 31, -(1 << 31) - 1, 1 << 32].map(Value::I64));
            }
            (Kind::Scalar(Scalar::Uint64 | Scalar::Fixed64), _) => {
                values.extend([1 << 31, 1 << 32].map(Value::U64));
            }
            (Kind::Scalar(Scalar::Double), _) => {
                values.extend([16_777_217.0, 1e39].map(Value::F64));
            }
            // A number that is no bool.
            (Kind::Scalar(Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32), _) => {
                values.push(Value::I32(2));
            }
            (Kind::Scalar(Scalar::Uint32 | Scalar::Fixed32), _) => values.push(Value::U32(2)),
            // Bytes that are a message.
            (Kind::Scalar(Scalar::Bytes), Some(Kind::Message(b))) => {
                let message = all_of(self.reader, b);
                values.push(Value::Bytes(self.reader.of(b).encode(&message)));
            }
            (Kind::Scalar(Scalar::String), _)
                if self.by == Match::Number
                    && !field.verifies_utf8
                    && other.is_some_and(|other| other.verifies_utf8) =>
            {
                values.push(Value::Bytes(vec![0xff]));
            }
            _ => {}
        }
        values
    }

    /// Returns messages of the wrapper `of` with values for a reader that takes them with `other`.
    fn wrapped(&mut self, of: u32, other: Option<&Field>) -> Vec<Value> {
        let writer = self.writer;
        let Some(inner) = writer.layout(of).field(1) else { return Vec::new() };
        let values = self.singles(inner, inner.kind, other).into_iter();
        let wrapped = values.map(|value| {
            let mut message = empty_of(writer, of);
            if !value.is_default() {
                set(writer, of, inner, value, &mut message);
            }
            Value::Message(message)
        });
        wrapped.collect()
    }

    /// Returns messages of the type `a`, which a reader takes for one of `b`: an empty one, one with
    /// a field that both have alike, and, if `b` replaces `a`, those with a field that differs. The
    /// fields of a pair of types are tried once.
    fn inner(&mut self, of: Pair) -> Vec<Value> {
        let (a, b) = of;
        let messages = self.messages(of);
        let is_replaced = self.writer.layout(a).name != self.reader.layout(b).name;
        let messages = if is_replaced { messages } else { messages.into_iter().take(2).collect() };
        messages.into_iter().map(Value::Message).collect()
    }

    /// Returns messages like [`Candidates::inner`], with the fields that differ in any case.
    pub(super) fn messages(&mut self, of: Pair) -> Vec<MessageValue> {
        let (a, b) = of;
        let writer = self.writer;
        let layout = writer.layout(a);
        let (mut messages, mut differing) = (vec![empty_of(writer, a)], Vec::new());
        for field in &layout.fields {
            let other = self.counterpart(b, field);
            let is_alike = other.is_some_and(|other| self.is_alike(field, other));
            match is_alike {
                true if messages.len() == 1 => {
                    messages.push(self.with(a, field, self.filled(field), false).message);
                }
                true => {}
                false => differing.push((field, other)),
            }
        }
        let is_replaced = layout.name != self.reader.layout(b).name;
        if is_replaced && self.seen.insert(of) {
            for (field, other) in differing {
                let candidates = self.of_field(of, field, other);
                messages.extend(candidates.into_iter().map(|candidate| candidate.message));
            }
        }
        messages
    }

    /// Whether values of `field` are read by `other` as they are written. The fields of a message type
    /// that both versions have are judged on their own.
    fn is_alike(&self, field: &Field, other: &Field) -> bool {
        let (writer, reader) = (self.writer, self.reader);
        if !is_same_field(writer, field, reader, other) {
            return false;
        }
        match (field.kind, other.kind) {
            (Kind::Message(a), Kind::Message(b)) if field.label == Label::Map => {
                let values = writer.entry(a).zip(reader.entry(b));
                values.is_some_and(|((key, value), (other_key, other_value))| {
                    self.is_alike(key, other_key) && self.is_alike(value, other_value)
                })
            }
            (Kind::Message(a), Kind::Message(b)) => writer.layout(a).name == reader.layout(b).name,
            _ => true,
        }
    }
}

/// Returns the default of an enum, a value that `reader` has alike, some that it has not, and a number
/// without a name if the enum is open. For a reader without an enum, the lowest and the highest number,
/// since a number below 0 is no number without a sign.
fn enum_values(of: &EnumType, reader: Option<&EnumType>) -> Vec<Value> {
    const MAX_DIFFERING: usize = 8;
    let default = of.default();
    let others = of.values.iter().filter(|(_, number)| *number != default);
    let is_alike = |(name, number): &&(String, i32)| {
        reader.is_none_or(|reader| {
            reader.number_of(name) == Some(*number) && reader.name_of(*number).is_some()
        })
    };
    let (alike, differing): (Vec<_>, Vec<_>) = others.partition(is_alike);
    let mut numbers = vec![default];
    numbers.extend(alike.iter().take(1).map(|(_, number)| *number));
    numbers.extend(differing.iter().take(MAX_DIFFERING).map(|(_, number)| *number));
    let is_open = !of.is_closed && of.name != "google.protobuf.NullValue";
    let has_no_name = |number: &i32| of.name_of(*number).is_none();
    if is_open {
        numbers.extend((1001..).find(has_no_name));
    }
    if reader.is_none() {
        let named = of.values.iter().map(|(_, number)| *number);
        numbers.extend(named.clone().min().into_iter().chain(named.max()));
        numbers.extend(is_open.then(|| (1..).map(|it: i32| -it).find(has_no_name)).flatten());
    }
    numbers.into_iter().map(Value::Enum).collect()
}

//! What the change of a field does to its values: candidates are written by one version and read by
//! the other, and the worst of what happens is shown with the smallest value.

use super::compare::{Match, compare_by};
use super::data::{MapKey, MessageValue, Value};
use super::edge::{edges, known};
use super::example::{empty_of, sample, sample_field, set};
use super::transfer::{self, Outcome, Refusal, other_wire_types};
use super::types::{Field, Kind, Label, MessageType};
use super::versions::{each_message, is_same_field, items, join, value_kind};
use super::{Restrict, Types, restricted};
use crate::finding::{Effect, Extent, Reading, Surface};
use crate::schema::descriptor::FieldType as Scalar;

/// The most candidates for the values of one field.
const MAX_CANDIDATES: usize = 200;

/// The most candidates that the values of one field of a replaced message type give.
const MAX_INNER: usize = 24;

/// The depth to which the types of replaced messages are followed.
const MAX_DEPTH: usize = 4;

/// The runtimes that keep a field that arrives with another wire type as unknown.
const KEEP: &str = "C++, Go, Java, Python";

/// Two versions of a message type, or a type and the one that replaces it: one writes, the other
/// reads.
#[derive(Clone, Debug)]
pub struct Passage<'t> {
    /// The type of the writer.
    pub writer: &'t MessageType,
    /// The type of the reader.
    pub reader: &'t MessageType,
    /// The form of the messages: binary or JSON.
    pub surface: Surface,
    /// Whether the reader is the older version. What only the writer has is never more than a note
    /// then.
    pub reader_is_older: bool,
}

/// What happens to a value.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What the reader does.
    pub effect: Effect,
    /// The values that it concerns.
    pub extent: Extent,
    /// Whether the effect is one of what was added.
    pub is_note: bool,
    /// The message that is written.
    pub message: MessageValue,
    /// What is read; none if the message is refused.
    pub read: Option<MessageValue>,
    /// Why the message is refused.
    pub error: Option<String>,
    /// What other runtimes do.
    pub readings: Vec<Reading>,
}

/// A message that the writer may send.
struct Candidate {
    message: MessageValue,
    /// Whether the value is the default of its type, or unset.
    is_default: bool,
}

/// The effect of a candidate, and why the message is refused if it is.
struct Result {
    effect: Effect,
    is_note: bool,
    read: Option<MessageValue>,
    error: Option<String>,
    readings: Vec<Reading>,
}

impl Result {
    /// Returns the result of a message that is refused.
    fn fails(error: String) -> Self {
        let (effect, error) = (Effect::Fails, Some(error));
        Result { effect, is_note: false, read: None, error, readings: Vec::new() }
    }
}

impl Passage<'_> {
    /// Returns the worst effect on values of the field `number`, which writer or reader have; none
    /// if there is no effect. Effects on the fields of messages of a type that both versions have
    /// are theirs, not this field's.
    pub fn field(&self, number: u32) -> Option<Shown> {
        let field = self.writer.layout().field(number);
        let other = field.and_then(|field| self.counterpart(field));
        let other = other.or_else(|| self.reader.layout().field(number));
        let names: Vec<String> =
            [field, other].into_iter().flatten().flat_map(Self::names).collect();
        let candidates = field.map_or_else(Vec::new, |field| self.candidates(field, other));
        self.worst(candidates, &names)
    }

    /// Returns the worst effect on the value `value` of the enum field `number`.
    pub fn enum_value(&self, number: u32, value: i32) -> Option<Shown> {
        let field = self.writer.layout().field(number)?;
        let is_list = matches!(field.label, Label::Repeated { .. });
        let value = Value::Enum(value);
        let value = if is_list { Value::List(vec![value]) } else { value };
        let names = Self::names(field);
        self.worst(vec![self.with(field, value, false)], &names)
    }

    /// Returns the worst effect on messages of the type as a whole, each field and nested messages
    /// included.
    pub fn whole(&self) -> Option<Shown> {
        let inner = self.inner(self.writer, self.reader, &mut Vec::new());
        let message = |value| match value {
            Value::Message(message) => Some(message),
            _ => None,
        };
        let candidates = inner
            .into_iter()
            .filter_map(|value| {
                let message = message(value)?;
                Some(Candidate { is_default: message.is_empty(), message })
            })
            .collect();
        self.worst(candidates, &[])
    }

    /// Returns the effect on `message` as a whole; none if it is read as it was written.
    pub fn message(&self, message: MessageValue) -> Option<Shown> {
        let (message, result) = self.try_out(message, &[]);
        let Result { effect, is_note, read, error, readings } = result?;
        let extent = Extent::Some;
        Some(Shown { effect, extent, is_note, message, read, error, readings })
    }

    /// Returns the names by which paths and errors call a field.
    fn names(field: &Field) -> Vec<String> {
        vec![field.name.clone(), field.json_name.clone(), format!("[{}]", field.name)]
    }

    /// Returns the field of the reader that takes the values of `field`.
    fn counterpart(&self, field: &Field) -> Option<&Field> {
        match self.surface {
            Surface::Json => self.reader.layout().json_field(&field.in_json()),
            _ => self.reader.layout().field(field.number),
        }
    }

    /// Returns the worst effect of `candidates`, with the smallest message that has it. Effects on
    /// fields that are none of `names` are left out; without names, none is.
    fn worst(&self, mut candidates: Vec<Candidate>, names: &[String]) -> Option<Shown> {
        let types = self.writer.types();
        let unset = empty_of(types, self.writer.id());
        candidates.push(Candidate { message: unset, is_default: true });
        let tried = candidates.into_iter().map(|candidate| {
            let Candidate { message, is_default } = candidate;
            let (message, result) = self.try_out(message, names);
            (Candidate { message, is_default }, result)
        });
        let tried: Vec<_> = tried.collect();
        let rank = |result: &Result| (!result.is_note, result.effect);
        let worst = tried.iter().filter_map(|(_, result)| result.as_ref().map(rank)).max()?;
        let mut of_values = tried.iter().filter(|(candidate, _)| !candidate.is_default).peekable();
        let is_every = of_values.peek().is_none()
            || of_values.all(|(_, result)| result.as_ref().is_some_and(|it| rank(it) >= worst));
        let size = |message: &MessageValue| {
            let bytes = self.writer.encode(message);
            // Of values of the same length, one that people read at a glance.
            (bytes.len(), self.writer.to_text(message).len(), bytes)
        };
        let shown = tried.into_iter().filter_map(|(candidate, result)| {
            let result = result.filter(|result| rank(result) == worst)?;
            Some((candidate, result))
        });
        let (candidate, result) = shown.min_by_key(|(candidate, _)| size(&candidate.message))?;
        let Result { effect, is_note, read, error, readings } = result;
        Some(Shown {
            effect,
            extent: if is_every { Extent::Every } else { Extent::Some },
            is_note,
            message: candidate.message,
            read,
            error,
            readings,
        })
    }

    /// Returns the message to send, and its effect on the fields `names`. To an older reader the
    /// message is sent without what only the newer version has, unless that shows the same: an effect
    /// of nothing else is a note.
    fn try_out(&self, message: MessageValue, names: &[String]) -> (MessageValue, Option<Result>) {
        let concerns = |path: &str| {
            names.is_empty() || path.is_empty() || names.iter().any(|name| begins_with(path, name))
        };
        let effect = |message: &MessageValue| match self.surface {
            Surface::Json => self.json(message, &concerns),
            _ => self.binary(message, &concerns),
        };
        let result = effect(&message);
        if !self.reader_is_older {
            return (message, result);
        }
        let what = if self.surface == Surface::Json { Restrict::Json } else { Restrict::Binary };
        let known = restricted(self.writer, &message, self.reader, what);
        if known == message {
            return (message, result);
        }
        match (effect(&known), result) {
            (Some(_), Some(result)) => (message, Some(result)),
            (Some(result), None) => (known, Some(result)),
            (None, result) => (message, result.map(|it| Result { is_note: true, ..it })),
        }
    }

    fn json(&self, message: &MessageValue, concerns: &dyn Fn(&str) -> bool) -> Option<Result> {
        let (refusal, read) =
            Self::parts(transfer::json(self.writer, message, self.reader)?, concerns);
        if let Some(refusal) = refusal {
            return Some(Result::fails(refusal.error));
        }
        let read = read?;
        let effect = self.effect_of(message, &read, concerns)?;
        Some(Result { effect, is_note: false, read: Some(read), error: None, readings: Vec::new() })
    }

    /// Returns the reason to refuse the message that is one of the fields that `concerns` accepts, and
    /// what is read, required fields aside.
    fn parts(
        outcome: Outcome,
        concerns: &dyn Fn(&str) -> bool,
    ) -> (Option<Refusal>, Option<MessageValue>) {
        match outcome {
            Outcome::Refused { refusals, unchecked } => {
                (refusals.into_iter().find(|refusal| concerns(&refusal.path)), unchecked)
            }
            Outcome::Read { message, .. } => (None, Some(message)),
        }
    }

    /// Returns the effect in the binary format. Where runtimes differ, the worst of them counts.
    fn binary(&self, message: &MessageValue, concerns: &dyn Fn(&str) -> bool) -> Option<Result> {
        let outcome = transfer::binary(self.writer, message, self.reader);
        let (refusal, read) = Self::parts(outcome, concerns);
        let Some(read) = read else { return refusal.map(|refusal| Result::fails(refusal.error)) };
        let effect = self.effect_of(message, &read, concerns);
        let reading = |runtimes, effect, read: &MessageValue| Reading {
            runtimes,
            effect,
            read: Some(self.reader.to_text_known(read)),
            error: None,
        };
        if let Some(refusal) = refusal {
            // A required field is missing: these runtimes do not check that when they read.
            let readings = vec![reading("prost, Python", effect, &read)];
            return Some(Result { readings, ..Result::fails(refusal.error) });
        }
        let of_prost = |error: String| {
            let readings = vec![reading(KEEP, effect, &read)];
            Some(Result { readings, ..Result::fails(error) })
        };
        let mismatched = other_wire_types(self.reader, &read).into_iter().find(|it| concerns(it));
        if let Some(path) = mismatched {
            return of_prost(format!("prost: `{path}` arrives with another wire type"));
        }
        if let Some(path) = invalid_texts(self.reader, &read).into_iter().find(|it| concerns(it)) {
            return of_prost(format!("prost: the string in `{path}` is not UTF-8"));
        }
        let effect = effect?;
        let bytes = self.writer.encode(message);
        let open = self.reader.decode_open(&bytes).ok().filter(|open| *open != read);
        let readings =
            open.map(|open| reading("Go, prost", self.effect_of(message, &open, concerns), &open));
        Some(Result {
            effect,
            is_note: false,
            read: Some(read),
            error: None,
            readings: readings.into_iter().collect(),
        })
    }

    /// Returns the effect if `read` is what a reader reads of `message`.
    fn effect_of(
        &self,
        message: &MessageValue,
        read: &MessageValue,
        concerns: &dyn Fn(&str) -> bool,
    ) -> Option<Effect> {
        let by = Match::of(self.surface);
        let differences = compare_by(by, self.writer, message, self.reader, read);
        differences.into_iter().filter(|it| concerns(&it.path)).map(|it| it.effect).max()
    }

    /// Returns messages with values of `field`, alone or beside another field that the reader has in
    /// the same oneof.
    fn candidates(&self, field: &Field, other: Option<&Field>) -> Vec<Candidate> {
        let mut candidates = self.values(field, other);
        candidates.truncate(MAX_CANDIDATES);
        let oneof = other.and_then(|other| other.oneof);
        if oneof.is_none() {
            return candidates;
        }
        let members = self.reader.fields().iter().filter(|member| member.oneof == oneof);
        let beside = members.filter_map(|member| {
            let own = self.writer.layout().field(member.number)?;
            let is_other = own.number != field.number;
            (is_other && (own.oneof.is_none() || own.oneof != field.oneof)).then_some(own)
        });
        let types = self.writer.types();
        for own in beside {
            let mut both = self.with(field, filled(self.writer, field), false);
            let value = filled(self.writer, own);
            set(types, self.writer.id(), own, value, &mut both.message);
            if both.message.get(field.number).is_some() {
                candidates.push(both);
            }
        }
        candidates
    }

    /// Returns the message in which `field` alone is set.
    fn with(&self, field: &Field, value: Value, is_default: bool) -> Candidate {
        let (types, id) = (self.writer.types(), self.writer.id());
        let mut message = empty_of(types, id);
        set(types, id, field, value, &mut message);
        Candidate { message, is_default }
    }

    fn values(&self, field: &Field, other: Option<&Field>) -> Vec<Candidate> {
        let types = self.writer.types();
        if let (Label::Map, Kind::Message(entry)) = (field.label, field.kind) {
            return self.maps(field, entry, other);
        }
        let singles = self.singles(field.kind, other.map(|other| other.kind), &mut Vec::new());
        let default = types.default(field.kind);
        let is_default = |value: &Value| value.is_default() || *value == default;
        if !matches!(field.label, Label::Repeated { .. }) {
            let one = |value: Value| self.with(field, value.clone(), is_default(&value));
            return singles.into_iter().map(one).collect();
        }
        let one = |value: &Value| self.with(field, Value::List(vec![value.clone()]), false);
        let mut lists: Vec<Candidate> =
            singles.iter().filter(|value| !is_default(value)).map(one).collect();
        if let Some(zero) = singles.iter().find(|value| is_default(value)) {
            lists.push(self.with(field, Value::List(vec![zero.clone()]), true));
            // Two entries of a map with the same key.
            if other.is_some_and(|other| other.label == Label::Map) {
                lists.push(self.with(field, Value::List(vec![zero.clone(), zero.clone()]), false));
            }
        }
        let mut values = singles.iter().filter(|value| !is_default(value));
        if let Some(first) = values.next().or(singles.first()) {
            let second = values.next().unwrap_or(first);
            let pair = Value::List(vec![first.clone(), second.clone()]);
            lists.push(self.with(field, pair, false));
        }
        lists
    }

    /// Returns messages with a map of one entry or two.
    fn maps(&self, field: &Field, entry: u32, other: Option<&Field>) -> Vec<Candidate> {
        let (types, readers) = (self.writer.types(), self.reader.types());
        let Some((key, value)) = types.entry(entry) else { return Vec::new() };
        let other = match other.map(|other| other.kind) {
            Some(Kind::Message(entry)) => readers.entry(entry),
            _ => None,
        };
        let has_same_keys = other.is_some_and(|(other, _)| other.kind == key.kind);
        let other = other.map(|(_, value)| value.kind);
        let keys: Vec<MapKey> =
            edges(types, key.kind).into_iter().filter_map(|(_, key)| key.into_key()).collect();
        let values = self.singles(value.kind, other, &mut Vec::new());
        let (Some(last_key), Some(last_value)) = (keys.get(1).or(keys.first()), values.last())
        else {
            return Vec::new();
        };
        let of = |entries: Vec<(MapKey, Value)>| {
            self.with(field, Value::Map(entries.into_iter().collect()), false)
        };
        let by_key = keys.iter().filter(|_| !has_same_keys);
        let by_key = by_key.map(|key| vec![(key.clone(), last_value.clone())]);
        let by_value = values.iter().map(|value| vec![(last_key.clone(), value.clone())]);
        let two = keys.iter().take(2).map(|key| (key.clone(), last_value.clone())).collect();
        by_key.chain(by_value).chain([two]).map(of).collect()
    }

    /// Returns values of the type `kind`, the default among them, for a reader that has the type
    /// `other`.
    fn singles(&self, kind: Kind, other: Option<Kind>, around: &mut Vec<(u32, u32)>) -> Vec<Value> {
        let (types, readers) = (self.writer.types(), self.reader.types());
        if let (Kind::Message(a), Some(Kind::Message(b))) = (kind, other) {
            return if known(types, a).is_empty() {
                self.inner(&types.of(a), &readers.of(b), around)
            } else {
                edges(types, kind).into_iter().map(|(_, value)| value).collect()
            };
        }
        let beyond = match kind {
            // Beyond the range of 32 bits, and of the digits of a float.
            Kind::Scalar(Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64) => {
                [1 << 31, -(1 << 31) - 1, 1 << 32].map(Value::I64).to_vec()
            }
            Kind::Scalar(Scalar::Uint64 | Scalar::Fixed64) => {
                [1 << 31, 1 << 32].map(Value::U64).to_vec()
            }
            Kind::Scalar(Scalar::Double) => [16_777_217.0, 1e39].map(Value::F64).to_vec(),
            // A number that is no bool.
            Kind::Scalar(Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32) => vec![Value::I32(2)],
            Kind::Scalar(Scalar::Uint32 | Scalar::Fixed32) => vec![Value::U32(2)],
            _ => Vec::new(),
        };
        edges(types, kind).into_iter().map(|(_, value)| value).chain(beyond).collect()
    }

    /// Returns messages of the type `a`, which a reader takes for one of `b`: an empty one, one with
    /// a field that both have alike, and, if `b` replaces `a`, those with a field that differs.
    fn inner(&self, a: &MessageType, b: &MessageType, around: &mut Vec<(u32, u32)>) -> Vec<Value> {
        let types = a.types();
        let empty = empty_of(types, a.id());
        let mut values = vec![Value::Message(empty.clone())];
        let is_replaced = a.name() != b.name();
        if around.contains(&(a.id(), b.id())) || around.len() >= MAX_DEPTH {
            return values;
        }
        around.push((a.id(), b.id()));
        let mut has_alike = false;
        for field in a.fields() {
            let other = self.match_in(b, field);
            let is_alike = other.is_some_and(|other| is_same_field(types, field, b.types(), other));
            let is_message = matches!(field.kind, Kind::Message(_));
            if is_alike && !is_message {
                if !std::mem::replace(&mut has_alike, true) {
                    values.push(with_field(a, &empty, field, filled(a, field)));
                }
                continue;
            }
            let names_of = |types: &Types, kind| match kind {
                Kind::Message(id) => types.layout(id).name.clone(),
                _ => String::new(),
            };
            let is_same_type = is_alike
                && other.is_some_and(|other| {
                    names_of(types, field.kind) == names_of(b.types(), other.kind)
                });
            if !is_replaced || is_same_type {
                continue;
            }
            let singles = self.singles(field.kind, other.map(|other| other.kind), around);
            for value in singles.into_iter().take(MAX_INNER) {
                let value = match field.label {
                    Label::Repeated { .. } => Value::List(vec![value]),
                    Label::Map => sample_field(types, field, 0),
                    _ => value,
                };
                values.push(with_field(a, &empty, field, value));
            }
        }
        around.pop();
        values
    }

    fn match_in<'b>(&self, b: &'b MessageType, field: &Field) -> Option<&'b Field> {
        match Match::of(self.surface) {
            Match::Number => b.layout().field(field.number),
            Match::JsonName => b.layout().json_field(&field.in_json()),
        }
    }
}

/// Returns a value of `field` of the type `of` that is no default.
fn filled(of: &MessageType, field: &Field) -> Value {
    let types = of.types();
    match field.label {
        Label::Repeated { .. } => Value::List(vec![sample(types, field.kind, 0, 0)]),
        Label::Map => sample_field(types, field, 0),
        _ => sample(types, field.kind, 0, 0),
    }
}

/// Returns `empty`, of the type `of`, with `field` set to `value`.
fn with_field(of: &MessageType, empty: &MessageValue, field: &Field, value: Value) -> Value {
    let mut message = empty.clone();
    set(of.types(), of.id(), field, value, &mut message);
    Value::Message(message)
}

/// Whether `path` is that of the field `name`, or of a part of it.
fn begins_with(path: &str, name: &str) -> bool {
    let rest = path.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[', ':']))
}

/// Returns the paths of the strings in `read` that are no UTF-8. prost refuses them whether or not
/// the field verifies that.
fn invalid_texts(of: &MessageType, read: &MessageValue) -> Vec<String> {
    let mut found = Vec::new();
    each_message(of.types(), of.id(), read, "", &mut |layout, message, path| {
        for (number, value) in message.fields() {
            let Some(field) = layout.field(number) else { continue };
            let kind = value_kind(of.types(), field);
            let is_text = kind == Some(Kind::Scalar(Scalar::String));
            let mut items = items(value).into_iter();
            if is_text && items.any(|item| matches!(item, Value::Bytes(_))) {
                found.push(join(path, field));
            }
        }
    });
    found
}

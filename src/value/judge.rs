//! What the change of a field does to its values: candidates are written by one version and read by
//! the other, and the worst of what happens is shown with the smallest value.

mod candidates;

use self::candidates::{Candidate, Candidates};
use super::compare::{Match, compare_by};
use super::data::{MessageValue, Value};
use super::edge::edges;
use super::example::empty_of;
use super::transfer::{self, Outcome, Refusal, other_wire_types};
use super::types::{Field, Kind, Label, MessageType};
use super::versions::{each_message, items, join, value_kind};
use super::{Restrict, restricted};
use crate::finding::{Effect, Extent, Reading, Surface};
use crate::schema::descriptor::FieldType as Scalar;

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

/// The verdict about values.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The worst effect that was found.
    pub shown: Option<Shown>,
    /// Whether there were more values to try than are tried.
    pub is_cut: bool,
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
    /// Returns the worst effect on values of the field `number`, which writer or reader have. Effects
    /// on the fields of messages of a type that both versions have are theirs, not this field's.
    pub fn field(&self, number: u32) -> Judged {
        let mut candidates = self.candidates();
        let of = (self.writer.id(), self.reader.id());
        let (writer, known) = (self.writer.layout(), self.reader.layout().field(number));
        // In JSON a field with another number is the same one.
        let by_name = known.filter(|_| self.surface == Surface::Json);
        let by_name = by_name.and_then(|known| writer.json_field(&known.in_json()));
        let field = writer.field(number).or(by_name);
        let other = field.and_then(|field| candidates.counterpart(of.1, field)).or(known);
        let mut names: Vec<String> =
            [field, other].into_iter().flatten().flat_map(Self::names).collect();
        let mut tried = Vec::new();
        if let Some(field) = field {
            let beside = candidates.beside(of, field, other);
            names.extend(beside.into_iter().flat_map(Self::names));
            tried = candidates.of_field(of, field, other);
        }
        Judged { shown: self.worst(tried, &names), is_cut: candidates.is_cut() }
    }

    /// Returns the worst effect on the value `value` of the enum field `number`, which may be a map.
    pub fn enum_value(&self, number: u32, value: i32) -> Option<Shown> {
        let field = self.writer.layout().field(number)?;
        let value = match (field.label, field.kind) {
            (Label::Repeated { .. }, _) => Value::List(vec![Value::Enum(value)]),
            (Label::Map, Kind::Message(entry)) => {
                let (key, _) = self.writer.types().entry(entry)?;
                let key = edges(self.writer.types(), key.kind).pop()?.1.into_key()?;
                Value::Map([(key, Value::Enum(value))].into())
            }
            _ => Value::Enum(value),
        };
        let tried = vec![self.candidates().with(self.writer.id(), field, value, false)];
        self.worst(tried, &Self::names(field))
    }

    /// Returns the worst effect on messages of the type as a whole, each field and nested messages
    /// included.
    pub fn whole(&self) -> Judged {
        let mut candidates = self.candidates();
        let messages = candidates.messages((self.writer.id(), self.reader.id()));
        let one = |message: MessageValue| Candidate { is_default: message.is_empty(), message };
        let tried = messages.into_iter().map(one).collect();
        Judged { shown: self.worst(tried, &[]), is_cut: candidates.is_cut() }
    }

    fn candidates(&self) -> Candidates<'_> {
        Candidates::new(self.writer.types(), self.reader.types(), Match::of(self.surface))
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
            let readings = match read {
                // A required field is missing.
                Some(read) => vec![self.reading("Python", message, &read, concerns)],
                None => {
                    let open = self.reader.read_open_json(&self.writer.to_json(message).ok()?).ok();
                    let open = open.filter(|open| self.reader.missing_required(open).is_empty());
                    open.iter().map(|it| self.reading("Go", message, it, concerns)).collect()
                }
            };
            return Some(Result { readings, ..Result::fails(refusal.error) });
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
        let reading =
            |runtimes, read: &MessageValue| self.reading(runtimes, message, read, concerns);
        if let Some(refusal) = refusal {
            // A required field is missing: prost and Python do not check that when they read. Go and prost
            // have the field if it is one of a closed enum.
            let readings = match self.reader.decode_open(&self.writer.encode(message)) {
                Ok(open) if open != read && self.reader.missing_required(&open).is_empty() => {
                    vec![reading("Go, prost", &open), reading("Python", &read)]
                }
                Ok(open) if open != read => {
                    vec![reading("prost", &open), reading("Python", &read)]
                }
                _ => vec![reading("prost, Python", &read)],
            };
            return Some(Result { readings, ..Result::fails(refusal.error) });
        }
        let bytes = self.writer.encode(message);
        let of_prost = |error: String| {
            let readings = vec![reading(KEEP, &read)];
            Some(Result { readings, ..Result::fails(error) })
        };
        // The entries of a map have no unknown fields, unless a part has another wire type.
        let whole = self.reader.decode_known_entries(&bytes).ok().filter(|other| *other != read);
        if let Some(whole) = whole {
            let readings = vec![reading("C++, Go, Java", &read), reading("Python", &whole)];
            if readings.iter().any(|reading| reading.effect.is_some()) {
                let error = "prost: a part of a map arrives with another wire type".to_owned();
                return Some(Result { readings, ..Result::fails(error) });
            }
        }
        let mismatched = other_wire_types(self.reader, &read).into_iter().find(|it| concerns(it));
        if let Some(path) = mismatched {
            return of_prost(format!("prost: `{path}` arrives with another wire type"));
        }
        if let Some(path) = invalid_texts(self.reader, &read).into_iter().find(|it| concerns(it)) {
            return of_prost(format!("prost: the string in `{path}` is not UTF-8"));
        }
        let effect = effect?;
        let open = self.reader.decode_open(&bytes).ok().filter(|open| *open != read);
        let readings = open.iter().map(|open| reading("Go, prost", open)).collect();
        Some(Result { effect, is_note: false, read: Some(read), error: None, readings })
    }

    /// Returns what some runtimes do that read `read`.
    fn reading(
        &self,
        runtimes: &'static str,
        message: &MessageValue,
        read: &MessageValue,
        concerns: &dyn Fn(&str) -> bool,
    ) -> Reading {
        Reading {
            runtimes,
            effect: self.effect_of(message, read, concerns),
            read: Some(self.reader.to_text_known(read)),
            error: None,
        }
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

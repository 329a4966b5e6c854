//! The parts of a message that do not match a pattern.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Matcher, Mismatch, Number, Pattern, entry, type_name};
use crate::value::data::{MessageValue, Value};
use crate::value::json::{self, Step};
use crate::value::types::{Field, Kind, Label, Types};

impl Pattern {
    /// Returns the parts of `message` that do not match. `position` is that of the message in its
    /// stream, from 0.
    pub fn mismatches(&self, message: &MessageValue, position: u64) -> Vec<Mismatch> {
        let mut found = Comparison { types: self.of.types(), position, mismatches: Vec::new() };
        found.message(&[], self, message);
        found.mismatches
    }
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
            (Matcher::Range(min, max), value) => Number::of_value(value).is_some_and(|number| {
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
                Number::of_value(value) == Some(Number::Integer(self.counted(*first)))
            }
            _ => false,
        };
        if !is_match {
            let expected = self.described(kind, matcher);
            let found = self.shown(kind, value);
            self.add(path, expected, found);
        }
    }

    /// Returns the position, counted from `first`.
    fn counted(&self, first: i64) -> i128 {
        i128::from(first) + i128::from(self.position)
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
                format!("{}, the position in the stream", self.counted(*first))
            }
            Matcher::Absent => "nothing".to_owned(),
            Matcher::Message(_) => "a message".to_owned(),
            _ => "items".to_owned(),
        }
    }
}

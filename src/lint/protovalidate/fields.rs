//! The fields of encoded rules, by number, without a descriptor: the many rules messages differ
//! only a little.

use crate::schema::wire::{self, Value};

/// The fields of a message, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(Vec<(u32, Value<'a>)>);

/// Returns the fields of the extension `number` in the options `bytes`; none if it is not set or
/// malformed.
pub(super) fn extension(bytes: Option<&[u8]>, number: u32) -> Option<Fields<'_>> {
    Fields::default().read(bytes?)?.message(number)
}

impl<'a> Fields<'a> {
    /// Returns the fields of the message `bytes`; an empty list if it is malformed.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Fields::default().read(bytes).unwrap_or_default()
    }

    fn read(mut self, bytes: &'a [u8]) -> Option<Self> {
        for record in wire::read(bytes) {
            let record = record.ok()?;
            if !matches!(record.value, Value::Group(_)) {
                self.0.push((record.number, record.value));
            }
        }
        Some(self)
    }

    /// Returns the numbers of its fields, in order.
    pub(super) fn numbers(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.0.iter().map(|(number, _)| *number)
    }

    /// Returns every value of a field.
    pub(super) fn all(&self, number: u32) -> impl DoubleEndedIterator<Item = Value<'a>> {
        self.0.iter().filter(move |(set, _)| *set == number).map(|(_, value)| *value)
    }

    /// Returns the last value of a field.
    pub(super) fn last(&self, number: u32) -> Option<Value<'a>> {
        self.all(number).next_back()
    }

    pub(super) fn uint(&self, number: u32) -> Option<u64> {
        match self.last(number)? {
            Value::Varint(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, number: u32) -> bool {
        self.uint(number).is_some_and(|value| value != 0)
    }

    pub(super) fn bytes(&self, number: u32) -> Option<&'a [u8]> {
        self.all(number).filter_map(Value::bytes).next_back()
    }

    /// Returns the value of a string field. Invalid UTF-8, which only an image can contain, counts
    /// as unset.
    pub(super) fn text(&self, number: u32) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(number)?).ok()
    }

    pub(super) fn texts(&self, number: u32) -> Vec<&'a str> {
        self.all(number).filter_map(|value| std::str::from_utf8(value.bytes()?).ok()).collect()
    }

    /// Returns the value of a message field, with all its records merged.
    pub(super) fn message(&self, number: u32) -> Option<Fields<'a>> {
        let mut parts = self.all(number).filter_map(Value::bytes).peekable();
        parts.peek()?;
        parts.try_fold(Fields::default(), Fields::read)
    }

    /// Returns every message of a field.
    pub(super) fn messages(&self, number: u32) -> Vec<Fields<'a>> {
        let parts = self.all(number).filter_map(Value::bytes);
        parts.map(Fields::of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_message_are_merged_and_broken_ones_are_none() {
        let options = [0xba, 0x48, 2, 0x08, 1, 0xba, 0x48, 3, 0x12, 1, b'a'];
        let rules = extension(Some(&options), 1159).expect("it is set");
        assert_eq!((rules.uint(1), rules.text(2)), (Some(1), Some("a")));
        assert!(extension(Some(&options[..10]), 1159).is_none());
        assert!(extension(Some(&options), 1160).is_none());
        assert!(extension(None, 1159).is_none());
    }
}

//! The fields of encoded rules, by number, without a descriptor: rules are a few fields of one of
//! many messages that differ in little.

use crate::schema::wire::{self, Value};

/// The fields of a message, in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(Vec<(u32, Value<'a>)>);

/// The fields of the message that `bytes` hold as the extension `number`; nothing if that is not
/// set, or broken.
pub(super) fn extension(bytes: Option<&[u8]>, number: u32) -> Option<Fields<'_>> {
    Fields::default().read(bytes?)?.message(number)
}

impl<'a> Fields<'a> {
    /// Those of the message `bytes`; none if that is broken.
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

    /// The numbers of its fields, in their order.
    pub(super) fn numbers(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.0.iter().map(|(number, _)| *number)
    }

    /// Every value of a field.
    pub(super) fn all(&self, number: u32) -> impl DoubleEndedIterator<Item = Value<'a>> {
        self.0.iter().filter(move |(set, _)| *set == number).map(|(_, value)| *value)
    }

    /// The value of a field that has one.
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

    /// A string; that it is none can happen in an image only, and reads as unset.
    pub(super) fn text(&self, number: u32) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(number)?).ok()
    }

    pub(super) fn texts(&self, number: u32) -> Vec<&'a str> {
        self.all(number).filter_map(|value| std::str::from_utf8(value.bytes()?).ok()).collect()
    }

    /// A message: what is set of it in several places, together.
    pub(super) fn message(&self, number: u32) -> Option<Fields<'a>> {
        let mut parts = self.all(number).filter_map(Value::bytes).peekable();
        parts.peek()?;
        parts.try_fold(Fields::default(), Fields::read)
    }

    /// Every message of a field.
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

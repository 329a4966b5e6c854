//! What becomes of a message on its way from a writer of one version to a reader of another.

use super::Broken;
use crate::value::{
    Arbitrary, DecodeError, Difference, Effect, MessageType, MessageValue, Restrict, compare,
    restricted,
};

/// The way of a message from one side to the other.
pub(super) struct Direction<'d> {
    pub(super) method: &'d str,
    /// What is known to be broken: it is not shrunk again.
    pub(super) known: &'d [Broken],
    pub(super) what: &'d str,
    pub(super) other: &'d str,
    pub(super) writer: &'d MessageType,
    pub(super) reader: &'d MessageType,
    pub(super) reader_is_older: bool,
}

impl Direction<'_> {
    /// Returns what is read otherwise than it was written, with the smallest message that shows it.
    pub(super) fn broken(
        &self,
        written: &MessageValue,
        read: Result<MessageValue, DecodeError>,
    ) -> Vec<Broken> {
        let Direction { what, other, .. } = self;
        let broken = |element: &str, what: String, written: &MessageValue, read: String| Broken {
            method: self.method.to_owned(),
            element: element.to_owned(),
            message: self.writer.name().to_owned(),
            path: String::new(),
            what,
            change: String::new(),
            written: self.writer.to_text(written),
            read,
        };
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                let element = error.element().unwrap_or(self.writer.name());
                let element = self.reader.written_element(element);
                if self.is_known(&element) {
                    return Vec::new();
                }
                let (smallest, error) = self.shrunk_refused(written, error);
                let what = format!("{what} cannot read what {other} sends");
                let change = self.writer.element_change(self.reader, &element);
                return vec![Broken { change, ..broken(&element, what, &smallest, error) }];
            }
        };
        if let Some((path, element)) = self.reader.missing_required(&read).into_iter().next() {
            if self.is_known(&element) {
                return Vec::new();
            }
            let what = format!("{what} requires `{path}`, which {other} does not set");
            let tree = Arbitrary::tree_of(self.writer, written.clone());
            let (smallest, ()) = tree.smallest((), |message, ()| {
                let read = self.reader.decode(&self.writer.encode(message)).ok()?;
                let missing = self.reader.missing_required(&read);
                missing.iter().any(|(_, it)| *it == element).then_some(())
            });
            let missing = broken(&element, what, &smallest, "missing".to_owned());
            return vec![Broken { path, ..missing }];
        }
        // The comparison with what was read over the wire; where the reader is older, without what
        // it does not have.
        let seen = if self.reader_is_older {
            self.differences(written)
        } else {
            compare(self.writer, written, self.reader, &read)
        };
        let new = seen.into_iter().filter(|difference| !self.is_known(&difference.element));
        let shown = new.map(|difference| {
            let (smallest, Difference { effect, path, element, read, change, .. }) =
                self.shrunk(written, difference);
            let what = format!("{what} {effect} what {other} sends in `{path}`");
            Broken { change, path, ..broken(&element, what, &smallest, read) }
        });
        shown.collect()
    }

    fn is_known(&self, element: &str) -> bool {
        let is_same = |it: &Broken| {
            it.method == self.method && it.element == element && it.what.starts_with(self.what)
        };
        self.known.iter().any(is_same)
    }

    /// Returns what `message` shows, without a connection: elements, each with what happens to it.
    pub(super) fn shows(&self, message: &MessageValue) -> Vec<(String, Effect)> {
        let read = match self.reader.decode(&self.writer.encode(message)) {
            Ok(read) => read,
            Err(error) => {
                return vec![(error.element().unwrap_or_default().to_owned(), Effect::Fails)];
            }
        };
        let missing = self.reader.missing_required(&read).into_iter();
        let missing = missing.map(|(_, element)| (element, Effect::Fails));
        let differences = self.differences(message).into_iter();
        missing.chain(differences.map(|it| (it.element, it.effect))).collect()
    }

    /// Returns what the reader reads otherwise, without a connection.
    fn differences(&self, message: &MessageValue) -> Vec<Difference> {
        let sent = if self.reader_is_older {
            restricted(self.writer, message, self.reader, Restrict::Binary)
        } else {
            message.clone()
        };
        match self.reader.decode(&self.writer.encode(&sent)) {
            Ok(read) => compare(self.writer, &sent, self.reader, &read),
            Err(_) => Vec::new(),
        }
    }

    fn shrunk(&self, message: &MessageValue, found: Difference) -> (MessageValue, Difference) {
        let tree = Arbitrary::tree_of(self.writer, message.clone());
        tree.smallest(found, |message, found| {
            let mut all = self.differences(message).into_iter();
            all.find(|it| it.element == found.element && it.effect == found.effect)
        })
    }

    fn shrunk_refused(&self, message: &MessageValue, error: DecodeError) -> (MessageValue, String) {
        let tree = Arbitrary::tree_of(self.writer, message.clone());
        let (smallest, error) = tree.smallest(error, |message, known| {
            let error = self.reader.decode(&self.writer.encode(message)).err()?;
            (error.element() == known.element()).then_some(error)
        });
        (smallest, error.to_string())
    }
}

//! The properties across versions: a reader of one version reads what a writer of the other wrote,
//! and passes on what it does not know.

use std::borrow::Cow;

use super::{Failure, Key, Surface};
use crate::value::{
    Difference, Effect, MessageType, MessageValue, Restrict, compare, json_path, restricted,
};

/// The property that a reader passes on what it does not know.
pub(super) const RELAY: &str = "relay";

/// The property that a reader reads what was written.
const READ: &str = "read";

/// Returns the properties that do not hold for `message`, of the type `written`.
///
/// What only the newer version has never fails: where the reader is older, elements that it does not
/// have are left out of the message, but for the relay. In the binary format, one of them fails: an
/// enum value that makes an older reader miss a required field.
pub(super) fn failures(
    written: &MessageType,
    read: &MessageType,
    reader_is_older: bool,
    message: &MessageValue,
) -> Vec<Failure> {
    let sent = |what| {
        if reader_is_older {
            Cow::Owned(restricted(written, message, read, what))
        } else {
            Cow::Borrowed(message)
        }
    };
    let mut failures = binary(written, &sent(Restrict::Binary), read);
    if failures.is_empty() {
        failures.extend(relay(written, message, read));
    }
    failures.extend(json(written, &sent(Restrict::Json), read));
    failures
}

fn failure(surface: Surface, property: &'static str, difference: Difference) -> Failure {
    let Difference { path, element, effect, read, change, .. } = difference;
    let key = Key { surface, property, element, effect: Some(effect) };
    Failure { key, path, change, read, is_stored: false }
}

/// A reader that refuses the whole message.
fn refused(
    surface: Surface,
    written: &MessageType,
    (path, element): (String, String),
    error: String,
) -> Failure {
    let element = if element.is_empty() { written.name().to_owned() } else { element };
    let key = Key { surface, property: READ, element, effect: Some(Effect::Fails) };
    Failure { key, path, change: String::new(), read: error, is_stored: false }
}

fn binary(written: &MessageType, message: &MessageValue, read: &MessageType) -> Vec<Failure> {
    let found = match read.decode(&written.encode(message)) {
        Ok(found) => found,
        Err(error) => {
            let element = read.written_element(error.element().unwrap_or_default());
            let change = written.element_change(read, &element);
            let at = (String::new(), element);
            let failure = refused(Surface::Binary, written, at, error.to_string());
            return vec![Failure { change, ..failure }];
        }
    };
    missing(Surface::Binary, written, read, &found).unwrap_or_else(|| {
        let differences = compare(written, message, read, &found);
        differences.into_iter().map(|it| failure(Surface::Binary, READ, it)).collect()
    })
}

/// Returns the required fields that a reader misses.
fn missing(
    surface: Surface,
    written: &MessageType,
    read: &MessageType,
    found: &MessageValue,
) -> Option<Vec<Failure>> {
    let missing = read.missing_required(found);
    if missing.is_empty() {
        return None;
    }
    let one = |(path, element): (String, String)| {
        let error = format!("the required field `{element}` is not set");
        let change = written.element_change(read, &element);
        Failure { change, ..refused(surface, written, (path, element), error) }
    };
    Some(missing.into_iter().map(one).collect())
}

/// Reads a message with the other version, writes it again, and reads it with the first.
fn relay(written: &MessageType, message: &MessageValue, read: &MessageType) -> Vec<Failure> {
    // The order of a repeated closed enum changes where the relay does not know a value.
    let message = restricted(written, message, read, Restrict::Relay);
    let Ok(found) = read.decode(&written.encode(&message)) else { return Vec::new() };
    let Ok(back) = written.decode(&read.encode(&found)) else {
        let at = (String::new(), String::new());
        let error = "what the relay wrote cannot be read".to_owned();
        let mut failure = refused(Surface::Binary, written, at, error);
        failure.key.property = RELAY;
        return vec![failure];
    };
    let differences = compare(written, &message, written, &back);
    differences.into_iter().map(|it| failure(Surface::Binary, RELAY, it)).collect()
}

fn json(written: &MessageType, message: &MessageValue, read: &MessageType) -> Vec<Failure> {
    // A value without a JSON form is tested within its version.
    let Ok(json) = written.to_json(message) else { return Vec::new() };
    let found = match read.read_json(&json) {
        Ok(found) => found,
        Err(error) => {
            let (element, change) = written.json_element(read, &error.path);
            let at = (json_path(&error.path), element);
            let mut failure = refused(Surface::Json, written, at, error.to_string());
            failure.change = change;
            return vec![failure];
        }
    };
    missing(Surface::Json, written, read, &found).unwrap_or_else(|| {
        let differences = compare(written, message, read, &found);
        differences.into_iter().map(|it| failure(Surface::Json, READ, it)).collect()
    })
}

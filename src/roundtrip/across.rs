//! The properties across versions: a reader of one version reads what a writer of the other wrote,
//! and passes on what it does not know.

use std::borrow::Cow;

use super::{Failure, Key, Surface};
use crate::value::transfer::{self, Outcome, Refusal};
use crate::value::{Difference, Effect, MessageType, MessageValue, Restrict, compare, restricted};

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
    let outcome = transfer::binary(written, &sent(Restrict::Binary), read);
    let mut failures = failures_of(Surface::Binary, written, outcome);
    if failures.is_empty() {
        failures.extend(relay(written, message, read));
    }
    // A value without a JSON form is tested within its version.
    if let Some(outcome) = transfer::json(written, &sent(Restrict::Json), read) {
        failures.extend(failures_of(Surface::Json, written, outcome));
    }
    failures
}

fn failure(surface: Surface, property: &'static str, difference: Difference) -> Failure {
    let Difference { path, element, effect, read, change, .. } = difference;
    let key = Key { surface, property, element, effect: Some(effect) };
    Failure { key, path, change, read, is_stored: false }
}

/// Returns the failures of a reader, on one surface.
fn failures_of(surface: Surface, written: &MessageType, outcome: Outcome) -> Vec<Failure> {
    match outcome {
        Outcome::Refused { refusals, .. } => {
            refusals.into_iter().map(|it| refused(surface, written, it)).collect()
        }
        Outcome::Read { differences, .. } => {
            differences.into_iter().map(|it| failure(surface, READ, it)).collect()
        }
    }
}

/// Returns the failure of a reader that refuses the whole message.
fn refused(surface: Surface, written: &MessageType, refusal: Refusal) -> Failure {
    let Refusal { path, element, error, change } = refusal;
    let element = if element.is_empty() { written.name().to_owned() } else { element };
    let key = Key { surface, property: READ, element, effect: Some(Effect::Fails) };
    Failure { key, path, change, read: error, is_stored: false }
}

/// Reads a message with the other version, writes it again, and reads it with the first.
fn relay(written: &MessageType, message: &MessageValue, read: &MessageType) -> Vec<Failure> {
    // The order of a repeated closed enum changes where the relay does not know a value.
    let message = restricted(written, message, read, Restrict::Relay);
    let Ok(found) = read.decode(&written.encode(&message)) else { return Vec::new() };
    let Ok(back) = written.decode(&read.encode(&found)) else {
        let error = "what the relay wrote cannot be read".to_owned();
        let refusal =
            Refusal { path: String::new(), element: String::new(), error, change: String::new() };
        let mut failure = refused(Surface::Binary, written, refusal);
        failure.key.property = RELAY;
        return vec![failure];
    };
    let differences = compare(written, &message, written, &back);
    differences.into_iter().map(|it| failure(Surface::Binary, RELAY, it)).collect()
}

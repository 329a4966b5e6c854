//! The properties within a version.

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::{Failure, Key, Surface, Version};
use crate::value::{MessageType, MessageValue, Value};

/// Returns the properties that do not hold for `message`.
pub(super) fn failures(
    version: &Version,
    of: &MessageType,
    message: &MessageValue,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut check = |surface, property, outcome: Result<(), String>| {
        if let Err(read) = outcome {
            let element = of.name().to_owned();
            let key = Key { surface, property, element, effect: None };
            failures.push(Failure {
                key,
                path: String::new(),
                change: String::new(),
                read,
                is_stored: false,
            });
        }
    };
    let bytes = of.encode(message);
    check(Surface::Binary, "a message that was written is read again", binary(of, message, &bytes));
    let mut known = message.clone();
    known.discard_unknown();
    let json = of.to_json(&known);
    let read = json.as_ref().map_err(ToString::to_string).and_then(|json| {
        let read = of.read_json(json).map_err(|error| error.to_string())?;
        same(of, &known, &read)
    });
    check(Surface::Json, "a message that was written is read again", read);
    let descriptor = version.pool.as_ref().and_then(|pool| pool.get_message_by_name(of.name()));
    if let Some(descriptor) = descriptor {
        let read = text(of, &descriptor, &without_negative_zeros(known));
        check(Surface::Text, "a message that was written is read again", read);
    }
    failures
}

/// Unknown fields are in the message, too: they survive.
fn binary(of: &MessageType, message: &MessageValue, bytes: &[u8]) -> Result<(), String> {
    let read = of.decode(bytes).map_err(|error| error.to_string())?;
    same(of, message, &read)?;
    if of.encode(&read) != bytes {
        return Err("the bytes differ when the message is written again".to_owned());
    }
    Ok(())
}

fn same(of: &MessageType, written: &MessageValue, read: &MessageValue) -> Result<(), String> {
    if written == read { Ok(()) } else { Err(of.to_text(read)) }
}

/// prost-reflect has a reader of the text format.
fn text(
    of: &MessageType,
    descriptor: &MessageDescriptor,
    message: &MessageValue,
) -> Result<(), String> {
    let text = of.to_text(message);
    let theirs = DynamicMessage::parse_text_format(descriptor.clone(), &text)
        .map_err(|error| error.to_string())?;
    let read = of.decode(&theirs.encode_to_vec()).map_err(|error| error.to_string())?;
    same(of, message, &read)
}

/// Replaces negative zeros by ones: prost takes them for the default of a field without presence,
/// and leaves them out.
fn without_negative_zeros(mut message: MessageValue) -> MessageValue {
    fn visit(value: &mut Value) {
        match value {
            Value::F32(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::F64(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::Message(message) => message.values_mut().for_each(visit),
            Value::List(items) => items.iter_mut().for_each(visit),
            Value::Map(entries) => entries.values_mut().for_each(visit),
            _ => {}
        }
    }
    message.values_mut().for_each(visit);
    message
}

/// Reads bytes that are cut, changed or random: an error or a message, and a message is read again
/// when it is written.
pub(super) fn malformed(
    of: &MessageType,
    rng: &mut TestRng,
    cases: u32,
) -> Vec<(Failure, MessageValue)> {
    let mut failures = Vec::new();
    let whole = of.encode(&of.all());
    for _ in 0..cases {
        let mut bytes = whole.clone();
        match rng.next_u32() % 4 {
            0 => bytes.truncate(rng.next_u32() as usize % (bytes.len() + 1)),
            1 => bytes = (0..rng.next_u32() % 64).map(|_| rng.next_u32() as u8).collect(),
            _ => {
                for _ in 0..=rng.next_u32() % 3 {
                    let at = rng.next_u32() as usize % bytes.len().max(1);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << (rng.next_u32() % 8);
                    }
                }
            }
        }
        let Ok(message) = of.decode(&bytes) else { continue };
        if let Err(read) = binary(of, &message, &of.encode(&message)) {
            let key = Key {
                surface: Surface::Binary,
                property: "what was read from malformed bytes is read again",
                element: of.name().to_owned(),
                effect: None,
            };
            let failure =
                Failure { key, path: String::new(), change: String::new(), read, is_stored: false };
            failures.push((failure, message));
        }
    }
    failures
}

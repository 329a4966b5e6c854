//! Decodes a witness again from both versions.

use std::fmt::Write as _;

use super::subject;
use super::{Found, Prover, defaults, passage};
use crate::error::{Error, Result};
use crate::finding::{Argument, Direction, Surface, Witness, from_hex};
use crate::printable::line;
use crate::schema::Schema;
use crate::schema::pair::Pair;
use crate::value::judge::Passage;
use crate::value::{MessageType, MessageValue};

/// What a witness shows now.
#[derive(Debug)]
pub struct Replayed {
    /// What is written and what is read, a line each.
    pub text: String,
    /// Whether the reader still reads something else.
    pub differs: bool,
}

/// Decodes `argument` again with the types of both schemas.
///
/// # Errors
///
/// A schema does not have the message, or the content is not one.
pub fn replay(schemas: Pair<&Schema>, argument: &Argument) -> Result<Replayed> {
    match argument.surface {
        Surface::Binary | Surface::Json => data(schemas, argument),
        Surface::Rpc | Surface::Source => element(schemas, argument),
    }
}

fn data(schemas: Pair<&Schema>, argument: &Argument) -> Result<Replayed> {
    let Argument { surface, direction, message, read_as, .. } = argument;
    let prover = Prover::new(schemas);
    let (of_old, of_new) = match (direction, read_as) {
        (_, None) => (message, message),
        (Direction::OldToNew, Some(reader)) => (message, reader),
        (Direction::NewToOld, Some(reader)) => (reader, message),
    };
    let missing = |side: &str, name: &str| {
        Error::new(format!("the {side} version has no message `{name}`"))
            .help("replay the witness against the version that it was found with")
    };
    let types = prover.types();
    let old = types.old.message(of_old).ok_or_else(|| missing("old", of_old))?;
    let new = types.new.message(of_new).ok_or_else(|| missing("new", of_new))?;
    let messages = Pair { old: &old, new: &new };
    let passage = passage(messages, *surface, *direction);
    let written = content(passage.writer, argument)?;
    let mut found = Found::default();
    let shown = passage.message(written.clone());
    found.merge(prover.data(&passage, *direction, shown));
    // An unset field means its default.
    if let (Some(old), Some(new)) = (schemas.old.message(of_old), schemas.new.message(of_new)) {
        for pair in (Pair { old, new }).fields() {
            let number = pair.old.number().unsigned_abs();
            if written.get(number).is_none() {
                let other = defaults(messages, pair, &[*surface]);
                let of_direction = other.witnesses.into_iter();
                let of_direction = of_direction.filter(|it| it.direction == *direction);
                found.witnesses.extend(of_direction);
            }
        }
    }
    Ok(shown_data(&passage, &written, &found))
}

/// Returns the message of a witness.
fn content(writer: &MessageType, argument: &Argument) -> Result<MessageValue> {
    let text = &argument.content;
    let error = |why: String| Error::new(format!("the value of the witness is no message: {why}"));
    if argument.surface == Surface::Json {
        let json = serde_json::from_str(text).map_err(|it| error(it.to_string()))?;
        return writer.read_json(&json).map_err(|it| error(it.to_string()));
    }
    let bytes = from_hex(text).ok_or_else(|| error("the bytes are not hexadecimal".to_owned()))?;
    writer.decode(&bytes).map_err(|it| error(it.to_string()))
}

fn shown_data(passage: &Passage<'_>, written: &MessageValue, found: &Found) -> Replayed {
    let (writer, reader) = (passage.writer, passage.reader);
    let mut text = String::new();
    let side = |is_older: bool| if is_older { "old" } else { "new" };
    let _ = writeln!(
        text,
        "{} version writes: {} {{ {} }}",
        side(!passage.reader_is_older),
        writer.name(),
        line(&writer.to_text(written))
    );
    let form = match passage.surface {
        Surface::Json => {
            writer.to_json(written).map_or_else(|e| e.to_string(), |it| it.to_string())
        }
        _ => crate::finding::hex(&writer.encode(written)),
    };
    let _ = writeln!(text, "{}: {}", passage.surface, line(&form));
    match found.witnesses.as_slice() {
        [] if found.has_note => {
            let _ = writeln!(text, "only what was added has an effect");
        }
        [] => {
            let read = match passage.surface {
                Surface::Json => {
                    writer.to_json(written).ok().and_then(|json| reader.read_json(&json).ok())
                }
                _ => reader.decode(&writer.encode(written)).ok(),
            };
            let read = read.map_or_else(String::new, |read| reader.to_text(&read));
            let _ = writeln!(
                text,
                "{} version reads the same: {}",
                side(passage.reader_is_older),
                line(&format!("{} {{ {} }}", reader.name(), read))
            );
        }
        witnesses => {
            for witness in witnesses {
                let _ = writeln!(
                    text,
                    "{} version {}: {}",
                    side(passage.reader_is_older),
                    witness.effect,
                    line(&witness.reading())
                );
            }
        }
    }
    Replayed { text, differs: !found.witnesses.is_empty() }
}

/// Replays a call, or code that names an element.
fn element(schemas: Pair<&Schema>, argument: &Argument) -> Result<Replayed> {
    let surfaces = [argument.surface];
    let prover = Prover::new(schemas);
    let mut found = Found::default();
    let named = subject::all_named(schemas, &argument.message);
    if named.is_empty() {
        return Err(Error::new(format!("neither version has `{}`", argument.message))
            .help("replay the witness against the version that it was found with"));
    }
    for changed in &named {
        found.merge(prover.changed(changed, &surfaces));
    }
    let of_direction = |it: &&Witness| it.direction == argument.direction;
    let witnesses: Vec<&Witness> = found.witnesses.iter().filter(of_direction).collect();
    let mut text = String::new();
    for witness in &witnesses {
        let _ = writeln!(text, "old: {}", line(&witness.value()));
        let _ = writeln!(text, "new: {}", line(&witness.reading()));
    }
    if witnesses.is_empty() {
        let _ = writeln!(text, "nothing differs: {}", argument.message);
    }
    Ok(Replayed { text, differs: !witnesses.is_empty() })
}

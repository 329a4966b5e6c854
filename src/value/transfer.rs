//! What a reader does with a message that another version of its type wrote. Round trips and proofs
//! both ask it here.

use super::compare::{Match, compare_by};
use super::data::MessageValue;
use super::json::path as json_path;
use super::types::{Field, Kind, Label, MessageType};
use super::versions::each_message;
use super::{DecodeError, Difference};
use crate::schema::descriptor::FieldType as Scalar;
use crate::schema::wire;

/// What a reader does with a message.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It refuses the message.
    Refused {
        /// The reasons, at least one.
        refusals: Vec<Refusal>,
        /// What a reader reads that does not check required fields; none if nobody reads it.
        unchecked: Option<MessageValue>,
    },
    /// It reads a message.
    Read {
        /// The message that it reads.
        message: MessageValue,
        /// The fields that are not as they were written.
        differences: Vec<Difference>,
    },
}

/// The reason why a reader refuses a message.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The path from the message to the field; empty if it is not known.
    pub path: String,
    /// The full name of the field; empty if it is not known.
    pub element: String,
    /// The reason, as a sentence without a full stop.
    pub error: String,
    /// What differs between the two types of the field, if something does.
    pub change: String,
}

/// Passes `message` in the binary format: `writer` encodes it, `reader` decodes it.
pub fn binary(writer: &MessageType, message: &MessageValue, reader: &MessageType) -> Outcome {
    match reader.decode(&writer.encode(message)) {
        Ok(read) => missing(writer, reader, &read)
            .unwrap_or_else(|| compared(Match::Number, writer, message, reader, read)),
        Err(error) => refused(undecodable(writer, reader, &error)),
    }
}

/// Returns the refusal of a reader that cannot decode the bytes of `writer`.
fn undecodable(writer: &MessageType, reader: &MessageType, error: &DecodeError) -> Refusal {
    let element = reader.written_element(error.element().unwrap_or_default());
    let change = writer.element_change(reader, &element);
    Refusal { path: String::new(), element, error: error.to_string(), change }
}

/// Passes `message` in JSON. None if it has no JSON form.
pub fn json(writer: &MessageType, message: &MessageValue, reader: &MessageType) -> Option<Outcome> {
    let json = writer.to_json(message).ok()?;
    Some(match reader.read_json(&json) {
        Ok(read) => missing(writer, reader, &read)
            .unwrap_or_else(|| compared(Match::JsonName, writer, message, reader, read)),
        Err(error) => {
            let (element, change) = writer.json_element(reader, &error.path);
            let (path, error) = (json_path(&error.path), error.to_string());
            refused(Refusal { path, element, error, change })
        }
    })
}

fn compared(
    by: Match,
    writer: &MessageType,
    written: &MessageValue,
    reader: &MessageType,
    message: MessageValue,
) -> Outcome {
    let differences = compare_by(by, writer, written, reader, &message);
    Outcome::Read { message, differences }
}

/// Returns the refusals for required fields that are not set; none if all are.
fn missing(writer: &MessageType, reader: &MessageType, read: &MessageValue) -> Option<Outcome> {
    let missing = reader.missing_required(read);
    let refusal = |(path, element): (String, String)| {
        let error = format!("the required field `{element}` is not set");
        let change = writer.element_change(reader, &element);
        Refusal { path, element, error, change }
    };
    (!missing.is_empty()).then(|| Outcome::Refused {
        refusals: missing.into_iter().map(refusal).collect(),
        unchecked: Some(read.clone()),
    })
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refused { refusals: vec![refusal], unchecked: None }
}

/// Returns the paths of the fields in `read` of which the bytes came with a wire type that the field
/// does not have, so that they were kept as unknown fields.
pub(super) fn other_wire_types(reader: &MessageType, read: &MessageValue) -> Vec<String> {
    let mut found = Vec::new();
    each_message(reader.types(), reader.id(), read, "", &mut |layout, message, path| {
        for record in wire::records(message.unknown()) {
            let Some(field) = layout.field(record.number) else { continue };
            if !accepts(field, &record.value) {
                found.push(super::versions::join(path, field));
            }
        }
    });
    found
}

/// Whether a reader takes a record with this wire type as a value of `field`.
fn accepts(field: &Field, value: &wire::Value<'_>) -> bool {
    let is_bytes = matches!(value, wire::Value::Bytes(_));
    match (field.label, field.kind) {
        (Label::Map, _) => is_bytes,
        (_, Kind::Message(_)) if field.is_delimited => matches!(value, wire::Value::Group(_)),
        (_, Kind::Message(_) | Kind::Scalar(Scalar::String | Scalar::Bytes)) => is_bytes,
        (label, kind) => {
            let is_packed = is_bytes && matches!(label, Label::Repeated { .. });
            is_packed
                || match kind {
                    Kind::Scalar(Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32) => {
                        matches!(value, wire::Value::Fixed32(_))
                    }
                    Kind::Scalar(Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64) => {
                        matches!(value, wire::Value::Fixed64(_))
                    }
                    _ => matches!(value, wire::Value::Varint(_)),
                }
        }
    }
}

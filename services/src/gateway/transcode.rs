//! Messages between JSON and gRPC, by their descriptors.

use percent_encoding::percent_decode_str;
use prost::Message as _;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};
use serde_json::json;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::problem::Problem;
use super::routes::{Operation, Parameter};

/// Returns the message of a request: of its body, and of its query and path parameters.
///
/// # Errors
///
/// 400: the body is not JSON, a field is unknown, or a value is wrong.
pub(super) fn request(
    operation: &Operation,
    path: &[Parameter],
    query: &str,
    body: &[u8],
) -> Result<DynamicMessage, Problem> {
    let mut message = read(operation.method.input(), body)?;
    for (name, values) in grouped(operation, query)? {
        set(&mut message, &name, &name, &values)?;
    }
    // The path names the resource: a field of the body does not override it.
    for (name, value) in path {
        set(&mut message, name, name, std::slice::from_ref(value))?;
    }
    Ok(message)
}

/// Returns a message in JSON.
///
/// # Errors
///
/// INTERNAL: JSON cannot express a value, for example a time after the year 9999.
pub(super) fn to_json(message: &DynamicMessage) -> Result<String, Status> {
    serde_json::to_string(message).map_err(|error| Status::internal(error.to_string()))
}

/// Returns the message of a body. An empty body is an empty message.
fn read(descriptor: MessageDescriptor, body: &[u8]) -> Result<DynamicMessage, Problem> {
    if body.is_empty() {
        return Ok(DynamicMessage::new(descriptor));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let message = DynamicMessage::deserialize(descriptor, &mut reader);
    let message = message.and_then(|message| reader.end().map(|()| message));
    message.map_err(|error| Problem::invalid(format!("the body: {error}")))
}

/// Returns the parameters of a query with all their values.
fn grouped(operation: &Operation, query: &str) -> Result<Vec<(String, Vec<String>)>, Problem> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        if !operation.query.contains(&name) {
            return Err(Problem::invalid(format!("there is no query parameter {name:?}")));
        }
        match grouped.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => grouped.push((name, vec![value])),
        }
    }
    Ok(grouped)
}

/// Returns the text of a query, where a plus is a space.
fn decoded(text: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(Problem::invalid("the query is not UTF-8")),
    }
}

/// Sets the field at `path`, for example `conversationId.value`, of the parameter `name`.
fn set(
    message: &mut DynamicMessage,
    path: &str,
    name: &str,
    values: &[String],
) -> Result<(), Problem> {
    let (head, rest) = match path.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (path, None),
    };
    let descriptor = message.descriptor();
    let unknown = || Problem::invalid(format!("there is no field {name}"));
    let field = descriptor.get_field_by_json_name(head).ok_or_else(unknown)?;
    if let Some(rest) = rest {
        return match message.get_field_mut(&field) {
            Value::Message(inner) => set(inner, rest, name, values),
            _ => Err(unknown()),
        };
    }
    // The JSON mapping knows how each type is written.
    let alone = json!({ head: in_json(&field, name, values)? });
    let alone = DynamicMessage::deserialize(descriptor, alone)
        .map_err(|error| Problem::invalid(format!("{name}: {error}")))?;
    message.set_field(&field, alone.get_field(&field).into_owned());
    Ok(())
}

/// Returns the JSON of the values of a parameter.
fn in_json(
    field: &FieldDescriptor,
    name: &str,
    values: &[String],
) -> Result<serde_json::Value, Problem> {
    let one = |text: &String| match (field.kind(), &**text) {
        (Kind::Bool, "true") => json!(true),
        (Kind::Bool, "false") => json!(false),
        (Kind::Enum(_), number) if number.parse::<i32>().is_ok() => {
            json!(number.parse::<i32>().ok())
        }
        (_, text) => json!(text),
    };
    match values {
        values if field.is_list() => Ok(values.iter().map(one).collect()),
        [value] => Ok(one(value)),
        _ => Err(Problem::invalid(format!("{name} is given more than once"))),
    }
}

/// The codec of a call. It has the type of the response.
#[derive(Clone)]
pub(super) struct Dynamic(pub(super) MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(to).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message = DynamicMessage::decode(self.0.clone(), from);
        message.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

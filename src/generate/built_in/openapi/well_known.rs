//! The schemas of scalars and of the types with a special JSON form, according to
//! <https://protobuf.dev/programming-guides/json/>.

use super::json::{Json, Object};
use crate::schema::descriptor::FieldType;

/// The message for errors. The schema need not contain it.
pub(super) const STATUS: &str = "google.rpc.Status";
const ANY: &str = "google.protobuf.Any";

/// The use of a well-known type as a query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// It is a single value.
    Value,
    /// It cannot be a query parameter.
    Tree,
}

/// Returns the form of the message `name`, if it has a special JSON form.
pub(super) fn form(name: &str) -> Option<Form> {
    let short = name.strip_prefix("google.protobuf.")?;
    match short {
        "Timestamp" | "Duration" | "FieldMask" => Some(Form::Value),
        "Any" | "Struct" | "Value" | "ListValue" => Some(Form::Tree),
        _ => wrapped(short).map(|_| Form::Value),
    }
}

/// Returns the type of the value in a wrapper.
fn wrapped(short: &str) -> Option<FieldType> {
    let kind = match short {
        "DoubleValue" => FieldType::Double,
        "FloatValue" => FieldType::Float,
        "Int64Value" => FieldType::Int64,
        "UInt64Value" => FieldType::Uint64,
        "Int32Value" => FieldType::Int32,
        "UInt32Value" => FieldType::Uint32,
        "BoolValue" => FieldType::Bool,
        "StringValue" => FieldType::String,
        "BytesValue" => FieldType::Bytes,
        _ => return None,
    };
    Some(kind)
}

/// Returns the schema of the well-known type called `name`, with a description.
pub(super) fn schema(name: &str) -> Option<Object> {
    let short = name.strip_prefix("google.protobuf.")?;
    if let Some(kind) = wrapped(short) {
        let description = "A value that may be absent or null.";
        return Some(described(
            description,
            Object::new().with("anyOf", [scalar(kind), typed("null")]),
        ));
    }
    let (description, schema) = match short {
        "Timestamp" => {
            ("A point in time, as in RFC 3339.", typed("string").with("format", "date-time"))
        }
        "Duration" => (
            "A span of time in seconds, with up to nine digits behind the dot: `1.5s`.",
            typed("string").with("pattern", r"^-?[0-9]+(\.[0-9]{1,9})?s$"),
        ),
        "FieldMask" => (
            "The names of fields, divided by commas; dots lead to fields inside: `user.displayName,photo`.",
            typed("string"),
        ),
        "Struct" => ("Any JSON object.", typed("object").with("additionalProperties", true)),
        "Value" => ("Any JSON value.", Object::new()),
        "ListValue" => ("Any JSON array.", typed("array").with("items", Object::new())),
        "Empty" => ("Nothing.", typed("object")),
        "NullValue" => ("Null.", typed("null")),
        "Any" => ("A message with its type, which stands under `@type`.", any()),
        _ => return None,
    };
    Some(described(description, schema))
}

/// Returns a schema for the types that every document needs, even if the request does not contain
/// them.
pub(super) fn fallback(name: &str) -> Option<Object> {
    if name != STATUS {
        return None;
    }
    let detail = Object::new().with("$ref", format!("#/components/schemas/{ANY}"));
    let properties = Object::new()
        .with("code", described("The code of gRPC.", scalar(FieldType::Int32)))
        .with("message", described("What went wrong, for developers.", typed("string")))
        .with("details", described("What programs may want to know.", list(detail)));
    let schema = typed("object").with("properties", properties);
    Some(described("Why a call failed.", schema))
}

/// Returns the schema of problem details, with the code of gRPC
/// (<https://www.rfc-editor.org/rfc/rfc9457>).
pub(super) fn problem() -> Object {
    let code = "The code of gRPC: `INVALID_ARGUMENT`, `NOT_FOUND`, …";
    let properties = Object::new()
        .with("type", described("A URI that names the kind of problem.", typed("string")))
        .with("status", described("The HTTP status.", typed("integer")))
        .with("title", described("The kind of problem.", typed("string")))
        .with("detail", described("What went wrong, for developers.", typed("string")))
        .with("instance", described("A URI that names this occurrence.", typed("string")))
        .with("code", described(code, typed("string")));
    described("Why a call failed.", typed("object").with("properties", properties))
}

/// The type that the schema of [`fallback`] refers to.
pub(super) const FALLBACK_NEEDS: &str = ANY;

fn any() -> Object {
    let kind = described("A URL whose last segment is the full name of the type.", typed("string"));
    typed("object")
        .with("properties", Object::new().with("@type", kind))
        .with("additionalProperties", true)
}

/// Returns the schema of a scalar.
pub(super) fn scalar(kind: FieldType) -> Object {
    match kind {
        FieldType::Double => float("double"),
        FieldType::Float => float("float"),
        FieldType::Int32 | FieldType::Sint32 | FieldType::Sfixed32 => {
            typed("integer").with("format", "int32")
        }
        FieldType::Uint32 | FieldType::Fixed32 => {
            typed("integer").with("format", "uint32").with("minimum", 0)
        }
        FieldType::Int64 | FieldType::Sint64 | FieldType::Sfixed64 => {
            typed("string").with("format", "int64").with("pattern", "^-?[0-9]+$")
        }
        FieldType::Uint64 | FieldType::Fixed64 => {
            typed("string").with("format", "uint64").with("pattern", "^[0-9]+$")
        }
        FieldType::Bool => typed("boolean"),
        FieldType::Bytes => typed("string").with("contentEncoding", "base64"),
        FieldType::String | FieldType::Enum | FieldType::Message | FieldType::Group => {
            typed("string")
        }
    }
}

/// Returns the schema of a floating-point number, with the strings for values that are not JSON
/// numbers.
fn float(format: &str) -> Object {
    let special = typed("string").with("enum", ["NaN", "Infinity", "-Infinity"]);
    Object::new().with("anyOf", [typed("number").with("format", format), special])
}

/// Returns the default of a scalar without presence.
pub(super) fn default(kind: FieldType) -> Json {
    match kind {
        FieldType::Double
        | FieldType::Float
        | FieldType::Int32
        | FieldType::Sint32
        | FieldType::Sfixed32
        | FieldType::Uint32
        | FieldType::Fixed32 => 0.into(),
        FieldType::Int64
        | FieldType::Sint64
        | FieldType::Sfixed64
        | FieldType::Uint64
        | FieldType::Fixed64 => "0".into(),
        FieldType::Bool => false.into(),
        _ => "".into(),
    }
}

/// Returns the schema of the property names of a map with keys of this type; none if all are
/// allowed.
pub(super) fn key(kind: FieldType) -> Option<Object> {
    match kind {
        FieldType::String => None,
        FieldType::Bool => Some(Object::new().with("enum", ["true", "false"])),
        FieldType::Uint32 | FieldType::Fixed32 | FieldType::Uint64 | FieldType::Fixed64 => {
            Some(Object::new().with("pattern", "^[0-9]+$"))
        }
        _ => Some(Object::new().with("pattern", "^-?[0-9]+$")),
    }
}

pub(super) fn typed(name: &str) -> Object {
    Object::new().with("type", name)
}

pub(super) fn list(items: Object) -> Object {
    typed("array").with("items", items)
}

pub(super) fn described(description: &str, schema: Object) -> Object {
    schema.with("description", description)
}

//! Reads JSON.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value as Json};

use super::{JsonError, Step, well_known};
use crate::schema::descriptor::FieldType as Scalar;
use crate::value::data::{MapKey, MessageValue, Value};
use crate::value::decode::MAX_DEPTH;
use crate::value::types::{Field, Kind, Label, Types};

type Result<T> = std::result::Result<T, JsonError>;

/// The types of the messages that are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'t> {
    pub(super) types: &'t Types,
    /// Whether all enums are open, as for Go.
    pub(super) is_open: bool,
}

/// Reads a message of the type `id`.
pub(super) fn message(reader: Reader<'_>, id: u32, json: &Json) -> Result<MessageValue> {
    at_depth(reader, id, json, 0)
}

pub(super) fn at_depth(
    reader: Reader<'_>,
    id: u32,
    json: &Json,
    depth: usize,
) -> Result<MessageValue> {
    if depth > MAX_DEPTH {
        return Err(JsonError::new(format!("nested more than {MAX_DEPTH} levels deep")));
    }
    if let Some(message) = well_known::read(reader, id, json, depth) {
        return message;
    }
    match json {
        Json::Object(object) => fields(reader, id, object, depth),
        other => Err(JsonError::new(format!(
            "expected an object, the message {}, found {}",
            reader.types.layout(id).name,
            described(other)
        ))),
    }
}

/// Reads the fields of a message that has no form of its own.
pub(super) fn fields(
    reader: Reader<'_>,
    id: u32,
    object: &Map<String, Json>,
    depth: usize,
) -> Result<MessageValue> {
    let layout = reader.types.layout(id);
    let mut message = MessageValue::new();
    let mut seen: Vec<u32> = Vec::new();
    for (name, json) in object {
        let step = || Step::Key(name.clone());
        let Some(field) = layout.json_field(name) else {
            let error = format!("the message {} has no field {name:?}", layout.name);
            return Err(JsonError::new(error).within(step()));
        };
        if seen.contains(&field.number) {
            return Err(JsonError::new("the field is set twice").within(step()));
        }
        seen.push(field.number);
        let value = whole(reader, field, json, depth).map_err(|error| error.within(step()))?;
        let Some(value) = value else { continue };
        let sibling = |other: &&Field| {
            other.oneof.is_some()
                && other.oneof == field.oneof
                && message.get(other.number).is_some()
        };
        if let Some(other) = layout.fields.iter().find(sibling) {
            let oneof = field.oneof.and_then(|index| layout.oneofs.get(index));
            let error = format!(
                "`{}` and `{}` are both set; a message has one field of the oneof `{}`",
                other.name,
                field.name,
                oneof.map_or("", String::as_str)
            );
            return Err(JsonError::new(error).within(step()));
        }
        let is_unset = match field.label {
            Label::Implicit | Label::Repeated { .. } | Label::Map => value.is_default(),
            _ => false,
        };
        if !is_unset {
            message.set(field.number, value);
        }
    }
    Ok(message)
}

/// Reads a field. `null` is unset, but for the types that have it as a value.
fn whole(reader: Reader<'_>, field: &Field, json: &Json, depth: usize) -> Result<Option<Value>> {
    match (field.label, json, field.kind) {
        (Label::Repeated { .. } | Label::Map, Json::Null, _) => Ok(None),
        (Label::Repeated { .. }, Json::Array(items), kind) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                single(reader, kind, item, depth).map_err(|error| error.within(Step::Index(index)))
            });
            items.collect::<Result<_>>().map(|items| Some(Value::List(items)))
        }
        (Label::Repeated { .. }, other, _) => {
            Err(JsonError::new(format!("expected an array, found {}", described(other))))
        }
        (Label::Map, Json::Object(object), Kind::Message(entry)) => {
            map(reader, entry, object, depth).map(|entries| Some(Value::Map(entries)))
        }
        (Label::Map, other, _) => {
            Err(JsonError::new(format!("expected an object, found {}", described(other))))
        }
        (_, Json::Null, kind) if !well_known::has_null(reader.types, kind) => Ok(None),
        (_, json, kind) => single(reader, kind, json, depth).map(Some),
    }
}

fn map(
    reader: Reader<'_>,
    entry: u32,
    object: &Map<String, Json>,
    depth: usize,
) -> Result<BTreeMap<MapKey, Value>> {
    let Some((key_field, value_field)) = reader.types.entry(entry) else {
        return Err(JsonError::new("the map has no key or value"));
    };
    let entries = object.iter().map(|(key, json)| {
        let step = || Step::Key(key.clone());
        let at = map_key(key_field.kind, key).map_err(|error| error.within(step()))?;
        let value = single(reader, value_field.kind, json, depth);
        Ok((at, value.map_err(|error| error.within(step()))?))
    });
    entries.collect()
}

pub(in crate::value) fn map_key(kind: Kind, key: &str) -> Result<MapKey> {
    let json = match kind {
        Kind::Scalar(Scalar::Bool) => match key {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => return Err(JsonError::new(format!("expected true or false, found {key:?}"))),
        },
        _ => Json::from(key),
    };
    let Kind::Scalar(scalar) = kind else { return Err(JsonError::new("no type of a map key")) };
    let key = scalar_value(scalar, &json)?.into_key();
    key.ok_or_else(|| JsonError::new("no type of a map key"))
}

/// Reads one value.
pub(super) fn single(reader: Reader<'_>, kind: Kind, json: &Json, depth: usize) -> Result<Value> {
    match kind {
        Kind::Scalar(scalar) => scalar_value(scalar, json),
        Kind::Message(id) => at_depth(reader, id, json, depth + 1).map(Value::Message),
        Kind::Enum(id) => {
            let enumeration = reader.types.enumeration(id);
            if enumeration.name == "google.protobuf.NullValue" && json.is_null() {
                return Ok(Value::Enum(0));
            }
            if let Json::String(name) = json {
                return enumeration.number_of(name).map(Value::Enum).ok_or_else(|| {
                    JsonError::new(format!("the enum {} has no value {name:?}", enumeration.name))
                });
            }
            let number = integer(json)
                .and_then(|number| i32::try_from(number).ok())
                .ok_or_else(|| expected(&format!("a value of {}", enumeration.name), json))?;
            let is_closed = enumeration.is_closed && !reader.is_open;
            if is_closed && enumeration.name_of(number).is_none() {
                let error = format!("the closed enum {} has no value {number}", enumeration.name);
                return Err(JsonError::new(error));
            }
            Ok(Value::Enum(number))
        }
    }
}

/// Reads a scalar. Numbers may be strings.
pub(super) fn scalar_value(scalar: Scalar, json: &Json) -> Result<Value> {
    fn ranged<T: TryFrom<i128>>(json: &Json, name: &str) -> Result<T> {
        let number = integer(json).ok_or_else(|| {
            expected(&format!("{} {name}", if name.starts_with('u') { "a" } else { "an" }), json)
        })?;
        T::try_from(number)
            .map_err(|_| JsonError::new(format!("{number} is out of the range of {name}")))
    }
    Ok(match scalar {
        Scalar::Bool => match json {
            Json::Bool(flag) => Value::Bool(*flag),
            other => return Err(expected("true or false", other)),
        },
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => Value::I32(ranged(json, "int32")?),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => Value::I64(ranged(json, "int64")?),
        Scalar::Uint32 | Scalar::Fixed32 => Value::U32(ranged(json, "uint32")?),
        Scalar::Uint64 | Scalar::Fixed64 => Value::U64(ranged(json, "uint64")?),
        Scalar::Double => Value::F64(float(json)?),
        Scalar::Float => {
            let number = float(json)?;
            let narrow = number as f32;
            if number.is_finite() && narrow.is_infinite() {
                return Err(JsonError::new(format!("{number} is out of the range of float")));
            }
            Value::F32(narrow)
        }
        Scalar::Bytes => {
            let text = json.as_str().ok_or_else(|| expected("bytes in base64", json))?;
            Value::Bytes(bytes(text).ok_or_else(|| expected("bytes in base64", json))?)
        }
        _ => Value::String(json.as_str().ok_or_else(|| expected("a string", json))?.to_owned()),
    })
}

fn expected(what: &str, found: &Json) -> JsonError {
    JsonError::new(format!("expected {what}, found {}", described(found)))
}

/// Returns a JSON value as an error shows it, cut if it is long.
fn described(json: &Json) -> String {
    match json {
        Json::Object(_) => "an object".to_owned(),
        Json::Array(_) => "an array".to_owned(),
        other => {
            let text = other.to_string();
            let cut: String = text.chars().take(60).collect();
            if cut.len() < text.len() { format!("{cut}…") } else { cut }
        }
    }
}

/// Returns an integer, written as one, as a number without a fraction, or as a string of either.
fn integer(json: &Json) -> Option<i128> {
    match json {
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Some(number.into()),
            (_, Some(number)) => Some(number.into()),
            _ => whole_number(number.as_f64()?),
        },
        Json::String(text) => {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if is_plain { text.parse().ok() } else { whole_number(number_text(text)?) }
        }
        _ => None,
    }
}

/// Returns a float without a fraction as an integer.
fn whole_number(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number.abs() < 1e30).then_some(number as i128)
}

fn float(json: &Json) -> Result<f64> {
    let number = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => number_text(text),
        },
        _ => None,
    };
    number.ok_or_else(|| expected("a number", json))
}

/// Returns the number in a string that is written as JSON writes numbers.
fn number_text(text: &str) -> Option<f64> {
    serde_json::from_str::<f64>(text).ok().filter(|_| !text.contains(char::is_whitespace))
}

/// Returns the bytes of base64 in the alphabet of the standard or of URLs, padded or not.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let alphabet = if text.contains(['-', '_']) { alphabet::URL_SAFE } else { alphabet::STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

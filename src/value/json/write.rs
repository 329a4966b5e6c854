//! Writes JSON.

use base64::Engine as _;
use serde_json::{Map, Value as Json};

use super::{JsonError, Step, well_known};
use crate::value::data::{MapKey, MessageValue, Value};
use crate::value::types::{Field, Kind, Types};

type Result<T> = std::result::Result<T, JsonError>;

/// Returns the JSON form of a message of the type `id`.
pub(super) fn message(types: &Types, id: u32, message: &MessageValue) -> Result<Json> {
    match well_known::write(types, id, message) {
        Some(json) => json,
        None => fields(types, id, message).map(Json::Object),
    }
}

/// Returns the fields of a message that has no form of its own.
pub(super) fn fields(types: &Types, id: u32, message: &MessageValue) -> Result<Map<String, Json>> {
    let layout = types.layout(id);
    let mut object = Map::new();
    for (number, value) in message.fields() {
        let Some(field) = layout.field(number) else { continue };
        let name =
            if field.is_extension { format!("[{}]", field.name) } else { field.json_name.clone() };
        let json = whole(types, field, value).map_err(|e| e.within(Step::Key(name.clone())))?;
        object.insert(name, json);
    }
    Ok(object)
}

fn whole(types: &Types, field: &Field, value: &Value) -> Result<Json> {
    match (value, field.kind) {
        (Value::List(items), kind) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                single(types, kind, item).map_err(|error| error.within(Step::Index(index)))
            });
            items.collect::<Result<_>>().map(Json::Array)
        }
        (Value::Map(entries), Kind::Message(entry)) => {
            let Some((_, of)) = types.entry(entry) else { return Ok(Json::Null) };
            let entries = entries.iter().map(|(key, value)| {
                let key = key_text(key);
                let json = single(types, of.kind, value);
                let json = json.map_err(|error| error.within(Step::Key(key.clone())))?;
                Ok((key, json))
            });
            entries.collect::<Result<_>>().map(Json::Object)
        }
        (value, kind) => single(types, kind, value),
    }
}

pub(in crate::value) fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

/// Returns the JSON form of one value. Integers of 64 bits are strings.
pub(super) fn single(types: &Types, kind: Kind, value: &Value) -> Result<Json> {
    Ok(match (value, kind) {
        (Value::Bool(flag), _) => (*flag).into(),
        (Value::I32(number), _) => (*number).into(),
        (Value::U32(number), _) => (*number).into(),
        (Value::I64(number), _) => number.to_string().into(),
        (Value::U64(number), _) => number.to_string().into(),
        (Value::F32(number), _) => match not_finite(f64::from(*number)) {
            Some(name) => name.into(),
            // The digits of the double: Python refuses the shortest digits of the largest float.
            None => f64::from(*number).into(),
        },
        (Value::F64(number), _) => match not_finite(*number) {
            Some(name) => name.into(),
            None => (*number).into(),
        },
        (Value::String(text), _) => text.clone().into(),
        (Value::Bytes(bytes), _) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
        (Value::Enum(number), Kind::Enum(id)) => {
            let enumeration = types.enumeration(id);
            match enumeration.name_of(*number) {
                _ if enumeration.name == "google.protobuf.NullValue" => Json::Null,
                Some(name) => name.into(),
                None => (*number).into(),
            }
        }
        (Value::Message(inner), Kind::Message(id)) => message(types, id, inner)?,
        _ => return Err(JsonError::new("the value is of another type than the field")),
    })
}

fn not_finite(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("NaN")
    } else if number == f64::INFINITY {
        Some("Infinity")
    } else if number == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}

//! The well-known types that have a JSON form of their own.

use serde_json::{Map, Value as Json};

use super::read::{self, Reader};
use super::{JsonError, Step, write};
use crate::schema::descriptor::FieldType as Scalar;
use crate::value::data::{MapKey, MessageValue, Value};
use crate::value::types::{Kind, Types, lower_camel_case};

type Result<T> = std::result::Result<T, JsonError>;

/// The key of the type in the JSON form of an `Any`.
const TYPE: &str = "@type";

/// Returns the name of a type of `google.protobuf`.
fn name_of(types: &Types, id: u32) -> Option<&str> {
    types.layout(id).name.strip_prefix("google.protobuf.")
}

/// Whether the type `id` is a wrapper, which has the form of its only value.
pub(in crate::value) fn is_wrapper(types: &Types, id: u32) -> bool {
    matches!(
        name_of(types, id).unwrap_or_default(),
        "DoubleValue"
            | "FloatValue"
            | "Int64Value"
            | "UInt64Value"
            | "Int32Value"
            | "UInt32Value"
            | "BoolValue"
            | "StringValue"
            | "BytesValue"
    )
}

/// Whether `null` is a value of `kind`.
pub(super) fn has_null(types: &Types, kind: Kind) -> bool {
    match kind {
        Kind::Message(id) => name_of(types, id) == Some("Value"),
        Kind::Enum(id) => types.enumeration(id).name == "google.protobuf.NullValue",
        Kind::Scalar(_) => false,
    }
}

/// Whether the type `id` has a form of its own.
pub(in crate::value) fn has_own_form(types: &Types, id: u32) -> bool {
    let name = name_of(types, id).unwrap_or_default();
    is_wrapper(types, id)
        || matches!(
            name,
            "Timestamp" | "Duration" | "FieldMask" | "Any" | "Struct" | "ListValue" | "Value"
        )
}

/// Returns the form of a message of the type `id`, if the type has one of its own.
pub(super) fn write(types: &Types, id: u32, message: &MessageValue) -> Option<Result<Json>> {
    Some(match name_of(types, id)? {
        "Timestamp" => timestamp_text(message),
        "Duration" => duration_text(message),
        "FieldMask" => mask_text(message),
        "Any" => write_any(types, message),
        "Struct" => write_struct(types, id, message),
        "ListValue" => write_list(types, id, message),
        "Value" => write_value(types, id, message),
        _ if is_wrapper(types, id) => {
            let field = types.layout(id).field(1)?;
            let value = message.get(1).cloned().unwrap_or_else(|| types.default(field.kind));
            write::single(types, field.kind, &value)
        }
        _ => return None,
    })
}

/// Reads the form of a message of the type `id`, if the type has one of its own.
pub(super) fn read(
    reader: Reader<'_>,
    id: u32,
    json: &Json,
    depth: usize,
) -> Option<Result<MessageValue>> {
    Some(match name_of(reader.types, id)? {
        "Timestamp" => read_timestamp(json),
        "Duration" => read_duration(json),
        "FieldMask" => read_mask(json),
        "Any" => read_any(reader, json, depth),
        "Struct" => read_struct(reader, id, json, depth),
        "ListValue" => read_list(reader, id, json, depth),
        "Value" => read_value(reader, id, json, depth),
        _ if is_wrapper(reader.types, id) => {
            let field = reader.types.layout(id).field(1)?;
            read::single(reader, field.kind, json, depth).map(|value| {
                let mut message = MessageValue::new();
                if !value.is_default() {
                    message.set(1, value);
                }
                message
            })
        }
        _ => return None,
    })
}

/// Returns the seconds and nanoseconds of a point or span of time.
fn time(message: &MessageValue) -> (i64, i32) {
    let seconds = match message.get(1) {
        Some(Value::I64(seconds)) => *seconds,
        _ => 0,
    };
    let nanos = match message.get(2) {
        Some(Value::I32(nanos)) => *nanos,
        _ => 0,
    };
    (seconds, nanos)
}

/// Returns a point or span of time.
pub(in crate::value) fn of_time(seconds: i64, nanos: i32) -> MessageValue {
    let mut message = MessageValue::new();
    if seconds != 0 {
        message.set(1, Value::I64(seconds));
    }
    if nanos != 0 {
        message.set(2, Value::I32(nanos));
    }
    message
}

fn timestamp_text(message: &MessageValue) -> Result<Json> {
    let (seconds, nanos) = time(message);
    let is_valid = (-62_135_596_800..=253_402_300_799).contains(&seconds)
        && (0..=999_999_999).contains(&nanos);
    if !is_valid {
        let error = "a timestamp outside of the years 1 to 9999 has no JSON form";
        return Err(JsonError::new(error));
    }
    let text = prost_types::Timestamp { seconds, nanos }.to_string();
    Ok(text.into())
}

fn read_timestamp(json: &Json) -> Result<MessageValue> {
    let error =
        || JsonError::new("expected a point in time as RFC 3339 has it, like 2026-11-29T09:30:00Z");
    let text = json.as_str().ok_or_else(error)?;
    let time: prost_types::Timestamp = text.parse().map_err(|_| error())?;
    if !(-62_135_596_800..=253_402_300_799).contains(&time.seconds) {
        return Err(error());
    }
    Ok(of_time(time.seconds, time.nanos))
}

fn duration_text(message: &MessageValue) -> Result<Json> {
    let (seconds, nanos) = time(message);
    let is_valid = (-315_576_000_000..=315_576_000_000).contains(&seconds)
        && (-999_999_999..=999_999_999).contains(&nanos)
        && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0));
    if !is_valid {
        return Err(JsonError::new("a duration of more than 10,000 years has no JSON form"));
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let fraction = match nanos.unsigned_abs() {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    };
    Ok(format!("{sign}{}{fraction}s", seconds.unsigned_abs()).into())
}

fn read_duration(json: &Json) -> Result<MessageValue> {
    let parsed = json.as_str().and_then(|text| {
        let text = text.strip_suffix('s')?;
        let (is_negative, digits) =
            text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 9 || !are_digits(whole) || !are_digits(fraction) {
            return None;
        }
        let seconds: i64 = whole.parse().ok().filter(|it| *it <= 315_576_000_000)?;
        let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
        Some(if is_negative { of_time(-seconds, -nanos) } else { of_time(seconds, nanos) })
    });
    parsed.ok_or_else(|| JsonError::new("expected a duration in seconds, like \"1.5s\""))
}

/// Writes paths in lowerCamelCase, with commas between them.
fn mask_text(message: &MessageValue) -> Result<Json> {
    let Some(Value::List(paths)) = message.get(1) else { return Ok("".into()) };
    let mut texts = Vec::new();
    for path in paths {
        let Value::String(path) = path else { continue };
        let camel = lower_camel_case(path);
        if snake_case(&camel).as_deref() != Some(path) || path.contains(',') {
            return Err(JsonError::new(format!("the path {path:?} has no JSON form")));
        }
        texts.push(camel);
    }
    Ok(texts.join(",").into())
}

/// Returns the path that has the lowerCamelCase form `camel`.
fn snake_case(camel: &str) -> Option<String> {
    let mut snake = String::new();
    for c in camel.chars() {
        match c {
            '_' => return None,
            'A'..='Z' => snake.extend(['_', c.to_ascii_lowercase()]),
            c => snake.push(c),
        }
    }
    Some(snake)
}

fn read_mask(json: &Json) -> Result<MessageValue> {
    let error = || JsonError::new("expected field paths in lowerCamelCase, with commas between");
    let text = json.as_str().ok_or_else(error)?;
    let mut message = MessageValue::new();
    if !text.is_empty() {
        let paths = text.split(',').map(|path| snake_case(path).map(Value::String));
        message.set(1, Value::List(paths.collect::<Option<_>>().ok_or_else(error)?));
    }
    Ok(message)
}

/// Returns the type that the URL of an `Any` names.
fn any_type(types: &Types, url: &str) -> Result<u32> {
    let name = url.rsplit_once('/').map(|(_, name)| name);
    let message = name.and_then(|name| types.message(name));
    message.map(|message| message.id()).ok_or_else(|| {
        JsonError::new(format!("no message type is called {url:?}")).within(Step::Key(TYPE.into()))
    })
}

fn write_any(types: &Types, message: &MessageValue) -> Result<Json> {
    let Some(Value::String(url)) = message.get(1) else { return Ok(Json::Object(Map::new())) };
    let inner = any_type(types, url)?;
    let bytes = match message.get(2) {
        Some(Value::Bytes(bytes)) => bytes.as_slice(),
        _ => &[],
    };
    let value = types.of(inner).decode(bytes);
    let value = value.map_err(|error| JsonError::new(format!("its value: {error}")))?;
    let mut object = match write(types, inner, &value) {
        Some(json) => Map::from_iter([("value".to_owned(), json?)]),
        None => write::fields(types, inner, &value)?,
    };
    object.insert(TYPE.to_owned(), url.clone().into());
    Ok(Json::Object(object))
}

fn read_any(reader: Reader<'_>, json: &Json, depth: usize) -> Result<MessageValue> {
    let object = json.as_object().ok_or_else(|| JsonError::new("expected an object"))?;
    let mut message = MessageValue::new();
    if object.is_empty() {
        return Ok(message);
    }
    let url = object.get(TYPE).and_then(Json::as_str);
    let url = url.ok_or_else(|| JsonError::new("\"@type\" is missing"))?;
    let inner = any_type(reader.types, url)?;
    let mut rest = object.clone();
    rest.remove(TYPE);
    let value = if has_own_form(reader.types, inner) {
        let json = rest.get("value").ok_or_else(|| JsonError::new("\"value\" is missing"))?;
        let value = read::at_depth(reader, inner, json, depth + 1);
        value.map_err(|error| error.within(Step::Key("value".to_owned())))?
    } else {
        read::at_depth(reader, inner, &Json::Object(rest), depth + 1)?
    };
    message.set(1, Value::String(url.to_owned()));
    let bytes = reader.types.of(inner).encode(&value);
    if !bytes.is_empty() {
        message.set(2, Value::Bytes(bytes));
    }
    Ok(message)
}

/// Returns the type of the values of a `Struct` or the items of a `ListValue`.
fn value_kind(types: &Types, id: u32) -> Result<Kind> {
    let field = types.layout(id).field(1);
    let kind = field.and_then(|field| match field.kind {
        Kind::Message(entry) if types.layout(entry).is_map_entry => {
            types.entry(entry).map(|(_, value)| value.kind)
        }
        kind => Some(kind),
    });
    kind.ok_or_else(|| JsonError::new("google/protobuf/struct.proto is not the standard's"))
}

fn write_struct(types: &Types, id: u32, message: &MessageValue) -> Result<Json> {
    let kind = value_kind(types, id)?;
    let Some(Value::Map(entries)) = message.get(1) else { return Ok(Json::Object(Map::new())) };
    let entries = entries.iter().map(|(key, value)| {
        let MapKey::String(key) = key else { return Err(JsonError::new("a key is no string")) };
        let json = write::single(types, kind, value);
        Ok((key.clone(), json.map_err(|error| error.within(Step::Key(key.clone())))?))
    });
    entries.collect::<Result<_>>().map(Json::Object)
}

fn read_struct(reader: Reader<'_>, id: u32, json: &Json, depth: usize) -> Result<MessageValue> {
    let kind = value_kind(reader.types, id)?;
    let object = json.as_object().ok_or_else(|| JsonError::new("expected an object"))?;
    let entries = object.iter().map(|(key, json)| {
        let value = read::single(reader, kind, json, depth);
        let value = value.map_err(|error| error.within(Step::Key(key.clone())))?;
        Ok((MapKey::String(key.clone()), value))
    });
    let entries = entries.collect::<Result<_>>()?;
    Ok(with_items(Value::Map(entries)))
}

fn write_list(types: &Types, id: u32, message: &MessageValue) -> Result<Json> {
    let kind = value_kind(types, id)?;
    let Some(Value::List(items)) = message.get(1) else { return Ok(Json::Array(Vec::new())) };
    let items = items.iter().enumerate().map(|(index, item)| {
        write::single(types, kind, item).map_err(|error| error.within(Step::Index(index)))
    });
    items.collect::<Result<_>>().map(Json::Array)
}

fn read_list(reader: Reader<'_>, id: u32, json: &Json, depth: usize) -> Result<MessageValue> {
    let kind = value_kind(reader.types, id)?;
    let items = json.as_array().ok_or_else(|| JsonError::new("expected an array"))?;
    let items = items.iter().enumerate().map(|(index, item)| {
        let item = read::single(reader, kind, item, depth);
        item.map_err(|error| error.within(Step::Index(index)))
    });
    Ok(with_items(Value::List(items.collect::<Result<_>>()?)))
}

/// Returns a message whose field 1 has the items or entries in `value`.
fn with_items(value: Value) -> MessageValue {
    let mut message = MessageValue::new();
    if !value.is_default() {
        message.set(1, value);
    }
    message
}

/// The fields of `google.protobuf.Value`.
const NULL: u32 = 1;
const NUMBER: u32 = 2;
const STRING: u32 = 3;
const BOOL: u32 = 4;
const STRUCT: u32 = 5;
const LIST: u32 = 6;

fn write_value(types: &Types, id: u32, message: &MessageValue) -> Result<Json> {
    let set = message.fields().next();
    let (number, value) =
        set.ok_or_else(|| JsonError::new("a Value without a kind has no JSON form"))?;
    match (number, value) {
        (NULL, _) => Ok(Json::Null),
        (NUMBER, Value::F64(float)) if !float.is_finite() => {
            Err(JsonError::new("a Value that is no finite number has no JSON form"))
        }
        (number, value) => match types.layout(id).field(number) {
            Some(field) => write::single(types, field.kind, value),
            None => Ok(Json::Null),
        },
    }
}

fn read_value(reader: Reader<'_>, id: u32, json: &Json, depth: usize) -> Result<MessageValue> {
    let number = match json {
        Json::Null => NULL,
        Json::Number(_) => NUMBER,
        Json::String(_) => STRING,
        Json::Bool(_) => BOOL,
        Json::Object(_) => STRUCT,
        Json::Array(_) => LIST,
    };
    let value = match (number, reader.types.layout(id).field(number)) {
        (NULL, _) => Value::Enum(0),
        (NUMBER, _) => read::scalar_value(Scalar::Double, json)?,
        (_, Some(field)) => read::single(reader, field.kind, json, depth)?,
        (_, None) => {
            return Err(JsonError::new("google/protobuf/struct.proto is not the standard's"));
        }
    };
    let mut message = MessageValue::new();
    message.set(number, value);
    Ok(message)
}

//! The values at the edge of every type: where an encoding becomes longer, a sign changes, or a
//! language has something else in mind.

use super::data::{MapKey, MessageValue, Value};
use super::json::of_time;
use super::types::{EnumType, Kind, Types};
use super::{all_of, empty_of};
use crate::schema::descriptor::FieldType as Scalar;

/// Returns the edge values of a type, each with a distinct name: of numbers, strings, bytes and
/// enums those that are most often handled wrongly, of a message an empty one and one with all
/// fields. The first one is the default of the type. A closed enum has no value without a name.
pub(super) fn edges(types: &Types, kind: Kind) -> Vec<(String, Value)> {
    let scalar = match kind {
        Kind::Enum(id) => return enum_values(types.enumeration(id)),
        Kind::Message(id) => return messages(types, id),
        Kind::Scalar(scalar) => scalar,
    };
    match scalar {
        Scalar::Double => named(
            [0.0, -0.0, 1.5, -1e-7, 1e21, f64::MAX, f64::MIN, 5e-324].into_iter().chain([
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
            ]),
            Value::F64,
        ),
        Scalar::Float => {
            named(
                [0.0, -0.0, 1.5, -1e-7, 16_777_216.0, f32::MAX, f32::MIN, 1e-45]
                    .into_iter()
                    .chain([f32::INFINITY, f32::NEG_INFINITY, f32::NAN]),
                Value::F32,
            )
        }
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => {
            named([0, 1, -1, 127, 128, i32::MAX, i32::MIN], Value::I32)
        }
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => {
            let beyond_doubles = (1 << 53) + 1;
            named([0, 1, -1, 127, 128, beyond_doubles, i64::MAX, i64::MIN], Value::I64)
        }
        Scalar::Uint32 | Scalar::Fixed32 => named([0, 1, 127, 128, 1 << 31, u32::MAX], Value::U32),
        Scalar::Uint64 | Scalar::Fixed64 => {
            named([0, 1, 127, 128, (1 << 53) + 1, 1 << 63, u64::MAX], Value::U64)
        }
        Scalar::Bool => named([false, true], Value::Bool),
        Scalar::Bytes => bytes(),
        _ => texts(),
    }
}

/// Values named after what they are.
fn named<T: Copy + ToString>(
    values: impl IntoIterator<Item = T>,
    value: fn(T) -> Value,
) -> Vec<(String, Value)> {
    values.into_iter().map(|it| (it.to_string(), value(it))).collect()
}

fn texts() -> Vec<(String, Value)> {
    [
        ("empty", ""),
        ("letter", "a"),
        ("space", " \t\r\n"),
        ("zero", "\0"),
        ("quoted", "\"\\/'`"),
        ("markup", "<a href='x'>&amp;</a>"),
        ("escape", "\u{1}\u{1b}\u{7f}"),
        ("two bytes", "\u{80}ÄÖ\u{7ff}"),
        ("three bytes", "\u{800}€\u{fffd}\u{ffff}"),
        ("four bytes", "\u{10000}😀\u{10ffff}"),
        ("line separators", "\u{2028}\u{2029}\u{85}"),
        ("combining", "e\u{301}\u{200d}\u{feff}"),
        ("right to left", "שלום\u{202e}"),
        ("number", "-1e5"),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), Value::String(text.to_owned())))
    .collect()
}

fn bytes() -> Vec<(String, Value)> {
    let every: Vec<u8> = (0..=u8::MAX).collect();
    [
        ("empty", vec![]),
        ("zero", vec![0]),
        ("no text", vec![0xff, 0xfe]),
        // In base64 those that URLs write otherwise, with each length of padding.
        ("one over", vec![0xfb]),
        ("two over", vec![0xfb, 0xff]),
        ("three", vec![0xfb, 0xff, 0xbf]),
        ("every", every),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), Value::Bytes(bytes)))
    .collect()
}

/// Returns every number that has a name, the default first; of an open enum one without a name,
/// too.
fn enum_values(of: &EnumType) -> Vec<(String, Value)> {
    let mut numbers: Vec<i32> = of.values.iter().map(|(_, number)| *number).collect();
    let default = of.default();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.sort_by_key(|number| *number != default);
    // The one enum that is null in JSON has no other value there.
    if !of.is_closed && of.name != "google.protobuf.NullValue" {
        numbers.extend((1..).map(|step| 1000 + step).find(|number| !numbers.contains(number)));
    }
    let name = |number: i32| match of.name_of(number) {
        Some(name) => name.to_owned(),
        None => format!("{number}, which has no name"),
    };
    numbers.into_iter().map(|number| (name(number), Value::Enum(number))).collect()
}

fn messages(types: &Types, id: u32) -> Vec<(String, Value)> {
    let known = known(types, id);
    let values = if known.is_empty() {
        let (empty, all) = (empty_of(types, id), all_of(types, id));
        vec![("empty".to_owned(), empty), ("all".to_owned(), all)]
    } else {
        known
    };
    values.into_iter().map(|(name, message)| (name, Value::Message(message))).collect()
}

/// Returns values of the well-known types that have a form of their own in JSON, within what that
/// form can express (<https://protobuf.dev/programming-guides/json/>). Of other types none.
pub(super) fn known(types: &Types, id: u32) -> Vec<(String, MessageValue)> {
    let Some(name) = types.layout(id).name.strip_prefix("google.protobuf.") else {
        return Vec::new();
    };
    match name {
        // From year 1 to year 9999; with 0, 3, 6 and 9 digits.
        "Timestamp" => times(&[
            (0, 0),
            (1, 1_000_000),
            (-1, 1_000),
            (253_402_300_799, 999_999_999),
            (-62_135_596_800, 0),
        ]),
        "Duration" => times(&[
            (0, 0),
            (1, 500_000_000),
            (0, -1),
            (-1, -1_000),
            (315_576_000_000, 999_999_999),
            (-315_576_000_000, 0),
        ]),
        "FieldMask" => {
            let mask = |paths: &[&str]| {
                let paths = paths.iter().map(|path| Value::String((*path).to_owned())).collect();
                with(1, Value::List(paths))
            };
            vec![
                ("no path".to_owned(), MessageValue::new()),
                ("one path".to_owned(), mask(&["a"])),
                ("paths".to_owned(), mask(&["user_name", "user.e_mail", "b"])),
            ]
        }
        "Any" => any(types),
        "Value" => json_values(types, id),
        "ListValue" => vec![
            ("empty".to_owned(), MessageValue::new()),
            ("of everything".to_owned(), json_list(types, id)),
        ],
        "Struct" => vec![
            ("empty".to_owned(), MessageValue::new()),
            ("of everything".to_owned(), json_struct(types, id)),
        ],
        _ => Vec::new(),
    }
}

/// Returns points or spans of time of these seconds and nanoseconds.
fn times(values: &[(i64, i32)]) -> Vec<(String, MessageValue)> {
    let one = |(seconds, nanos): &(i64, i32)| {
        (format!("{seconds} s and {nanos} ns"), of_time(*seconds, *nanos))
    };
    values.iter().map(one).collect()
}

/// Returns an `Any` for each of two types with a JSON form of their own, if the schema has them.
/// An empty one is left out: prost-reflect has no JSON for it.
fn any(types: &Types) -> Vec<(String, MessageValue)> {
    let packed = |name: &str, value: Value| {
        let name = format!("google.protobuf.{name}");
        let bytes = types.message(&name)?.encode(&with(1, value));
        let mut message = with(1, Value::String(format!("type.googleapis.com/{name}")));
        message.set(2, Value::Bytes(bytes));
        Some(message)
    };
    [
        ("a duration", packed("Duration", Value::I64(-3))),
        ("a wrapper", packed("UInt64Value", Value::U64(u64::MAX))),
    ]
    .into_iter()
    .filter_map(|(name, message)| Some((name.to_owned(), message?)))
    .collect()
}

/// Returns everything that JSON can express, as `google.protobuf.Value`: no NaN and no infinity.
fn json_values(types: &Types, id: u32) -> Vec<(String, MessageValue)> {
    let one = |name: &str, number: u32, value: Value| (name.to_owned(), with(number, value));
    let mut values = vec![
        one("null", 1, Value::Enum(0)),
        one("zero", 2, Value::F64(0.0)),
        one("number", 2, Value::F64(-1.25)),
        one("no text", 3, Value::String(String::new())),
        one("text", 3, Value::String("1".to_owned())),
        one("false", 4, Value::Bool(false)),
        one("true", 4, Value::Bool(true)),
    ];
    for (name, number) in [("list", 6), ("object", 5)] {
        if types.layout(id).field(number).is_some() {
            let empty = Value::Message(MessageValue::new());
            values.push(one(&format!("empty {name}"), number, empty));
        }
    }
    values
}

fn json_list(types: &Types, id: u32) -> MessageValue {
    let field = types.layout(id).field(1).map(|field| field.kind);
    let Some(Kind::Message(value)) = field else { return MessageValue::new() };
    let values = json_values(types, value).into_iter().map(|(_, value)| Value::Message(value));
    with(1, Value::List(values.collect()))
}

fn json_struct(types: &Types, id: u32) -> MessageValue {
    let entry = types.layout(id).field(1).and_then(|field| match field.kind {
        Kind::Message(entry) => types.entry(entry),
        _ => None,
    });
    let Some(Kind::Message(value)) = entry.map(|(_, value)| value.kind) else {
        return MessageValue::new();
    };
    let values = json_values(types, value).into_iter();
    let entry = |(name, value)| (MapKey::String(name), Value::Message(value));
    with(1, Value::Map(values.map(entry).collect()))
}

/// Returns a message with one field set.
fn with(number: u32, value: Value) -> MessageValue {
    let mut message = MessageValue::new();
    message.set(number, value);
    message
}

//! The edge values of every type: values at which an encoding gets longer, a sign changes, or
//! languages tend to disagree.

use prost_reflect::prost::bytes::Bytes;
use prost_reflect::{
    Cardinality, DynamicMessage, EnumDescriptor, Kind, MapKey, MessageDescriptor,
    ReflectMessage as _, Syntax, Value,
};

use super::{all, encode};

/// Returns the edge values of a type, each with a unique name: for numbers, strings, bytes and
/// enums the values that are most often mishandled, for a message an empty and a full one. The
/// first value is the default of the type. A closed enum gets no unlisted number.
pub fn edges(kind: &Kind) -> Vec<(String, Value)> {
    match kind {
        Kind::Double => named(
            [0.0, -0.0, 1.5, -1e-7, 1e21, f64::MAX, f64::MIN, 5e-324].into_iter().chain([
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
            ]),
            Value::F64,
        ),
        Kind::Float => {
            named(
                [0.0, -0.0, 1.5, -1e-7, 16_777_216.0, f32::MAX, f32::MIN, 1e-45]
                    .into_iter()
                    .chain([f32::INFINITY, f32::NEG_INFINITY, f32::NAN]),
                Value::F32,
            )
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            named([0, 1, -1, 127, 128, i32::MAX, i32::MIN], Value::I32)
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            let beyond_doubles = (1 << 53) + 1;
            named([0, 1, -1, 127, 128, beyond_doubles, i64::MAX, i64::MIN], Value::I64)
        }
        Kind::Uint32 | Kind::Fixed32 => named([0, 1, 127, 128, 1 << 31, u32::MAX], Value::U32),
        Kind::Uint64 | Kind::Fixed64 => {
            named([0, 1, 127, 128, (1 << 53) + 1, 1 << 63, u64::MAX], Value::U64)
        }
        Kind::Bool => named([false, true], Value::Bool),
        Kind::String => texts(),
        Kind::Bytes => bytes(),
        Kind::Enum(kind) => enum_values(kind),
        Kind::Message(kind) => messages(kind),
    }
}

/// Returns `values`, each with its text as its name.
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
        // Bytes whose base64 contains `+` or `/`, with each length of padding.
        ("one over", vec![0xfb]),
        ("two over", vec![0xfb, 0xff]),
        ("three", vec![0xfb, 0xff, 0xbf]),
        ("every", every),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), Value::Bytes(Bytes::from(bytes))))
    .collect()
}

/// Returns all listed numbers, the default first; for an open enum an unlisted one, too.
fn enum_values(kind: &EnumDescriptor) -> Vec<(String, Value)> {
    let mut numbers: Vec<i32> = kind.values().map(|value| value.number()).collect();
    let default = kind.default_value().number();
    numbers.sort_unstable();
    numbers.dedup();
    // The sort is stable: the default first, then the others in order.
    numbers.sort_by_key(|number| *number != default);
    let is_open = kind.parent_file().syntax() == Syntax::Proto3;
    // `NullValue` is `null` in JSON, which has no form for other numbers.
    if is_open && kind.full_name() != "google.protobuf.NullValue" {
        numbers.extend((1..).map(|step| 1000 + step).find(|number| !numbers.contains(number)));
    }
    let name = |number: i32| match kind.get_value(number) {
        Some(value) => value.name().to_owned(),
        None => format!("{number}, which has no name"),
    };
    numbers.into_iter().map(|number| (name(number), Value::EnumNumber(number))).collect()
}

fn messages(kind: &MessageDescriptor) -> Vec<(String, Value)> {
    let known = known(kind);
    let values = if known.is_empty() {
        vec![("empty".to_owned(), super::empty(kind)), ("all".to_owned(), all(kind))]
    } else {
        known
    };
    values.into_iter().map(|(name, message)| (name, Value::Message(message))).collect()
}

/// Returns values of the well-known types with a special JSON form, within the limits of that form
/// (<https://protobuf.dev/programming-guides/json/>). None for any other type.
pub(super) fn known(kind: &MessageDescriptor) -> Vec<(String, DynamicMessage)> {
    match kind.full_name() {
        "google.protobuf.Timestamp" => moments(
            kind,
            // Years 1 to 9999; 0, 3, 6 and 9 fractional digits.
            &[
                (0, 0),
                (1, 1_000_000),
                (-1, 1_000),
                (253_402_300_799, 999_999_999),
                (-62_135_596_800, 0),
            ],
        ),
        "google.protobuf.Duration" => moments(
            kind,
            &[
                (0, 0),
                (1, 500_000_000),
                (0, -1),
                (-1, -1_000),
                (315_576_000_000, 999_999_999),
                (-315_576_000_000, 0),
            ],
        ),
        "google.protobuf.FieldMask" => {
            let mask = |paths: &[&str]| {
                let paths = paths.iter().map(|path| Value::String((*path).to_owned())).collect();
                with(kind, "paths", Value::List(paths))
            };
            vec![
                ("no path".to_owned(), super::empty(kind)),
                ("one path".to_owned(), mask(&["a"])),
                ("paths".to_owned(), mask(&["user_name", "user.e_mail", "b"])),
            ]
        }
        "google.protobuf.Any" => any(kind),
        "google.protobuf.Value" => json_values(kind),
        "google.protobuf.ListValue" => vec![
            ("empty".to_owned(), super::empty(kind)),
            ("of everything".to_owned(), json_list(kind)),
        ],
        "google.protobuf.Struct" => vec![
            ("empty".to_owned(), super::empty(kind)),
            ("of everything".to_owned(), json_struct(kind)),
        ],
        _ => Vec::new(),
    }
}

/// Returns timestamps or durations of `values`: seconds and nanoseconds.
fn moments(kind: &MessageDescriptor, values: &[(i64, i32)]) -> Vec<(String, DynamicMessage)> {
    let one = |(seconds, nanos): &(i64, i32)| {
        let mut message = with(kind, "seconds", Value::I64(*seconds));
        message.set_field_by_name("nanos", Value::I32(*nanos));
        (format!("{seconds} s and {nanos} ns"), message)
    };
    values.iter().map(one).collect()
}

/// Returns `Any` messages that contain messages with a special JSON form, if the pool has their
/// types. An empty `Any` is left out: prost-reflect has no JSON for it.
fn any(kind: &MessageDescriptor) -> Vec<(String, DynamicMessage)> {
    let boxed = |inner: &DynamicMessage| {
        let url = format!("type.googleapis.com/{}", inner.descriptor().full_name());
        let mut message = with(kind, "type_url", Value::String(url));
        let bytes = encode(inner, super::Entries::Whole);
        message.set_field_by_name("value", Value::Bytes(Bytes::from(bytes)));
        message
    };
    let mut values = Vec::new();
    let pool = kind.parent_pool();
    if let Some(duration) = pool.get_message_by_name("google.protobuf.Duration") {
        let span = with(&duration, "seconds", Value::I64(-3));
        values.push(("a duration".to_owned(), boxed(&span)));
    }
    if let Some(wrapper) = pool.get_message_by_name("google.protobuf.UInt64Value") {
        let number = with(&wrapper, "value", Value::U64(u64::MAX));
        values.push(("a wrapper".to_owned(), boxed(&number)));
    }
    values
}

/// Returns every kind of JSON value as a `google.protobuf.Value`. NaN and the infinities have no
/// JSON form.
fn json_values(kind: &MessageDescriptor) -> Vec<(String, DynamicMessage)> {
    let one = |name: &str, field: &str, value: Value| (name.to_owned(), with(kind, field, value));
    let mut values = vec![
        one("null", "null_value", Value::EnumNumber(0)),
        one("zero", "number_value", Value::F64(0.0)),
        one("number", "number_value", Value::F64(-1.25)),
        one("no text", "string_value", Value::String(String::new())),
        one("text", "string_value", Value::String("1".to_owned())),
        one("false", "bool_value", Value::Bool(false)),
        one("true", "bool_value", Value::Bool(true)),
    ];
    for (name, field) in [("list", "list_value"), ("object", "struct_value")] {
        if let Some(Kind::Message(inner)) = kind.get_field_by_name(field).map(|f| f.kind()) {
            values.push(one(&format!("empty {name}"), field, Value::Message(super::empty(&inner))));
        }
    }
    values
}

fn json_list(kind: &MessageDescriptor) -> DynamicMessage {
    let field = kind.get_field_by_name("values").map(|field| field.kind());
    let Some(Kind::Message(value)) = field else { return super::empty(kind) };
    let values = json_values(&value).into_iter().map(|(_, value)| Value::Message(value));
    with(kind, "values", Value::List(values.collect()))
}

fn json_struct(kind: &MessageDescriptor) -> DynamicMessage {
    let value = kind
        .get_field_by_name("fields")
        .filter(|field| field.cardinality() == Cardinality::Repeated)
        .and_then(|field| match field.kind() {
            Kind::Message(entry) => Some(entry.map_entry_value_field().kind()),
            _ => None,
        });
    let Some(Kind::Message(value)) = value else { return super::empty(kind) };
    let values = json_values(&value).into_iter();
    let entry = |(name, value)| (MapKey::String(name), Value::Message(value));
    with(kind, "fields", Value::Map(values.map(entry).collect()))
}

/// Returns a message with one field set.
fn with(kind: &MessageDescriptor, field: &str, value: Value) -> DynamicMessage {
    let mut message = DynamicMessage::new(kind.clone());
    message.set_field_by_name(field, value);
    message
}

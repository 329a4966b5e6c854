//! The schemas of messages are the JSON mapping: they accept what an implementation of it writes,
//! and refuse what is no message of theirs.

use jsonschema::Validator;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey};
use prost_reflect::{MessageDescriptor, Value as Dynamic};
use serde_json::{Value, json};
use wireproof::schema::runtime;

use super::{compiled, document};

const TYPES: &str = r#"syntax = "proto3";
package t;
import "google/api/annotations.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
service S {
  rpc Call(All) returns (Old) { option (google.api.http) = { post: "/v1" body: "*" }; }
}
// Everything.
message All {
  double a_double = 1;
  float a_float = 2;
  int32 an_int32 = 3;
  int64 an_int64 = 4;
  uint32 a_uint32 = 5;
  uint64 a_uint64 = 6;
  sint32 a_sint32 = 7;
  sint64 a_sint64 = 8;
  fixed32 a_fixed32 = 9;
  fixed64 a_fixed64 = 10;
  sfixed32 an_sfixed32 = 11;
  sfixed64 an_sfixed64 = 12;
  bool a_bool = 13;
  // Words.
  string a_string = 14 [deprecated = true];
  bytes a_bytes = 15;
  Color color = 16;
  All again = 17;
  optional int64 maybe = 18;
  string renamed = 19 [json_name = "@name"];
  repeated int64 numbers = 20;
  repeated All more = 21;
  repeated bytes blobs = 22;
  map<string, All> by_name = 23;
  map<int64, Color> by_number = 24;
  map<bool, string> by_truth = 25;
  map<uint32, double> by_size = 26;
  // Which it is.
  oneof choice {
    string this = 27;
    All that = 28;
    google.protobuf.NullValue none = 29;
  }
  oneof other { int32 one = 30; int32 two = 31; }
  google.protobuf.Any any = 32;
  google.protobuf.Duration duration = 33;
  google.protobuf.Empty empty = 34;
  google.protobuf.FieldMask mask = 35;
  google.protobuf.Struct struct = 36;
  google.protobuf.Value value = 37;
  google.protobuf.ListValue list = 38;
  google.protobuf.Timestamp at = 39;
  google.protobuf.DoubleValue wrapped_double = 40;
  google.protobuf.FloatValue wrapped_float = 41;
  google.protobuf.Int64Value wrapped_int64 = 42;
  google.protobuf.UInt64Value wrapped_uint64 = 43;
  google.protobuf.Int32Value wrapped_int32 = 44;
  google.protobuf.UInt32Value wrapped_uint32 = 45;
  google.protobuf.BoolValue wrapped_bool = 46;
  google.protobuf.StringValue wrapped_string = 47;
  google.protobuf.BytesValue wrapped_bytes = 48;
  repeated google.protobuf.Value values = 49;
  Old old = 50;
}
// A color.
enum Color {
  option allow_alias = true;
  // None.
  NO_COLOR = 0;
  RED = 1;
  ROT = 1;
  MINUS = -1;
}
"#;

const OLD: &str = r#"
message Old {
  string name = 1;
}
"#;

/// How many messages of each type are tried at least.
const TRIED: usize = 150;

/// How deep messages hold messages in which anything is set.
const DEPTH: usize = 2;

/// A file with every type.
pub(super) fn text() -> String {
    format!("{TYPES}{OLD}")
}

/// A validator for messages of the type `name` in `document`.
fn validator(document: &Value, name: &str) -> Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": document["components"],
    });
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema).expect("it is a schema")
}

#[test]
fn schemas_accept_what_the_json_mapping_writes() {
    let document = document(&text(), "").expect("it is right");
    let pool = runtime::pool(&compiled(&text()).file).expect("it is whole");
    let all = pool.get_message_by_name("t.All").expect("it is there");
    let tried = try_all(&document, &all);
    assert!(tried > TRIED, "{tried}");
}

/// Has the schema of `message` in `document` accept messages with each field at its edges, alone
/// and beside the others. How many that were.
pub(super) fn try_all(document: &Value, message: &MessageDescriptor) -> usize {
    let validator = validator(document, message.full_name());
    let mut tried = 0;
    let mut whole = DynamicMessage::new(message.clone());
    for field in message.fields() {
        for value in values(&field, DEPTH) {
            let mut alone = DynamicMessage::new(message.clone());
            alone.set_field(&field, value.clone());
            whole.set_field(&field, value);
            for message in [&alone, &whole] {
                let json = serde_json::to_value(message).expect("it can be written");
                let error = validator.iter_errors(&json).next().map(|error| error.to_string());
                assert_eq!(error, None, "{}: {json:#}", field.full_name());
                tried += 1;
            }
        }
    }
    tried
}

/// Values at the edges of what `field` can hold.
fn values(field: &FieldDescriptor, depth: usize) -> Vec<Dynamic> {
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { panic!("a map has entries") };
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let keys = single(&key.kind(), depth).into_iter().filter_map(Dynamic::into_map_key);
        let keys: Vec<MapKey> = keys.collect();
        let values = single(&value.kind(), depth);
        let pairs = keys.iter().cycle().zip(&values).chain(keys.iter().zip(values.iter().cycle()));
        let whole = pairs.map(|(key, value)| (key.clone(), value.clone())).collect();
        return vec![Dynamic::Map(std::collections::HashMap::new()), Dynamic::Map(whole)];
    }
    let single = single(&field.kind(), depth);
    if field.is_list() {
        return vec![Dynamic::List(Vec::new()), Dynamic::List(single)];
    }
    single
}

fn single(kind: &Kind, depth: usize) -> Vec<Dynamic> {
    match kind {
        Kind::Double => [0.0, -0.0, 1.5, f64::MAX, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY]
            .into_iter()
            .chain([f64::NEG_INFINITY])
            .map(Dynamic::F64)
            .collect(),
        Kind::Float => [0.0, 1.5, f32::MAX, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]
            .map(Dynamic::F32)
            .into(),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            [0, 1, i32::MIN, i32::MAX].map(Dynamic::I32).into()
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            [0, 1, i64::MIN, i64::MAX].map(Dynamic::I64).into()
        }
        Kind::Uint32 | Kind::Fixed32 => [0, 1, u32::MAX].map(Dynamic::U32).into(),
        Kind::Uint64 | Kind::Fixed64 => [0, 1, u64::MAX].map(Dynamic::U64).into(),
        Kind::Bool => [false, true].map(Dynamic::Bool).into(),
        Kind::String => {
            ["", "a", "\u{0}\"\\\u{10ffff}"].map(|text| Dynamic::String(text.into())).into()
        }
        Kind::Bytes => [&b""[..], b"a", b"\xff\xfe\xfb"].map(|b| Dynamic::Bytes(b.into())).into(),
        Kind::Enum(null) if null.full_name() == "google.protobuf.NullValue" => {
            vec![Dynamic::EnumNumber(0)]
        }
        Kind::Enum(_) => [0, 1, -1, 7, i32::MIN].map(Dynamic::EnumNumber).into(),
        Kind::Message(message) => messages(message, depth),
    }
}

/// Messages of a type, from JSON where that is the short way.
fn messages(message: &MessageDescriptor, depth: usize) -> Vec<Dynamic> {
    if message.package_name() != "google.protobuf" {
        let mut whole = DynamicMessage::new(message.clone());
        for field in message.fields().filter(|_| depth > 0) {
            if let Some(value) = values(&field, depth - 1).pop() {
                whole.set_field(&field, value);
            }
        }
        return vec![
            Dynamic::Message(DynamicMessage::new(message.clone())),
            Dynamic::Message(whole),
        ];
    }
    let written = match message.name() {
        "Any" => json!([
            { "@type": "type.googleapis.com/t.Old", "name": "x" },
            { "@type": "type.googleapis.com/google.protobuf.Duration", "value": "1s" },
        ]),
        "Duration" => json!(["0s", "1.5s", "-0.000000001s", "315576000000s", "-315576000000s"]),
        "FieldMask" => json!(["", "a", "a.bC,d"]),
        "Struct" => json!([{}, { "a": null, "b": [1, { "c": "d" }] }]),
        "Value" => json!([null, 1.5, true, "x", [], { "a": [null] }]),
        "ListValue" => json!([[], [null, 1, "x", {}]]),
        "Timestamp" => json!([
            "1970-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z"
        ]),
        "DoubleValue" | "FloatValue" => json!([0.0, 1.5, "NaN", "-Infinity"]),
        "Int64Value" => json!(["0", "-9223372036854775808"]),
        "UInt64Value" => json!(["0", "18446744073709551615"]),
        "Int32Value" => json!([0, -2147483648]),
        "UInt32Value" => json!([0, 4294967295u32]),
        "BoolValue" => json!([false, true]),
        "StringValue" => json!(["", "x"]),
        "BytesValue" => json!(["", "//4="]),
        "Empty" => json!([{}]),
        other => panic!("what is {other}?"),
    };
    let read = |json: &Value| {
        let read = DynamicMessage::deserialize(message.clone(), json);
        Dynamic::Message(read.unwrap_or_else(|error| panic!("{json}: {error}")))
    };
    written.as_array().expect("it is a list").iter().map(read).collect()
}

#[test]
fn schemas_refuse_invalid_json() {
    let document = document(&text(), "").expect("it is right");
    let validator = validator(&document, "t.All");
    for (right, wrong) in [
        (json!({ "anInt64": "5" }), json!({ "anInt64": 5 })),
        (json!({ "anInt64": "-5" }), json!({ "anInt64": "five" })),
        (json!({ "aUint64": "5" }), json!({ "aUint64": "-5" })),
        (json!({ "anInt32": 5 }), json!({ "anInt32": "5" })),
        (json!({ "aUint32": 5 }), json!({ "aUint32": -5 })),
        (json!({ "aDouble": "NaN" }), json!({ "aDouble": "nan" })),
        (json!({ "aBool": true }), json!({ "aBool": "true" })),
        (json!({ "color": "ROT" }), json!({ "color": "BLUE" })),
        (json!({ "color": 9 }), json!({ "color": 9.5 })),
        (json!({ "numbers": ["1"] }), json!({ "numbers": "1" })),
        (json!({ "byNumber": { "-1": "RED" } }), json!({ "byNumber": { "x": "RED" } })),
        (json!({ "byTruth": { "true": "" } }), json!({ "byTruth": { "yes": "" } })),
        (json!({ "this": "", "one": 1 }), json!({ "this": "", "that": {} })),
        (json!({ "none": null }), json!({ "none": 0 })),
        (json!({ "two": 2 }), json!({ "one": 1, "two": 2 })),
        (json!({ "again": { "again": {} } }), json!({ "again": { "again": 1 } })),
        (json!({ "@name": "" }), json!({ "@name": 1 })),
        (json!({ "duration": "1.5s" }), json!({ "duration": "1.5" })),
        (json!({ "at": "2026-01-01T00:00:00Z" }), json!({ "at": "today" })),
        (json!({ "struct": {} }), json!({ "struct": [] })),
        (json!({ "list": [] }), json!({ "list": {} })),
        (json!({ "wrappedInt32": null }), json!({ "wrappedInt32": "1" })),
        (json!({ "wrappedBool": true }), json!({ "wrappedBool": { "value": true } })),
        (json!({ "any": { "@type": "x/y" } }), json!({ "any": { "@type": 1 } })),
    ] {
        assert!(validator.is_valid(&right), "{right}");
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn schemas_have_descriptions_defaults_and_presence() {
    let document = document(&text(), "").expect("it is right");
    let all = &document["components"]["schemas"]["t.All"];
    assert_eq!(all["description"], "Everything.");
    assert_eq!(all["allOf"][0]["description"], "Which it is.");
    let words =
        json!({ "type": "string", "default": "", "description": "Words.", "deprecated": true });
    assert_eq!(all["properties"]["aString"], words);
    let color = json!({ "$ref": "#/components/schemas/t.Color", "default": "NO_COLOR" });
    assert_eq!(all["properties"]["color"], color);
    assert_eq!(all["properties"]["anInt64"]["default"], "0");
    // Absent is not 0 where presence is told.
    assert_eq!(all["properties"]["maybe"].get("default"), None);
    assert_eq!(all["properties"]["aBytes"]["contentEncoding"], "base64");
    assert_eq!(
        document["components"]["schemas"]["t.Color"]["description"],
        "A color.\n\n- `NO_COLOR`: None."
    );
}

#[test]
fn proto2_and_behavior_are_understood() {
    let text = r#"syntax = "proto2";
package t;
import "google/api/annotations.proto";
import "google/protobuf/descriptor.proto";
extend google.protobuf.FieldOptions { repeated int32 behavior = 1052 [packed = false]; }
service S {
  rpc Call(M) returns (M) { option (google.api.http) = { post: "/v1" body: "*" }; }
  rpc Read(M) returns (M) { option (google.api.http) = { get: "/v1" }; }
}
message M {
  required string a = 1;
  optional string b = 2 [(behavior) = 2, (behavior) = 4];
  optional string c = 3 [(behavior) = 3];
  optional group Inner = 4 { optional Closed closed = 1; }
}
enum Closed { ONE = 1; }
"#;
    let document = document(text, "").expect("it is right");
    let schemas = &document["components"]["schemas"];
    let m = json!({
        "type": "object",
        "properties": {
            "a": { "type": "string" },
            "b": { "type": "string", "writeOnly": true },
            "c": { "type": "string", "readOnly": true },
            "inner": { "$ref": "#/components/schemas/t.M.Inner" },
        },
        "required": ["a", "b"],
    });
    assert_eq!(schemas["t.M"], m);
    assert_eq!(schemas["t.Closed"], json!({ "type": "string", "enum": ["ONE"] }));
    let parameters = document["paths"]["/v1"]["get"]["parameters"].as_array().expect("there are");
    let required = |name: &str| {
        let found = parameters.iter().find(|parameter| parameter["name"] == name);
        found.expect(name).get("required").is_some()
    };
    assert!(required("a") && required("b") && !required("c") && !required("inner.closed"));
}

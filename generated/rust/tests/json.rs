//! The JSON mapping: values of the well-known types as the standard writes them, and texts that
//! are no messages.

use agent_contract::agent::v2::{ToolCall, ToolCallId, ToolResult};
use agent_contract::json::{from_json, to_json};
use prost::Message;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

#[test]
fn a_message_is_what_it_was_after_json() {
    let list = [Kind::NullValue(0), Kind::NumberValue(-0.5), Kind::BoolValue(true)];
    let list = ListValue { values: list.into_iter().map(value).collect() };
    let empty = Kind::StructValue(Struct::default());
    let fields = [("list", Kind::ListValue(list)), ("none", empty)];
    let fields = fields.into_iter().map(|(name, kind)| (name.to_owned(), value(kind))).collect();
    let call = ToolCall {
        id: Some(ToolCallId { value: "1".to_owned() }),
        tool_name: "sü\"\u{0}\u{1f600}".to_owned(),
        arguments: Some(Struct { fields }),
    };
    let text = to_json(&call).expect("it can be said");
    assert_eq!(from_json::<ToolCall>(&text).expect("it was just written"), call);
    assert!(text.contains(r#""toolName":"sü\"\u0000😀""#), "{text}");
    assert!(text.contains(r#"[null,-0.5,true]"#), "{text}");
}

#[test]
fn texts_that_are_no_messages_are_refused() {
    for (text, why) in [
        (r#"{"toolname":""}"#, "toolname"),
        (r#"{"toolName":1}"#, "string"),
        (r#"{} {}"#, "trailing"),
        ("", "EOF"),
    ] {
        let error = from_json::<ToolCall>(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    let read = from_json::<ToolCall>(r#"{"tool_name":"a"}"#).expect("the name in the schema");
    assert_eq!(read.tool_name, "a");
}

#[test]
fn times_are_text() {
    let text = r#"{"runTime":"1.500s"}"#;
    let result = from_json::<ToolResult>(text).expect("it is one");
    let run_time = result.run_time.as_ref().map(|time| (time.seconds, time.nanos));
    assert_eq!(run_time, Some((1, 500_000_000)));
    assert_eq!(to_json(&result).expect("it can be said"), text);
    assert!(from_json::<ToolResult>(r#"{"runTime":"1.5"}"#).is_err());
    assert!(!result.encode_to_vec().is_empty());
}

//! Examples, edges and generated messages, read and written by this module and by prost-reflect.

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};

use super::{Entries, MapKey, MessageType, MessageValue, Types, Value};
use crate::schema::{Schema, SchemaFile, well_known};

fn schema() -> Schema {
    let files = well_known::well_known().file.iter().cloned();
    Schema::new(files.map(|file| SchemaFile::new(file.into())).collect())
}

/// A message type of the files of google/protobuf, which are compiled in.
pub(super) fn message_type(name: &str) -> MessageType {
    Types::new(&schema()).message(name).expect("there is such a message")
}

fn pool() -> DescriptorPool {
    crate::schema::runtime::pool(&well_known::well_known().file).expect("they are complete")
}

#[test]
fn what_is_written_is_read_by_another_reader() {
    let pool = pool();
    for name in ["google.protobuf.FileDescriptorProto", "google.protobuf.Struct"] {
        let of = message_type(name);
        let kind = pool.get_message_by_name(name).expect("it is in the pool");
        let examples = of.field_examples().into_iter().chain(of.edge_examples());
        let messages = examples.map(|example| example.message).chain([of.all(), of.empty()]);
        for message in messages {
            for entries in [Entries::Whole, Entries::WithoutDefaults] {
                let bytes = of.encode_with(&message, entries);
                let read = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
                assert_eq!(of.decode(&bytes).as_ref(), Ok(&message), "{name}");
                let again = of.decode(&read.encode_to_vec());
                assert_eq!(again.as_ref(), Ok(&message), "{name}");
            }
            let bytes = of.encode(&message);
            let read = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
            let json = of.to_json(&message).expect("it has a JSON form");
            assert_eq!(serde_json::to_value(&read).ok(), Some(json.clone()), "{name}");
            assert_eq!(of.read_json(&json).as_ref(), Ok(&message), "{name}: {json}");
            let text = of.to_text(&message);
            let parsed = DynamicMessage::parse_text_format(kind.clone(), &text);
            let parsed = parsed.map(|parsed| of.decode(&parsed.encode_to_vec()));
            assert_eq!(parsed.as_ref().ok(), Some(&Ok(message)), "{name}: {text}");
        }
    }
}

#[test]
fn an_entry_of_defaults_is_written_whole_or_not_at_all() {
    let of = message_type("google.protobuf.Struct");
    let entries = [(MapKey::String(String::new()), Value::Message(MessageValue::new()))];
    let mut message = MessageValue::new();
    message.set(1, Value::Map(entries.into_iter().collect()));
    assert_eq!(of.encode(&message), [0x0a, 4, 0x0a, 0, 0x12, 0]);
    assert_eq!(of.encode_with(&message, Entries::WithoutDefaults), [0x0a, 0]);
}

#[test]
fn everything_is_set_and_names_differ() {
    let of = message_type("google.protobuf.FileDescriptorProto");
    let message = of.all();
    let own = of.fields().iter().filter(|field| !field.is_extension);
    assert!(own.clone().count() > 10);
    assert!(own.clone().all(|field| message.get(field.number()).is_some()));
    let mut names: Vec<String> = of.edge_examples().into_iter().map(|it| it.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert!(count > 50 && names.len() == count, "{count} names, {} differ", names.len());
}

#[test]
fn the_first_edge_is_the_default() {
    for name in ["google.protobuf.FieldOptions", "google.protobuf.DoubleValue"] {
        let of = message_type(name);
        for field in of.fields() {
            let first = super::edge::edges(of.types(), field.kind).into_iter().next();
            let (_, first) = first.expect("there is one");
            let is_message = matches!(first, Value::Message(_));
            assert!(is_message || first == of.types().default(field.kind), "{}", field.name());
        }
    }
}

#[test]
fn a_message_contains_itself_as_deep_as_requested() {
    let of = message_type("google.protobuf.DescriptorProto");
    let one = of.nested("nested_type", 1).expect("it is its own");
    let two = of.nested("nested_type", 2).expect("it is its own");
    assert!(one.is_empty());
    assert_eq!(of.encode(&two), [0x1a, 0]);
    assert!(of.nested("field", 2).is_none());
}

//! Tests of examples and edge values, and of their encoding with prost-reflect.

use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};

use super::{Entries, all, edges, empty, encode, field_edges, fields, nested};
use crate::schema::well_known;

/// Returns the descriptor of a message of the well-known files.
fn descriptor(name: &str) -> MessageDescriptor {
    let files = &well_known::well_known().file;
    let pool = crate::schema::runtime::pool(files).expect("they are whole");
    pool.get_message_by_name(name).expect("there is such a message")
}

#[test]
fn what_is_written_is_read_by_another_reader() {
    for name in ["google.protobuf.FileDescriptorProto", "google.protobuf.Struct"] {
        let kind = descriptor(name);
        let examples = fields(&kind).into_iter().chain(field_edges(&kind));
        let messages = examples.map(|example| example.message).chain([all(&kind), empty(&kind)]);
        for message in messages {
            for entries in [Entries::Whole, Entries::WithoutDefaults] {
                let bytes = encode(&message, entries);
                let read = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
                assert_eq!(read, message, "{name}");
            }
        }
    }
}

#[test]
fn an_entry_of_defaults_is_written_whole_or_not_at_all() {
    let kind = descriptor("google.protobuf.Struct");
    let mut message = empty(&kind);
    let value = Value::Message(empty(&descriptor("google.protobuf.Value")));
    let map = [(prost_reflect::MapKey::String(String::new()), value)].into_iter().collect();
    message.set_field_by_name("fields", Value::Map(map));
    assert_eq!(encode(&message, Entries::Whole), [0x0a, 4, 0x0a, 0, 0x12, 0]);
    assert_eq!(encode(&message, Entries::WithoutDefaults), [0x0a, 0]);
}

#[test]
fn everything_is_set_and_names_differ() {
    let kind = descriptor("google.protobuf.FileDescriptorProto");
    let message = all(&kind);
    assert!(kind.fields().all(|field| message.has_field(&field)));
    let mut names: Vec<String> = field_edges(&kind).into_iter().map(|it| it.name).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert!(count > 50 && names.len() == count, "{count} names, {} differ", names.len());
}

#[test]
fn the_first_edge_is_the_default() {
    for message in ["google.protobuf.FieldOptions", "google.protobuf.DoubleValue"] {
        for field in descriptor(message).fields().filter(|field| !field.is_map()) {
            let kind = field.kind();
            let first = edges(&kind).into_iter().next().expect("there is one").1;
            assert!(first.is_default(&kind) || first.as_message().is_some(), "{}", field.name());
        }
    }
}

#[test]
fn a_message_holds_itself_as_deep_as_it_was_asked() {
    let kind = descriptor("google.protobuf.DescriptorProto");
    let depth = |message: &DynamicMessage| {
        let inner = message.get_field_by_name("nested_type").expect("there is one").into_owned();
        inner.as_list().and_then(|list| list.first().cloned()).is_some()
    };
    let one = nested(&kind, "nested_type", 1).expect("it is its own");
    let two = nested(&kind, "nested_type", 2).expect("it is its own");
    assert!(!depth(&one) && depth(&two));
    assert_eq!(two.encode_to_vec(), [0x1a, 0]);
    assert!(nested(&kind, "field", 2).is_none());
}

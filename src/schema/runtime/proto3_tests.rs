//! Tests of lowering to proto3.

use super::super::tests::{field, file, message, of, repeated, with};
use super::*;
use crate::schema::descriptor::{FeatureSet, FieldOptions, MessageOptions};
use prost::Message;

fn presence(presence: FieldPresence) -> FeatureSet {
    FeatureSet { field_presence: Some(presence as i32), ..Default::default() }
}

/// Returns type, label, `proto3_optional` and packing.
fn said(field: &FieldDescriptorProto) -> (FieldType, Label, bool, Option<bool>) {
    let options = FieldOptions::decode(field.options.as_deref().unwrap_or_default());
    let packed = options.expect("it is whole").packed;
    (field.r#type(), field.label(), field.proto3_optional(), packed)
}

#[test]
fn what_features_mean_is_said_in_the_terms_of_proto3() {
    use FieldType::{Group, Int32, Message, String};
    use Label::{Optional, Repeated, Required};
    let delimited = FeatureSet {
        message_encoding: Some(MessageEncoding::Delimited as i32),
        ..Default::default()
    };
    let expanded = FeatureSet {
        repeated_field_encoding: Some(RepeatedFieldEncoding::Expanded as i32),
        ..Default::default()
    };
    let entry = of(".M.MapEntry", field("map", 1, Message));
    let in_oneof = |field| FieldDescriptorProto { oneof_index: Some(0), ..field };
    let group = |number| with(delimited.clone(), of(".M", field("g", number, Message)));
    let cases = [
        (field("a", 2, Int32), (Int32, Optional, true, None)),
        (
            with(presence(FieldPresence::Implicit), field("b", 3, String)),
            (String, Optional, false, None),
        ),
        (
            with(presence(FieldPresence::LegacyRequired), field("c", 4, Int32)),
            (Int32, Required, false, None),
        ),
        (in_oneof(field("d", 5, Int32)), (Int32, Optional, false, None)),
        (of(".M", field("e", 6, Message)), (Message, Optional, false, None)),
        (group(7), (Group, Optional, true, None)),
        (in_oneof(group(8)), (Group, Optional, false, None)),
        (repeated(group(9)), (Group, Repeated, false, Some(true))),
        (repeated(field("f", 10, Int32)), (Int32, Repeated, false, Some(true))),
        (repeated(with(expanded, field("h", 11, Int32))), (Int32, Repeated, false, Some(false))),
        (repeated(with(delimited.clone(), entry)), (Message, Repeated, false, None)),
    ];
    let mut map_entry =
        message("MapEntry", vec![field("key", 1, Int32), of(".M", field("value", 2, Message))]);
    let options = MessageOptions { map_entry: Some(true), ..Default::default() };
    map_entry.options = Some(options.encode_to_vec());
    let mut held = message("M", cases.iter().map(|(field, _)| field.clone()).collect());
    held.nested_type.push(map_entry.clone());
    let lowered = as_proto3(&file("editions", vec![held])).expect("it has an edition");
    assert_eq!((lowered.syntax(), lowered.edition), ("proto3", None));
    for (field, (_, expected)) in lowered.message_type[0].field.iter().zip(&cases) {
        assert_eq!(said(field), *expected, "{}", field.number());
    }
    assert_eq!(lowered.message_type[0].nested_type, [map_entry]);
}

#[test]
fn other_files_stay() {
    for syntax in ["proto2", "proto3"] {
        assert_eq!(as_proto3(&file(syntax, vec![])), None, "{syntax}");
    }
}

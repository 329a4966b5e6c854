//! Tests of pools of sets that prost-reflect alone would reject, and of values in them.

use super::*;
use crate::schema::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, EnumType, EnumValueDescriptorProto,
    ExtensionRange, FeatureSet, FieldDescriptorProto, FieldOptions, FieldPresence, FieldType,
    FileOptions, Label, MessageEncoding, MessageOptions, MethodDescriptorProto,
    OneofDescriptorProto, RepeatedFieldEncoding, ServiceDescriptorProto,
};
use crate::schema::image::tests::mutated;
use crate::schema::well_known::well_known;
use proptest::prelude::*;
use prost_reflect::{DynamicMessage, FieldDescriptor, ReflectMessage, Value};

pub(super) fn field(name: &str, number: i32, r#type: FieldType) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional as i32),
        r#type: Some(r#type as i32),
        ..Default::default()
    }
}

pub(super) fn of(type_name: &str, field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { type_name: Some(type_name.into()), ..field }
}

pub(super) fn repeated(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto { label: Some(Label::Repeated as i32), ..field }
}

pub(super) fn with(set: FeatureSet, field: FieldDescriptorProto) -> FieldDescriptorProto {
    let options = FieldOptions { features: Some(set), ..Default::default() };
    FieldDescriptorProto { options: Some(options.encode_to_vec()), ..field }
}

pub(super) fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto { name: Some(name.into()), field, ..Default::default() }
}

fn enumeration(name: &str, values: &[(&str, i32)]) -> EnumDescriptorProto {
    let value = |&(name, number): &(&str, i32)| EnumValueDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        options: None,
    };
    EnumDescriptorProto {
        name: Some(name.into()),
        value: values.iter().map(value).collect(),
        ..Default::default()
    }
}

pub(super) fn file(syntax: &str, messages: Vec<DescriptorProto>) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("a.proto".into()),
        syntax: (syntax != "proto2").then(|| syntax.into()),
        edition: (syntax == "editions").then_some(Edition::E2023 as i32),
        message_type: messages,
        ..Default::default()
    }
}

fn implicit() -> FeatureSet {
    FeatureSet { field_presence: Some(FieldPresence::Implicit as i32), ..Default::default() }
}

fn delimited() -> FeatureSet {
    let delimited = MessageEncoding::Delimited as i32;
    FeatureSet { message_encoding: Some(delimited), ..Default::default() }
}

/// Returns the fields of message `M` in the pool of `file`.
fn fields_of_m(file: &FileDescriptorProto) -> Vec<FieldDescriptor> {
    let pool = pool([file]).unwrap();
    pool.get_message_by_name("M").unwrap().fields().collect()
}

#[test]
fn well_known_types_make_a_pool() {
    let pool = pool(&well_known().file).unwrap();
    let any = pool.get_message_by_name("google.protobuf.Any").unwrap();
    assert_eq!(any.fields().len(), 2);
    let features = pool.get_message_by_name("google.protobuf.FeatureSet").unwrap();
    assert_eq!(features.extensions().len(), 3);
}

#[test]
fn presence_is_what_the_features_say() {
    let bare = field("explicit", 1, FieldType::Int32);
    let explicit_only = file("editions", vec![message("M", vec![bare.clone()])]);
    let mixed =
        vec![bare.clone(), with(implicit(), field("implicit", 2, FieldType::Int32)), bare.clone()];
    let mut mixed = file("editions", vec![message("M", mixed)]);
    mixed.message_type[0].field[2] = of(".M", field("message", 3, FieldType::Message));

    let presence = |file: &FileDescriptorProto| -> Vec<bool> {
        fields_of_m(file).iter().map(FieldDescriptor::supports_presence).collect()
    };
    assert_eq!(presence(&explicit_only), [true]);
    assert_eq!(presence(&mixed), [true, false, true]);
    assert_eq!(presence(&file("proto2", vec![message("M", vec![bare.clone()])])), [true]);
    assert_eq!(presence(&file("proto3", vec![message("M", vec![bare])])), [false]);
}

#[test]
fn features_of_the_file_reach_its_fields() {
    let mut file = file("editions", vec![message("M", vec![field("f", 1, FieldType::Int32)])]);
    let options = FileOptions { features: Some(implicit()), ..Default::default() };
    file.options = Some(options.encode_to_vec());
    assert!(!fields_of_m(&file)[0].supports_presence());
}

#[test]
fn required_is_a_label_again() {
    let required = FieldPresence::LegacyRequired as i32;
    let set = FeatureSet { field_presence: Some(required), ..Default::default() };
    let m = message("M", vec![with(set, field("f", 1, FieldType::Int32))]);
    assert!(fields_of_m(&file("editions", vec![m]))[0].is_required());
}

#[test]
fn packed_is_read_from_options_and_features() {
    let list = repeated(field("f", 1, FieldType::Int32));
    let option = |packed| FieldDescriptorProto {
        options: Some(FieldOptions { packed: Some(packed), ..Default::default() }.encode_to_vec()),
        ..list.clone()
    };
    let expanded = FeatureSet {
        repeated_field_encoding: Some(RepeatedFieldEncoding::Expanded as i32),
        ..Default::default()
    };
    let expanded = with(expanded, list.clone());
    for (syntax, field, packed) in [
        ("proto2", list.clone(), false),
        ("proto2", option(true), true),
        ("proto3", list.clone(), true),
        ("proto3", option(false), false),
        ("editions", list.clone(), true),
        ("editions", expanded, false),
    ] {
        let field = &fields_of_m(&file(syntax, vec![message("M", vec![field])]))[0];
        assert_eq!(field.is_packed(), packed, "{syntax}");
    }
}

#[test]
fn delimited_messages_are_groups_but_not_in_maps() {
    let options =
        MessageOptions { map_entry: Some(true), features: Some(delimited()), ..Default::default() };
    let entry = vec![
        field("key", 1, FieldType::String),
        with(delimited(), of(".M", field("value", 2, FieldType::Message))),
    ];
    let entry =
        DescriptorProto { options: Some(options.encode_to_vec()), ..message("MapEntry", entry) };
    let fields = vec![
        with(delimited(), of(".M", field("group", 1, FieldType::Message))),
        with(delimited(), repeated(of(".M.MapEntry", field("map", 2, FieldType::Message)))),
    ];
    let m = DescriptorProto { nested_type: vec![entry], ..message("M", fields) };
    let fields = fields_of_m(&file("editions", vec![m]));
    assert!(fields[0].is_group());
    assert!(fields[1].is_map() && !fields[1].is_group());
    let value = fields[1].kind().as_message().unwrap().map_entry_value_field();
    assert!(!value.is_group());
}

#[test]
fn a_closed_enum_keeps_its_default() {
    let closed = FeatureSet { enum_type: Some(EnumType::Closed as i32), ..Default::default() };
    let options = FileOptions { features: Some(closed), ..Default::default() };
    for values in [&[("ONE", 1), ("TWO", 2)][..], &[("ONE", 1), ("ZERO", 0)]] {
        let fields = vec![
            of(".E", field("e", 1, FieldType::Enum)),
            with(implicit(), field("makes_it_proto3", 2, FieldType::Int32)),
        ];
        let mut file = file("editions", vec![message("M", fields)]);
        file.enum_type = vec![enumeration("E", values)];
        file.options = Some(options.encode_to_vec());
        assert_eq!(fields_of_m(&file)[0].default_value(), Value::EnumNumber(1));
    }
}

#[test]
fn names_that_prost_reflect_mixes_up_are_told_apart() {
    let names = vec![
        field("foobar", 1, FieldType::Int32),
        field("foo_bar", 2, FieldType::Int32),
        field("fooBar", 3, FieldType::Int32),
    ];
    let names = |syntax| -> Vec<String> {
        let fields = fields_of_m(&file(syntax, vec![message("M", names.clone())]));
        fields.iter().map(|field| format!("{} {}", field.name(), field.json_name())).collect()
    };
    assert_eq!(names("proto2"), ["foobar foobar", "foo_bar fooBar", "fooBar fooBar~3"]);
    assert_eq!(names("proto3"), ["foobar foobar", "foo_bar~2 fooBar", "fooBar~3 fooBar~3"]);
}

#[test]
fn public_imports_are_followed_to_the_end() {
    let importing = |name: &str, import: &str| FileDescriptorProto {
        name: Some(name.into()),
        dependency: vec![import.into()],
        public_dependency: vec![0],
        ..file("proto3", vec![])
    };
    let mut user = importing("user", "c");
    user.message_type = vec![message("M", vec![of(".D", field("d", 1, FieldType::Message))])];
    let d = FileDescriptorProto {
        name: Some("d".into()),
        ..file("proto3", vec![message("D", vec![])])
    };
    let files = [user, importing("c", "b"), importing("b", "a"), importing("a", "d"), d];
    assert!(pool(&files).is_ok());
}

#[test]
fn references_to_nothing_are_errors_with_a_place() {
    let errors = |field: FieldDescriptorProto| {
        let mut file = file("proto3", vec![message("M", vec![field])]);
        file.enum_type = vec![enumeration("E", &[("A", 0)])];
        pool([&file]).unwrap_err().to_string()
    };
    let gone = errors(of(".Gone", field("f", 1, FieldType::Message)));
    assert!(gone.starts_with("a.proto: `.Gone` is not among the descriptors"), "{gone}");
    let other = errors(of(".E", field("f", 1, FieldType::Message)));
    assert_eq!(other, "a.proto: `f` takes `.E`, an enum, for another");
    let untyped = errors(FieldDescriptorProto { r#type: None, ..field("f", 1, FieldType::Int32) });
    assert_eq!(untyped, "a.proto: `f` has no type");
    let unknown = FieldDescriptorProto { r#type: Some(99), ..field("f", 1, FieldType::Int32) };
    assert_eq!(errors(unknown), "a.proto: `f` is of a type numbered 99");
    let number = errors(field("f", 0, FieldType::Int32));
    assert!(number.starts_with("a.proto: the descriptors contradict each other: "), "{number}");
}

#[test]
fn a_strange_descriptor_proto_is_an_error() {
    let packed = repeated(field("packed", 2, FieldType::Int32));
    let mut strange = file("proto2", vec![message("FieldOptions", vec![packed])]);
    strange.package = Some("google.protobuf".into());
    let error = pool([&strange]).unwrap_err().to_string();
    assert!(error.contains("`google.protobuf.FieldOptions` is not the one of protobuf"), "{error}");
}

/// Returns names: mostly different ones, sometimes clashing, misleading or missing ones.
fn name() -> impl Strategy<Value = Option<String>> {
    let bad = ["A", "c", "c_", "", "A.B", "google.protobuf", "FieldOptions"];
    prop_oneof![
        30 => "[d-z]{4}".prop_map(Some),
        1 => prop::sample::select(bad.to_vec()).prop_map(|name| Some(name.to_owned())),
        1 => Just(None),
    ]
}

/// Returns names of types: few, so that references to them occur.
fn type_name() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.99, "[A-F]")
}

fn reference() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        20 => r"\.[A-F](\.[A-F])?".prop_map(Some),
        1 => prop::sample::select(vec!["A", ".c", ".", ""]).prop_map(|name| Some(name.to_owned())),
        1 => Just(None),
    ]
}

fn options() -> impl Strategy<Value = Option<Vec<u8>>> {
    let map_entry = MessageOptions { map_entry: Some(true), ..Default::default() };
    let packed = FieldOptions { packed: Some(true), ..with_features() };
    prop::option::weighted(
        0.1,
        prop_oneof![
            Just(map_entry.encode_to_vec()),
            Just(packed.encode_to_vec()),
            Just(vec![0x0a, 0x7f]),
        ],
    )
}

fn with_features() -> FieldOptions {
    FieldOptions { features: Some(delimited()), ..Default::default() }
}

fn any_field() -> impl Strategy<Value = FieldDescriptorProto> {
    let number = prop_oneof![30 => 1..1000, 1 => any::<i32>(), 1 => 1..3];
    let r#type = prop_oneof![20 => 1..19, 20 => 10..12, 1 => any::<i32>()];
    let shape = (
        prop::option::weighted(0.99, number),
        prop::option::weighted(0.95, 1..4),
        prop::option::weighted(0.99, r#type),
    );
    let names = (name(), reference(), reference(), name(), name());
    let rest = (prop::option::weighted(0.05, -1..2), options(), any::<Option<bool>>());
    (shape, names, rest).prop_map(|((number, label, r#type), names, rest)| {
        let (name, type_name, extendee, default_value, json_name) = names;
        let (oneof_index, options, proto3_optional) = rest;
        FieldDescriptorProto {
            name,
            number,
            label,
            r#type,
            type_name,
            extendee,
            default_value: default_value.filter(|name| name == "A"),
            oneof_index,
            json_name,
            options,
            proto3_optional,
        }
    })
}

fn any_enum() -> impl Strategy<Value = EnumDescriptorProto> {
    let value = (name(), prop::option::of(-1..3))
        .prop_map(|(name, number)| EnumValueDescriptorProto { name, number, options: None });
    (type_name(), prop::collection::vec(value, 1..4), options()).prop_map(
        |(name, value, options)| EnumDescriptorProto { name, value, options, ..Default::default() },
    )
}

fn any_message() -> impl Strategy<Value = DescriptorProto> {
    let leaf = (type_name(), prop::collection::vec(any_field(), 0..4), options()).prop_map(
        |(name, field, options)| DescriptorProto { name, field, options, ..Default::default() },
    );
    leaf.prop_recursive(3, 8, 2, |inner| {
        let oneof = name().prop_map(|name| OneofDescriptorProto { name, options: None });
        let range = (any::<Option<i32>>(), any::<Option<i32>>())
            .prop_map(|(start, end)| ExtensionRange { start, end, options: None });
        let parts =
            (prop::collection::vec(inner.clone(), 0..2), prop::collection::vec(any_enum(), 0..2));
        let more = (
            prop::collection::vec(any_field(), 0..2),
            prop::collection::vec(oneof, 0..2),
            prop::collection::vec(range, 0..2),
        );
        (inner, parts, more).prop_map(|(message, (nested_type, enum_type), more)| {
            let (extension, oneof_decl, extension_range) = more;
            DescriptorProto {
                nested_type,
                enum_type,
                extension,
                oneof_decl,
                extension_range,
                ..message
            }
        })
    })
}

fn any_file() -> impl Strategy<Value = FileDescriptorProto> {
    let method = (name(), reference(), reference()).prop_map(|(name, input_type, output_type)| {
        MethodDescriptorProto { name, input_type, output_type, ..Default::default() }
    });
    let service = (name(), prop::collection::vec(method, 0..2))
        .prop_map(|(name, method)| ServiceDescriptorProto { name, method, options: None });
    let syntax = prop::sample::select(&["proto2", "proto3", "editions", "garbage"][..]);
    let elements = (
        prop::collection::vec(any_message(), 0..3),
        prop::collection::vec(any_enum(), 0..2),
        prop::collection::vec(any_field(), 0..2),
        prop::collection::vec(service, 0..2),
    );
    let package = prop::option::weighted(0.2, name());
    (name(), package, prop::option::of(syntax), any::<Option<i32>>(), options(), elements).prop_map(
        |(name, package, syntax, edition, options, elements)| {
            let (message_type, enum_type, extension, service) = elements;
            FileDescriptorProto {
                name,
                package: package.flatten(),
                syntax: syntax.map(str::to_owned),
                edition,
                options,
                message_type,
                enum_type,
                extension,
                service,
                ..Default::default()
            }
        },
    )
}

/// Decodes `bytes` as every message of the pool and encodes the result in every format.
fn use_pool(pool: &DescriptorPool, bytes: &[u8]) {
    for message in pool.all_messages() {
        let empty = DynamicMessage::new(message.clone());
        let read = DynamicMessage::decode(message.clone(), bytes).unwrap_or(empty);
        let _ = DynamicMessage::decode(message.clone(), read.encode_to_vec().as_slice());
        let _ = DynamicMessage::parse_text_format(message, &read.to_text_format());
        let _ = serde_json::to_string(&read);
        for field in read.descriptor().fields() {
            let _ = (read.get_field(&field).as_ref(), field.default_value(), field.kind());
        }
    }
}

/// Returns files with maps, groups, oneofs and enums, without their comments.
fn some_files() -> Vec<u8> {
    let wanted = ["google/protobuf/struct.proto", "google/protobuf/any.proto"];
    let known = well_known().file.iter().filter(|file| wanted.contains(&file.name()));
    let mut group = with(delimited(), of(".M", field("g", 1, FieldType::Message)));
    group.oneof_index = Some(0);
    let mut m = message("M", vec![group, with(implicit(), field("i", 2, FieldType::Int32))]);
    m.oneof_decl = vec![OneofDescriptorProto { name: Some("o".into()), options: None }];
    let file = known.cloned().chain([file("editions", vec![m])]);
    let bare = file.map(|file| FileDescriptorProto { source_code_info: None, ..file });
    FileDescriptorSet { file: bare.collect() }.encode_to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn no_set_makes_it_panic(
        files in prop::collection::vec(any_file(), 1..3),
        bytes in prop::collection::vec(any::<u8>(), 0..32),
    ) {
        if let Ok(pool) = pool(&files) {
            use_pool(&pool, &bytes);
        }
    }

    #[test]
    fn no_mutated_set_makes_it_panic(
        set in mutated(some_files()),
        bytes in prop::collection::vec(any::<u8>(), 0..32),
    ) {
        if let Ok(set) = FileDescriptorSet::decode(set.as_slice())
            && let Ok(pool) = pool(&set.file)
        {
            use_pool(&pool, &bytes);
        }
    }
}

//! Tests of the schema model.

use std::sync::Arc;

use super::descriptor::*;
use super::pair::Pair;
use super::*;

fn message(name: &str, numbers: &[i32]) -> DescriptorProto {
    let field = numbers.iter().map(|number| FieldDescriptorProto {
        name: Some(format!("f{number}")),
        number: Some(*number),
        label: Some(Label::Optional as i32),
        r#type: Some(FieldType::Int32 as i32),
        ..Default::default()
    });
    DescriptorProto { name: Some(name.into()), field: field.collect(), ..Default::default() }
}

fn schema(syntax: &str, messages: Vec<DescriptorProto>) -> Schema {
    let descriptor = FileDescriptorProto {
        name: Some("a.proto".into()),
        package: Some("pkg".into()),
        syntax: Some(syntax.into()),
        message_type: messages,
        ..Default::default()
    };
    let file = SchemaFile::new(Arc::new(descriptor));
    Schema::new(vec![SchemaFile { external: "proto/a.proto".into(), ..file }])
}

#[test]
fn nested_elements_know_names_and_paths() {
    let mut outer = message("Outer", &[1]);
    outer.nested_type.push(message("Inner", &[1, 7]));
    let schema = schema("proto3", vec![message("First", &[]), outer]);
    let inner = schema.message(".pkg.Outer.Inner").expect("it was declared");
    assert_eq!(inner.nested_name(), "Outer.Inner");
    let field = inner.field(7).expect("it was declared");
    assert_eq!(field.full_name(), "pkg.Outer.Inner.f7");
    assert_eq!(field.element_path().path, [4, 1, 3, 0, 2, 1]);
}

#[test]
fn presence_follows_from_the_edition() {
    for (syntax, expected) in [("proto2", true), ("proto3", false)] {
        let schema = schema(syntax, vec![message("M", &[1])]);
        let field = schema.message("pkg.M").and_then(|m| m.field(1)).expect("it was declared");
        assert_eq!(field.has_presence(), expected, "{syntax}");
    }
}

#[test]
fn fields_pair_by_number_in_small_and_large_messages() {
    for size in [3, 40] {
        let numbers: Vec<i32> = (1..=size).collect();
        let old = schema("proto3", vec![message("M", &numbers)]);
        let new = schema("proto3", vec![message("M", &numbers[1..]), message("Other", &[1])]);
        let pairs: Vec<_> = Pair { old: &old, new: &new }.messages().collect();
        assert_eq!(pairs.len(), 1);
        let paired: Vec<_> = pairs[0].fields().map(|f| (f.old.number(), f.new.number())).collect();
        assert_eq!(paired, (2..=size).map(|n| (n, n)).collect::<Vec<_>>());
    }
}

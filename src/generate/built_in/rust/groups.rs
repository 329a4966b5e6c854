//! Groups that make a message recursive. prost-build detects such a cycle only if all its fields
//! are messages, and a recursive type in Rust needs a box.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FileDescriptorProto};
use rustc_hash::{FxHashMap, FxHashSet};

/// A singular field of message or group type.
struct Held<'a> {
    /// The path of the field, as in prost-build.
    path: String,
    holder: String,
    held: &'a str,
    is_group: bool,
}

/// Returns the paths of the groups that close a cycle.
pub(super) fn recursive(files: &[FileDescriptorProto]) -> Vec<String> {
    let mut fields = Vec::new();
    for file in files {
        let scope = file.package.as_ref().map_or(String::new(), |package| format!(".{package}"));
        file.message_type.iter().for_each(|message| collect(message, &scope, &mut fields));
    }
    if !fields.iter().any(|field| field.is_group) {
        return Vec::new();
    }
    let mut held = FxHashMap::<&str, Vec<&str>>::default();
    for field in &fields {
        held.entry(&field.holder).or_default().push(field.held);
    }
    let closes = |field: &&Held<'_>| field.is_group && reaches(field.held, &field.holder, &held);
    fields.iter().filter(closes).map(|field| field.path.clone()).collect()
}

fn collect<'a>(message: &'a DescriptorProto, scope: &str, fields: &mut Vec<Held<'a>>) {
    let holder = format!("{scope}.{}", message.name());
    for field in message.field.iter().filter(|field| field.label() != Label::Repeated) {
        let is_group = field.r#type() == Type::Group;
        if is_group || field.r#type() == Type::Message {
            let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
            let oneof = oneof.and_then(|index| message.oneof_decl.get(index as usize));
            let path = match oneof {
                Some(oneof) => format!("{holder}.{}.{}", oneof.name(), field.name()),
                None => format!("{holder}.{}", field.name()),
            };
            let held = field.type_name();
            fields.push(Held { path, holder: holder.clone(), held, is_group });
        }
    }
    message.nested_type.iter().for_each(|nested| collect(nested, &holder, fields));
}

/// Whether a message of the type `from` can contain one of the type `to`.
fn reaches(from: &str, to: &str, held: &FxHashMap<&str, Vec<&str>>) -> bool {
    let (mut seen, mut open) = (FxHashSet::default(), vec![from]);
    while let Some(next) = open.pop() {
        if next == to {
            return true;
        }
        if seen.insert(next) {
            open.extend(held.get(next).into_iter().flatten());
        }
    }
    false
}

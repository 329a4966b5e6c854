//! Options of a file in a form that only depends on what they say: compilers differ in the order
//! in which they encode them, and in whether a message that is set in parts is one or several.

use std::fmt::Write as _;

use prost_reflect::{DescriptorPool, DynamicMessage, MapKey, ReflectMessage, Value};
use wireproof::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use wireproof::schema::{runtime, well_known::well_known};

use super::tree::Files;

/// What options are decoded with: the files that declare extensions, and what they import.
pub(super) fn pool(files: &Files) -> DescriptorPool {
    let mut wanted = vec!["google/protobuf/descriptor.proto".to_owned()];
    wanted.extend(files.values().filter(|file| extends(file)).map(|file| file.name().to_owned()));
    let mut chosen = Files::new();
    while let Some(path) = wanted.pop() {
        let built_in = || well_known().file.iter().find(|file| file.name() == path);
        if !chosen.contains_key(&path)
            && let Some(file) = files.get(&path).or_else(built_in)
        {
            wanted.extend(file.dependency.iter().cloned());
            chosen.insert(path, file.clone());
        }
    }
    // Not every schema makes a pool (prost-reflect refuses some numbers); custom options are then
    // compared as unknown fields.
    runtime::pool(chosen.values())
        .or_else(|_| runtime::pool(&well_known().file))
        .expect("the well-known types make a pool")
}

fn extends(file: &FileDescriptorProto) -> bool {
    fn inside(message: &DescriptorProto) -> bool {
        !message.extension.is_empty() || message.nested_type.iter().any(inside)
    }
    !file.extension.is_empty() || file.message_type.iter().any(inside)
}

/// Replaces the bytes of every options message of `file` by what they say.
pub(super) fn decode(pool: &DescriptorPool, file: &mut FileDescriptorProto) {
    let decode = |name: &str, options: &mut Option<Vec<u8>>| {
        if let Some(bytes) = options {
            *bytes = canonical(pool, &format!("google.protobuf.{name}"), bytes).into_bytes();
        }
    };
    decode("FileOptions", &mut file.options);
    file.message_type.iter_mut().for_each(|message| in_message(message, &decode));
    file.enum_type.iter_mut().for_each(|enumeration| in_enum(enumeration, &decode));
    file.extension.iter_mut().for_each(|field| decode("FieldOptions", &mut field.options));
    for service in &mut file.service {
        decode("ServiceOptions", &mut service.options);
        service.method.iter_mut().for_each(|m| decode("MethodOptions", &mut m.options));
    }
}

fn in_message(message: &mut DescriptorProto, decode: &impl Fn(&str, &mut Option<Vec<u8>>)) {
    let in_field = |field: &mut FieldDescriptorProto| decode("FieldOptions", &mut field.options);
    decode("MessageOptions", &mut message.options);
    message.field.iter_mut().for_each(in_field);
    message.extension.iter_mut().for_each(in_field);
    message.oneof_decl.iter_mut().for_each(|oneof| decode("OneofOptions", &mut oneof.options));
    let ranges = message.extension_range.iter_mut();
    ranges.for_each(|range| decode("ExtensionRangeOptions", &mut range.options));
    message.enum_type.iter_mut().for_each(|enumeration| in_enum(enumeration, decode));
    message.nested_type.iter_mut().for_each(|nested| in_message(nested, decode));
}

fn in_enum(of: &mut EnumDescriptorProto, decode: &impl Fn(&str, &mut Option<Vec<u8>>)) {
    decode("EnumOptions", &mut of.options);
    of.value.iter_mut().for_each(|value| decode("EnumValueOptions", &mut value.options));
}

/// The message `name` in `bytes` as text.
fn canonical(pool: &DescriptorPool, name: &str, bytes: &[u8]) -> String {
    let descriptor = pool.get_message_by_name(name).expect("the pool has descriptor.proto");
    let message = DynamicMessage::decode(descriptor, bytes);
    let mut text = String::new();
    match message {
        Ok(message) => write_message(pool, &message, &mut text),
        Err(error) => text = format!("{error}: {bytes:?}"),
    }
    text
}

fn write_message(pool: &DescriptorPool, message: &DynamicMessage, out: &mut String) {
    if write_any(pool, message, out) {
        return;
    }
    out.push('{');
    let named = message.fields().map(|(field, value)| (field.full_name().to_owned(), value));
    let extensions = message.extensions().map(|(e, value)| (format!("[{}]", e.full_name()), value));
    for (name, value) in named.chain(extensions) {
        let _ = write!(out, "{name}:");
        write_value(pool, value, out);
        out.push(' ');
    }
    for unknown in message.unknown_fields() {
        let _ = write!(out, "{unknown:?} ");
    }
    out.push('}');
}

/// Writes what is in an Any of a known type.
fn write_any(pool: &DescriptorPool, message: &DynamicMessage, out: &mut String) -> bool {
    if message.descriptor().full_name() != "google.protobuf.Any" {
        return false;
    }
    let url = message.get_field_by_name("type_url");
    let bytes = message.get_field_by_name("value");
    let (Some(url), Some(bytes)) = (url, bytes) else { return false };
    let (Some(url), Some(bytes)) = (url.as_str(), bytes.as_bytes()) else { return false };
    let name = url.rsplit('/').next().unwrap_or(url);
    if pool.get_message_by_name(name).is_none() {
        return false;
    }
    let _ = write!(out, "{url} {}", canonical(pool, name, bytes));
    true
}

fn write_value(pool: &DescriptorPool, value: &Value, out: &mut String) {
    match value {
        Value::Message(message) => write_message(pool, message, out),
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_value(pool, item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Map(entries) => {
            let mut entries: Vec<(&MapKey, &Value)> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| format!("{key:?}"));
            for (key, value) in entries {
                let _ = write!(out, "{key:?}=>");
                write_value(pool, value, out);
            }
        }
        // protoc loses the sign of `-0` where the value of an option is just that; buf and we keep it.
        Value::F32(0.0) | Value::F64(0.0) => out.push('0'),
        scalar => _ = write!(out, "{scalar:?}"),
    }
}

//! Writes messages in the text format, on one line
//! (<https://protobuf.dev/reference/protobuf/textformat-spec/>).

use std::fmt::Write as _;

use super::data::{MapKey, MessageValue, Value};
use super::types::{Field, Kind, MessageType, Types};
use crate::schema::wire;

impl MessageType {
    /// Returns `message`, which is of this type, in the text format. Unknown fields are written by
    /// number.
    pub fn to_text(&self, message: &MessageValue) -> String {
        let mut out = String::new();
        write_message(self.types(), self.id(), message, &mut out);
        out
    }
}

impl MessageType {
    /// Returns `message` like [`MessageType::to_text`], without unknown fields.
    pub fn to_text_known(&self, message: &MessageValue) -> String {
        let mut message = message.clone();
        message.discard_unknown();
        self.to_text(&message)
    }
}

impl Types {
    /// Returns the value of `field` in the text format; of a list or map each item, in brackets.
    pub(super) fn value_text(&self, field: &Field, value: &Value) -> String {
        let mut out = String::new();
        match value {
            Value::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    write_single(self, field.kind, item, &mut out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push('{');
                let Kind::Message(entry) = field.kind else { return out };
                let Some((_, of)) = self.entry(entry) else { return out };
                for (index, (key, item)) in entries.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { ", " });
                    write_key(key, &mut out);
                    out.push_str(": ");
                    write_single(self, of.kind, item, &mut out);
                }
                out.push('}');
            }
            value => write_single(self, field.kind, value, &mut out),
        }
        out
    }
}

fn write_message(types: &Types, id: u32, message: &MessageValue, out: &mut String) {
    let layout = types.layout(id);
    for (number, value) in message.fields() {
        let Some(field) = layout.field(number) else { continue };
        match value {
            Value::List(items) => {
                items.iter().for_each(|item| write_field(types, &layout.name, field, item, out))
            }
            Value::Map(entries) => {
                let Kind::Message(entry) = field.kind else { continue };
                let Some((_, of)) = types.entry(entry) else { continue };
                for (key, item) in entries {
                    separate(out);
                    let _ = write!(out, "{} {{ key: ", field.name);
                    write_key(key, out);
                    write_field(types, "", of, item, out);
                    out.push_str(" }");
                }
            }
            value => write_field(types, &layout.name, field, value, out),
        }
    }
    for record in wire::records(message.unknown()) {
        separate(out);
        let _ = match record.value {
            wire::Value::Varint(number) => write!(out, "{}: {number}", record.number),
            wire::Value::Fixed32(bits) => write!(out, "{}: 0x{bits:08x}", record.number),
            wire::Value::Fixed64(bits) => write!(out, "{}: 0x{bits:016x}", record.number),
            wire::Value::Bytes(bytes) => {
                let _ = write!(out, "{}: ", record.number);
                write_quoted(bytes, out);
                Ok(())
            }
            wire::Value::Group(_) => write!(out, "{} {{ … }}", record.number),
            wire::Value::Malformed => write!(out, "# malformed"),
        };
    }
}

fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Writes a field of the message `owner`.
fn write_field(types: &Types, owner: &str, field: &Field, value: &Value, out: &mut String) {
    separate(out);
    match field.kind {
        _ if field.is_extension => {
            let _ = write!(out, "[{}]", field.name);
        }
        // A group is called as its type: a message declared beside the field, with the same name.
        Kind::Message(id) if field.is_delimited => {
            let (scope, name) = types.layout(id).name.rsplit_once('.').unwrap_or_default();
            let is_group = scope == owner && name.to_lowercase() == field.name;
            out.push_str(if is_group { name } else { &field.name });
        }
        _ => out.push_str(&field.name),
    }
    if let Value::Message(_) = value {
        out.push(' ');
    } else {
        out.push_str(": ");
    }
    write_single(types, field.kind, value, out);
}

fn write_key(key: &MapKey, out: &mut String) {
    let _ = match key {
        MapKey::Bool(key) => write!(out, "{key}"),
        MapKey::I32(key) => write!(out, "{key}"),
        MapKey::I64(key) => write!(out, "{key}"),
        MapKey::U32(key) => write!(out, "{key}"),
        MapKey::U64(key) => write!(out, "{key}"),
        MapKey::String(key) => {
            write_quoted(key.as_bytes(), out);
            Ok(())
        }
    };
}

fn write_single(types: &Types, kind: Kind, value: &Value, out: &mut String) {
    let float = |text: String| match text.as_str() {
        "NaN" => "nan".to_owned(),
        _ => text,
    };
    let _ = match (value, kind) {
        (Value::Bool(flag), _) => write!(out, "{flag}"),
        (Value::I32(number), _) => write!(out, "{number}"),
        (Value::I64(number), _) => write!(out, "{number}"),
        (Value::U32(number), _) => write!(out, "{number}"),
        (Value::U64(number), _) => write!(out, "{number}"),
        (Value::F32(number), _) => out.write_str(&float(format!("{number:?}"))),
        (Value::F64(number), _) => out.write_str(&float(format!("{number:?}"))),
        (Value::String(text), _) => {
            write_quoted(text.as_bytes(), out);
            Ok(())
        }
        (Value::Bytes(bytes), _) => {
            write_quoted(bytes, out);
            Ok(())
        }
        (Value::Enum(number), Kind::Enum(id)) => match types.enumeration(id).name_of(*number) {
            Some(name) => out.write_str(name),
            None => write!(out, "{number}"),
        },
        (Value::Message(message), Kind::Message(id)) => {
            let mut inner = String::new();
            write_message(types, id, message, &mut inner);
            if inner.is_empty() { out.write_str("{}") } else { write!(out, "{{ {inner} }}") }
        }
        _ => Ok(()),
    };
}

/// Writes a string: printable characters of UTF-8 as they are, all others escaped.
fn write_quoted(bytes: &[u8], out: &mut String) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if crate::printable::is_hidden(c) => {
                    let mut buffer = [0; 4];
                    c.encode_utf8(&mut buffer).bytes().for_each(|byte| octal(byte, out));
                }
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|byte| octal(*byte, out));
    }
    out.push('"');
}

fn octal(byte: u8, out: &mut String) {
    let _ = write!(out, "\\{byte:03o}");
}

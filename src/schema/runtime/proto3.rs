//! Lowering of files with an edition to proto3, for generators without support for editions. In
//! contrast to [`super::pool`], everything without influence on the encoding is kept: options,
//! source info, comments, reserved ranges.

use super::dialect::{
    field_features, file_features, is_map_entry, is_singular_scalar, message_features,
};
use crate::schema::Features;
use crate::schema::descriptor::{
    DescriptorProto, FieldDescriptorProto, FieldPresence, FieldType, FileDescriptorProto, Label,
    MessageEncoding, RepeatedFieldEncoding,
};

/// The encoded `FieldOptions` of `[packed = false]` and `[packed = true]`.
const PACKED: [&[u8]; 2] = [&[0x10, 0], &[0x10, 1]];

/// Returns `file` as proto3 if it has an edition. Its features become declarations of proto3, or of
/// the descriptor where proto3 has none: required labels, groups, defaults. Extensions are left
/// out.
pub fn as_proto3(file: &FileDescriptorProto) -> Option<FileDescriptorProto> {
    if file.syntax() != "editions" {
        return None;
    }
    let features = file_features(file);
    let mut said = file.clone();
    said.syntax = Some("proto3".to_owned());
    said.edition = None;
    said.extension.clear();
    said.message_type.iter_mut().for_each(|it| message(it, file.package(), features));
    Some(said)
}

fn message(message: &mut DescriptorProto, scope: &str, parent: Features) {
    let features = message_features(parent, message);
    let name = match scope {
        "" => message.name().to_owned(),
        scope => format!("{scope}.{}", message.name()),
    };
    let entries: Vec<String> = message
        .nested_type
        .iter()
        .filter(|nested| is_map_entry(nested))
        .map(|entry| format!(".{name}.{}", entry.name()))
        .collect();
    let in_entry = is_map_entry(message);
    for it in &mut message.field {
        let is_map = entries.iter().any(|entry| entry == it.type_name());
        field(it, features, in_entry || is_map);
    }
    message.extension.clear();
    message.nested_type.iter_mut().for_each(|nested| self::message(nested, &name, features));
}

/// Lowers one field. `of_map` is true for maps, their keys and their values, whose encoding and
/// presence cannot vary.
fn field(field: &mut FieldDescriptorProto, parent: Features, of_map: bool) {
    let features = field_features(parent, field);
    if of_map {
        return;
    }
    if field.r#type() == FieldType::Message
        && features.message_encoding == MessageEncoding::Delimited
    {
        field.r#type = Some(FieldType::Group as i32);
    }
    if field.label() == Label::Repeated {
        let packed = features.repeated_field_encoding == RepeatedFieldEncoding::Packed;
        // Appended, because the last record of a field applies.
        let options = field.options.get_or_insert_default();
        options.extend_from_slice(PACKED[usize::from(packed)]);
    } else if field.oneof_index.is_none() {
        let presence = features.field_presence;
        let scalar = is_singular_scalar(field) && presence != FieldPresence::Implicit;
        match presence {
            FieldPresence::LegacyRequired => field.label = Some(Label::Required as i32),
            _ if scalar || field.r#type() == FieldType::Group => field.proto3_optional = Some(true),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "proto3_tests.rs"]
mod tests;

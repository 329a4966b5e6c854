//! The kind and the file of every type of a set, so that a reference is checked before
//! prost-reflect follows it.

use super::dialect::{self, Syntax, is_map_entry};
use crate::error::{Error, Result};
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldOptions, FieldType,
    FileDescriptorProto, Label,
};
use prost::Message;
use rustc_hash::FxHashMap;

/// All types of a set by full name, without the leading dot.
pub(super) struct Types<'a>(FxHashMap<String, Type<'a>>);

/// One type.
pub(super) struct Type<'a> {
    /// The path of its file.
    pub(super) file: &'a str,
    /// Its kind.
    pub(super) kind: Kind<'a>,
}

/// A message or an enum.
#[derive(Clone, Copy)]
pub(super) enum Kind<'a> {
    /// A message.
    Message {
        /// Whether it is the entry of a map.
        is_map_entry: bool,
    },
    /// An enum.
    Enum {
        /// The name of the first value, if lowering puts another one before it.
        displaced_default: Option<&'a str>,
    },
}

impl<'a> Types<'a> {
    pub(super) fn new(files: &[&'a FileDescriptorProto]) -> Result<Self> {
        let mut types = Types(FxHashMap::default());
        for file in files {
            let context = Context { file, syntax: dialect::syntax(file) };
            types.add_enums(file.package(), &file.enum_type, context);
            types.add_messages(file.package(), &file.message_type, context)?;
        }
        Ok(types)
    }

    /// Returns the type with the name `reference`, with or without the leading dot.
    pub(super) fn get(&self, reference: &str) -> Option<&Type<'a>> {
        self.0.get(reference.strip_prefix('.').unwrap_or(reference))
    }

    fn add_messages(
        &mut self,
        scope: &str,
        messages: &'a [DescriptorProto],
        context: Context<'a>,
    ) -> Result<()> {
        for message in messages {
            let name = full_name(scope, message.name());
            let is_map_entry = is_map_entry(message);
            if is_map_entry {
                check_map_entry(message).map_err(|why| {
                    let message = format!("`{name}` is marked as the entry of a map, but {why}");
                    Error::new(message).at(context.file.name())
                })?;
            }
            check_options(&name, message).map_err(|error| error.at(context.file.name()))?;
            self.add_enums(&name, &message.enum_type, context);
            self.add_messages(&name, &message.nested_type, context)?;
            let kind = Kind::Message { is_map_entry };
            self.0.insert(name, Type { file: context.file.name(), kind });
        }
        Ok(())
    }

    fn add_enums(&mut self, scope: &str, enums: &'a [EnumDescriptorProto], context: Context<'a>) {
        for enumeration in enums {
            let name = full_name(scope, enumeration.name());
            let displaced_default = dialect::displaced_default(enumeration, context.syntax);
            let kind = Kind::Enum { displaced_default };
            self.0.insert(name, Type { file: context.file.name(), kind });
        }
    }
}

#[derive(Clone, Copy)]
struct Context<'a> {
    file: &'a FileDescriptorProto,
    syntax: Syntax,
}

fn full_name(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// Checks the invariants of map entries, on which prost-reflect relies without a check.
fn check_map_entry(message: &DescriptorProto) -> Result<(), &'static str> {
    let [key, value] = message.field.as_slice() else { return Err("it has not two fields") };
    let plain = |field: &FieldDescriptorProto, number| {
        field.number() == number
            && field.label() != Label::Repeated
            && field.oneof_index.is_none()
            && field.r#type() != FieldType::Group
    };
    if !plain(key, 1) || !plain(value, 2) {
        return Err("its fields are not a key numbered 1 and a value numbered 2");
    }
    let key_is_scalar = !matches!(
        key.r#type(),
        FieldType::Double
            | FieldType::Float
            | FieldType::Bytes
            | FieldType::Enum
            | FieldType::Message
            | FieldType::Group
    );
    if key_is_scalar && key.type_name().is_empty() { Ok(()) } else { Err("no key has that type") }
}

/// The options that a lowered file keeps, encoded with the numbers of the standard
/// descriptor.proto. prost-reflect decodes them with the descriptor.proto of the set, and panics if
/// that differs.
const KEPT_OPTIONS: [(&str, i32); 3] = [
    ("google.protobuf.FieldOptions", 2),
    ("google.protobuf.MessageOptions", 7),
    ("google.protobuf.EnumOptions", 2),
];

fn check_options(name: &str, message: &DescriptorProto) -> Result<()> {
    let kept = KEPT_OPTIONS.iter().filter(|(options, _)| *options == name);
    for (_, number) in kept {
        let as_ever = |field: &FieldDescriptorProto| {
            field.number() == *number
                && field.r#type() == FieldType::Bool
                && field.label() == Label::Optional
        };
        if !message.field.iter().any(as_ever) {
            let message = format!("`{name}` is not the one of protobuf: field {number} is no bool");
            return Err(Error::new(message));
        }
    }
    Ok(())
}

/// Returns the `packed` option of `field`, which applies in proto2 and proto3.
pub(super) fn packed_option(field: &FieldDescriptorProto) -> Option<bool> {
    FieldOptions::decode(field.options.as_deref()?).ok()?.packed
}

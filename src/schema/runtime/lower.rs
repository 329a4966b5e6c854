//! The lowered copy of a file: proto2, or proto3 if a singular scalar has no presence. All features
//! are replaced by declarations of that syntax.

use super::Maps;
use super::dialect::{
    Syntax, displaced_default, field_features, file_features, is_map_entry, is_singular_scalar,
    message_features, syntax,
};
use super::types::{Kind, Types, packed_option};
use crate::error::{Error, Result};
use crate::schema::Features;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, ExtensionRange,
    FieldDescriptorProto, FieldOptions, FieldPresence, FieldType, FileDescriptorProto, Label,
    MessageEncoding, MessageOptions, MethodDescriptorProto, OneofDescriptorProto,
    RepeatedFieldEncoding, ServiceDescriptorProto,
};
use crate::schema::spelling::json_name;
use prost::Message;
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// The highest number of a field outside of message sets.
const MAX_NUMBER: i32 = (1 << 29) - 1;

/// Returns `file` lowered for prost-reflect; an error if it refers to a missing type.
pub(super) fn file(
    file: &FileDescriptorProto,
    types: &Types<'_>,
    maps: Maps,
) -> Result<FileDescriptorProto> {
    let features = file_features(file);
    let mut lower = Lower { file, types, maps, syntax: syntax(file), uses: BTreeSet::new() };
    let syntax = match lower.syntax {
        Syntax::Proto2 => "proto2",
        Syntax::Proto3 => "proto3",
    };
    Ok(FileDescriptorProto {
        name: file.name.clone(),
        package: file.package.clone(),
        syntax: Some(syntax.to_owned()),
        message_type: lower.messages(&file.message_type, features)?,
        enum_type: lower.enums(&file.enum_type),
        extension: lower.extensions(&file.extension, features)?,
        service: file.service.iter().map(|it| lower.service(it)).collect::<Result<_>>()?,
        dependency: lower.uses.iter().map(|&path| path.to_owned()).collect(),
        ..Default::default()
    })
}

struct Lower<'a> {
    file: &'a FileDescriptorProto,
    types: &'a Types<'a>,
    maps: Maps,
    syntax: Syntax,
    /// The files whose types are used. They become the imports: others are not needed, and
    /// prost-reflect does not follow public imports reliably.
    uses: BTreeSet<&'a str>,
}

impl<'a> Lower<'a> {
    fn messages(
        &mut self,
        messages: &[DescriptorProto],
        parent: Features,
    ) -> Result<Vec<DescriptorProto>> {
        messages.iter().map(|message| self.message(message, parent)).collect()
    }

    fn message(&mut self, message: &DescriptorProto, parent: Features) -> Result<DescriptorProto> {
        let features = self.inherit(parent, |parent| message_features(parent, message));
        let map_entry = is_map_entry(message);
        let options = MessageOptions { map_entry: Some(true), ..Default::default() };
        let bare_range = |range: &ExtensionRange| ExtensionRange { options: None, ..range.clone() };
        let bare_oneof =
            |oneof: &OneofDescriptorProto| OneofDescriptorProto { options: None, ..oneof.clone() };
        let fields = message.field.iter().map(|field| self.field(field, features, map_entry));
        let mut field = fields.collect::<Result<Vec<_>>>()?;
        self.disambiguate_names(&mut field);
        Ok(DescriptorProto {
            name: message.name.clone(),
            field,
            extension: self.extensions(&message.extension, features)?,
            nested_type: self.messages(&message.nested_type, features)?,
            enum_type: self.enums(&message.enum_type),
            extension_range: message.extension_range.iter().map(bare_range).collect(),
            oneof_decl: message.oneof_decl.iter().map(bare_oneof).collect(),
            options: (map_entry && self.maps == Maps::AsMaps).then(|| options.encode_to_vec()),
            ..Default::default()
        })
    }

    fn extensions(
        &mut self,
        extensions: &[FieldDescriptorProto],
        parent: Features,
    ) -> Result<Vec<FieldDescriptorProto>> {
        let expressible = extensions.iter().filter(|extension| extension.number() <= MAX_NUMBER);
        expressible
            .map(|extension| {
                let mut lowered = self.field(extension, parent, false)?;
                lowered.extendee = Some(self.message_reference(extension.extendee())?);
                lowered.oneof_index = None;
                lowered.proto3_optional = None;
                Ok(lowered)
            })
            .collect()
    }

    fn field(
        &mut self,
        field: &FieldDescriptorProto,
        parent: Features,
        in_map_entry: bool,
    ) -> Result<FieldDescriptorProto> {
        let features = self.inherit(parent, |parent| field_features(parent, field));
        let mut lowered = FieldDescriptorProto {
            name: field.name.clone(),
            number: field.number,
            label: Some(self.label(field, features) as i32),
            default_value: field.default_value.clone(),
            oneof_index: field.oneof_index,
            json_name: field.json_name.clone(),
            proto3_optional: self.proto3_optional(field, features),
            ..Default::default()
        };
        self.set_type(field, features, in_map_entry, &mut lowered)?;
        lowered.options = self.packed(&lowered, field, features).map(|packed| {
            FieldOptions { packed: Some(packed), ..Default::default() }.encode_to_vec()
        });
        Ok(lowered)
    }

    fn set_type(
        &mut self,
        field: &FieldDescriptorProto,
        features: Features,
        in_map_entry: bool,
        lowered: &mut FieldDescriptorProto,
    ) -> Result<()> {
        let declared = match field.r#type {
            Some(number) => Some(FieldType::try_from(number).map_err(|_| {
                self.error(format!("`{}` is of a type numbered {number}", field.name()))
            })?),
            None => None,
        };
        let named = self.named_type(field, declared)?;
        let r#type = match (declared, named) {
            (Some(FieldType::Group), Some(Kind::Message { .. })) => FieldType::Group,
            (_, Some(Kind::Message { is_map_entry })) => {
                let delimited = features.message_encoding == MessageEncoding::Delimited;
                let group = delimited && !is_map_entry && !in_map_entry;
                if group { FieldType::Group } else { FieldType::Message }
            }
            (_, Some(Kind::Enum { displaced_default })) => {
                if lowered.default_value.is_none() && lowered.label() != Label::Repeated {
                    lowered.default_value = displaced_default.map(str::to_owned);
                }
                FieldType::Enum
            }
            (declared, None) => declared.unwrap_or(FieldType::Double),
        };
        lowered.r#type = Some(r#type as i32);
        lowered.type_name = named.map(|_| absolute(field.type_name()));
        Ok(())
    }

    /// Returns the type that `field` refers to; none for a scalar.
    fn named_type(
        &mut self,
        field: &FieldDescriptorProto,
        declared: Option<FieldType>,
    ) -> Result<Option<Kind<'a>>> {
        let expected = match declared {
            None if field.type_name().is_empty() => return Err(self.untyped(field)),
            None => None,
            Some(FieldType::Message | FieldType::Group) => Some("a message"),
            Some(FieldType::Enum) => Some("an enum"),
            Some(_) => return Ok(None),
        };
        let found = self.reference(field.type_name())?;
        let is = match found {
            Kind::Message { .. } => "a message",
            Kind::Enum { .. } => "an enum",
        };
        if expected.is_some_and(|expected| expected != is) {
            let message =
                format!("`{}` takes `{}`, {is}, for another", field.name(), field.type_name());
            return Err(self.error(message));
        }
        Ok(Some(found))
    }

    fn label(&self, field: &FieldDescriptorProto, features: Features) -> Label {
        match field.label() {
            Label::Optional
                if self.is_edition()
                    && features.field_presence == FieldPresence::LegacyRequired
                    && field.oneof_index.is_none() =>
            {
                Label::Required
            }
            label => label,
        }
    }

    /// Returns whether the field has to be marked `optional`: proto3 requires it for presence,
    /// proto2 does not.
    fn proto3_optional(&self, field: &FieldDescriptorProto, features: Features) -> Option<bool> {
        if !self.is_edition() {
            return field.proto3_optional;
        }
        let explicit = features.field_presence != FieldPresence::Implicit;
        (self.syntax == Syntax::Proto3 && explicit && is_singular_scalar(field)).then_some(true)
    }

    fn packed(
        &self,
        lowered: &FieldDescriptorProto,
        field: &FieldDescriptorProto,
        features: Features,
    ) -> Option<bool> {
        use FieldType::{Bytes, Group, Message, String};
        let packable = lowered.label() == Label::Repeated
            && !matches!(lowered.r#type(), Bytes | Group | Message | String);
        let written = if self.is_edition() { None } else { packed_option(field) };
        let by_features = features.repeated_field_encoding == RepeatedFieldEncoding::Packed;
        packable.then(|| written.unwrap_or(by_features))
    }

    fn enums(&self, enums: &[EnumDescriptorProto]) -> Vec<EnumDescriptorProto> {
        enums.iter().map(|enumeration| self.enumeration(enumeration)).collect()
    }

    fn enumeration(&self, enumeration: &EnumDescriptorProto) -> EnumDescriptorProto {
        let bare = |value: &EnumValueDescriptorProto| EnumValueDescriptorProto {
            options: None,
            ..value.clone()
        };
        let mut value: Vec<_> = enumeration.value.iter().map(bare).collect();
        if displaced_default(enumeration, self.syntax).is_some() {
            let zero = match value.iter().position(|value| value.number() == 0) {
                Some(index) => value.remove(index),
                None => synthetic_zero(enumeration),
            };
            value.insert(0, zero);
        }
        let mut numbers = FxHashSet::default();
        let aliases = !value.iter().all(|value| numbers.insert(value.number()));
        let options = EnumOptions { allow_alias: Some(true), ..Default::default() };
        EnumDescriptorProto {
            name: enumeration.name.clone(),
            value,
            options: aliases.then(|| options.encode_to_vec()),
            ..Default::default()
        }
    }

    fn service(&mut self, service: &ServiceDescriptorProto) -> Result<ServiceDescriptorProto> {
        let methods = service.method.iter().map(|method| self.method(method));
        Ok(ServiceDescriptorProto {
            name: service.name.clone(),
            method: methods.collect::<Result<_>>()?,
            options: None,
        })
    }

    fn method(&mut self, method: &MethodDescriptorProto) -> Result<MethodDescriptorProto> {
        Ok(MethodDescriptorProto {
            input_type: Some(self.message_reference(method.input_type())?),
            output_type: Some(self.message_reference(method.output_type())?),
            options: None,
            ..method.clone()
        })
    }

    /// Makes names different that prost-reflect treats as equal: equal JSON names, and in proto3
    /// also names that differ only in case and underscores.
    fn disambiguate_names(&self, fields: &mut [FieldDescriptorProto]) {
        let mut json_names = FxHashSet::default();
        let mut folded_names = FxHashSet::default();
        for field in fields {
            let json_name = field.json_name.take().unwrap_or_else(|| json_name(field.name()));
            let unique = json_names.insert(json_name.clone());
            let number = field.number();
            let unique_name = if unique { json_name } else { format!("{json_name}~{number}") };
            field.json_name = Some(unique_name);
            let folded = field.name().replace('_', "").to_ascii_lowercase();
            if self.syntax == Syntax::Proto3 && !folded_names.insert(folded) {
                field.name = Some(format!("{}~{number}", field.name()));
            }
        }
    }

    fn message_reference(&mut self, name: &str) -> Result<String> {
        match self.reference(name)? {
            Kind::Message { .. } => Ok(absolute(name)),
            Kind::Enum { .. } => {
                Err(self.error(format!("`{name}` is an enum, and a message is needed")))
            }
        }
    }

    fn reference(&mut self, name: &str) -> Result<Kind<'a>> {
        let Some(found) = self.types.get(name) else {
            return Err(self
                .error(format!("`{name}` is not among the descriptors"))
                .help("a descriptor set needs its imports: `protoc --include_imports` adds them"));
        };
        if found.file != self.file.name() {
            self.uses.insert(found.file);
        }
        Ok(found.kind)
    }

    fn inherit(&self, parent: Features, own: impl Fn(Features) -> Features) -> Features {
        if self.is_edition() { own(parent) } else { parent }
    }

    fn is_edition(&self) -> bool {
        self.file.syntax() == "editions"
    }

    fn untyped(&self, field: &FieldDescriptorProto) -> Error {
        self.error(format!("`{}` has no type", field.name()))
    }

    fn error(&self, message: String) -> Error {
        Error::new(message).at(self.file.name())
    }
}

fn absolute(name: &str) -> String {
    if name.starts_with('.') { name.to_owned() } else { format!(".{name}") }
}

/// Returns a value with the number 0, which proto3 requires as the first of an enum. Its name
/// cannot occur in a schema.
fn synthetic_zero(enumeration: &EnumDescriptorProto) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(format!("{}~0", enumeration.name())),
        number: Some(0),
        options: None,
    }
}

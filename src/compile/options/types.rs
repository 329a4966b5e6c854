//! The types that options can use, prepared for interpretation: found by name, with the properties
//! of fields computed once.

use rustc_hash::FxHashMap;

use super::lookup::Lookup;
use crate::schema::descriptor::{
    self, EnumValueOptions, FeatureSupport, OptionTargetType, Utf8Validation,
};
use crate::schema::options::Kind;
use crate::schema::{self, Enum, Field, FieldKind, Message, Schema};

/// The messages, enums and extensions of a schema.
#[derive(Debug, Default)]
pub(super) struct Types {
    messages: Vec<MessageType>,
    enums: Vec<EnumType>,
    extensions: Vec<FieldType>,
    names: FxHashMap<String, Name>,
    /// The import paths of the files.
    files: Vec<String>,
    /// The options message of each [`Kind`], if descriptor.proto has it.
    options: [Option<u32>; Kind::ALL.len()],
}

/// The element with a full name, by position.
#[derive(Clone, Copy, Debug)]
enum Name {
    Message(u32),
    Enum(u32),
    Extension(u32),
    /// A message, and a field of it.
    Field(u32, u32),
}

/// `feature_support`, which most fields do not have.
pub(super) type Support = Option<Box<FeatureSupport>>;

#[derive(Debug)]
pub(super) struct MessageType {
    pub(super) full_name: String,
    pub(super) fields: Vec<FieldType>,
    by_name: Lookup,
    /// The positions of the fields that are required.
    required: Vec<u32>,
    /// The position in [`Types`], to compare with a field's container.
    index: u32,
}

#[derive(Debug)]
pub(super) struct EnumType {
    pub(super) full_name: String,
    pub(super) values: Vec<EnumValueType>,
    by_name: Lookup,
    by_number: Lookup,
}

#[derive(Debug)]
pub(super) struct EnumValueType {
    pub(super) name: String,
    pub(super) number: i32,
    pub(super) support: Support,
}

/// A field or an extension.
#[derive(Debug)]
pub(super) struct FieldType {
    /// The simple name of a field; the full name of an extension.
    pub(super) name: String,
    pub(super) number: i32,
    pub(super) value_type: ValueType,
    pub(super) is_extension: bool,
    pub(super) is_repeated: bool,
    pub(super) is_packed: bool,
    pub(super) is_delimited: bool,
    pub(super) is_required: bool,
    /// Whether its strings must be UTF-8.
    pub(super) is_utf8: bool,
    /// The oneof it belongs to, by position and name.
    pub(super) oneof: Option<(i32, String)>,
    pub(super) support: Support,
    /// The declaring file.
    pub(super) file: u32,
    /// A bit for every [`OptionTargetType`] that it is limited to; 0 for no limit.
    targets: u16,
    /// The message that contains or is extended by it.
    container: Option<u32>,
}

/// The type of a field's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum ValueType {
    Scalar(descriptor::FieldType),
    Message(u32),
    Enum(u32),
    /// A type that was not found, which is reported elsewhere.
    Unknown,
}

impl Types {
    /// Returns the types of `schema`, whose built-in options are interpreted.
    pub(super) fn new(schema: &Schema) -> Self {
        let mut types = Types::default();
        types.collect_names(schema);
        types.messages = schema.messages().map(|message| types.message_type(message)).collect();
        types.enums = schema.enums().map(enum_type).collect();
        types.extensions = schema.extensions().map(|field| types.field_type(field)).collect();
        types.options = Kind::ALL.map(|kind| types.message_index(kind.options_type()));
        types
    }

    /// Returns the options message of an element.
    pub(super) fn options(&self, kind: Kind) -> Option<&MessageType> {
        self.options[kind as usize].map(|index| self.message(index))
    }

    pub(super) fn message(&self, index: u32) -> &MessageType {
        &self.messages[index as usize]
    }

    pub(super) fn enumeration(&self, index: u32) -> &EnumType {
        &self.enums[index as usize]
    }

    pub(super) fn extensions(&self) -> &[FieldType] {
        &self.extensions
    }

    /// Returns the field or the extension with the full name `name`.
    pub(super) fn field_named(&self, name: &str) -> Option<&FieldType> {
        match *self.names.get(name)? {
            Name::Extension(index) => Some(&self.extensions[index as usize]),
            Name::Field(message, index) => {
                Some(&self.messages[message as usize].fields[index as usize])
            }
            _ => None,
        }
    }

    /// Returns the message with the full name `name`.
    pub(super) fn message_named(&self, name: &str) -> Option<&MessageType> {
        self.message_index(name).map(|index| self.message(index))
    }

    /// Returns the import path of a file.
    pub(super) fn path(&self, file: u32) -> &str {
        &self.files[file as usize]
    }

    /// Returns the message that contains or is extended by `field`.
    pub(super) fn container(&self, field: &FieldType) -> Option<&MessageType> {
        field.container.map(|index| self.message(index))
    }

    fn collect_names(&mut self, schema: &Schema) {
        self.files = schema.files().map(|file| file.path().to_owned()).collect();
        for (index, message) in (0..).zip(schema.messages()) {
            self.insert(message.full_name(), Name::Message(index));
            for (position, field) in (0..).zip(message.fields()) {
                self.insert(&field.full_name(), Name::Field(index, position));
            }
        }
        for (index, enumeration) in (0..).zip(schema.enums()) {
            self.insert(enumeration.full_name(), Name::Enum(index));
        }
        for (index, extension) in (0..).zip(schema.extensions()) {
            self.insert(&extension.full_name(), Name::Extension(index));
        }
    }

    fn insert(&mut self, full_name: &str, name: Name) {
        self.names.entry(full_name.to_owned()).or_insert(name);
    }

    fn message_index(&self, name: &str) -> Option<u32> {
        match *self.names.get(name)? {
            Name::Message(index) => Some(index),
            _ => None,
        }
    }

    fn message_type(&self, message: Message<'_>) -> MessageType {
        let fields: Vec<_> = message.fields().map(|field| self.field_type(field)).collect();
        let required = (0..).zip(&fields).filter(|(_, field)| field.is_required);
        MessageType {
            full_name: message.full_name().to_owned(),
            required: required.map(|(index, _)| index).collect(),
            fields,
            by_name: Lookup::default(),
            index: self.message_index(message.full_name()).unwrap_or(u32::MAX),
        }
    }

    fn field_type(&self, field: Field<'_>) -> FieldType {
        let has_options = field.proto().options.is_some();
        let options = if has_options { field.options() } else { Default::default() };
        let container = match field.container() {
            schema::Container::Message(message) if !field.is_extension() => message.full_name(),
            _ => field.extendee(),
        };
        let is_extension = field.is_extension();
        FieldType {
            name: if is_extension { field.full_name() } else { field.name().to_owned() },
            number: field.number(),
            value_type: self.value_type(field),
            is_extension,
            is_repeated: field.is_repeated(),
            is_packed: field.is_packed(),
            is_delimited: field.is_delimited(),
            is_required: field.is_required(),
            is_utf8: field.features().utf8_validation == Utf8Validation::Verify,
            oneof: field
                .oneof()
                .map(|oneof| (field.proto().oneof_index(), oneof.name().to_owned())),
            support: options.feature_support.map(Box::new),
            file: field.file().index() as u32,
            targets: options.targets.iter().fold(0, |targets, target| targets | bit(*target)),
            container: self.message_index(container),
        }
    }

    fn value_type(&self, field: Field<'_>) -> ValueType {
        match field.kind() {
            FieldKind::Scalar(scalar) => ValueType::Scalar(scalar),
            FieldKind::Message(_) | FieldKind::Enum(_) => match self.names.get(field.type_name()) {
                Some(Name::Message(index)) => ValueType::Message(*index),
                Some(Name::Enum(index)) => ValueType::Enum(*index),
                _ => ValueType::Unknown,
            },
            FieldKind::Missing => ValueType::Unknown,
        }
    }
}

fn enum_type(enumeration: Enum<'_>) -> EnumType {
    let values = enumeration.values().map(|value| {
        let options: EnumValueOptions = match value.proto().options {
            Some(_) => value.options(),
            None => Default::default(),
        };
        let (name, number) = (value.name().to_owned(), value.number());
        EnumValueType { name, number, support: options.feature_support.map(Box::new) }
    });
    EnumType {
        full_name: enumeration.full_name().to_owned(),
        values: values.collect(),
        by_name: Lookup::default(),
        by_number: Lookup::default(),
    }
}

/// Returns the bit of a target. `TARGET_TYPE_UNKNOWN` has none.
fn bit(target: i32) -> u16 {
    match u32::try_from(target) {
        Ok(target @ 1..=15) => 1 << target,
        _ => 0,
    }
}

impl MessageType {
    /// Returns the field named `name`, extensions excepted.
    pub(super) fn field(&self, name: &str) -> Option<&FieldType> {
        self.by_name.find(&self.fields, |field| field.name.as_str(), name)
    }

    /// Returns the required fields.
    pub(super) fn required(&self) -> impl Iterator<Item = &FieldType> {
        self.required.iter().map(|index| &self.fields[*index as usize])
    }

    /// Whether `field` is one of its fields or extends it.
    pub(super) fn has(&self, field: &FieldType) -> bool {
        field.container == Some(self.index)
    }

    /// Whether it is `google.protobuf.Any`.
    pub(super) fn is_any(&self) -> bool {
        self.full_name == "google.protobuf.Any"
    }
}

impl EnumType {
    /// Returns the value named `name`.
    pub(super) fn value(&self, name: &str) -> Option<&EnumValueType> {
        self.by_name.find(&self.values, |value| value.name.as_str(), name)
    }

    /// Returns the first value with the number `number`.
    pub(super) fn numbered(&self, number: i32) -> Option<&EnumValueType> {
        self.by_number.find(&self.values, |value| &value.number, &number)
    }
}

impl FieldType {
    /// Whether it may be set on an element of this kind.
    pub(super) fn may_target(&self, kind: Kind) -> bool {
        self.targets == 0 || self.targets & bit(kind.target() as i32) != 0
    }

    /// Returns its name as written in an option.
    pub(super) fn written(&self) -> String {
        if self.is_extension { format!("({})", self.name) } else { self.name.clone() }
    }

    /// Describes the elements that it may be set on.
    pub(super) fn targets(&self) -> String {
        let allowed = Kind::ALL.into_iter().filter(|kind| self.may_target(*kind));
        let names: Vec<_> = allowed.map(|kind| kind.target().noun()).collect();
        names.join(", ")
    }
}

impl OptionTargetType {
    fn noun(self) -> &'static str {
        match self {
            OptionTargetType::TargetTypeUnknown => "nothing",
            OptionTargetType::TargetTypeFile => "files",
            OptionTargetType::TargetTypeExtensionRange => "extension ranges",
            OptionTargetType::TargetTypeMessage => "messages",
            OptionTargetType::TargetTypeField => "fields",
            OptionTargetType::TargetTypeOneof => "oneofs",
            OptionTargetType::TargetTypeEnum => "enums",
            OptionTargetType::TargetTypeEnumEntry => "enum values",
            OptionTargetType::TargetTypeService => "services",
            OptionTargetType::TargetTypeMethod => "methods",
        }
    }
}

//! The choice of the older syntax that a file is lowered to, and the features as they apply to it.

use crate::schema::Features;
use crate::schema::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, FeatureSet, FieldDescriptorProto, FieldOptions,
    FieldPresence, FieldType, FileDescriptorProto, FileOptions, Label, MessageOptions,
};
use prost::Message;

/// The syntax of a lowered file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Proto2,
    Proto3,
}

/// Returns the syntax that can express `file`: its own; for an edition, proto3 if a singular scalar
/// has no presence, which proto2 cannot express, else proto2.
pub(super) fn syntax(file: &FileDescriptorProto) -> Syntax {
    let features = file_features(file);
    match edition(file) {
        Edition::Proto2 => Syntax::Proto2,
        Edition::Proto3 => Syntax::Proto3,
        _ if file.message_type.iter().any(|message| any_implicit(message, features)) => {
            Syntax::Proto3
        }
        _ => Syntax::Proto2,
    }
}

/// Returns the name of the first value of `enumeration` if the syntax does not allow it as the
/// first.
pub(super) fn displaced_default(enumeration: &EnumDescriptorProto, syntax: Syntax) -> Option<&str> {
    let first = enumeration.value.first()?;
    (syntax == Syntax::Proto3 && first.number() != 0).then(|| first.name())
}

fn edition(file: &FileDescriptorProto) -> Edition {
    match file.syntax() {
        "editions" => Edition::try_from(file.edition.unwrap_or(0)).unwrap_or(Edition::E2024),
        "proto3" => Edition::Proto3,
        _ => Edition::Proto2,
    }
}

pub(super) fn file_features(file: &FileDescriptorProto) -> Features {
    let features = Features::of_edition(edition(file));
    if file.syntax() != "editions" {
        return features;
    }
    inherit(features, file.options.as_deref(), |options: FileOptions| options.features)
}

/// Returns the features of an element whose parent has the features `parent`. Options that do not
/// decode (only an image can contain them) set nothing.
fn inherit<O: Message + Default>(
    parent: Features,
    options: Option<&[u8]>,
    features: impl Fn(O) -> Option<FeatureSet>,
) -> Features {
    let set = options.and_then(|bytes| O::decode(bytes).ok()).and_then(features);
    set.map_or(parent, |set| parent.overridden_by(&set))
}

pub(super) fn message_features(parent: Features, message: &DescriptorProto) -> Features {
    inherit(parent, message.options.as_deref(), |options: MessageOptions| options.features)
}

pub(super) fn field_features(parent: Features, field: &FieldDescriptorProto) -> Features {
    inherit(parent, field.options.as_deref(), |options: FieldOptions| options.features)
}

/// Whether a field of `message`, or of a message nested in it, is a singular scalar without
/// presence. The fields of map entries do not count: their presence has no meaning.
fn any_implicit(message: &DescriptorProto, parent: Features) -> bool {
    let features = message_features(parent, message);
    let implicit = |field: &FieldDescriptorProto| {
        is_singular_scalar(field)
            && field_features(features, field).field_presence == FieldPresence::Implicit
    };
    !is_map_entry(message)
        && (message.field.iter().any(implicit)
            || message.nested_type.iter().any(|nested| any_implicit(nested, features)))
}

/// Whether presence depends on the features: not in lists, oneofs and messages.
pub(super) fn is_singular_scalar(field: &FieldDescriptorProto) -> bool {
    field.label() != Label::Repeated
        && field.oneof_index.is_none()
        && !matches!(field.r#type(), FieldType::Message | FieldType::Group)
}

/// Whether `message` is the entry of a map.
pub(super) fn is_map_entry(message: &DescriptorProto) -> bool {
    let options = message.options.as_deref().and_then(|bytes| MessageOptions::decode(bytes).ok());
    options.is_some_and(|options| options.map_entry())
}

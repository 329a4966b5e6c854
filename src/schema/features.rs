//! Resolved features. proto2 and proto3 are rows of the same table as the editions, so that rules
//! use the features and never the syntax. The rows are the `edition_defaults` of descriptor.proto,
//! cpp_features.proto and java_features.proto.

use super::descriptor::{
    CppStringType, Edition, EnumType, FeatureSet, FieldPresence, JavaUtf8Validation, JsonFormat,
    MessageEncoding, RepeatedFieldEncoding, Utf8Validation,
};

/// The resolved features of an element, every one set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Whether a singular scalar field has presence.
    pub field_presence: FieldPresence,
    /// Whether an enum is open, that is, keeps unlisted numbers.
    pub enum_type: EnumType,
    /// Whether repeated scalars are packed.
    pub repeated_field_encoding: RepeatedFieldEncoding,
    /// Whether strings must be valid UTF-8.
    pub utf8_validation: Utf8Validation,
    /// Whether messages are length-prefixed or delimited by group tags.
    pub message_encoding: MessageEncoding,
    /// Whether JSON is supported, or only on a best-effort basis.
    pub json_format: JsonFormat,
    /// `(pb.cpp).string_type`.
    pub cpp_string_type: CppStringType,
    /// `(pb.java).utf8_validation`.
    pub java_utf8_validation: JavaUtf8Validation,
}

const PROTO2: Features = Features {
    field_presence: FieldPresence::Explicit,
    enum_type: EnumType::Closed,
    repeated_field_encoding: RepeatedFieldEncoding::Expanded,
    utf8_validation: Utf8Validation::None,
    message_encoding: MessageEncoding::LengthPrefixed,
    json_format: JsonFormat::LegacyBestEffort,
    cpp_string_type: CppStringType::String,
    java_utf8_validation: JavaUtf8Validation::Default,
};

const PROTO3: Features = Features {
    field_presence: FieldPresence::Implicit,
    enum_type: EnumType::Open,
    repeated_field_encoding: RepeatedFieldEncoding::Packed,
    utf8_validation: Utf8Validation::Verify,
    json_format: JsonFormat::Allow,
    ..PROTO2
};

const E2023: Features = Features { field_presence: FieldPresence::Explicit, ..PROTO3 };

const E2024: Features = Features { cpp_string_type: CppStringType::View, ..E2023 };

impl Features {
    /// Returns the defaults of `edition`. An unknown edition gets those of the newest known one.
    pub fn of_edition(edition: Edition) -> Self {
        match edition {
            Edition::Proto3 => PROTO3,
            Edition::E2023 => E2023,
            e if e < Edition::E2023 => PROTO2,
            _ => E2024,
        }
    }

    /// Returns these features with the ones in `set` replaced. Unknown and unset values change
    /// nothing.
    #[must_use]
    pub fn overridden_by(mut self, set: &FeatureSet) -> Self {
        fn assign<E: TryFrom<i32> + PartialEq + Default>(slot: &mut E, value: Option<i32>) {
            if let Some(value) = value.and_then(|v| E::try_from(v).ok())
                && value != E::default()
            {
                *slot = value;
            }
        }
        assign(&mut self.field_presence, set.field_presence);
        assign(&mut self.enum_type, set.enum_type);
        assign(&mut self.repeated_field_encoding, set.repeated_field_encoding);
        assign(&mut self.utf8_validation, set.utf8_validation);
        assign(&mut self.message_encoding, set.message_encoding);
        assign(&mut self.json_format, set.json_format);
        assign(&mut self.cpp_string_type, set.cpp.as_ref().and_then(|cpp| cpp.string_type));
        let java = set.java.as_ref().and_then(|java| java.utf8_validation);
        assign(&mut self.java_utf8_validation, java);
        self
    }
}

//! The field numbers of descriptor.proto, for descriptor paths and the wire format. The modules are
//! named after its messages, the constants after their fields.

/// Declares the field numbers of messages.
macro_rules! tags {
    ($($(#[$doc:meta])* $module:ident: $message:literal { $($field:ident = $number:literal,)* })*) => {
        $(
            $(#[$doc])*
            pub(crate) mod $module {
                $(pub(crate) const $field: i32 = $number;)*
            }
        )*

        #[cfg(test)]
        const ALL: &[(&str, &str, i32)] =
            &[$($(($message, stringify!($field), $number),)*)*];
    };
}

/// The number of `name` in every descriptor.
pub(crate) const NAME: i32 = 1;

/// The number of `uninterpreted_option` in every options message.
pub(crate) const UNINTERPRETED_OPTION: i32 = 999;

tags! {
    file_set: "FileDescriptorSet" {
        FILE = 1,
    }
    file: "FileDescriptorProto" {
        PACKAGE = 2,
        DEPENDENCY = 3,
        MESSAGE_TYPE = 4,
        ENUM_TYPE = 5,
        SERVICE = 6,
        EXTENSION = 7,
        OPTIONS = 8,
        SOURCE_CODE_INFO = 9,
        PUBLIC_DEPENDENCY = 10,
        WEAK_DEPENDENCY = 11,
        SYNTAX = 12,
        OPTION_DEPENDENCY = 15,
    }
    message: "DescriptorProto" {
        FIELD = 2,
        NESTED_TYPE = 3,
        ENUM_TYPE = 4,
        EXTENSION_RANGE = 5,
        EXTENSION = 6,
        OPTIONS = 7,
        ONEOF_DECL = 8,
        RESERVED_RANGE = 9,
        RESERVED_NAME = 10,
    }
    field: "FieldDescriptorProto" {
        EXTENDEE = 2,
        NUMBER = 3,
        LABEL = 4,
        TYPE = 5,
        TYPE_NAME = 6,
        DEFAULT_VALUE = 7,
        OPTIONS = 8,
        JSON_NAME = 10,
    }
    oneof: "OneofDescriptorProto" {
        OPTIONS = 2,
    }
    extension_range: "DescriptorProto.ExtensionRange" {
        OPTIONS = 3,
    }
    enumeration: "EnumDescriptorProto" {
        VALUE = 2,
        OPTIONS = 3,
        RESERVED_RANGE = 4,
        RESERVED_NAME = 5,
    }
    enum_value: "EnumValueDescriptorProto" {
        NUMBER = 2,
        OPTIONS = 3,
    }
    service: "ServiceDescriptorProto" {
        METHOD = 2,
        OPTIONS = 3,
    }
    method: "MethodDescriptorProto" {
        INPUT_TYPE = 2,
        OUTPUT_TYPE = 3,
        OPTIONS = 4,
    }
    file_options: "FileOptions" {
        JAVA_PACKAGE = 1,
        JAVA_OUTER_CLASSNAME = 8,
        OPTIMIZE_FOR = 9,
        JAVA_MULTIPLE_FILES = 10,
        GO_PACKAGE = 11,
        CC_GENERIC_SERVICES = 16,
        JAVA_GENERIC_SERVICES = 17,
        PY_GENERIC_SERVICES = 18,
        JAVA_STRING_CHECK_UTF8 = 27,
        CC_ENABLE_ARENAS = 31,
        OBJC_CLASS_PREFIX = 36,
        CSHARP_NAMESPACE = 37,
        SWIFT_PREFIX = 39,
        PHP_CLASS_PREFIX = 40,
        PHP_NAMESPACE = 41,
        PHP_METADATA_NAMESPACE = 44,
        RUBY_PACKAGE = 45,
    }
    message_options: "MessageOptions" {
        MESSAGE_SET_WIRE_FORMAT = 1,
        NO_STANDARD_DESCRIPTOR_ACCESSOR = 2,
        FEATURES = 12,
    }
    field_options: "FieldOptions" {
        CTYPE = 1,
        PACKED = 2,
        LAZY = 5,
        JSTYPE = 6,
        UNVERIFIED_LAZY = 15,
        FEATURES = 21,
    }
    enum_options: "EnumOptions" {
        ALLOW_ALIAS = 2,
        FEATURES = 7,
    }
    method_options: "MethodOptions" {
        IDEMPOTENCY_LEVEL = 34,
    }
    feature_set: "FeatureSet" {
        ENUM_TYPE = 2,
        UTF8_VALIDATION = 4,
        JSON_FORMAT = 6,
    }
    uninterpreted_option: "UninterpretedOption" {
        NAME = 2,
        IDENTIFIER_VALUE = 3,
        POSITIVE_INT_VALUE = 4,
        NEGATIVE_INT_VALUE = 5,
        DOUBLE_VALUE = 6,
        STRING_VALUE = 7,
        AGGREGATE_VALUE = 8,
    }
    name_part: "UninterpretedOption.NamePart" {
        NAME_PART = 1,
        IS_EXTENSION = 2,
    }
    source_code_info: "SourceCodeInfo" {
        LOCATION = 1,
    }
    location: "SourceCodeInfo.Location" {
        PATH = 1,
        SPAN = 2,
        LEADING_COMMENTS = 3,
        TRAILING_COMMENTS = 4,
        LEADING_DETACHED_COMMENTS = 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::descriptor::DescriptorProto;
    use crate::schema::well_known;

    #[test]
    fn the_numbers_are_those_of_descriptor_proto() {
        let descriptor = well_known::file("google/protobuf/descriptor.proto").expect("it is there");
        let number = |message: &str, name: &str| {
            let mut list = &descriptor.message_type;
            let mut found: Option<&DescriptorProto> = None;
            for part in message.split('.') {
                found = list.iter().find(|message| message.name() == part);
                list = &found?.nested_type;
            }
            Some(found?.field.iter().find(|field| field.name() == name)?.number())
        };
        for (message, name, expected) in ALL {
            assert_eq!(number(message, &name.to_lowercase()), Some(*expected), "{message}.{name}");
        }
        for message in &descriptor.message_type {
            if message.name().ends_with("DescriptorProto") {
                assert_eq!(number(message.name(), "name"), Some(NAME));
            }
            if message.name().ends_with("Options") {
                let uninterpreted = number(message.name(), "uninterpreted_option");
                assert_eq!(uninterpreted, Some(UNINTERPRETED_OPTION), "{}", message.name());
            }
        }
    }
}

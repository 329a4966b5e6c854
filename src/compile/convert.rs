//! Converts the parser's descriptors to those of this crate: options are encoded, everything else
//! is moved. Option ranges, map entries and synthetic oneofs stay as the parser generated them.

use prost_types as parsed;

use super::float_text;
use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumReservedRange, EnumValueDescriptorProto,
    ExtensionRange, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    OneofDescriptorProto, ReservedRange, ServiceDescriptorProto,
};

/// Converts a file, without its source info.
pub(super) fn file(file: parsed::FileDescriptorProto) -> FileDescriptorProto {
    FileDescriptorProto {
        name: file.name,
        package: file.package,
        dependency: file.dependency,
        public_dependency: file.public_dependency,
        weak_dependency: file.weak_dependency,
        option_dependency: Vec::new(),
        message_type: all(file.message_type, message),
        enum_type: all(file.enum_type, enumeration),
        service: all(file.service, service),
        extension: all(file.extension, field),
        options: bytes(file.options.as_ref()),
        source_code_info: None,
        syntax: file.syntax,
        edition: None,
        buf_image_file: None,
    }
}

fn message(message: parsed::DescriptorProto) -> DescriptorProto {
    DescriptorProto {
        name: message.name,
        field: all(message.field, field),
        extension: all(message.extension, field),
        nested_type: all(message.nested_type, self::message),
        enum_type: all(message.enum_type, enumeration),
        extension_range: all(message.extension_range, |range| ExtensionRange {
            start: range.start,
            end: range.end,
            options: bytes(range.options.as_ref()),
        }),
        oneof_decl: all(message.oneof_decl, |oneof| OneofDescriptorProto {
            name: oneof.name,
            options: bytes(oneof.options.as_ref()),
        }),
        options: bytes(message.options.as_ref()),
        reserved_range: all(message.reserved_range, |range| ReservedRange {
            start: range.start,
            end: range.end,
        }),
        reserved_name: message.reserved_name,
        visibility: None,
    }
}

fn field(field: parsed::FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: field.name,
        number: field.number,
        label: field.label,
        r#type: field.r#type,
        default_value: field.default_value.map(|text| float_text::rewrite(field.r#type, text)),
        type_name: field.type_name,
        extendee: field.extendee,
        oneof_index: field.oneof_index,
        json_name: field.json_name,
        options: bytes(field.options.as_ref()),
        proto3_optional: field.proto3_optional,
    }
}

fn enumeration(enumeration: parsed::EnumDescriptorProto) -> EnumDescriptorProto {
    EnumDescriptorProto {
        name: enumeration.name,
        value: all(enumeration.value, |value| EnumValueDescriptorProto {
            name: value.name,
            number: value.number,
            options: bytes(value.options.as_ref()),
        }),
        options: bytes(enumeration.options.as_ref()),
        reserved_range: all(enumeration.reserved_range, |range| EnumReservedRange {
            start: range.start,
            end: range.end,
        }),
        reserved_name: enumeration.reserved_name,
        visibility: None,
    }
}

fn service(service: parsed::ServiceDescriptorProto) -> ServiceDescriptorProto {
    ServiceDescriptorProto {
        name: service.name,
        method: all(service.method, |method| MethodDescriptorProto {
            name: method.name,
            input_type: method.input_type,
            output_type: method.output_type,
            options: bytes(method.options.as_ref()),
            client_streaming: method.client_streaming,
            server_streaming: method.server_streaming,
        }),
        options: bytes(service.options.as_ref()),
    }
}

fn all<A, B>(items: Vec<A>, convert: impl Fn(A) -> B) -> Vec<B> {
    items.into_iter().map(convert).collect()
}

fn bytes(options: Option<&impl prost::Message>) -> Option<Vec<u8>> {
    options.map(prost::Message::encode_to_vec)
}

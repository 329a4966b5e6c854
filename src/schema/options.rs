//! Traversal of all elements of a file that can have options, in the order of descriptor.proto.

use crate::schema::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    OptionTargetType, ServiceDescriptorProto,
};
use crate::schema::tag;

/// A kind of element, distinguished by the type of its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Message,
    Field,
    Oneof,
    ExtensionRange,
    Enum,
    EnumValue,
    Service,
    Method,
}

impl Kind {
    /// All kinds; the index of each is its discriminant.
    pub(crate) const ALL: [Kind; 9] = [
        Kind::File,
        Kind::Message,
        Kind::Field,
        Kind::Oneof,
        Kind::ExtensionRange,
        Kind::Enum,
        Kind::EnumValue,
        Kind::Service,
        Kind::Method,
    ];

    /// Returns the name of the message type of its options.
    pub(crate) fn options_type(self) -> &'static str {
        match self {
            Kind::File => "google.protobuf.FileOptions",
            Kind::Message => "google.protobuf.MessageOptions",
            Kind::Field => "google.protobuf.FieldOptions",
            Kind::Oneof => "google.protobuf.OneofOptions",
            Kind::ExtensionRange => "google.protobuf.ExtensionRangeOptions",
            Kind::Enum => "google.protobuf.EnumOptions",
            Kind::EnumValue => "google.protobuf.EnumValueOptions",
            Kind::Service => "google.protobuf.ServiceOptions",
            Kind::Method => "google.protobuf.MethodOptions",
        }
    }

    /// Returns its value in the `targets` of an option.
    pub(crate) fn target(self) -> OptionTargetType {
        match self {
            Kind::File => OptionTargetType::TargetTypeFile,
            Kind::Message => OptionTargetType::TargetTypeMessage,
            Kind::Field => OptionTargetType::TargetTypeField,
            Kind::Oneof => OptionTargetType::TargetTypeOneof,
            Kind::ExtensionRange => OptionTargetType::TargetTypeExtensionRange,
            Kind::Enum => OptionTargetType::TargetTypeEnum,
            Kind::EnumValue => OptionTargetType::TargetTypeEnumEntry,
            Kind::Service => OptionTargetType::TargetTypeService,
            Kind::Method => OptionTargetType::TargetTypeMethod,
        }
    }

    /// Returns the number of `options` in its descriptor.
    fn tag(self) -> i32 {
        match self {
            Kind::File => tag::file::OPTIONS,
            Kind::Message => tag::message::OPTIONS,
            Kind::Field => tag::field::OPTIONS,
            Kind::Oneof => tag::oneof::OPTIONS,
            Kind::ExtensionRange => tag::extension_range::OPTIONS,
            Kind::Enum => tag::enumeration::OPTIONS,
            Kind::EnumValue => tag::enum_value::OPTIONS,
            Kind::Service => tag::service::OPTIONS,
            Kind::Method => tag::method::OPTIONS,
        }
    }
}

/// The visitor of options: it gets the kind of the element, the path and the bytes of the options,
/// and returns whether the element still has options.
type Visit<'v> = dyn FnMut(Kind, &[i32], &mut Vec<u8>) -> bool + 'v;

/// Calls `visit` for every element of `file` that has options.
pub(crate) fn each_options(file: &mut FileDescriptorProto, visit: &mut Visit<'_>) {
    let mut walk = Walk { path: Vec::with_capacity(16), visit };
    walk.options(Kind::File, &mut file.options);
    walk.each(tag::file::MESSAGE_TYPE, &mut file.message_type, Walk::message);
    walk.each(tag::file::ENUM_TYPE, &mut file.enum_type, Walk::enumeration);
    walk.each(tag::file::SERVICE, &mut file.service, Walk::service);
    walk.each(tag::file::EXTENSION, &mut file.extension, Walk::field);
}

struct Walk<'w, 'v> {
    path: Vec<i32>,
    visit: &'w mut Visit<'v>,
}

impl Walk<'_, '_> {
    fn options(&mut self, kind: Kind, options: &mut Option<Vec<u8>>) {
        self.path.push(kind.tag());
        options.take_if(|options| !(self.visit)(kind, &self.path, options));
        self.path.pop();
    }

    fn each<T>(&mut self, tag: i32, elements: &mut [T], enter: impl Fn(&mut Self, &mut T)) {
        for (index, element) in elements.iter_mut().enumerate() {
            self.path.extend([tag, index as i32]);
            enter(self, element);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn message(&mut self, message: &mut DescriptorProto) {
        self.options(Kind::Message, &mut message.options);
        self.each(tag::message::FIELD, &mut message.field, Walk::field);
        self.each(tag::message::NESTED_TYPE, &mut message.nested_type, Walk::message);
        self.each(tag::message::ENUM_TYPE, &mut message.enum_type, Walk::enumeration);
        self.each(tag::message::EXTENSION_RANGE, &mut message.extension_range, |walk, range| {
            walk.options(Kind::ExtensionRange, &mut range.options);
        });
        self.each(tag::message::EXTENSION, &mut message.extension, Walk::field);
        self.each(tag::message::ONEOF_DECL, &mut message.oneof_decl, |walk, oneof| {
            walk.options(Kind::Oneof, &mut oneof.options);
        });
    }

    fn field(&mut self, field: &mut FieldDescriptorProto) {
        self.options(Kind::Field, &mut field.options);
    }

    fn enumeration(&mut self, enumeration: &mut EnumDescriptorProto) {
        self.options(Kind::Enum, &mut enumeration.options);
        self.each(tag::enumeration::VALUE, &mut enumeration.value, |walk, value| {
            walk.options(Kind::EnumValue, &mut value.options);
        });
    }

    fn service(&mut self, service: &mut ServiceDescriptorProto) {
        self.options(Kind::Service, &mut service.options);
        self.each(tag::service::METHOD, &mut service.method, |walk, method| {
            walk.options(Kind::Method, &mut method.options);
        });
    }
}

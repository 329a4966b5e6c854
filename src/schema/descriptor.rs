//! The types of `google/protobuf/descriptor.proto` (protobuf 34, editions included). Every
//! `options` field and the source code info are kept as bytes, so that a descriptor that is decoded
//! and encoded again is byte for byte the same and unknown options survive. The `*Options` types
//! decode those bytes. Field 8042 is buf's own record in its images.
#![allow(missing_docs, reason = "the fields are documented in descriptor.proto itself")]

/// A set of files; an image in the terms of buf.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FileDescriptorSet {
    #[prost(message, repeated, tag = "1")]
    pub file: Vec<FileDescriptorProto>,
}

/// A `.proto` file.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FileDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub package: Option<String>,
    #[prost(string, repeated, tag = "3")]
    pub dependency: Vec<String>,
    #[prost(int32, repeated, packed = "false", tag = "10")]
    pub public_dependency: Vec<i32>,
    #[prost(int32, repeated, packed = "false", tag = "11")]
    pub weak_dependency: Vec<i32>,
    #[prost(string, repeated, tag = "15")]
    pub option_dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub message_type: Vec<DescriptorProto>,
    #[prost(message, repeated, tag = "5")]
    pub enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, repeated, tag = "6")]
    pub service: Vec<ServiceDescriptorProto>,
    #[prost(message, repeated, tag = "7")]
    pub extension: Vec<FieldDescriptorProto>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub options: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub source_code_info: Option<Vec<u8>>,
    #[prost(string, optional, tag = "12")]
    pub syntax: Option<String>,
    #[prost(enumeration = "Edition", optional, tag = "14")]
    pub edition: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "8042")]
    pub buf_image_file: Option<Vec<u8>>,
}

/// A message.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct DescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub field: Vec<FieldDescriptorProto>,
    #[prost(message, repeated, tag = "6")]
    pub extension: Vec<FieldDescriptorProto>,
    #[prost(message, repeated, tag = "3")]
    pub nested_type: Vec<DescriptorProto>,
    #[prost(message, repeated, tag = "4")]
    pub enum_type: Vec<EnumDescriptorProto>,
    #[prost(message, repeated, tag = "5")]
    pub extension_range: Vec<ExtensionRange>,
    #[prost(message, repeated, tag = "8")]
    pub oneof_decl: Vec<OneofDescriptorProto>,
    #[prost(bytes = "vec", optional, tag = "7")]
    pub options: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "9")]
    pub reserved_range: Vec<ReservedRange>,
    #[prost(string, repeated, tag = "10")]
    pub reserved_name: Vec<String>,
    #[prost(enumeration = "SymbolVisibility", optional, tag = "11")]
    pub visibility: Option<i32>,
}

/// A range of extension numbers; the end is exclusive.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExtensionRange {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub options: Option<Vec<u8>>,
}

/// A range of reserved numbers of a message; the end is exclusive.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ReservedRange {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
}

/// A field or an extension.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FieldDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(int32, optional, tag = "3")]
    pub number: Option<i32>,
    #[prost(enumeration = "Label", optional, tag = "4")]
    pub label: Option<i32>,
    #[prost(enumeration = "FieldType", optional, tag = "5")]
    pub r#type: Option<i32>,
    #[prost(string, optional, tag = "6")]
    pub type_name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub extendee: Option<String>,
    #[prost(string, optional, tag = "7")]
    pub default_value: Option<String>,
    #[prost(int32, optional, tag = "9")]
    pub oneof_index: Option<i32>,
    #[prost(string, optional, tag = "10")]
    pub json_name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "8")]
    pub options: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "17")]
    pub proto3_optional: Option<bool>,
}

/// A oneof.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct OneofDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    pub options: Option<Vec<u8>>,
}

/// An enum.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EnumDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub value: Vec<EnumValueDescriptorProto>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub options: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "4")]
    pub reserved_range: Vec<EnumReservedRange>,
    #[prost(string, repeated, tag = "5")]
    pub reserved_name: Vec<String>,
    #[prost(enumeration = "SymbolVisibility", optional, tag = "6")]
    pub visibility: Option<i32>,
}

/// A range of reserved numbers of an enum; the end is inclusive.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EnumReservedRange {
    #[prost(int32, optional, tag = "1")]
    pub start: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub end: Option<i32>,
}

/// A value of an enum.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EnumValueDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(int32, optional, tag = "2")]
    pub number: Option<i32>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub options: Option<Vec<u8>>,
}

/// A service.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ServiceDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(message, repeated, tag = "2")]
    pub method: Vec<MethodDescriptorProto>,
    #[prost(bytes = "vec", optional, tag = "3")]
    pub options: Option<Vec<u8>>,
}

/// A method of a service.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MethodDescriptorProto {
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub input_type: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub output_type: Option<String>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub options: Option<Vec<u8>>,
    #[prost(bool, optional, tag = "5")]
    pub client_streaming: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub server_streaming: Option<bool>,
}

/// The source locations and the comments of the elements of a file.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct SourceCodeInfo {
    #[prost(message, repeated, tag = "1")]
    pub location: Vec<Location>,
}

/// The location of one element: its path, its span and its comments.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Location {
    #[prost(int32, repeated, tag = "1")]
    pub path: Vec<i32>,
    #[prost(int32, repeated, tag = "2")]
    pub span: Vec<i32>,
    #[prost(string, optional, tag = "3")]
    pub leading_comments: Option<String>,
    #[prost(string, optional, tag = "4")]
    pub trailing_comments: Option<String>,
    #[prost(string, repeated, tag = "6")]
    pub leading_detached_comments: Vec<String>,
}

/// `google.protobuf.FileOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FileOptions {
    #[prost(string, optional, tag = "1")]
    pub java_package: Option<String>,
    #[prost(string, optional, tag = "8")]
    pub java_outer_classname: Option<String>,
    #[prost(bool, optional, tag = "10")]
    pub java_multiple_files: Option<bool>,
    #[prost(bool, optional, tag = "20")]
    pub java_generate_equals_and_hash: Option<bool>,
    #[prost(bool, optional, tag = "27")]
    pub java_string_check_utf8: Option<bool>,
    #[prost(enumeration = "OptimizeMode", optional, tag = "9")]
    pub optimize_for: Option<i32>,
    #[prost(string, optional, tag = "11")]
    pub go_package: Option<String>,
    #[prost(bool, optional, tag = "16")]
    pub cc_generic_services: Option<bool>,
    #[prost(bool, optional, tag = "17")]
    pub java_generic_services: Option<bool>,
    #[prost(bool, optional, tag = "18")]
    pub py_generic_services: Option<bool>,
    #[prost(bool, optional, tag = "23")]
    pub deprecated: Option<bool>,
    #[prost(bool, optional, tag = "31")]
    pub cc_enable_arenas: Option<bool>,
    #[prost(string, optional, tag = "36")]
    pub objc_class_prefix: Option<String>,
    #[prost(string, optional, tag = "37")]
    pub csharp_namespace: Option<String>,
    #[prost(string, optional, tag = "39")]
    pub swift_prefix: Option<String>,
    #[prost(string, optional, tag = "40")]
    pub php_class_prefix: Option<String>,
    #[prost(string, optional, tag = "41")]
    pub php_namespace: Option<String>,
    #[prost(string, optional, tag = "44")]
    pub php_metadata_namespace: Option<String>,
    #[prost(string, optional, tag = "45")]
    pub ruby_package: Option<String>,
    #[prost(message, optional, tag = "50")]
    pub features: Option<FeatureSet>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.MessageOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MessageOptions {
    #[prost(bool, optional, tag = "1")]
    pub message_set_wire_format: Option<bool>,
    #[prost(bool, optional, tag = "2")]
    pub no_standard_descriptor_accessor: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub deprecated: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub map_entry: Option<bool>,
    #[prost(bool, optional, tag = "11")]
    pub deprecated_legacy_json_field_conflicts: Option<bool>,
    #[prost(message, optional, tag = "12")]
    pub features: Option<FeatureSet>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.FieldOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FieldOptions {
    #[prost(enumeration = "CType", optional, tag = "1")]
    pub ctype: Option<i32>,
    #[prost(bool, optional, tag = "2")]
    pub packed: Option<bool>,
    #[prost(enumeration = "JSType", optional, tag = "6")]
    pub jstype: Option<i32>,
    #[prost(bool, optional, tag = "5")]
    pub lazy: Option<bool>,
    #[prost(bool, optional, tag = "15")]
    pub unverified_lazy: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub deprecated: Option<bool>,
    #[prost(bool, optional, tag = "10")]
    pub weak: Option<bool>,
    #[prost(bool, optional, tag = "16")]
    pub debug_redact: Option<bool>,
    #[prost(enumeration = "OptionRetention", optional, tag = "17")]
    pub retention: Option<i32>,
    #[prost(enumeration = "OptionTargetType", repeated, packed = "false", tag = "19")]
    pub targets: Vec<i32>,
    #[prost(message, repeated, tag = "20")]
    pub edition_defaults: Vec<EditionDefault>,
    #[prost(message, optional, tag = "21")]
    pub features: Option<FeatureSet>,
    #[prost(message, optional, tag = "22")]
    pub feature_support: Option<FeatureSupport>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.FieldOptions.EditionDefault`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EditionDefault {
    #[prost(enumeration = "Edition", optional, tag = "3")]
    pub edition: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

/// `google.protobuf.FieldOptions.FeatureSupport`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FeatureSupport {
    #[prost(enumeration = "Edition", optional, tag = "1")]
    pub edition_introduced: Option<i32>,
    #[prost(enumeration = "Edition", optional, tag = "2")]
    pub edition_deprecated: Option<i32>,
    #[prost(string, optional, tag = "3")]
    pub deprecation_warning: Option<String>,
    #[prost(enumeration = "Edition", optional, tag = "4")]
    pub edition_removed: Option<i32>,
    #[prost(string, optional, tag = "5")]
    pub removal_error: Option<String>,
}

/// `google.protobuf.OneofOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    pub features: Option<FeatureSet>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.EnumOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EnumOptions {
    #[prost(bool, optional, tag = "2")]
    pub allow_alias: Option<bool>,
    #[prost(bool, optional, tag = "3")]
    pub deprecated: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub deprecated_legacy_json_field_conflicts: Option<bool>,
    #[prost(message, optional, tag = "7")]
    pub features: Option<FeatureSet>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.EnumValueOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct EnumValueOptions {
    #[prost(bool, optional, tag = "1")]
    pub deprecated: Option<bool>,
    #[prost(message, optional, tag = "2")]
    pub features: Option<FeatureSet>,
    #[prost(bool, optional, tag = "3")]
    pub debug_redact: Option<bool>,
    #[prost(message, optional, tag = "4")]
    pub feature_support: Option<FeatureSupport>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.ServiceOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ServiceOptions {
    #[prost(message, optional, tag = "34")]
    pub features: Option<FeatureSet>,
    #[prost(bool, optional, tag = "33")]
    pub deprecated: Option<bool>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.MethodOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct MethodOptions {
    #[prost(bool, optional, tag = "33")]
    pub deprecated: Option<bool>,
    #[prost(enumeration = "IdempotencyLevel", optional, tag = "34")]
    pub idempotency_level: Option<i32>,
    #[prost(message, optional, tag = "35")]
    pub features: Option<FeatureSet>,
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
}

/// `google.protobuf.ExtensionRangeOptions`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExtensionRangeOptions {
    #[prost(message, repeated, tag = "999")]
    pub uninterpreted_option: Vec<UninterpretedOption>,
    #[prost(message, repeated, tag = "2")]
    pub declaration: Vec<ExtensionDeclaration>,
    #[prost(message, optional, tag = "50")]
    pub features: Option<FeatureSet>,
    #[prost(enumeration = "VerificationState", optional, tag = "3")]
    pub verification: Option<i32>,
}

/// `google.protobuf.ExtensionRangeOptions.Declaration`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExtensionDeclaration {
    #[prost(int32, optional, tag = "1")]
    pub number: Option<i32>,
    #[prost(string, optional, tag = "2")]
    pub full_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub r#type: Option<String>,
    #[prost(bool, optional, tag = "5")]
    pub reserved: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub repeated: Option<bool>,
}

/// An option that is not interpreted yet, as the parser returns it.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct UninterpretedOption {
    #[prost(message, repeated, tag = "2")]
    pub name: Vec<NamePart>,
    #[prost(string, optional, tag = "3")]
    pub identifier_value: Option<String>,
    #[prost(uint64, optional, tag = "4")]
    pub positive_int_value: Option<u64>,
    #[prost(int64, optional, tag = "5")]
    pub negative_int_value: Option<i64>,
    #[prost(double, optional, tag = "6")]
    pub double_value: Option<f64>,
    #[prost(bytes = "vec", optional, tag = "7")]
    pub string_value: Option<Vec<u8>>,
    #[prost(string, optional, tag = "8")]
    pub aggregate_value: Option<String>,
}

/// One part of the name of an uninterpreted option.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct NamePart {
    #[prost(string, required, tag = "1")]
    pub name_part: String,
    #[prost(bool, required, tag = "2")]
    pub is_extension: bool,
}

/// Features: as written in the source, or resolved, in which case every field is set.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FeatureSet {
    #[prost(enumeration = "FieldPresence", optional, tag = "1")]
    pub field_presence: Option<i32>,
    #[prost(enumeration = "EnumType", optional, tag = "2")]
    pub enum_type: Option<i32>,
    #[prost(enumeration = "RepeatedFieldEncoding", optional, tag = "3")]
    pub repeated_field_encoding: Option<i32>,
    #[prost(enumeration = "Utf8Validation", optional, tag = "4")]
    pub utf8_validation: Option<i32>,
    #[prost(enumeration = "MessageEncoding", optional, tag = "5")]
    pub message_encoding: Option<i32>,
    #[prost(enumeration = "JsonFormat", optional, tag = "6")]
    pub json_format: Option<i32>,
    #[prost(enumeration = "EnforceNamingStyle", optional, tag = "7")]
    pub enforce_naming_style: Option<i32>,
    #[prost(enumeration = "DefaultSymbolVisibility", optional, tag = "8")]
    pub default_symbol_visibility: Option<i32>,
    #[prost(enumeration = "EnforceProtoLimits", optional, tag = "9")]
    pub enforce_proto_limits: Option<i32>,
    #[prost(message, optional, tag = "1000")]
    pub cpp: Option<CppFeatures>,
    #[prost(message, optional, tag = "1001")]
    pub java: Option<JavaFeatures>,
}

/// `google.protobuf.FeatureSet.VisibilityFeature`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct VisibilityFeature {}

/// `google.protobuf.FeatureSet.ProtoLimitsFeature`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ProtoLimitsFeature {}

/// The features of C++, `(pb.cpp)`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct CppFeatures {
    #[prost(bool, optional, tag = "1")]
    pub legacy_closed_enum: Option<bool>,
    #[prost(enumeration = "CppStringType", optional, tag = "2")]
    pub string_type: Option<i32>,
    #[prost(bool, optional, tag = "3")]
    pub enum_name_uses_string_view: Option<bool>,
}

/// The features of Java, `(pb.java)`.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct JavaFeatures {
    #[prost(bool, optional, tag = "1")]
    pub legacy_closed_enum: Option<bool>,
    #[prost(enumeration = "JavaUtf8Validation", optional, tag = "2")]
    pub utf8_validation: Option<i32>,
}

/// `google.protobuf.Edition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Edition {
    Unknown = 0,
    Legacy = 900,
    Proto2 = 998,
    Proto3 = 999,
    E2023 = 1000,
    E2024 = 1001,
    E2026 = 1002,
    Unstable = 9999,
    E1TestOnly = 1,
    E2TestOnly = 2,
    E99997TestOnly = 99997,
    E99998TestOnly = 99998,
    E99999TestOnly = 99999,
    Max = 2147483647,
}

/// `google.protobuf.ExtensionRangeOptions.VerificationState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum VerificationState {
    Declaration = 0,
    Unverified = 1,
}

/// `google.protobuf.FeatureSet.EnforceNamingStyle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum EnforceNamingStyle {
    Unknown = 0,
    Style2024 = 1,
    StyleLegacy = 2,
    Style2026 = 3,
}

/// `google.protobuf.FeatureSet.EnumType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum EnumType {
    Unknown = 0,
    Open = 1,
    Closed = 2,
}

/// `google.protobuf.FeatureSet.FieldPresence`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum FieldPresence {
    Unknown = 0,
    Explicit = 1,
    Implicit = 2,
    LegacyRequired = 3,
}

/// `google.protobuf.FeatureSet.JsonFormat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum JsonFormat {
    Unknown = 0,
    Allow = 1,
    LegacyBestEffort = 2,
}

/// `google.protobuf.FeatureSet.MessageEncoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum MessageEncoding {
    Unknown = 0,
    LengthPrefixed = 1,
    Delimited = 2,
}

/// `google.protobuf.FeatureSet.ProtoLimitsFeature.EnforceProtoLimits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum EnforceProtoLimits {
    ProtoLimitsUnknown = 0,
    LegacyNoExplicitLimits = 1,
    ProtoLimits2026 = 2,
}

/// `google.protobuf.FeatureSet.RepeatedFieldEncoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum RepeatedFieldEncoding {
    Unknown = 0,
    Packed = 1,
    Expanded = 2,
}

/// `google.protobuf.FeatureSet.Utf8Validation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Utf8Validation {
    Unknown = 0,
    Verify = 2,
    None = 3,
}

/// `google.protobuf.FeatureSet.VisibilityFeature.DefaultSymbolVisibility`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum DefaultSymbolVisibility {
    Unknown = 0,
    ExportAll = 1,
    ExportTopLevel = 2,
    LocalAll = 3,
    Strict = 4,
}

/// `google.protobuf.FieldDescriptorProto.Label`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum Label {
    Optional = 1,
    Repeated = 3,
    Required = 2,
}

/// `google.protobuf.FieldDescriptorProto.Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum FieldType {
    Double = 1,
    Float = 2,
    Int64 = 3,
    Uint64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    Group = 10,
    Message = 11,
    Bytes = 12,
    Uint32 = 13,
    Enum = 14,
    Sfixed32 = 15,
    Sfixed64 = 16,
    Sint32 = 17,
    Sint64 = 18,
}

/// `google.protobuf.FieldOptions.CType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum CType {
    String = 0,
    Cord = 1,
    StringPiece = 2,
}

/// `google.protobuf.FieldOptions.JSType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum JSType {
    JsNormal = 0,
    JsString = 1,
    JsNumber = 2,
}

/// `google.protobuf.FieldOptions.OptionRetention`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum OptionRetention {
    RetentionUnknown = 0,
    RetentionRuntime = 1,
    RetentionSource = 2,
}

/// `google.protobuf.FieldOptions.OptionTargetType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum OptionTargetType {
    TargetTypeUnknown = 0,
    TargetTypeFile = 1,
    TargetTypeExtensionRange = 2,
    TargetTypeMessage = 3,
    TargetTypeField = 4,
    TargetTypeOneof = 5,
    TargetTypeEnum = 6,
    TargetTypeEnumEntry = 7,
    TargetTypeService = 8,
    TargetTypeMethod = 9,
}

/// `google.protobuf.FileOptions.OptimizeMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum OptimizeMode {
    Speed = 1,
    CodeSize = 2,
    LiteRuntime = 3,
}

/// `google.protobuf.MethodOptions.IdempotencyLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum IdempotencyLevel {
    IdempotencyUnknown = 0,
    NoSideEffects = 1,
    Idempotent = 2,
}

/// `google.protobuf.SymbolVisibility`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum SymbolVisibility {
    VisibilityUnset = 0,
    VisibilityLocal = 1,
    VisibilityExport = 2,
}

/// `pb.CppFeatures.StringType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum CppStringType {
    Unknown = 0,
    View = 1,
    Cord = 2,
    String = 3,
}

/// `pb.JavaFeatures.Utf8Validation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::prost::Enumeration)]
#[repr(i32)]
pub enum JavaUtf8Validation {
    Unknown = 0,
    Default = 1,
    Verify = 2,
}

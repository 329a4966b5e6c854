//! The options of `google.api` that map methods to HTTP, decoded from the raw options without a
//! descriptor.

use prost::{Message, Oneof};

use crate::schema::{Field, Method};

/// The decoded extensions of `google.protobuf.MethodOptions`.
#[derive(Clone, PartialEq, Message)]
struct MethodAnnotations {
    #[prost(message, optional, tag = "72295728")]
    http: Option<HttpRule>,
}

/// `google.api.HttpRule`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct HttpRule {
    #[prost(oneof = "Pattern", tags = "2, 3, 4, 5, 6, 8")]
    pub(super) pattern: Option<Pattern>,
    #[prost(string, tag = "7")]
    pub(super) body: String,
    #[prost(message, repeated, tag = "11")]
    pub(super) additional_bindings: Vec<HttpRule>,
    #[prost(string, tag = "12")]
    pub(super) response_body: String,
}

/// The method and the path of a rule.
#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Pattern {
    #[prost(string, tag = "2")]
    Get(String),
    #[prost(string, tag = "3")]
    Put(String),
    #[prost(string, tag = "4")]
    Post(String),
    #[prost(string, tag = "5")]
    Delete(String),
    #[prost(string, tag = "6")]
    Patch(String),
    #[prost(message, tag = "8")]
    Custom(CustomPattern),
}

/// `google.api.CustomHttpPattern`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct CustomPattern {
    #[prost(string, tag = "1")]
    pub(super) kind: String,
    #[prost(string, tag = "2")]
    pub(super) path: String,
}

/// Returns the HTTP rule of `method`; an error if it is not a valid `google.api.HttpRule`.
pub(super) fn http_rule(method: Method<'_>) -> Result<Option<HttpRule>, String> {
    let options = method.proto().options.as_deref().unwrap_or_default();
    let annotations = MethodAnnotations::decode(options);
    annotations.map(|all| all.http).map_err(|error| format!("its google.api.http: {error}"))
}

/// The decoded extension of `google.protobuf.FieldOptions`.
#[derive(Clone, PartialEq, Message)]
struct FieldAnnotations {
    #[prost(int32, repeated, tag = "1052")]
    behavior: Vec<i32>,
}

/// The values of `google.api.field_behavior` that JSON Schema can express.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Behavior {
    pub(super) is_required: bool,
    pub(super) is_output_only: bool,
    pub(super) is_input_only: bool,
}

/// Returns the behavior of `field`. Values that cannot be decoded are ignored.
pub(super) fn behavior(field: Field<'_>) -> Behavior {
    let options = field.proto().options.as_deref().unwrap_or_default();
    let is = FieldAnnotations::decode(options).unwrap_or_default().behavior;
    Behavior {
        is_required: is.contains(&2),
        is_output_only: is.contains(&3),
        is_input_only: is.contains(&4),
    }
}

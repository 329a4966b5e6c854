//! The JSON mapping, if the option is set: a file with the descriptors, lowered for prost-reflect,
//! and two functions that use them. The messages do not change; their descriptors are found by name
//! (`prost::Name`).

use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::runtime;

/// The part that is the same in every such file.
const FUNCTIONS: &str = r#"/// Why a message is no JSON, or a text is no message.
pub type Error = ::serde_json::Error;

/// `message` in the JSON mapping of protobuf: fields by their JSON names, 64-bit integers as text.
/// The entries of a map are in no order. A `FloatValue` or `DoubleValue` that is no finite number
/// becomes `null`.
///
/// # Errors
///
/// Where a time is outside of what the mapping can say, or an `Any` holds what this schema does not
/// have.
pub fn to_json<M: ::prost::Message + ::prost::Name>(
    message: &M,
) -> ::core::result::Result<::std::string::String, Error> {
    let mut dynamic = ::prost_reflect::DynamicMessage::new(descriptor::<M>()?);
    dynamic.transcode_from(message).map_err(<Error as ::serde::ser::Error>::custom)?;
    ::serde_json::to_string(&dynamic)
}

/// The message that `text` is in the JSON mapping of protobuf.
///
/// # Errors
///
/// Where it is not one: with a field that the message does not have, for example. The largest
/// `float`, 3.4028235e38, is refused as well.
pub fn from_json<M: ::prost::Message + ::prost::Name + ::core::default::Default>(
    text: &str,
) -> ::core::result::Result<M, Error> {
    let mut reader = ::serde_json::Deserializer::from_str(text);
    let message = descriptor::<M>()?;
    let dynamic = ::prost_reflect::DynamicMessage::deserialize(message, &mut reader)?;
    reader.end()?;
    dynamic.transcode_to().map_err(<Error as ::serde::de::Error>::custom)
}

fn descriptor<M: ::prost::Name>()
-> ::core::result::Result<::prost_reflect::MessageDescriptor, Error> {
    static POOL: ::std::sync::LazyLock<::prost_reflect::DescriptorPool> =
        ::std::sync::LazyLock::new(|| {
            ::prost_reflect::DescriptorPool::decode(DESCRIPTORS)
                .expect("the descriptors were tried when they were made")
        });
    let name = M::full_name();
    POOL.get_message_by_name(&name).ok_or_else(|| {
        <Error as ::serde::de::Error>::custom(::std::format!("{name} is not of this schema"))
    })
}

/// The messages, as prost-reflect understands them.
const DESCRIPTORS: &[u8] = "#;

/// Returns the text of the file for `files`.
pub(super) fn text(files: &[&FileDescriptorProto]) -> Result<String, String> {
    let bytes = runtime::pool_bytes(files.iter().copied()).map_err(|error| error.to_string())?;
    Ok([FUNCTIONS, &super::literal(&bytes), ";\n"].concat())
}

//! The contract between the services of an agent system, in Rust: messages by prost, clients and
//! servers by tonic. [`agent`] is the first published contract, [`agent::v2`] its successor,
//! which is served beside it.
//!
//! ```
//! use agent_contract::agent::v2::ToolCall;
//! use prost::Message;
//!
//! let call = ToolCall { tool_name: "search".to_owned(), ..ToolCall::default() };
//! let sent = call.encode_to_vec();
//! assert_eq!(ToolCall::decode(&*sent), Ok(call));
//! ```
//!
//! The modules are made by `wireproof generate` of the schemas in `proto/`; their documentation
//! is that of the schemas.

/// Package `agent`: the first contract that was published, and only ever added to.
pub mod agent {
    include!("stubs/agent.rs");

    /// Package `agent.v2`: the successor of [`agent`](super).
    pub mod v2 {
        include!("stubs/agent.v2.rs");
    }
}

/// Messages in the JSON mapping of protobuf, with the feature `json`.
///
/// ```
/// use agent_contract::agent::v2::ToolCall;
/// use agent_contract::json::{from_json, to_json};
///
/// let call = ToolCall { tool_name: "search".to_owned(), ..ToolCall::default() };
/// let text = to_json(&call)?;
/// assert_eq!(text, r#"{"toolName":"search"}"#);
/// assert_eq!(from_json::<ToolCall>(&text)?, call);
/// # Ok::<(), agent_contract::json::Error>(())
/// ```
#[cfg(feature = "json")]
pub mod json {
    include!("stubs/json.rs");
}

/// The descriptors of all files of the contract and of what they import, as a
/// `google.protobuf.FileDescriptorSet` on the wire: what a reflection service is given.
pub const FILE_DESCRIPTOR_SET: &[u8] = include!("stubs/descriptors.rs");

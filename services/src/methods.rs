//! The methods that are served: their names, their roles, and what replaces deprecated ones.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;

use crate::config::Role;

/// The name of a method that is not served. Clients can ask for any name, and telemetry must not
/// keep all of them
/// (<https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/>).
const OTHER: &str = "_OTHER";

/// The methods of package `agent`, and what replaces them.
const DEPRECATED: [(&str, &str); 5] = [
    ("agent.ConversationService/HandleMessage", "agent.v2.ConversationService/RunTurn"),
    ("agent.ConversationService/StreamResponse", "agent.v2.ConversationService/StreamTurn"),
    ("agent.RAGService/Retrieve", "agent.v2.RagService/Retrieve"),
    ("agent.ToolExecutionService/ExecuteTool", "agent.v2.ToolService/ExecuteTool"),
    ("agent.ToolExecutionService/ListTools", "agent.v2.ToolService/ListTools"),
];

/// The full names of all methods: `package.Service/Method`.
static NAMES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let sets = [
        agent_contract::FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let files =
        sets.iter().flat_map(|set| FileDescriptorSet::decode(*set).unwrap_or_default().file);
    let mut names = BTreeSet::new();
    for file in files {
        for service in &file.service {
            let methods = service
                .method
                .iter()
                .map(|method| format!("{}.{}/{}", file.package(), service.name(), method.name()));
            names.extend(methods);
        }
    }
    names
});

/// Returns the full name of the method at a path of HTTP, or `_OTHER`.
pub(crate) fn name(path: &str) -> &'static str {
    path.strip_prefix('/').and_then(|name| NAMES.get(name)).map_or(OTHER, String::as_str)
}

/// Returns the name of a code, as
/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto> has it.
pub(crate) fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::Unauthenticated => "UNAUTHENTICATED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
    }
}

/// Returns the full name of the method that replaces a deprecated one.
pub(crate) fn successor(name: &str) -> Option<&'static str> {
    DEPRECATED.iter().find(|(deprecated, _)| *deprecated == name).map(|(_, successor)| *successor)
}

/// Returns the role that serves a service, by its name without the package. The services that every
/// role has, health and reflection, have none.
pub(crate) fn role(service: &str) -> Option<Role> {
    Some(match service {
        "ConversationService" => Role::Conversation,
        "MemoryService" => Role::Memory,
        "PermissionService" => Role::Permission,
        "RAGService" | "RagService" => Role::Rag,
        "ToolExecutionService" | "ToolService" => Role::Tools,
        _ => return None,
    })
}

/// Returns the role that serves the method at a path of HTTP.
pub(crate) fn role_of(path: &str) -> Option<Role> {
    let (service, _) = path.strip_prefix('/')?.split_once('/')?;
    let (_, service) = service.rsplit_once('.')?;
    role(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_package_agent_has_a_successor_and_a_role() {
        let (old, new): (Vec<&String>, Vec<&String>) = NAMES
            .iter()
            .filter(|name| name.starts_with("agent."))
            .partition(|name| !name.starts_with("agent.v2."));
        assert_eq!(Vec::from_iter(old), DEPRECATED.map(|(name, _)| name));
        for (_, successor) in DEPRECATED {
            assert!(new.iter().any(|name| *name == successor), "{successor}");
        }
        for name in new {
            assert!(role_of(&format!("/{name}")).is_some() && successor(name).is_none(), "{name}");
        }
    }

    #[test]
    fn an_unknown_method_has_no_name_of_its_own() {
        assert_eq!(name("/grpc.health.v1.Health/Check"), "grpc.health.v1.Health/Check");
        assert_eq!(name("/agent.RAGService/Retrieve"), "agent.RAGService/Retrieve");
        assert_eq!(name("/agent.RAGService/Nothing"), OTHER);
        assert_eq!(name(""), OTHER);
    }
}

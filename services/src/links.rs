//! How a role reaches the others: in its process, or over the network.
//!
//! A link is a service of HTTP requests. In one process it is the router of the roles, so a client
//! calls the server's code without a socket; otherwise it is a channel of HTTP/2.

use std::convert::Infallible;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use tonic::body::Body;
use tonic::codegen::http;
use tonic::service::Routes;
use tonic::transport::{ClientTlsConfig, Endpoint};
use tonic::{Status, TimeoutExpired};
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt as _};

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::memory_service_client::MemoryServiceClient;
use agent_contract::agent::v2::permission_service_client::PermissionServiceClient;
use agent_contract::agent::v2::rag_service_client::RagServiceClient;
use agent_contract::agent::v2::tool_service_client::ToolServiceClient;

use crate::call::too_late;
use crate::config::Role;
use crate::limits::Limit;
use crate::served::Served;
use crate::telemetry::rpc::Rpc;

/// The time to connect to a role elsewhere.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection with open calls is silent until it is tried, and how long the answer may
/// take. A connection that is lost without notice ends its calls so.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// The way to a role.
pub type Link = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Status>;

/// Returns a link to roles in this process. Calls are watched and limited as over the network.
pub fn local(routes: Routes, limit: Limit) -> Link {
    let served = ServiceBuilder::new()
        .map_err(|never: Infallible| match never {})
        .service(Served { inner: routes, limit });
    watched(BoxCloneSyncService::new(served), "in-process")
}

/// Returns a link to a role at `url`, over TLS if there are settings for it. It connects with the
/// first call, and again when the connection is lost.
///
/// # Errors
///
/// `url` is no URL, or a certificate cannot be used.
pub fn remote(url: &str, tls: Option<ClientTlsConfig>) -> Result<Link, tonic::transport::Error> {
    let mut endpoint = Endpoint::from_shared(url.to_owned())?
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE);
    if let Some(tls) = tls {
        endpoint = endpoint.tls_config(tls)?;
    }
    let address = endpoint.uri().host().unwrap_or_default().to_owned();
    let failed = |error: tonic::transport::Error| {
        let is_late = error.source().is_some_and(|source| source.is::<TimeoutExpired>());
        if is_late { too_late() } else { Status::from_error(Box::new(error)) }
    };
    let channel = endpoint.connect_lazy().map_err(failed);
    Ok(watched(BoxCloneSyncService::new(channel), &address))
}

/// Returns a link whose calls have spans of a client.
fn watched(link: Link, address: &str) -> Link {
    let address: Arc<str> = address.into();
    BoxCloneSyncService::new(tower::service_fn(move |mut request: http::Request<Body>| {
        let rpc = Rpc::called(&mut request, &address);
        let response = link.clone().oneshot(request);
        async move {
            match response.await {
                Ok(response) => Ok(rpc.watch(response)),
                Err(status) => {
                    rpc.failed(status.code());
                    Err(status)
                }
            }
        }
    }))
}

/// Returns a link to a role that is not there.
pub fn nowhere() -> Link {
    BoxCloneSyncService::new(tower::service_fn(|_| async {
        Err(Status::unavailable("the role is not there"))
    }))
}

/// The ways to the roles that others call.
#[derive(Clone)]
pub struct Links {
    /// To `agent.v2.ConversationService` and `agent.ConversationService`.
    pub conversation: Link,
    /// To `agent.v2.MemoryService`.
    pub memory: Link,
    /// To `agent.v2.PermissionService`.
    pub permission: Link,
    /// To `agent.v2.RagService` and `agent.RAGService`.
    pub rag: Link,
    /// To `agent.v2.ToolService` and `agent.ToolExecutionService`.
    pub tools: Link,
}

impl Links {
    /// Returns links that all fail: to roles that are not there yet.
    pub fn nowhere() -> Self {
        Links {
            conversation: nowhere(),
            memory: nowhere(),
            permission: nowhere(),
            rag: nowhere(),
            tools: nowhere(),
        }
    }

    /// Returns the way to a role; without one, to that of conversations.
    pub(crate) fn to(&self, role: Option<Role>) -> &Link {
        match role {
            Some(Role::Memory) => &self.memory,
            Some(Role::Permission) => &self.permission,
            Some(Role::Rag) => &self.rag,
            Some(Role::Tools) => &self.tools,
            Some(Role::Conversation | Role::Gateway) | None => &self.conversation,
        }
    }

    /// Returns a client of the conversation service.
    pub fn conversation(&self) -> ConversationServiceClient<Link> {
        ConversationServiceClient::new(self.conversation.clone())
    }

    /// Returns a client of the memory service.
    pub fn memory(&self) -> MemoryServiceClient<Link> {
        MemoryServiceClient::new(self.memory.clone())
    }

    /// Returns a client of the permission service.
    pub fn permission(&self) -> PermissionServiceClient<Link> {
        PermissionServiceClient::new(self.permission.clone())
    }

    /// Returns a client of the retrieval service.
    pub fn rag(&self) -> RagServiceClient<Link> {
        RagServiceClient::new(self.rag.clone())
    }

    /// Returns a client of the tool service.
    pub fn tools(&self) -> ToolServiceClient<Link> {
        ToolServiceClient::new(self.tools.clone())
    }
}

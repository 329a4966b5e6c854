//! How a role reaches the others: in its process, or over the network.
//!
//! A link is a service of HTTP requests. In one process it is the router of the roles, so a client
//! calls the server's code without a socket; otherwise it is a channel of HTTP/2.

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::memory_service_client::MemoryServiceClient;
use agent_contract::agent::v2::permission_service_client::PermissionServiceClient;
use agent_contract::agent::v2::rag_service_client::RagServiceClient;
use agent_contract::agent::v2::tool_service_client::ToolServiceClient;

/// The way to a role.
pub type Link = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Status>;

/// Returns a link to roles in this process.
pub fn local(routes: Routes) -> Link {
    BoxCloneSyncService::new(tower::service_fn(move |request: http::Request<Body>| {
        let mut routes = routes.clone();
        async move {
            match tower::Service::call(&mut routes, request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            }
        }
    }))
}

/// Returns a link to a role at `url`. It connects with the first call, and again when the
/// connection is lost.
///
/// # Errors
///
/// `url` is no URL.
pub fn remote(url: &str) -> Result<Link, tonic::transport::Error> {
    let channel = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true).connect_lazy();
    let failed = |error: tonic::transport::Error| Status::from_error(Box::new(error));
    Ok(BoxCloneSyncService::new(channel.map_err(failed)))
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

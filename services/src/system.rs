//! What runs in this process, and how its roles reach each other.

use std::sync::Arc;

use agent_contract::agent;
use agent_contract::agent::v2;
use tonic::Status;
use tonic::service::Routes;

use crate::config::{Config, EmbeddingsConfig, Role};
use crate::conversation::{Conversations, Extractive, Model, OpenAi};
use crate::limits::Limit;
use crate::links::{self, Link, Links};
use crate::memory::Memories;
use crate::permission::Permissions;
use crate::rag::{Embedder, OpenAiEmbedder, Rag, StaticEmbedder};
use crate::records::Records;
use crate::states::States;
use crate::tools::{Registry, Tools};
use crate::v1::{ConversationV1, RagV1, ToolsV1};

/// Returns the embedder of these settings, or else the one that comes with the program.
///
/// # Errors
///
/// The environment variable of its key is not set.
pub fn embedder(config: Option<&EmbeddingsConfig>) -> Result<Arc<dyn Embedder>, String> {
    Ok(match config {
        Some(config) => Arc::new(OpenAiEmbedder::new(config)?),
        None => Arc::new(StaticEmbedder::built_in()),
    })
}

/// The roles of this process.
pub struct System {
    /// The services, to be served.
    pub routes: Routes,
    /// The limit of calls, for the server as for the links in this process.
    pub limit: Limit,
    /// The ways to all roles, here and elsewhere.
    pub links: Links,
    /// The hook for contract tests.
    pub states: States,
}

impl System {
    /// Sets up the roles that `config` names.
    ///
    /// # Errors
    ///
    /// The data cannot be opened, or a role is neither here nor has an address.
    pub async fn new(config: &Config) -> Result<Self, String> {
        let records =
            Records::open(config.data.as_deref()).map_err(|error| match &config.data {
                Some(path) => format!("{}: {error}", path.display()),
                None => error.to_string(),
            })?;
        let limit = Limit::new(config.max_calls);
        let link = |role: Role, callers: &[Role], routes: &Routes| -> Result<Link, String> {
            if config.has(role) {
                return Ok(links::local(routes.clone(), limit.clone()));
            }
            match (config.remote.get(&role), callers.iter().find(|caller| config.has(**caller))) {
                (_, None) => Ok(links::nowhere()),
                (Some(url), _) => links::remote(url).map_err(|error| format!("{url}: {error}")),
                (None, Some(caller)) => Err(format!(
                    "the role {caller} calls the role {role}, which is not in this process, and \
                     `remote` has no address of it"
                )),
            }
        };
        use v2::conversation_service_server::ConversationServiceServer;
        use v2::memory_service_server::MemoryServiceServer;
        use v2::permission_service_server::PermissionServiceServer;
        use v2::rag_service_server::RagServiceServer;
        use v2::tool_service_server::ToolServiceServer;

        // A role comes after those that it calls.
        let mut links = Links::nowhere();
        let mut routes = Routes::default();
        let permissions = Permissions::new(records.clone());
        let memories = Memories::new(records.clone());
        let has_rag = config.has(Role::Rag);
        let embedder = embedder(config.embeddings.as_ref().filter(|_| has_rag))?;
        let message = |status: Status| status.message().to_owned();
        let rag = Rag::new(records.clone(), &config.collections, embedder).map_err(message)?;
        if config.has(Role::Permission) {
            routes = routes.add_service(PermissionServiceServer::new(permissions.clone()));
        }
        if config.has(Role::Memory) {
            routes = routes.add_service(MemoryServiceServer::new(memories.clone()));
        }
        if has_rag {
            rag.check().map_err(message)?;
            let v1 = RagV1(rag.clone(), config.collections.clone());
            routes = routes
                .add_service(RagServiceServer::new(rag.clone()))
                .add_service(agent::rag_service_server::RagServiceServer::new(v1));
        }
        links.permission =
            link(Role::Permission, &[Role::Tools, Role::Conversation, Role::Gateway], &routes)?;
        links.memory = link(Role::Memory, &[Role::Conversation, Role::Gateway], &routes)?;
        links.rag = link(Role::Rag, &[Role::Tools, Role::Conversation, Role::Gateway], &routes)?;

        let registry = Registry::built_in(&links, &config.collections, &config.fetch.allow)?;
        let tools = Tools::new(records.clone(), registry, links.clone());
        if config.has(Role::Tools) {
            use agent::tool_execution_service_server::ToolExecutionServiceServer;
            routes = routes
                .add_service(ToolServiceServer::new(tools.clone()))
                .add_service(ToolExecutionServiceServer::new(ToolsV1(tools)));
        }
        links.tools = link(Role::Tools, &[Role::Conversation, Role::Gateway], &routes)?;

        let extractive = Extractive::default();
        let model: Arc<dyn Model> = match &config.model {
            Some(model) if config.has(Role::Conversation) => Arc::new(OpenAi::new(model)?),
            _ => Arc::new(extractive.clone()),
        };
        let conversations = Conversations::new(
            records.clone(),
            links.clone(),
            model,
            &config.collections,
            config.max_calls,
        );
        if config.has(Role::Conversation) {
            conversations.end_lost_turns().map_err(message)?;
            use agent::conversation_service_server::ConversationServiceServer as V1Server;
            routes = routes
                .add_service(ConversationServiceServer::new(conversations.clone()))
                .add_service(V1Server::new(ConversationV1(conversations.clone())));
        }
        links.conversation = link(Role::Conversation, &[Role::Gateway], &routes)?;

        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let reflection = |builder: tonic_reflection::server::Builder<'static>| {
            builder
                .register_encoded_file_descriptor_set(agent_contract::FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let builder = || reflection(tonic_reflection::server::Builder::configure());
        let failed = |error: tonic_reflection::server::Error| error.to_string();
        let routes = routes
            .add_service(health_service)
            .add_service(builder().build_v1().map_err(failed)?)
            .add_service(builder().build_v1alpha().map_err(failed)?);
        let states =
            States { records, conversations, memories, permissions, rag, model: extractive };
        Ok(System { routes, limit, links, states })
    }
}

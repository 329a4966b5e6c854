//! What runs in this process, and how its roles reach each other.

use std::sync::Arc;
use std::time::Duration;

use agent_contract::agent;
use agent_contract::agent::v2;
use tonic::Status;
use tonic::service::Routes;

use crate::config::{Config, EmbeddingsConfig, Role};
use crate::conversation::{Conversations, Extractive, Model, OpenAi};
use crate::endpoint::cause;
use crate::limits::Limit;
use crate::links::{self, Link, Links};
use crate::memory::Memories;
use crate::permission::Permissions;
use crate::rag::{Embedder, OpenAiEmbedder, Rag, StaticEmbedder};
use crate::records::Records;
use crate::states::States;
use crate::tls;
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
    /// What deletes data that has expired.
    pub cleaner: Cleaner,
}

/// Deletes the data of this process's roles when it has expired.
#[derive(Clone)]
pub struct Cleaner {
    conversations: Option<Conversations>,
    memories: Option<Memories>,
    rag: Option<Rag>,
}

impl Cleaner {
    /// Deletes what has expired now: conversations with their turns and memories, memories, documents.
    ///
    /// # Errors
    ///
    /// The first error; the other data is deleted nevertheless.
    pub async fn run(&self) -> Result<(), Status> {
        let mut result = Ok(());
        if let Some(memories) = &self.memories {
            result = result.and(memories.delete_expired());
        }
        if let Some(rag) = &self.rag {
            result = result.and(rag.delete_expired().await);
        }
        if let Some(conversations) = &self.conversations {
            result = result.and(conversations.delete_expired().await);
        }
        result
    }

    /// Deletes what has expired, for ever: now and after each hour; a minute after an error.
    pub async fn keep_running(self) {
        loop {
            let wait = match self.run().await {
                Ok(()) => Duration::from_secs(3600),
                Err(error) => {
                    tracing::warn!(target: "agentd", %error, "expired data cannot be deleted");
                    Duration::from_secs(60)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
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
                (Some(url), _) => links::remote(url, tls::client(config, url)?)
                    .map_err(|error| format!("{url}: {}", cause(&error))),
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
        let cleaner = Cleaner {
            conversations: config.has(Role::Conversation).then(|| conversations.clone()),
            memories: config.has(Role::Memory).then(|| memories.clone()),
            rag: has_rag.then(|| rag.clone()),
        };
        let states =
            States { records, conversations, memories, permissions, rag, model: extractive };
        Ok(System { routes, limit, links, states, cleaner })
    }
}

#[cfg(test)]
mod tests {
    use agent_contract::agent::v2::{ConversationId, Memory, MemoryId, RunTurnRequest, TurnInput};
    use tonic::metadata::MetadataMap;

    use super::*;
    use crate::call::Call;
    use crate::records::time_in;

    /// What has expired leaves the data, and with a conversation its turns and memories; the others
    /// stay. A conversation that begins with the id of an expired one has nothing of it.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_has_expired_is_deleted() {
        let system = System::new(&Config::default()).await.expect("it starts");
        let States { records, conversations, memories, .. } = &system.states;
        for (id, seconds) in [("gone", 3), ("again", 3), ("kept", 3600)] {
            let time_to_live = Some(prost_types::Duration { seconds, nanos: 0 });
            let created = conversations.create(id, "anna", String::new(), time_to_live);
            created.expect("it is stored");
            let text = "What is 17 * 23?".to_owned();
            let request = RunTurnRequest {
                conversation_id: Some(ConversationId { value: id.to_owned() }),
                request_id: id.to_owned(),
                input: Some(TurnInput { text, ..TurnInput::default() }),
                options: None,
            };
            system.links.conversation().run_turn(request).await.expect("it runs");
        }
        let id = Some(MemoryId { value: "memory-0".to_owned() });
        let expire_time = time_in(Duration::ZERO);
        memories.put(&Memory { id, expire_time, ..Memory::default() }).expect("it is stored");
        let counts = || {
            let count = |kind| records.all::<()>(kind).expect("they are read").len();
            ["conversation", "turn", "memory"].map(count)
        };
        let all_expired = tokio::time::Instant::now() + Duration::from_millis(3100);
        // A turn is stored just after its end.
        while counts() != [3, 3, 4] {
            assert!(tokio::time::Instant::now() < all_expired, "{:?}", counts());
            tokio::task::yield_now().await;
        }
        tokio::time::sleep_until(all_expired).await;
        let call = Call::of(&MetadataMap::new(), None).expect("it is one");
        conversations.create_if_missing(&call, "again").await.expect("it is created");
        assert_eq!(counts(), [3, 2, 3]);
        system.cleaner.run().await.expect("it is deleted");
        assert_eq!(counts(), [2, 1, 1]);
        let left = records.all::<()>("conversation").expect("they are read");
        let left: Vec<&str> = left.iter().map(|(id, ())| &**id).collect();
        assert_eq!(left, ["again", "kept"]);
    }
}

//! The role `memory`: what is remembered of people and conversations.

use std::time::Duration;

use agent_contract::agent::v2::memory_service_server::MemoryService;
use agent_contract::agent::v2::{forget_memories_request as forget, *};
use tonic::{Request, Response, Status};

use crate::checks::{count, invalid, optional, request_id, required, text};
use crate::rag::word_overlap;
use crate::records::{DAY, Records, at_most, is_past, time_in};

/// The kind of the records.
const MEMORY: &str = "memory";

/// The service of memories.
#[derive(Clone)]
pub struct Memories {
    records: Records,
}

impl Memories {
    /// Returns the service of the memories in `records`.
    pub fn new(records: Records) -> Self {
        Memories { records }
    }

    /// Stores a memory of which everything is known.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn put(&self, memory: &Memory) -> Result<(), Status> {
        self.records.put(MEMORY, &memory.id.clone().unwrap_or_default().value, memory)
    }
}

#[tonic::async_trait]
impl MemoryService for Memories {
    async fn append_memory(
        &self,
        request: Request<AppendMemoryRequest>,
    ) -> Result<Response<AppendMemoryResponse>, Status> {
        let request = request.into_inner();
        let scope = request.scope.ok_or_else(|| invalid("scope", "is required"))?;
        required("scope.principal_id", &scope.principal_id)?;
        optional("scope.conversation_id", &scope.conversation_id)?;
        if text("text", &request.text)?.len() > 8192 {
            return Err(invalid("text", "is longer than 8 KiB"));
        }
        let key = ("AppendMemory", &*request_id(&request.request_id)?.to_owned());
        let make = async {
            let memory = Memory {
                id: Some(MemoryId { value: self.records.new_id(MEMORY)? }),
                scope: Some(scope),
                kind: request.kind,
                text: request.text,
                source_turn_id: request.source_turn_id,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(365 * DAY, request.time_to_live)),
            };
            self.put(&memory)?;
            Ok(AppendMemoryResponse { memory: Some(memory) })
        };
        self.records.once(key, Vec::new(), make).await.map(Response::new)
    }

    async fn search_memories(
        &self,
        request: Request<SearchMemoriesRequest>,
    ) -> Result<Response<SearchMemoriesResponse>, Status> {
        let request = request.into_inner();
        let scope = request.scope.clone().unwrap_or_default();
        required("scope.principal_id", &scope.principal_id)?;
        let query = text("query", &request.query)?;
        let most = count("top_k", request.top_k, 10, 100)?;
        let is_in_scope = |of: &MemoryScope| {
            let is_general = of.conversation_id.is_none();
            of.principal_id == scope.principal_id
                && (is_general || of.conversation_id == scope.conversation_id)
        };
        let memories = self.records.all::<Memory>(MEMORY)?.into_iter().map(|(_, memory)| memory);
        let memories = memories.filter(|memory| {
            memory.scope.as_ref().is_some_and(is_in_scope)
                && !is_past(memory.expire_time.as_ref())
                && (request.kinds.is_empty() || request.kinds.contains(&memory.kind))
        });
        let found = memories.map(|memory| FoundMemory {
            relevance: word_overlap(query, &memory.text),
            memory: Some(memory),
        });
        let is_relevant =
            |it: &FoundMemory| it.relevance > 0.0 && it.relevance >= request.min_relevance;
        let mut memories: Vec<FoundMemory> = found.filter(is_relevant).collect();
        let created = |it: &FoundMemory| {
            let time = it.memory.as_ref().and_then(|memory| memory.create_time);
            time.map(|time| (time.seconds, time.nanos))
        };
        // Of equally relevant ones the newer first.
        memories.sort_by(|a, b| {
            b.relevance.total_cmp(&a.relevance).then_with(|| created(b).cmp(&created(a)))
        });
        memories.truncate(most);
        Ok(Response::new(SearchMemoriesResponse { memories }))
    }

    async fn forget_memories(
        &self,
        request: Request<ForgetMemoriesRequest>,
    ) -> Result<Response<ForgetMemoriesResponse>, Status> {
        let selection = request.into_inner().selection;
        let selection = selection.ok_or_else(|| invalid("selection", "is required"))?;
        match &selection {
            forget::Selection::Ids(list) if !(1..=1000).contains(&list.ids.len()) => {
                return Err(invalid("ids", "has to have 1 to 1000 items"));
            }
            forget::Selection::Ids(_) => {}
            forget::Selection::Scope(scope) => {
                required("scope.principal_id", &scope.principal_id)?;
            }
        }
        let is_selected = |memory: &Memory| match &selection {
            forget::Selection::Ids(list) => {
                memory.id.as_ref().is_some_and(|id| list.ids.contains(id))
            }
            forget::Selection::Scope(scope) => memory.scope.as_ref().is_some_and(|of| {
                let is_in =
                    scope.conversation_id.is_none() || of.conversation_id == scope.conversation_id;
                of.principal_id == scope.principal_id && is_in
            }),
        };
        let mut forgotten_count = 0;
        for (key, memory) in self.records.all::<Memory>(MEMORY)? {
            if is_selected(&memory) {
                self.records.delete(MEMORY, &key)?;
                forgotten_count += 1;
            }
        }
        Ok(Response::new(ForgetMemoriesResponse { forgotten_count }))
    }
}

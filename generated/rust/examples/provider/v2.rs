//! The services of package `agent.v2`.

use std::time::{Duration, Instant};

use agent_contract::agent::v2::conversation_service_server::ConversationService;
use agent_contract::agent::v2::memory_service_server::MemoryService;
use agent_contract::agent::v2::permission_service_server::PermissionService;
use agent_contract::agent::v2::rag_service_server::RagService;
use agent_contract::agent::v2::tool_service_server::ToolService;
use agent_contract::agent::v2::{
    bulk_ingest_documents_response as bulk, forget_memories_request as forget, *,
};
use prost::Message as _;
use tokio::sync::mpsc;
use tonic::codegen::tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::tokio_stream::{self, StreamExt as _};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::checks::{
    caller, count, in_time, invalid, optional, page, request_id, required, text, time_left,
};
use crate::model::{self, TOOLS, relevance};
use crate::store::{DAY, Provider, Stream, at_most, check_collection, is_past, time_in};

/// The principal of a request, or else the caller.
fn principal(
    principal: &Option<PrincipalId>,
    metadata: &tonic::metadata::MetadataMap,
) -> Result<String, Status> {
    let given = optional("principal_id", principal)?;
    Ok(given.map_or_else(|| caller(metadata), str::to_owned))
}

/// Returns the problem of a part of the work that failed.
fn problem(status: &Status) -> Problem {
    let code = match status.code() {
        Code::InvalidArgument => ProblemCode::InvalidArgument,
        Code::NotFound => ProblemCode::NotFound,
        _ => ProblemCode::Internal,
    };
    let message = status.message().to_owned();
    Problem { code: code.into(), message, retryable: false, retry_after: None }
}

impl Provider {
    /// Returns the events of the turn of a request, or of an earlier request with the same key.
    fn turn(&self, request: StreamTurnRequest) -> Result<Vec<turn_event::Kind>, Status> {
        required("conversation_id", &request.conversation_id)?;
        let key = ("Turn", request_id(&request.request_id)?);
        let mut store = self.store();
        let id = store.once(key, request.encode_to_vec(), |store| {
            let id = TurnId { value: store.new_id("turn") };
            let input = request.input.as_ref().ok_or_else(|| invalid("input", "is required"))?;
            let options = request.options.clone().unwrap_or_default();
            store.run_turn(&id, &request.conversation_id, input, &options)?;
            Ok(id)
        })?;
        Ok(store.events(&id)?.events.clone())
    }
}

#[tonic::async_trait]
impl ConversationService for Provider {
    type StreamTurnStream = Stream<StreamTurnResponse>;

    async fn create_conversation(
        &self,
        request: Request<CreateConversationRequest>,
    ) -> Result<Response<CreateConversationResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let owner = PrincipalId { value: principal(&request.principal_id, &metadata)? };
        let key = ("CreateConversation", request_id(&request.request_id)?);
        let response = self.store().once(key, Vec::new(), |store| {
            let id = store.new_id("conversation");
            let time_to_live = at_most(30 * DAY, request.time_to_live);
            let conversation = store.new_conversation(id, owner, request.title, time_to_live);
            Ok(CreateConversationResponse { conversation: Some(conversation) })
        })?;
        Ok(Response::new(response))
    }

    async fn get_conversation(
        &self,
        request: Request<GetConversationRequest>,
    ) -> Result<Response<GetConversationResponse>, Status> {
        let id = request.into_inner().conversation_id;
        let conversation = Some(self.store().conversation(&id)?.about.clone());
        Ok(Response::new(GetConversationResponse { conversation }))
    }

    async fn delete_conversation(
        &self,
        request: Request<DeleteConversationRequest>,
    ) -> Result<Response<DeleteConversationResponse>, Status> {
        let id = request.into_inner().conversation_id;
        let mut store = self.store();
        if let Some(active) = store.conversation(&id)?.about.active_turn_id.clone() {
            store.finish_turn(&active, FinishReason::Cancelled)?;
        }
        store.conversations.remove(required("conversation_id", &id)?);
        let is_kept = |scope: &MemoryScope| scope.conversation_id != id;
        store.memories.retain(|memory| memory.scope.as_ref().is_none_or(is_kept));
        Ok(Response::new(DeleteConversationResponse {}))
    }

    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        let request = request.into_inner();
        let messages = self.store().conversation(&request.conversation_id)?.messages.clone();
        let size = count("page_size", request.page_size, 50, 200)?;
        let (messages, next_page_token) = page(messages, size, &request.page_token)?;
        Ok(Response::new(ListMessagesResponse { messages, next_page_token }))
    }

    async fn run_turn(
        &self,
        request: Request<RunTurnRequest>,
    ) -> Result<Response<RunTurnResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let left = time_left(&metadata, None)?;
        let RunTurnRequest { conversation_id, request_id, input, options } = request;
        let request = StreamTurnRequest { conversation_id, request_id, input, options };
        let events = self.turn(request)?;
        let chunks = events.iter().filter(|it| matches!(it, turn_event::Kind::TokenChunk(_)));
        let work = self.store().pace * chunks.count() as u32;
        in_time(left, tokio::time::sleep(work)).await?;
        let turn = match events.into_iter().next_back() {
            Some(turn_event::Kind::Finished(turn)) => Some(turn),
            _ => None,
        };
        Ok(Response::new(RunTurnResponse { turn }))
    }

    async fn stream_turn(
        &self,
        request: Request<StreamTurnRequest>,
    ) -> Result<Response<Self::StreamTurnStream>, Status> {
        let events = self.turn(request.into_inner())?;
        let pace = self.store().pace;
        let events = tokio_stream::iter(events).then(move |kind| async move {
            if matches!(kind, turn_event::Kind::TokenChunk(_)) {
                tokio::time::sleep(pace).await;
            }
            Ok(StreamTurnResponse { event: Some(TurnEvent { kind: Some(kind) }) })
        });
        Ok(Response::new(Box::pin(events)))
    }

    async fn cancel_turn(
        &self,
        request: Request<CancelTurnRequest>,
    ) -> Result<Response<CancelTurnResponse>, Status> {
        let id = request.into_inner().turn_id;
        let id = TurnId { value: required("turn_id", &id)?.to_owned() };
        let turn = Some(self.store().finish_turn(&id, FinishReason::Cancelled)?);
        Ok(Response::new(CancelTurnResponse { turn }))
    }
}

#[tonic::async_trait]
impl MemoryService for Provider {
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
        let key = ("AppendMemory", request_id(&request.request_id)?);
        let response = self.store().once(key, Vec::new(), |store| {
            let memory = Memory {
                id: Some(MemoryId { value: store.new_id("memory") }),
                scope: Some(scope),
                kind: request.kind,
                text: request.text,
                source_turn_id: request.source_turn_id,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(365 * DAY, request.time_to_live)),
            };
            store.memories.push(memory.clone());
            Ok(AppendMemoryResponse { memory: Some(memory) })
        })?;
        Ok(Response::new(response))
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
        let store = self.store();
        // Newer ones first: the sort keeps their order.
        let memories = store.memories.iter().rev().filter(|memory| {
            let kinds = &request.kinds;
            memory.scope.as_ref().is_some_and(is_in_scope)
                && !is_past(&memory.expire_time)
                && (kinds.is_empty() || kinds.contains(&memory.kind))
        });
        let found = memories.map(|memory| FoundMemory {
            memory: Some(memory.clone()),
            relevance: relevance(query, &memory.text),
        });
        let is_relevant =
            |it: &FoundMemory| it.relevance > 0.0 && it.relevance >= request.min_relevance;
        let mut memories: Vec<FoundMemory> = found.filter(is_relevant).collect();
        memories.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
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
        let memories = &mut self.store().memories;
        let before = memories.len();
        memories.retain(|memory| !is_selected(memory));
        let forgotten_count = (before - memories.len()) as i64;
        Ok(Response::new(ForgetMemoriesResponse { forgotten_count }))
    }
}

#[tonic::async_trait]
impl PermissionService for Provider {
    async fn check_permission(
        &self,
        request: Request<CheckPermissionRequest>,
    ) -> Result<Response<CheckPermissionResponse>, Status> {
        let request = request.into_inner();
        let principal = required("principal_id", &request.principal_id)?;
        let access = request.access.as_ref().ok_or_else(|| invalid("access", "is required"))?;
        text("access.action", &access.action)?;
        let conversation = optional("conversation_id", &request.conversation_id)?;
        let store = self.store();
        let response = match store.grant_for(principal, access, conversation) {
            Some(grant) => CheckPermissionResponse {
                decision: Decision::Allowed.into(),
                grant_id: grant.id.clone(),
                explanation: "a grant covers the action".to_owned(),
            },
            None => CheckPermissionResponse {
                decision: Decision::Denied.into(),
                grant_id: None,
                explanation: "no grant covers the action".to_owned(),
            },
        };
        Ok(Response::new(response))
    }

    async fn grant_permission(
        &self,
        request: Request<GrantPermissionRequest>,
    ) -> Result<Response<GrantPermissionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let granted_by = caller(&metadata);
        if granted_by.starts_with("agent-") {
            return Err(Status::permission_denied("agents do not grant permissions"));
        }
        required("principal_id", &request.principal_id)?;
        optional("conversation_id", &request.conversation_id)?;
        if request.scopes.is_empty() {
            return Err(invalid("scopes", "is empty"));
        }
        for scope in &request.scopes {
            if matches!(&*scope.action, "" | "*") || scope.resources.is_none() {
                return Err(invalid("scopes", "has one for all actions, or without resources"));
            }
        }
        let time_to_live = request.time_to_live;
        let time_to_live = time_to_live.ok_or_else(|| invalid("time_to_live", "is required"))?;
        let key = ("GrantPermission", request_id(&request.request_id)?);
        let response = self.store().once(key, Vec::new(), |store| {
            let id = store.new_id("grant");
            let grant = Grant {
                id: Some(GrantId { value: id.clone() }),
                principal_id: request.principal_id,
                scopes: request.scopes,
                conversation_id: request.conversation_id,
                granted_by: Some(PrincipalId { value: granted_by }),
                reason: request.reason,
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(at_most(DAY, Some(time_to_live))),
                revoke_time: None,
            };
            store.grants.insert(id, grant.clone());
            Ok(GrantPermissionResponse { grant: Some(grant) })
        })?;
        Ok(Response::new(response))
    }

    async fn revoke_grant(
        &self,
        request: Request<RevokeGrantRequest>,
    ) -> Result<Response<RevokeGrantResponse>, Status> {
        let request = request.into_inner();
        let id = required("grant_id", &request.grant_id)?;
        let mut store = self.store();
        let grant = store.grants.get_mut(id);
        let grant = grant.ok_or_else(|| Status::not_found(format!("there is no grant {id:?}")))?;
        grant.revoke_time = grant.revoke_time.or(time_in(Duration::ZERO));
        Ok(Response::new(RevokeGrantResponse { grant: Some(grant.clone()) }))
    }
}

#[tonic::async_trait]
impl RagService for Provider {
    type BulkIngestDocumentsStream = Stream<BulkIngestDocumentsResponse>;

    async fn retrieve(
        &self,
        request: Request<RetrieveRequest>,
    ) -> Result<Response<RetrieveResponse>, Status> {
        let request = request.into_inner();
        check_collection(&request.collection)?;
        let query = text("query", &request.query)?;
        let most = count("top_k", request.top_k, 5, 100)?;
        request.filter.as_ref().map(model::check_filter).transpose()?;
        let mut passages = self.store().search(Some(&request.collection), query);
        passages.retain(|passage| {
            let metadata = passage.metadata.clone().unwrap_or_default();
            passage.relevance >= request.min_relevance
                && request.filter.as_ref().is_none_or(|filter| model::passes(filter, &metadata))
        });
        passages.truncate(most);
        Ok(Response::new(RetrieveResponse { passages }))
    }

    async fn upload_document(
        &self,
        request: Request<Streaming<UploadDocumentRequest>>,
    ) -> Result<Response<UploadDocumentResponse>, Status> {
        use upload_document_request::Content;
        let mut requests = request.into_inner();
        let first = requests.message().await?.unwrap_or_default();
        let Some(Content::Document(document)) = first.content else {
            return Err(invalid("document", "is required in the first request"));
        };
        check_collection(&first.collection)?;
        let mut bytes = Vec::new();
        while let Some(request) = requests.message().await? {
            if !request.collection.is_empty() && request.collection != first.collection {
                return Err(invalid("collection", "is not that of the first request"));
            }
            match request.content {
                Some(Content::Chunk(chunk)) if bytes.len() + chunk.len() <= 16 << 20 => {
                    bytes.extend(chunk);
                }
                Some(Content::Chunk(_)) => return Err(invalid("text", "is longer than 16 MiB")),
                _ => return Err(invalid("chunk", "is required after the first request")),
            }
        }
        let received_bytes = bytes.len() as i64;
        let text = String::from_utf8(bytes).map_err(|_| invalid("text", "is not UTF-8"))?;
        let stored = self.store().put_document(&first.collection, &document, &text);
        let (outcome, passage_count) = stored?;
        Ok(Response::new(UploadDocumentResponse {
            document_id: document.id,
            outcome: outcome.into(),
            passage_count,
            received_bytes,
        }))
    }

    async fn bulk_ingest_documents(
        &self,
        request: Request<Streaming<BulkIngestDocumentsRequest>>,
    ) -> Result<Response<Self::BulkIngestDocumentsStream>, Status> {
        let mut requests = request.into_inner();
        let provider = self.clone();
        let (responses, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut collection = String::new();
            for index in 0.. {
                let request = match requests.message().await {
                    Ok(Some(request)) => request,
                    Ok(None) => return,
                    Err(status) => return drop(responses.send(Err(status)).await),
                };
                if index == 0 {
                    collection = request.collection.clone();
                    if let Err(status) = check_collection(&collection) {
                        return drop(responses.send(Err(status)).await);
                    }
                }
                let document = request.document.unwrap_or_default();
                let stored = if ["", &*collection].contains(&&*request.collection) {
                    provider.store().put_document(&collection, &document, &request.text)
                } else {
                    Err(invalid("collection", "is not that of the first request"))
                };
                let result = match stored {
                    Ok((outcome, _)) => bulk::Result::Outcome(outcome.into()),
                    Err(status) => bulk::Result::Problem(problem(&status)),
                };
                let response = BulkIngestDocumentsResponse {
                    index,
                    document_id: document.id,
                    result: Some(result),
                };
                if responses.send(Ok(response)).await.is_err() {
                    return;
                }
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_document(
        &self,
        request: Request<GetDocumentRequest>,
    ) -> Result<Response<GetDocumentResponse>, Status> {
        let GetDocumentRequest { collection, document_id } = request.into_inner();
        check_collection(&collection)?;
        let id = required("document_id", &document_id)?.to_owned();
        let store = self.store();
        let missing = Status::not_found(format!("there is no document {id:?}"));
        let stored = store.documents.get(&(collection, id)).ok_or(missing)?;
        Ok(Response::new(GetDocumentResponse { document: Some(stored.about.clone()) }))
    }
}

#[tonic::async_trait]
impl ToolService for Provider {
    async fn list_tools(
        &self,
        request: Request<ListToolsRequest>,
    ) -> Result<Response<ListToolsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let principal = principal(&request.principal_id, &metadata)?;
        let store = self.store();
        let tools = TOOLS.iter().filter(|tool| store.may_use(tool, &principal, None));
        let tools = tools.map(|tool| Tool {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            input_schema_json: tool.schema.to_owned(),
            effect: tool.effect.into(),
            max_duration: Some(prost_types::Duration { seconds: 10, nanos: 0 }),
            required_actions: tool.required_actions.iter().map(|it| (*it).to_owned()).collect(),
        });
        let size = count("page_size", request.page_size, 100, 500)?;
        let (tools, next_page_token) = page(tools.collect(), size, &request.page_token)?;
        Ok(Response::new(ListToolsResponse { tools, next_page_token }))
    }

    async fn execute_tool(
        &self,
        request: Request<ExecuteToolRequest>,
    ) -> Result<Response<ExecuteToolResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let tool = model::tool(text("tool_name", &request.tool_name)?)?;
        let principal = principal(&request.principal_id, &metadata)?;
        let conversation = optional("conversation_id", &request.conversation_id)?;
        let key = ("ExecuteTool", request_id(&request.request_id)?);
        let response = self.store().once(key, request.encode_to_vec(), |store| {
            if !store.may_use(tool, &principal, conversation) {
                let message = format!("{principal} may not use the tool {}", tool.name);
                return Err(Status::permission_denied(message));
            }
            let started = Instant::now();
            let outcome = match tool.run(&request.arguments.clone().unwrap_or_default())? {
                Ok(text) => tool_result::Outcome::Output(ToolOutput { text, truncated: false }),
                Err(message) => tool_result::Outcome::Problem(Problem {
                    code: ProblemCode::ToolFailed.into(),
                    message,
                    ..Problem::default()
                }),
            };
            Ok(ExecuteToolResponse {
                result: Some(ToolResult {
                    tool_call_id: request.tool_call_id.clone(),
                    run_time: started.elapsed().try_into().ok(),
                    outcome: Some(outcome),
                }),
            })
        })?;
        Ok(Response::new(response))
    }
}

//! One turn: from the user's message to the answer, with the calls that it needs.
//!
//! 1. `PermissionService.CheckPermission`, for each collection: may the user read its documents?
//! 2. `RagService.Retrieve`, for each such collection
//! 3. `MemoryService.SearchMemories`: what is remembered of the user?
//! 4. `ToolService.ListTools`: what may the user use?
//! 5. the model, and `ToolService.ExecuteTool` each time that it asks for a tool
//! 6. `MemoryService.AppendMemory`: the turn is remembered

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::{
    Access, AppendMemoryRequest, CheckPermissionRequest, Citation, ConversationId, Decision,
    DocumentId, ExecuteToolRequest, FinishReason, ListToolsRequest, Memory, MemoryKind,
    MemoryScope, Message, Part, Passage, PassagesRetrieved, PrincipalId, RetrieveRequest,
    SearchMemoriesRequest, TextPart, TokenChunk, Tool, ToolCall, ToolCallId, ToolResult, Turn,
    TurnId, TurnInput, TurnOptions, Usage, part, tool_result,
};
use opentelemetry::KeyValue;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::{Code, Status};

use super::model::{Model, Next, Prompt, Round, Wanted, Written, split};
use crate::call::{Call, RESERVE, too_late};
use crate::checks::cut;
use crate::links::Links;
use crate::methods::code_name;
use crate::problem::problem;
use crate::rag::MAX_QUERY;
use crate::telemetry::spans;

/// The most time for a call without which the turn goes on.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The passages of one collection that a model is given.
const TOP_K: i32 = 3;

/// The least relevance of a passage that a model is given. Less relevant ones are about something else.
const MIN_RELEVANCE: f32 = 0.5;

/// The most tools that a model is given: those of one page.
const MAX_TOOLS: i32 = 500;

/// The most calls of tools in a turn, unless its options say otherwise.
const MAX_TOOL_CALLS: i32 = 8;

/// The longest time of a turn, and that of one without a deadline.
const MAX_TURN: Duration = Duration::from_secs(600);

/// A turn that runs or has ended: its events so far. All clones are one.
#[derive(Clone)]
pub(super) struct Log(Arc<Shared>);

struct Shared {
    conversation_id: ConversationId,
    events: Mutex<Vec<Kind>>,
    /// The number of events, to wait for more.
    count: watch::Sender<usize>,
    /// Whether somebody cancelled the turn.
    cancelled: watch::Sender<bool>,
}

impl Log {
    /// Returns the log of a turn with these events.
    pub(super) fn new(conversation_id: ConversationId, events: Vec<Kind>) -> Self {
        let count = watch::Sender::new(events.len());
        let cancelled = watch::Sender::new(false);
        Log(Arc::new(Shared { conversation_id, events: Mutex::new(events), count, cancelled }))
    }

    /// Returns the conversation of the turn.
    pub(super) fn conversation_id(&self) -> &ConversationId {
        &self.0.conversation_id
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Kind>> {
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event, unless the turn has finished. Returns whether it was added.
    pub(super) fn push(&self, event: Kind) -> bool {
        let mut events = self.locked();
        if matches!(events.last(), Some(Kind::Finished(_))) {
            return false;
        }
        events.push(event);
        self.0.count.send_replace(events.len());
        true
    }

    /// Returns all events so far.
    pub(super) fn events(&self) -> Vec<Kind> {
        self.locked().clone()
    }

    /// Returns the event at `index`, when it is there; none after the last one.
    pub(super) async fn event(&self, index: usize) -> Option<Kind> {
        let mut count = self.0.count.subscribe();
        loop {
            {
                let events = self.locked();
                if let Some(event) = events.get(index) {
                    return Some(event.clone());
                }
                if matches!(events.last(), Some(Kind::Finished(_))) {
                    return None;
                }
            }
            count.changed().await.ok()?;
        }
    }

    /// Waits for the end of the turn.
    pub(super) async fn finished(&self) -> Turn {
        let mut index = 0;
        loop {
            match self.event(index).await {
                Some(Kind::Finished(turn)) => return turn,
                Some(_) => index += 1,
                None => return Turn::default(),
            }
        }
    }

    /// Stops the turn: the model, and the tool that runs.
    pub(super) fn cancel(&self) {
        self.0.cancelled.send_replace(true);
    }

    /// Whether somebody cancelled the turn.
    fn is_cancelled(&self) -> bool {
        *self.0.cancelled.borrow()
    }

    pub(super) async fn cancel_requested(&self) {
        let mut cancelled = self.0.cancelled.subscribe();
        let _ = cancelled.wait_for(|is| *is).await;
    }
}

/// The work of one turn.
pub(super) struct Work {
    pub(super) call: Call,
    pub(super) links: Links,
    pub(super) model: Arc<dyn Model>,
    pub(super) collections: Arc<[String]>,
    pub(super) turn_id: TurnId,
    pub(super) conversation_id: Option<ConversationId>,
    pub(super) principal_id: PrincipalId,
    pub(super) input: TurnInput,
    pub(super) options: TurnOptions,
    pub(super) history: Vec<Message>,
    pub(super) log: Log,
}

impl Work {
    /// Does the work, and returns the finished turn without its answer's id.
    pub(super) async fn run(mut self) -> Turn {
        let mut usage = Usage::default();
        let mut citations = Vec::new();
        let deadline = self.options.deadline.and_then(|at| SystemTime::try_from(at).ok());
        let left = deadline.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
        let limit = Instant::now() + left.unwrap_or(MAX_TURN).min(MAX_TURN);
        self.call = self.call.until(Some(limit));
        let log = self.log.clone();
        let stopped = async {
            tokio::select! {
                biased;
                () = log.cancel_requested() => Status::cancelled("the turn was cancelled"),
                () = tokio::time::sleep_until(limit) => too_late(),
            }
        };
        let mut stopped = std::pin::pin!(stopped);
        let end = tokio::select! {
            biased;
            status = &mut stopped => Err(status),
            end = self.answer(&mut usage, &mut citations) => end,
        };
        let (reason, failure) = match end {
            Ok(reason) => (reason, None),
            Err(status) => {
                // Only the last event can be a call without its result.
                if let Some(Kind::ToolCall(call)) = log.events().last() {
                    log.push(Kind::ToolResult(failed(call.id.clone(), &status)));
                }
                match status.code() {
                    Code::Cancelled if log.is_cancelled() => (FinishReason::Cancelled, None),
                    // A role that is called gives up a little earlier (see `call::RESERVE`).
                    Code::DeadlineExceeded => (FinishReason::Deadline, None),
                    _ => (FinishReason::Failed, Some(problem(&status))),
                }
            }
        };
        // The answer is complete, whatever comes of this.
        if reason == FinishReason::Stop {
            tokio::select! {
                biased;
                _ = &mut stopped => {}
                result = self.remember() => if let Err(status) = result {
                    log.push(Kind::Problem(problem(&status)));
                },
            }
        }
        if usage.input_tokens == 0 {
            usage.input_tokens = split(&self.input.text).len() as i64;
        }
        let parts = parts(&log.events(), citations);
        Turn {
            id: Some(self.turn_id.clone()),
            input_message_id: None,
            answer: (!parts.is_empty()).then(|| Message { parts, ..Message::default() }),
            finish_reason: reason.into(),
            problem: failure,
            usage: Some(usage),
            model: self.model.name().to_owned(),
        }
    }

    /// Writes the answer, and returns why it ends. A complete one has citations.
    async fn answer(
        &self,
        usage: &mut Usage,
        citations: &mut Vec<Citation>,
    ) -> Result<FinishReason, Status> {
        let passages = self.passages().await?;
        if !passages.is_empty() {
            let found =
                PassagesRetrieved { query: self.query().to_owned(), passages: passages.clone() };
            self.log.push(Kind::PassagesRetrieved(found));
        }
        let most_calls = self.options.max_tool_calls.unwrap_or(MAX_TOOL_CALLS);
        let mut prompt = Prompt {
            message: self.input.text.clone(),
            history: self.history.clone(),
            memories: self.or_nothing(self.memories().await)?,
            passages,
            tools: if most_calls == 0 { Vec::new() } else { self.or_nothing(self.tools().await)? },
            rounds: Vec::new(),
            max_tokens: None,
        };
        let most = self.options.max_output_tokens;
        let (mut written, mut called) = (0, 0);
        loop {
            let used = i32::try_from(usage.output_tokens).unwrap_or(i32::MAX);
            prompt.max_tokens = most.map(|most| most.saturating_sub(used));
            if prompt.max_tokens.is_some_and(|left| left <= 0) {
                return Ok(FinishReason::Length);
            }
            let (text, next) = self.write(&prompt, &mut written, usage).await?;
            let wanted = match next {
                Next::Done(cited) => {
                    *citations = cited;
                    return Ok(FinishReason::Stop);
                }
                Next::Length => return Ok(FinishReason::Length),
                Next::Filtered => return Ok(FinishReason::Filtered),
                Next::CallTools(wanted) => wanted,
            };
            let mut calls = Vec::new();
            for Wanted { name, arguments } in wanted {
                if called >= most_calls {
                    return Ok(FinishReason::ToolLimit);
                }
                called += 1;
                let id = ToolCallId { value: format!("call-{called}") };
                let call = ToolCall { id: Some(id), tool_name: name, arguments: Some(arguments) };
                self.log.push(Kind::ToolCall(call.clone()));
                let result = self.execute(call.clone()).await?;
                self.log.push(Kind::ToolResult(result.clone()));
                calls.push((call, result));
            }
            prompt.rounds.push(Round { text, calls });
        }
    }

    /// Returns what a call returned. Without that the turn goes on, unless its time is over.
    fn or_nothing<T: Default>(&self, result: Result<T, Status>) -> Result<T, Status> {
        let soon = Instant::now() + RESERVE;
        let is_over = self.call.deadline().is_some_and(|limit| limit <= soon);
        match result {
            Err(status) if !is_over => {
                self.log.push(Kind::Problem(problem(&status)));
                Ok(T::default())
            }
            other => other,
        }
    }

    /// Returns the call for something without which the turn goes on: a role that hangs does not take
    /// all of its time.
    fn briefly(&self) -> Call {
        self.call.until(Some(Instant::now() + MAX_WAIT))
    }

    /// Has the model write, and returns its text and what it wants next.
    async fn write(
        &self,
        prompt: &Prompt,
        written: &mut i32,
        usage: &mut Usage,
    ) -> Result<(String, Next), Status> {
        usage.model_calls += 1;
        let name = self.model.name();
        let attributes = vec![
            KeyValue::new("gen_ai.operation.name", "chat"),
            KeyValue::new("gen_ai.request.model", name.to_owned()),
        ];
        let (call, mut span) = self.call.span(format!("chat {name}"), attributes);
        let (sender, mut tokens) = mpsc::channel(1);
        let mut writing = std::pin::pin!(self.model.write(&call, prompt, sender));
        let mut ended: Option<Result<Written, Status>> = None;
        let (mut text, first) = (String::new(), *written);
        let Written { next, usage: counted } = loop {
            tokio::select! {
                result = &mut writing, if ended.is_none() => ended = Some(result),
                token = tokens.recv() => match token {
                    Some(_) if prompt.max_tokens == Some(*written - first) => {
                        return Ok((text, Next::Length));
                    }
                    Some(token) => {
                        text += &token;
                        let chunk = TokenChunk { sequence_number: *written, text: token };
                        self.log.push(Kind::TokenChunk(chunk));
                        *written += 1;
                        usage.output_tokens += 1;
                    }
                    // The model has dropped its end: what it wants is, or will be, there.
                    None => {
                        let ended = match ended {
                            Some(ended) => ended,
                            None => writing.await,
                        };
                        match ended {
                            Ok(written) => break written,
                            Err(status) => {
                                spans::fail(&mut span, code_name(status.code()));
                                return Err(status);
                            }
                        }
                    }
                },
            }
        };
        if let Some(counted) = counted {
            usage.input_tokens += counted.input_tokens;
            usage.cached_input_tokens += counted.cached_input_tokens;
            usage.output_tokens += counted.output_tokens - i64::from(*written - first);
        }
        Ok((text, next))
    }

    /// Returns the query of the message. A longer message is searched for by its beginning.
    fn query(&self) -> &str {
        cut(&self.input.text, MAX_QUERY)
    }

    async fn may_read(&self, collection: &str) -> Result<bool, Status> {
        let request = CheckPermissionRequest {
            principal_id: Some(self.principal_id.clone()),
            access: Some(Access {
                action: "documents.read".to_owned(),
                resource_type: "collection".to_owned(),
                resource_id: collection.to_owned(),
            }),
            conversation_id: self.conversation_id.clone(),
        };
        let answer =
            self.links.permission().check_permission(self.briefly().request(request)).await?;
        Ok(answer.into_inner().decision() == Decision::Allowed)
    }

    fn scope(&self) -> Option<MemoryScope> {
        Some(MemoryScope {
            principal_id: Some(self.principal_id.clone()),
            conversation_id: self.conversation_id.clone(),
        })
    }

    async fn memories(&self) -> Result<Vec<Memory>, Status> {
        let request = SearchMemoriesRequest {
            scope: self.scope(),
            query: self.query().to_owned(),
            top_k: 5,
            ..SearchMemoriesRequest::default()
        };
        let found = self.links.memory().search_memories(self.briefly().request(request)).await?;
        Ok(found.into_inner().memories.into_iter().filter_map(|found| found.memory).collect())
    }

    /// Retrieves, from the collections that the user may read, the passages that match the message,
    /// and all of the documents that the user named. An answer has to take these into account: there
    /// is none without them.
    async fn passages(&self) -> Result<Vec<Passage>, Status> {
        let mut passages: Vec<Passage> = Vec::new();
        let mut readable = Vec::new();
        for collection in self.collections.iter() {
            if self.or_nothing(self.may_read(collection).await)? {
                passages.extend(self.or_nothing(self.retrieve(collection, None).await)?);
                readable.push(collection);
            }
        }
        passages.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        for id in &self.input.context_document_ids {
            let mut found = Vec::new();
            for collection in &readable {
                found.extend(self.retrieve(collection, Some(id)).await?);
            }
            if found.is_empty() {
                return Err(Status::not_found(format!("there is no document {:?}", id.value)));
            }
            found.retain(|passage| passages.iter().all(|known| known.id != passage.id));
            passages.extend(found);
        }
        Ok(passages)
    }

    async fn retrieve(
        &self,
        collection: &str,
        document: Option<&DocumentId>,
    ) -> Result<Vec<Passage>, Status> {
        let request = RetrieveRequest {
            collection: collection.to_owned(),
            query: self.query().to_owned(),
            top_k: if document.is_some() { 100 } else { TOP_K },
            // All of a document that the user named counts.
            min_relevance: if document.is_some() { 0.0 } else { MIN_RELEVANCE },
            filter: None,
            document_ids: document.cloned().into_iter().collect(),
        };
        let found = self.links.rag().retrieve(self.briefly().request(request)).await?;
        Ok(found.into_inner().passages)
    }

    async fn tools(&self) -> Result<Vec<Tool>, Status> {
        let request = ListToolsRequest {
            principal_id: Some(self.principal_id.clone()),
            conversation_id: self.conversation_id.clone(),
            page_size: MAX_TOOLS,
            ..ListToolsRequest::default()
        };
        let mut tools = self
            .links
            .tools()
            .list_tools(self.briefly().request(request))
            .await?
            .into_inner()
            .tools;
        tools.retain(|tool| self.is_allowed(&tool.name));
        Ok(tools)
    }

    fn is_allowed(&self, tool: &String) -> bool {
        let allowed = &self.options.allowed_tool_names;
        allowed.is_empty() || allowed.contains(tool)
    }

    /// Runs a tool. A call that fails has a result, too: the model is told. The error is that the
    /// time of the turn is over.
    async fn execute(&self, call: ToolCall) -> Result<ToolResult, Status> {
        let ToolCall { id, tool_name, arguments } = call;
        if !self.is_allowed(&tool_name) {
            let status = format!("the turn may not use the tool {tool_name:?}");
            return Ok(failed(id, &Status::permission_denied(status)));
        }
        let call_id = id.clone().unwrap_or_default().value;
        let request = ExecuteToolRequest {
            request_id: format!("{}.{call_id}", self.turn_id.value),
            tool_name,
            arguments,
            principal_id: Some(self.principal_id.clone()),
            conversation_id: self.conversation_id.clone(),
            tool_call_id: id.clone(),
        };
        match self.links.tools().execute_tool(self.call.request(request)).await {
            Ok(answer) => Ok(answer.into_inner().result.unwrap_or_default()),
            Err(status) if status.code() == Code::DeadlineExceeded => Err(status),
            Err(status) => Ok(failed(id, &status)),
        }
    }

    async fn remember(&self) -> Result<(), Status> {
        let text = format!("The user asked: {}", self.input.text);
        let text = cut(&text, 8192).to_owned();
        let request = AppendMemoryRequest {
            request_id: self.turn_id.value.clone(),
            scope: self.scope(),
            kind: MemoryKind::Episode.into(),
            text,
            time_to_live: None,
            source_turn_id: Some(self.turn_id.clone()),
        };
        self.links.memory().append_memory(self.call.request(request)).await?;
        Ok(())
    }
}

/// Returns the result of a call that failed.
fn failed(tool_call_id: Option<ToolCallId>, status: &Status) -> ToolResult {
    let outcome = Some(tool_result::Outcome::Problem(problem(status)));
    ToolResult { tool_call_id, outcome, run_time: None }
}

/// Returns the parts of the answer that the events form. The last text has these citations.
fn parts(events: &[Kind], citations: Vec<Citation>) -> Vec<Part> {
    let mut kinds: Vec<part::Kind> = Vec::new();
    for event in events {
        match event {
            Kind::TokenChunk(chunk) => match kinds.last_mut() {
                Some(part::Kind::Text(part)) => part.text += &chunk.text,
                _ => kinds.push(text_part(chunk.text.clone())),
            },
            Kind::ToolCall(call) => kinds.push(part::Kind::ToolCall(call.clone())),
            Kind::ToolResult(result) => kinds.push(part::Kind::ToolResult(result.clone())),
            Kind::Started(_)
            | Kind::PassagesRetrieved(_)
            | Kind::Problem(_)
            | Kind::Finished(_) => {}
        }
    }
    if let Some(part::Kind::Text(part)) = kinds.last_mut() {
        part.citations = citations;
    }
    kinds.into_iter().map(|kind| Part { kind: Some(kind) }).collect()
}

/// Returns a text without citations.
pub(super) fn text_part(text: String) -> part::Kind {
    part::Kind::Text(TextPart { text, citations: Vec::new() })
}

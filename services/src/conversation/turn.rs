//! One turn: from the user's message to the answer, with the calls that it needs.
//!
//! 1. `PermissionService.CheckPermission`: may the caller read the documents?
//! 2. `MemoryService.SearchMemories`: what is remembered of the caller?
//! 3. `RagService.Retrieve`, for each collection
//! 4. `ToolService.ListTools`: what may the caller use?
//! 5. the model, and `ToolService.ExecuteTool` each time that it asks for a tool
//! 6. `MemoryService.AppendMemory`: the turn is remembered

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::{
    Access, AppendMemoryRequest, CheckPermissionRequest, Citation, ConversationId, Decision,
    DocumentId, ExecuteToolRequest, FinishReason, ListToolsRequest, Memory, MemoryKind,
    MemoryScope, Message, Part, Passage, PassagesRetrieved, PrincipalId, Problem, ProblemCode,
    RetrieveRequest, SearchMemoriesRequest, TextPart, TokenChunk, Tool, ToolCall, ToolCallId,
    ToolResult, Turn, TurnId, TurnInput, TurnOptions, Usage, part, tool_result,
};
use opentelemetry::KeyValue;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tonic::Status;

use super::model::{Model, Next, Prompt, Round, Wanted, Written, split};
use crate::call::Call;
use crate::checks::cut;
use crate::links::Links;
use crate::rag::MAX_QUERY;

/// The passages of one collection that a model is given.
const TOP_K: i32 = 3;

/// The least relevance of a passage that a model is given. Less relevant ones are about something else.
const MIN_RELEVANCE: f32 = 0.5;

/// The most calls of tools in a turn, unless its options have fewer.
const MAX_TOOL_CALLS: i32 = 8;

/// A turn that runs or has ended: its events so far. All clones are one.
#[derive(Clone)]
pub(super) struct Log(Arc<Shared>);

struct Shared {
    events: Mutex<Vec<Kind>>,
    /// The number of events, to wait for more.
    count: watch::Sender<usize>,
    /// Whether somebody cancelled the turn.
    cancelled: watch::Sender<bool>,
}

impl Log {
    /// Returns the log of a turn with these events.
    pub(super) fn new(events: Vec<Kind>) -> Self {
        let count = watch::Sender::new(events.len());
        let cancelled = watch::Sender::new(false);
        Log(Arc::new(Shared { events: Mutex::new(events), count, cancelled }))
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

/// Why a turn ends, and what went wrong if something did.
type End = (FinishReason, Option<Problem>);

impl Work {
    /// Does the work, and returns the finished turn without its answer's id.
    pub(super) async fn run(mut self) -> Turn {
        let mut usage = Usage::default();
        let deadline = self.options.deadline.map(|deadline| {
            let deadline = SystemTime::try_from(deadline).unwrap_or(SystemTime::UNIX_EPOCH);
            Instant::now() + deadline.duration_since(SystemTime::now()).unwrap_or_default()
        });
        self.call = self.call.until(deadline);
        let log = self.log.clone();
        let limit = self.call.deadline();
        let work = self.answer(&mut usage);
        let (reason, problem) = tokio::select! {
            biased;
            () = log.cancel_requested() => (FinishReason::Cancelled, None),
            () = until(limit) => (FinishReason::Deadline, None),
            end = work => match end {
                Ok(end) => end,
                Err(_) if limit.is_some_and(|at| at <= Instant::now()) => {
                    (FinishReason::Deadline, None)
                }
                Err(status) => (FinishReason::Failed, Some(problem(&status))),
            },
        };
        if usage.input_tokens == 0 {
            usage.input_tokens = split(&self.input.text).len() as i64;
        }
        let parts = parts(&log.events(), reason == FinishReason::Stop);
        let model = match &*self.options.model {
            "" => self.model.name(),
            name => name,
        };
        Turn {
            id: Some(self.turn_id.clone()),
            input_message_id: None,
            answer: (!parts.is_empty()).then(|| Message { parts, ..Message::default() }),
            finish_reason: reason.into(),
            problem,
            usage: Some(usage),
            model: model.to_owned(),
        }
    }

    async fn answer(&self, usage: &mut Usage) -> Result<End, Status> {
        let passages = if self.may_read().await? { self.passages().await? } else { Vec::new() };
        if !passages.is_empty() {
            let found =
                PassagesRetrieved { query: self.input.text.clone(), passages: passages.clone() };
            self.log.push(Kind::PassagesRetrieved(found));
        }
        let mut prompt = Prompt {
            message: self.input.text.clone(),
            history: self.history.clone(),
            memories: self.memories().await?,
            passages,
            tools: self.tools().await?,
            rounds: Vec::new(),
            model: self.options.model.clone(),
            max_tokens: None,
        };
        let most = self.options.max_output_tokens;
        let most_calls = self.options.max_tool_calls.unwrap_or(MAX_TOOL_CALLS);
        let (mut written, mut called) = (0, 0);
        loop {
            prompt.max_tokens = most.map(|most| most - written);
            let (text, next) = self.write(&prompt, &mut written, usage).await?;
            let wanted = match next {
                Next::Done => break,
                Next::Length => return Ok((FinishReason::Length, None)),
                Next::Filtered => return Ok((FinishReason::Filtered, None)),
                Next::CallTools(wanted) => wanted,
            };
            let mut calls = Vec::new();
            for Wanted { name, arguments } in wanted {
                if called >= most_calls {
                    return Ok((FinishReason::ToolLimit, None));
                }
                called += 1;
                let id = ToolCallId { value: format!("call-{called}") };
                let call = ToolCall { id: Some(id), tool_name: name, arguments: Some(arguments) };
                self.log.push(Kind::ToolCall(call.clone()));
                let result = self.execute(call.clone(), &prompt.tools).await?;
                self.log.push(Kind::ToolResult(result.clone()));
                calls.push((call, result));
            }
            prompt.rounds.push(Round { text, calls });
        }
        self.remember().await?;
        Ok((FinishReason::Stop, None))
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
        let (call, _span) = self.call.span(format!("chat {name}"), attributes);
        let (sender, mut tokens) = mpsc::channel(1);
        let mut writing = std::pin::pin!(self.model.write(&call, prompt, sender));
        let mut ended: Option<Written> = None;
        let (mut text, first) = (String::new(), *written);
        let Written { next, usage: counted } = loop {
            tokio::select! {
                result = &mut writing, if ended.is_none() => ended = Some(result?),
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
                    None => match ended {
                        Some(ended) => break ended,
                        None => break writing.await?,
                    },
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

    async fn may_read(&self) -> Result<bool, Status> {
        let request = CheckPermissionRequest {
            principal_id: Some(self.principal_id.clone()),
            access: Some(Access {
                action: "documents.read".to_owned(),
                resource_type: "collection".to_owned(),
                resource_id: self.collections.first().cloned().unwrap_or_default(),
            }),
            conversation_id: self.conversation_id.clone(),
        };
        let answer = self.links.permission().check_permission(self.call.request(request)).await?;
        Ok(answer.into_inner().decision() == Decision::Allowed)
    }

    fn scope(&self) -> Option<MemoryScope> {
        Some(MemoryScope { principal_id: Some(self.principal_id.clone()), conversation_id: None })
    }

    async fn memories(&self) -> Result<Vec<Memory>, Status> {
        let request = SearchMemoriesRequest {
            scope: self.scope(),
            query: self.input.text.clone(),
            top_k: 5,
            ..SearchMemoriesRequest::default()
        };
        let found = self.links.memory().search_memories(self.call.request(request)).await?;
        Ok(found.into_inner().memories.into_iter().filter_map(|found| found.memory).collect())
    }

    /// Retrieves the passages that match the message, and all of the documents that the user named.
    async fn passages(&self) -> Result<Vec<Passage>, Status> {
        let mut passages: Vec<Passage> = Vec::new();
        for collection in self.collections.iter() {
            passages.extend(self.retrieve(collection, None).await?);
        }
        passages.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        for id in &self.input.context_document_ids {
            let mut found = Vec::new();
            for collection in self.collections.iter() {
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
            // A longer message is searched for by its beginning.
            query: cut(&self.input.text, MAX_QUERY).to_owned(),
            top_k: if document.is_some() { 100 } else { TOP_K },
            // All of a document that the user named counts.
            min_relevance: if document.is_some() { 0.0 } else { MIN_RELEVANCE },
            filter: None,
            document_ids: document.cloned().into_iter().collect(),
        };
        let found = self.links.rag().retrieve(self.call.request(request)).await?;
        Ok(found.into_inner().passages)
    }

    async fn tools(&self) -> Result<Vec<Tool>, Status> {
        let request = ListToolsRequest {
            principal_id: Some(self.principal_id.clone()),
            conversation_id: self.conversation_id.clone(),
            ..ListToolsRequest::default()
        };
        let mut tools =
            self.links.tools().list_tools(self.call.request(request)).await?.into_inner().tools;
        let allowed = &self.options.allowed_tool_names;
        tools.retain(|tool| allowed.is_empty() || allowed.contains(&tool.name));
        Ok(tools)
    }

    /// Runs a tool. A call that no repetition of it can make right has a result, too: the model can
    /// make another one.
    async fn execute(&self, call: ToolCall, tools: &[Tool]) -> Result<ToolResult, Status> {
        let ToolCall { id, tool_name, arguments } = call;
        let is_known = tools.iter().any(|tool| tool.name == tool_name);
        let unknown = Status::not_found(format!("there is no tool {tool_name:?}"));
        let call_id = id.clone().unwrap_or_default().value;
        let request = ExecuteToolRequest {
            request_id: format!("{}.{call_id}", self.turn_id.value),
            tool_name,
            arguments,
            principal_id: Some(self.principal_id.clone()),
            conversation_id: self.conversation_id.clone(),
            tool_call_id: id.clone(),
        };
        let answer = match is_known {
            true => self.links.tools().execute_tool(self.call.request(request)).await,
            false => Err(unknown),
        };
        use tonic::Code::{InvalidArgument, NotFound, PermissionDenied};
        match answer {
            Ok(answer) => Ok(answer.into_inner().result.unwrap_or_default()),
            Err(status)
                if [InvalidArgument, NotFound, PermissionDenied].contains(&status.code()) =>
            {
                let outcome = Some(tool_result::Outcome::Problem(problem(&status)));
                Ok(ToolResult { tool_call_id: id, outcome, run_time: None })
            }
            Err(status) => Err(status),
        }
    }

    async fn remember(&self) -> Result<(), Status> {
        let text = format!("The user asked: {}", self.input.text);
        let text = cut(&text, 8192).to_owned();
        let request = AppendMemoryRequest {
            request_id: self.turn_id.value.clone(),
            scope: self.conversation_id.clone().map(|id| MemoryScope {
                principal_id: Some(self.principal_id.clone()),
                conversation_id: Some(id),
            }),
            kind: MemoryKind::Episode.into(),
            text,
            time_to_live: None,
            source_turn_id: Some(self.turn_id.clone()),
        };
        self.links.memory().append_memory(self.call.request(request)).await?;
        Ok(())
    }
}

/// Waits until `deadline`; without one, for ever.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn problem(status: &Status) -> Problem {
    let code = match status.code() {
        tonic::Code::InvalidArgument => ProblemCode::InvalidArgument,
        tonic::Code::NotFound => ProblemCode::NotFound,
        tonic::Code::PermissionDenied => ProblemCode::PermissionDenied,
        tonic::Code::ResourceExhausted => ProblemCode::ResourceExhausted,
        tonic::Code::Unavailable => ProblemCode::Unavailable,
        _ => ProblemCode::Internal,
    };
    let retryable = [ProblemCode::ResourceExhausted, ProblemCode::Unavailable].contains(&code);
    Problem {
        code: code.into(),
        message: status.message().to_owned(),
        retryable,
        retry_after: None,
    }
}

/// Returns the parts of the answer that the events form. A complete one cites the best passage.
fn parts(events: &[Kind], is_complete: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut text, mut citations) = (String::new(), Vec::new());
    let mut best = None;
    for event in events {
        match event {
            Kind::PassagesRetrieved(found) => best = found.passages.first(),
            Kind::ToolCall(call) => {
                parts.push(Part { kind: Some(part::Kind::ToolCall(call.clone())) });
            }
            Kind::ToolResult(result) => {
                parts.push(Part { kind: Some(part::Kind::ToolResult(result.clone())) });
            }
            Kind::TokenChunk(chunk) => text += &chunk.text,
            Kind::Started(_) | Kind::Problem(_) | Kind::Finished(_) => {}
        }
    }
    if let Some(passage) = best.filter(|_| is_complete) {
        citations.push(Citation {
            start: 0,
            end: i32::try_from(text.chars().count()).unwrap_or(i32::MAX),
            passage_id: passage.id.clone(),
            document_id: passage.document_id.clone(),
        });
    }
    if !text.is_empty() {
        parts.push(Part { kind: Some(part::Kind::Text(TextPart { text, citations })) });
    }
    parts
}

//! Package `agent`, the first contract: served by the services of `agent.v2`. Every message is taken
//! apart field by field, so that a new field does not compile until somebody decides what it means.

use std::time::Instant;

use agent_contract::agent::conversation_service_server::ConversationService;
use agent_contract::agent::rag_service_server::RagService;
use agent_contract::agent::tool_execution_service_server::ToolExecutionService;
use agent_contract::agent::v2;
use agent_contract::agent::v2::rag_service_server::RagService as _;
use agent_contract::agent::v2::turn_event::Kind as Event;
use agent_contract::agent::{
    Document, Empty, FinishReason, MessageRequest, MessageResponse, RetrievalRequest,
    RetrievalResponse, TokenChunk, ToolInfo, ToolList, ToolRequest, ToolResponse, Usage,
};
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Response, Status};

use crate::Stream;
use crate::call::{Call, REQUEST_ID, too_late};
use crate::checks::{count, invalid, is_id, text};
use crate::conversation::{Conversations, Running};
use crate::rag::Rag;
use crate::tools::{Tools, from_json};

/// `agent.ConversationService`.
#[derive(Clone)]
pub struct ConversationV1(pub Conversations);

/// `agent.ToolExecutionService`.
#[derive(Clone)]
pub struct ToolsV1(pub Tools);

/// `agent.RAGService`.
#[derive(Clone)]
pub struct RagV1(pub Rag, pub Vec<String>);

impl ConversationV1 {
    /// Begins a turn. A session is a conversation; an unknown one is created. Other than in v2, a
    /// message waits until the one before is answered.
    async fn start(&self, call: &Call, request: MessageRequest) -> Result<Running, Status> {
        let MessageRequest {
            session_id,
            user_message,
            context_ids,
            deadline: _,
            max_output_tokens,
        } = request;
        text("session_id", &session_id)?;
        text("user_message", &user_message)?;
        let id = conversation_id(call.named(), &session_id);
        if !is_id(&id) {
            return Err(invalid("session_id", "is too long"));
        }
        self.0.create_if_missing(call, &id).await?;
        let id = Some(v2::ConversationId { value: id });
        let input = v2::TurnInput {
            text: user_message,
            context_document_ids: context_ids
                .into_iter()
                .map(|value| v2::DocumentId { value })
                .collect(),
        };
        let options = v2::TurnOptions { max_output_tokens, ..v2::TurnOptions::default() };
        let begin = async {
            loop {
                match self.0.start(call, &id, input.clone(), options.clone()) {
                    Err(status) if status.code() == Code::FailedPrecondition => {
                        self.0.idle(&id).await?;
                    }
                    other => return other,
                }
            }
        };
        call.in_time(begin).await?
    }
}

/// Returns the conversation of a caller's session. A session has any name; an id has few characters.
fn conversation_id(caller: Option<&str>, session: &str) -> String {
    let mut id = "session-".to_owned();
    if let Some(caller) = caller {
        // No session has two of these in its id.
        id.push_str(&format!("{caller}~~"));
    }
    for byte in session.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => id.push(byte.into()),
            byte => id.push_str(&format!("~{byte:02x}")),
        }
    }
    id
}

fn usage(usage: Option<v2::Usage>) -> Usage {
    let v2::Usage { input_tokens, cached_input_tokens, output_tokens, model_calls: _ } =
        usage.unwrap_or_default();
    let number = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    Usage {
        input_tokens: number(input_tokens),
        output_tokens: number(output_tokens),
        cached_input_tokens: number(cached_input_tokens),
    }
}

/// Returns why an answer ends; an error if it has no end that v1 knows.
fn finish_reason(turn: &v2::Turn) -> Result<FinishReason, Status> {
    use v2::FinishReason as Reason;
    match turn.finish_reason() {
        Reason::Unspecified => Ok(FinishReason::Unspecified),
        Reason::Stop | Reason::ToolLimit => Ok(FinishReason::Stop),
        Reason::Length => Ok(FinishReason::Length),
        Reason::Filtered => Ok(FinishReason::Filtered),
        Reason::Deadline => Err(too_late()),
        Reason::Cancelled => Err(Status::cancelled("the turn was cancelled")),
        Reason::Failed => {
            let problem = turn.problem.clone().unwrap_or_default();
            let v2::Problem { code: _, message, retryable: _, retry_after: _ } = &problem;
            Err(match problem.code() {
                v2::ProblemCode::NotFound => Status::not_found(message),
                v2::ProblemCode::InvalidArgument => Status::invalid_argument(message),
                v2::ProblemCode::ResourceExhausted => Status::resource_exhausted(message),
                v2::ProblemCode::Unavailable => Status::unavailable(message),
                _ => Status::internal(message),
            })
        }
    }
}

fn document(passage: v2::Passage) -> Document {
    let v2::Passage { id: _, document_id, text, relevance, title: _, uri: _, metadata } = passage;
    let value = |value: Value| match value.kind {
        Some(Kind::StringValue(text)) => text,
        Some(Kind::NumberValue(number)) => number.to_string(),
        Some(Kind::BoolValue(flag)) => flag.to_string(),
        _ => String::new(),
    };
    let metadata = metadata.unwrap_or_default().fields.into_iter();
    Document {
        content: text,
        score: relevance,
        metadata: metadata.map(|(key, it)| (key, value(it))).collect(),
        id: document_id.unwrap_or_default().value,
    }
}

#[tonic::async_trait]
impl ConversationService for ConversationV1 {
    type StreamResponseStream = Stream<TokenChunk>;

    async fn handle_message(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<MessageResponse>, Status> {
        let arrived = Instant::now();
        let (metadata, _, request) = request.into_parts();
        let call = Call::of(&metadata, request.deadline.as_ref())?;
        let running = self.start(&call, request).await?;
        // Nobody can ask for the answer later.
        let _bound = running.bound(true);
        let turn = call.in_time(running.finished()).await?;
        let finish_reason = finish_reason(&turn)?.into();
        let v2::Turn {
            id: _,
            input_message_id: _,
            answer,
            finish_reason: _,
            problem: _,
            usage: used,
            model,
        } = turn;
        let parts = answer.map(|answer| answer.parts).unwrap_or_default().into_iter();
        let texts = parts.filter_map(|part| match part.kind {
            Some(v2::part::Kind::Text(text)) => Some(text.text),
            _ => None,
        });
        let usage = usage(used);
        let mut response = Response::new(MessageResponse {
            response_text: texts.collect(),
            tokens_used: usage.input_tokens.saturating_add(usage.output_tokens),
            model,
            latency_ms: arrived.elapsed().as_secs_f64() * 1000.0,
            usage: Some(usage),
            finish_reason,
            sources: running.passages().into_iter().map(document).collect(),
        });
        // The caller finds its request in the logs of both sides.
        if let Some(id) = metadata.get(REQUEST_ID) {
            response.metadata_mut().insert(REQUEST_ID, id.clone());
        }
        Ok(response)
    }

    async fn stream_response(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<Self::StreamResponseStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let call = Call::of(&metadata, request.deadline.as_ref())?;
        let running = self.start(&call, request).await?;
        let mut events = running.events(true);
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            // Held back until it is known whether it is the last one.
            let mut held: Option<v2::TokenChunk> = None;
            let chunks = async {
                while let Some(event) = events.next().await {
                    match event? {
                        Event::TokenChunk(next) => {
                            if let Some(chunk) = held.replace(next) {
                                let _ = sender.send(Ok(token(chunk))).await;
                            }
                        }
                        Event::Finished(turn) => {
                            let reason = finish_reason(&turn)?;
                            let last = TokenChunk {
                                is_final: true,
                                finish_reason: reason.into(),
                                usage: Some(usage(turn.usage)),
                                ..token(held.take().unwrap_or_default())
                            };
                            let _ = sender.send(Ok(last)).await;
                        }
                        Event::Started(_)
                        | Event::PassagesRetrieved(_)
                        | Event::ToolCall(_)
                        | Event::ToolResult(_)
                        | Event::Problem(_) => {}
                    }
                }
                Ok(())
            };
            let ended = tokio::select! {
                ended = call.in_time(chunks) => ended,
                () = sender.closed() => return,
            };
            if let Err(status) = ended.and_then(|ended| ended) {
                let _ = sender.send(Err(status)).await;
            }
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))))
    }
}

fn token(chunk: v2::TokenChunk) -> TokenChunk {
    let v2::TokenChunk { sequence_number, text } = chunk;
    TokenChunk {
        token: text,
        is_final: false,
        sequence_number,
        finish_reason: FinishReason::Unspecified.into(),
        usage: None,
    }
}

#[tonic::async_trait]
impl ToolExecutionService for ToolsV1 {
    async fn execute_tool(
        &self,
        request: Request<ToolRequest>,
    ) -> Result<Response<ToolResponse>, Status> {
        let call = Call::of(request.metadata(), request.get_ref().deadline.as_ref())?;
        let request = request.into_inner();
        // A repeated request may have another deadline, and is another one in the logs.
        let same = ToolRequest { deadline: None, correlation_id: String::new(), ..request.clone() };
        let ToolRequest { tool_name, parameters, correlation_id: _, deadline: _, idempotency_key } =
            request;
        let tool = self.0.all().find(|tool| tool.name == tool_name);
        let schema = tool.map(|tool| tool.input_schema_json).unwrap_or_default();
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap_or_default();
        // What is no string by the schema is JSON.
        let value = |key: &str, text: String| {
            let is_text = schema["properties"][key]["type"] == "string";
            let json = if is_text { None } else { serde_json::from_str(&text).ok() };
            json.map_or(Kind::StringValue(text), from_json)
        };
        let arguments = parameters.into_iter().map(|(key, text)| {
            let kind = value(&key, text);
            (key, Value { kind: Some(kind) })
        });
        let arguments = Struct { fields: arguments.collect() };
        let name = text("tool_name", &tool_name)?;
        let result = self
            .0
            .run(
                &call,
                name,
                &arguments,
                ("v1 ExecuteTool", &idempotency_key),
                same.encode_to_vec(),
            )
            .await?;
        let v2::ToolResult { tool_call_id: _, run_time, outcome } = result;
        let run_time = run_time.unwrap_or_default();
        let mut response = ToolResponse {
            execution_time_ms: run_time.seconds as f64 * 1e3 + f64::from(run_time.nanos) / 1e6,
            ..ToolResponse::default()
        };
        match outcome {
            Some(v2::tool_result::Outcome::Output(v2::ToolOutput { text, truncated: _ })) => {
                response.success = true;
                response.result = text;
            }
            Some(v2::tool_result::Outcome::Problem(problem)) => {
                let v2::Problem { code: _, message, retryable, retry_after: _ } = problem;
                response.error_message = message;
                response.retryable = retryable;
            }
            None => return Err(Status::internal("the tool has no outcome")),
        }
        Ok(Response::new(response))
    }

    async fn list_tools(&self, _: Request<Empty>) -> Result<Response<ToolList>, Status> {
        let tools = self.0.all().map(|tool| {
            let v2::Tool {
                name,
                description,
                input_schema_json,
                effect,
                max_duration: _,
                required_actions: _,
            } = tool;
            ToolInfo {
                name,
                description,
                parameters_schema: input_schema_json,
                idempotent: effect == i32::from(v2::ToolEffect::Reads),
            }
        });
        Ok(Response::new(ToolList { tools: tools.collect() }))
    }
}

#[tonic::async_trait]
impl RagService for RagV1 {
    async fn retrieve(
        &self,
        request: Request<RetrievalRequest>,
    ) -> Result<Response<RetrievalResponse>, Status> {
        let call = Call::of(request.metadata(), request.get_ref().deadline.as_ref())?;
        let RetrievalRequest { query, top_k, min_score, filter, deadline: _ } =
            request.into_inner();
        text("query", &query)?;
        let most = count("top_k", top_k, 0, 100)?;
        if min_score.is_nan() {
            return Err(invalid("min_score", "is not a number"));
        }
        let mut documents = Vec::new();
        for collection in self.1.iter().filter(|_| most > 0) {
            let request = v2::RetrieveRequest {
                collection: collection.clone(),
                query: query.clone(),
                top_k: 100,
                min_relevance: min_score,
                filter: None,
                document_ids: Vec::new(),
            };
            let found = self.0.retrieve(call.request(request)).await?.into_inner();
            documents.extend(found.passages.into_iter().map(document));
        }
        documents.sort_by(|a, b| b.score.total_cmp(&a.score));
        // A filter of v1 compares text; one of v2 would tell 2023 from "2023".
        documents.retain(|it: &Document| {
            filter.iter().all(|(key, value)| it.metadata.get(key) == Some(value))
        });
        documents.truncate(most);
        Ok(Response::new(RetrievalResponse { documents }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_do_not_share_a_session() {
        assert_eq!(conversation_id(None, "phone 7"), "session-phone~207");
        let of_anna = conversation_id(Some("anna"), "phone");
        assert_ne!(of_anna, conversation_id(None, "phone"));
        assert_ne!(of_anna, conversation_id(None, "anna~~phone"));
    }
}

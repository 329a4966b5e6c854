//! The services of package `agent`.

use std::time::Instant;

use agent_contract::agent::conversation_service_server::ConversationService;
use agent_contract::agent::rag_service_server::RagService;
use agent_contract::agent::tool_execution_service_server::ToolExecutionService;
use agent_contract::agent::v2::{Passage, ToolEffect};
use agent_contract::agent::{
    Document, Empty, FinishReason, MessageRequest, MessageResponse, RetrievalRequest,
    RetrievalResponse, TokenChunk, ToolInfo, ToolList, ToolRequest, ToolResponse, Usage,
};
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::codegen::tokio_stream::{self, StreamExt as _};
use tonic::{Request, Response, Status};

use crate::checks::{count, in_time, text, time_left, too_late};
use crate::model::{self, MODEL, TOOLS};
use crate::store::{Provider, Store, Stream};

fn usage(request: &MessageRequest, tokens: usize) -> Usage {
    Usage {
        input_tokens: model::tokens(&request.user_message).len() as i32,
        output_tokens: tokens as i32,
        cached_input_tokens: 0,
    }
}

/// Returns the tokens of an answer and why they end.
fn answer(request: &MessageRequest) -> Result<(Vec<String>, FinishReason), Status> {
    text("session_id", &request.session_id)?;
    text("user_message", &request.user_message)?;
    let answer = model::answer(&request.user_message);
    let (tokens, is_cut) = model::limited(&answer, request.max_output_tokens)?;
    Ok((tokens, if is_cut { FinishReason::Length } else { FinishReason::Stop }))
}

/// Returns the passages for an answer.
fn sources(store: &Store, request: &MessageRequest) -> Result<Vec<Document>, Status> {
    let given: Vec<&str> = request.context_ids.iter().map(|id| &**id).collect();
    let passages = store.passages(&request.user_message, &given)?;
    Ok(passages.into_iter().map(document).collect())
}

fn document(passage: Passage) -> Document {
    let metadata = passage.metadata.unwrap_or_default().fields.into_iter();
    let text = |value: Value| match value.kind {
        Some(Kind::StringValue(text)) => text,
        Some(Kind::NumberValue(number)) => number.to_string(),
        _ => String::new(),
    };
    Document {
        content: passage.text,
        score: passage.relevance,
        metadata: metadata.map(|(key, value)| (key, text(value))).collect(),
        id: passage.document_id.unwrap_or_default().value,
    }
}

#[tonic::async_trait]
impl ConversationService for Provider {
    type StreamResponseStream = Stream<TokenChunk>;

    async fn handle_message(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<MessageResponse>, Status> {
        let arrived = Instant::now();
        let (metadata, _, request) = request.into_parts();
        let (tokens, finish_reason) = answer(&request)?;
        let left = time_left(&metadata, request.deadline.as_ref())?;
        let sources = sources(&self.store(), &request)?;
        let pace = self.store().pace;
        in_time(left, tokio::time::sleep(pace * tokens.len() as u32)).await?;
        let usage = usage(&request, tokens.len());
        let mut response = Response::new(MessageResponse {
            response_text: tokens.concat(),
            tokens_used: usage.input_tokens + usage.output_tokens,
            model: MODEL.to_owned(),
            latency_ms: arrived.elapsed().as_secs_f64() * 1000.0,
            usage: Some(usage),
            finish_reason: finish_reason.into(),
            sources,
        });
        // The caller finds its request in the logs of both sides.
        if let Some(id) = metadata.get("x-request-id") {
            response.metadata_mut().insert("x-request-id", id.clone());
        }
        Ok(response)
    }

    async fn stream_response(
        &self,
        request: Request<MessageRequest>,
    ) -> Result<Response<Self::StreamResponseStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let (tokens, finish_reason) = answer(&request)?;
        let left = time_left(&metadata, request.deadline.as_ref())?;
        let end = left.map(|left| tokio::time::Instant::now() + left);
        sources(&self.store(), &request)?;
        let (pace, count) = (self.store().pace, tokens.len());
        let chunks = (0..).zip(tokens).map(move |(sequence_number, token)| {
            let is_final = sequence_number + 1 == count as i32;
            let finish_reason = if is_final { finish_reason } else { FinishReason::Unspecified };
            TokenChunk {
                token,
                is_final,
                sequence_number,
                finish_reason: finish_reason.into(),
                usage: is_final.then(|| usage(&request, count)),
            }
        });
        let stream = tokio_stream::iter(chunks).then(move |chunk| async move {
            let next = tokio::time::Instant::now() + pace;
            tokio::time::sleep_until(end.map_or(next, |end| end.min(next))).await;
            if end.is_some_and(|end| end < next) { Err(too_late()) } else { Ok(chunk) }
        });
        Ok(Response::new(Box::pin(stream)))
    }
}

#[tonic::async_trait]
impl ToolExecutionService for Provider {
    async fn execute_tool(
        &self,
        request: Request<ToolRequest>,
    ) -> Result<Response<ToolResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        time_left(&metadata, request.deadline.as_ref())?;
        let tool = model::tool(text("tool_name", &request.tool_name)?)?;
        let run = |_: &mut Store| {
            // A value that is no number is passed as a string.
            let value = |text: &String| match text.parse() {
                Ok(number) => Kind::NumberValue(number),
                Err(_) => Kind::StringValue(text.clone()),
            };
            let arguments = request.parameters.iter();
            let arguments =
                arguments.map(|(key, text)| (key.clone(), Value { kind: Some(value(text)) }));
            let started = Instant::now();
            let outcome = tool.run(&Struct { fields: arguments.collect() })?;
            let success = outcome.is_ok();
            let (result, error_message) = match outcome {
                Ok(result) => (result, String::new()),
                Err(error) => (String::new(), error),
            };
            let execution_time_ms = started.elapsed().as_secs_f64() * 1000.0;
            Ok(ToolResponse { result, success, error_message, execution_time_ms, retryable: false })
        };
        let mut store = self.store();
        let response = match &*request.idempotency_key {
            "" => run(&mut store)?,
            key => {
                // A repeated request may have another deadline, and is another one in the logs.
                let same = ToolRequest {
                    deadline: None,
                    correlation_id: String::new(),
                    ..request.clone()
                };
                store.once(("v1 ExecuteTool", key), same.encode_to_vec(), run)?
            }
        };
        Ok(Response::new(response))
    }

    async fn list_tools(&self, _: Request<Empty>) -> Result<Response<ToolList>, Status> {
        let tools = TOOLS.iter().map(|tool| ToolInfo {
            name: tool.name.to_owned(),
            description: tool.description.to_owned(),
            parameters_schema: tool.schema.to_owned(),
            idempotent: tool.effect == ToolEffect::Reads,
        });
        Ok(Response::new(ToolList { tools: tools.collect() }))
    }
}

#[tonic::async_trait]
impl RagService for Provider {
    async fn retrieve(
        &self,
        request: Request<RetrievalRequest>,
    ) -> Result<Response<RetrievalResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        time_left(&metadata, request.deadline.as_ref())?;
        let query = text("query", &request.query)?;
        let most = count("top_k", request.top_k, 0, usize::MAX)?;
        let found = self.store().search(None, query).into_iter().map(document);
        let found = found.filter(|document| {
            let has = |(key, value)| document.metadata.get(key) == Some(value);
            document.score >= request.min_score && request.filter.iter().all(has)
        });
        Ok(Response::new(RetrievalResponse { documents: found.take(most).collect() }))
    }
}

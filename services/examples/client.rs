//! A client of agentd that survives a server that is busy, restarted or out of reach for a moment. It
//! lists tools, retrieves passages, and streams the answer to a question.
//!
//! Usage: `cargo run -p agentd --example client -- [URL [QUESTION]]`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use agent_contract::agent::Empty;
use agent_contract::agent::tool_execution_service_client::ToolExecutionServiceClient;
use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::rag_service_client::RagServiceClient;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::{
    CreateConversationRequest, RetrieveRequest, StreamTurnRequest, TurnInput,
};
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::method_options::IdempotencyLevel;
use tokio::time::{Instant, sleep, timeout};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

/// The most attempts of one call.
const MOST_ATTEMPTS: u32 = 8;

/// The pause after the first attempt. It doubles with each further attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "http://127.0.0.1:50051".to_owned());
    let question = args.next();
    let question = question.as_deref().unwrap_or("How many vacation days do employees have?");
    match run(url, question).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(url: String, question: &str) -> Result<(), Box<dyn Error>> {
    // Lazy: to connect is a part of the first call, and is tried again with it.
    let channel = Endpoint::from_shared(url)?
        .connect_timeout(Duration::from_secs(2))
        .tcp_nodelay(true)
        // A server that has gone without a word is noticed after 25 seconds, also in a long stream.
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .connect_lazy();
    // An agent can do without tools.
    if let Err(status) = list_tools(channel.clone()).await {
        eprintln!("no tools: {:?}: {}", status.code(), status.message());
    }
    retrieve(channel.clone(), question).await?;
    run_turn(channel, question).await?;
    Ok(())
}

/// Prints the tools of package `agent` (v1). That schema does not say which calls may be repeated, so
/// there is one attempt.
async fn list_tools(channel: Channel) -> Result<(), Status> {
    let mut client = ToolExecutionServiceClient::new(channel);
    let method = "agent.ToolExecutionService.ListTools";
    let listed = again(method, in_seconds(5), async |left| {
        client.list_tools(with_timeout(Empty {}, left)).await
    });
    let tools = listed.await?.into_inner().tools;
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    println!("Tools: {}", names.join(", "));
    Ok(())
}

/// Prints the passages that match a query best.
async fn retrieve(channel: Channel, query: &str) -> Result<(), Status> {
    let mut client = RagServiceClient::new(channel);
    let request = RetrieveRequest {
        collection: "handbook".to_owned(),
        query: query.to_owned(),
        top_k: 3,
        min_relevance: 0.5,
        ..RetrieveRequest::default()
    };
    let found = again("agent.v2.RagService.Retrieve", in_seconds(10), async |left| {
        client.retrieve(with_timeout(request.clone(), left)).await
    });
    for passage in found.await?.into_inner().passages {
        println!("Passage: {:.3} {}", passage.relevance, passage.text);
    }
    Ok(())
}

/// Runs a turn in a new conversation, and prints the tokens as they arrive.
async fn run_turn(channel: Channel, question: &str) -> Result<(), Status> {
    let mut client = ConversationServiceClient::new(channel);
    let deadline = in_seconds(60);
    // All attempts have the same id, so the server creates one conversation.
    let create = CreateConversationRequest { request_id: new_id(), ..Default::default() };
    let created =
        again("agent.v2.ConversationService.CreateConversation", deadline, async |left| {
            client.create_conversation(with_timeout(create.clone(), left)).await
        });
    let request = StreamTurnRequest {
        conversation_id: created.await?.into_inner().conversation.and_then(|it| it.id),
        request_id: new_id(),
        input: Some(TurnInput { text: question.to_owned(), ..Default::default() }),
        options: None,
    };
    // A repeated request gets the events of the same turn, from the first: those that were shown are
    // skipped. A turn that was not finished when the server ended is lost: NOT_FOUND.
    let mut shown = 0;
    again("agent.v2.ConversationService.StreamTurn", deadline, async |left| {
        let answer = client.stream_turn(with_timeout(request.clone(), left)).await?;
        let mut events = answer.into_inner();
        let mut index = 0;
        while let Some(response) = events.message().await? {
            index += 1;
            if index <= shown {
                continue;
            }
            shown = index;
            match response.event.and_then(|event| event.kind) {
                Some(Kind::TokenChunk(chunk)) => {
                    print!("{}", chunk.text);
                    let _ = std::io::stdout().flush();
                }
                Some(Kind::Finished(turn)) => {
                    println!("\nFinished: {}", turn.finish_reason().as_str_name());
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(Status::unavailable("the stream ended before the turn"))
    })
    .await
}

/// Makes a call. If it fails, and the schema says that it may be repeated, it is made again until its
/// deadline. Each attempt is given the time that is left.
async fn again<T>(
    method: &str,
    deadline: Instant,
    mut call: impl AsyncFnMut(Duration) -> Result<T, Status>,
) -> Result<T, Status> {
    let attempts = if is_repeatable(method) { MOST_ATTEMPTS } else { 1 };
    let mut attempt = 1;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let too_late = |_| Err(Status::deadline_exceeded("the client waits no longer"));
        let status = match timeout(left, call(left)).await.unwrap_or_else(too_late) {
            Ok(answer) => return Ok(answer),
            Err(status) => status,
        };
        let Some(pause) = pause_after(&status, attempt) else { return Err(status) };
        let left = deadline.saturating_duration_since(Instant::now());
        if attempt == attempts || pause >= left {
            return Err(status);
        }
        let (code, millis) = (status.code(), pause.as_millis());
        eprintln!("{method}: attempt {attempt}: {code:?}: again in {millis} ms");
        sleep(pause).await;
        attempt += 1;
    }
}

/// Whether a repeated call does no harm, according to the schema.
fn is_repeatable(method: &str) -> bool {
    let Some((service, name)) = method.rsplit_once('.') else { return false };
    let pool = DescriptorPool::decode(agent_contract::FILE_DESCRIPTOR_SET).ok();
    let service = pool.and_then(|pool| pool.get_service_by_name(service));
    let method = service.and_then(|it| it.methods().find(|method| method.name() == name));
    let options = method.and_then(|it| it.method_descriptor_proto().options.clone());
    let level = options.unwrap_or_default().idempotency_level();
    level != IdempotencyLevel::IdempotencyUnknown
}

/// Returns how long to wait before the next attempt; none if another attempt would fail as well.
fn pause_after(status: &Status, attempt: u32) -> Option<Duration> {
    // A status that the server sent has no source; one of a broken connection has.
    let is_broken = status.source().is_some();
    let is_busy = matches!(status.code(), Code::Unavailable | Code::ResourceExhausted);
    if !is_broken && !is_busy {
        return None;
    }
    // The server knows best. A pushback that is no number means: not again.
    if let Some(pushback) = status.metadata().get("grpc-retry-pushback-ms") {
        return pushback.to_str().ok()?.parse().ok().map(Duration::from_millis);
    }
    let pause = FIRST_PAUSE.saturating_mul(1 << (attempt - 1)).min(LONGEST_PAUSE);
    // At random, so that clients that failed at the same time do not come back at the same time.
    Some(pause.mul_f64(0.8 + 0.4 * fastrand::f64()))
}

/// Returns a request that tells the server how much time there is (`grpc-timeout`).
fn with_timeout<T>(message: T, left: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(left);
    request
}

fn in_seconds(seconds: u64) -> Instant {
    Instant::now() + Duration::from_secs(seconds)
}

/// Returns the id of a new request.
fn new_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

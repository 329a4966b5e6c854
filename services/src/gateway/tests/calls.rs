//! Calls that reach a role.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::stream;
use prost_reflect::DescriptorPool;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tonic::Status;
use tonic::codegen::http;
use tower::util::BoxCloneSyncService;

use super::client::{Event, open, send};
use super::{serve, start, system, watched};
use crate::config::GatewayConfig;
use crate::gateway::routes::{DOCUMENT, Routes};
use crate::gateway::{KEEP_ALIVE, text};
use crate::links::Links;

const HELLO: &str = r#"{"userMessage": "Hello"}"#;

#[tokio::test]
async fn a_message_is_answered() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let id = [("x-request-id", "r-1")];
    let response = send(address, "POST /v1/sessions/s-1/messages", &id, HELLO).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-request-id"), Some("r-1"));
    let answer = response.json();
    assert!(answer["responseText"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    assert_eq!(answer["finishReason"], "FINISH_REASON_STOP");
}

#[tokio::test]
async fn a_streamed_answer_has_no_gaps_and_one_end() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let response = send(address, "POST /v1/sessions/s-1/messages:stream", &[], HELLO).await;
    let mut events = response.events();
    let end = Event { name: "end".to_owned(), data: json!({}), ..Event::default() };
    assert_eq!(events.pop(), Some(end));
    assert!(events.len() > 1, "{events:?}");
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.id, index.to_string());
        // The JSON mapping leaves out a number that is 0.
        assert_eq!(event.data["sequenceNumber"].as_u64().unwrap_or(0), index as u64, "{events:?}");
        assert_eq!(event.data["isFinal"] == true, index + 1 == events.len(), "{events:?}");
    }
}

async fn create_conversation(address: SocketAddr) -> String {
    let created = send(address, "POST /v2/conversations", &[], r#"{"requestId": "c"}"#).await;
    let id = created.json()["conversation"]["id"]["value"].as_str().map(str::to_owned);
    id.expect("the conversation has an id")
}

#[tokio::test]
async fn a_stream_of_events_is_resumed() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let id = create_conversation(address).await;
    let line = format!("POST /v2/conversations/{id}/turns:stream");
    let body = r#"{"requestId": "t", "input": {"text": "Hello"}}"#;
    let whole = send(address, &line, &[], body).await.events();
    assert!(whole.len() > 3, "{whole:?}");
    let finished = &whole[whole.len() - 2].data["event"]["finished"];
    assert!(finished["usage"]["outputTokens"].is_string(), "64 bits are a text: {finished}");
    let rest = send(address, &line, &[("last-event-id", "1")], body).await.events();
    assert_eq!(rest[0].id, "2");
    assert_eq!(rest, whole[2..]);
    let last = (whole.len() - 2).to_string();
    let rest = send(address, &line, &[("last-event-id", &last)], body).await.events();
    assert_eq!(rest, whole[whole.len() - 1..]);
}

#[tokio::test]
async fn only_a_method_that_can_be_repeated_is_resumed() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let line = "POST /v1/sessions/s-1/messages:stream";
    let response = send(address, line, &[("last-event-id", "1")], HELLO).await;
    assert_eq!((response.status, &*response.code()), (400, "INVALID_ARGUMENT"));
    let line = "POST /v2/conversations/c-1/turns:stream";
    let response = send(address, line, &[("last-event-id", "last")], "{}").await;
    assert_eq!((response.status, &*response.code()), (400, "INVALID_ARGUMENT"));
}

#[tokio::test]
async fn every_route_reaches_its_method() {
    let (links, calls) = watched(&system().await.links);
    let address = serve(&links, &GatewayConfig::default(), KEEP_ALIVE).await;
    let document: Value = serde_json::from_str(DOCUMENT).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    for (path, verbs) in paths {
        for (verb, operation) in verbs.as_object().expect("a path has verbs") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|it| it["in"] == "path").map(|it| &it["name"]);
            let path = names
                .filter_map(Value::as_str)
                .fold(path.clone(), |path, name| path.replace(&format!("{{{name}}}"), "some"));
            let line = format!("{} {path}", verb.to_uppercase());
            let response = send(address, &line, &[], "").await;
            assert!(![405, 415, 501].contains(&response.status), "{line}: {response:?}");
            let method = operation["operationId"].as_str().expect("an operation has an id");
            let (service, method) = method.rsplit_once('.').expect("a method has a service");
            let role = match service.rsplit_once('.').expect("a service has a package").1 {
                "MemoryService" => "memory",
                "PermissionService" => "permission",
                "RAGService" | "RagService" => "rag",
                "ToolExecutionService" | "ToolService" => "tools",
                _ => "conversation",
            };
            let called = calls.lock().expect("no test panics with the lock").pop();
            let (called_role, called, _) = called.unwrap_or_else(|| panic!("{line}: {response:?}"));
            assert_eq!((called_role, called), (role, format!("/{service}/{method}")), "{line}");
        }
    }
}

#[test]
fn the_document_and_the_schema_agree_on_streams() {
    let pool = DescriptorPool::decode(agent_contract::FILE_DESCRIPTOR_SET);
    let routes = Routes::read(DOCUMENT, &pool.expect("the descriptors are complete"));
    let routes = routes.expect("the document is complete");
    let document: Value = serde_json::from_str(DOCUMENT).expect("the document is JSON");
    let paths = document["paths"].as_object().expect("the document has paths");
    let described = paths.values().flat_map(|verbs| verbs.as_object().expect("verbs").values());
    let mut streams = Vec::from_iter(
        described
            .filter(|it| !it["responses"]["200"]["content"]["text/event-stream"].is_null())
            .filter_map(|it| it["operationId"].as_str()),
    );
    streams.sort_unstable();
    let own = routes.operations().filter(|it| it.method.is_server_streaming());
    let mut own = Vec::from_iter(own.map(|it| it.method.full_name().to_owned()));
    own.sort_unstable();
    assert_eq!(own, streams);
}

#[tokio::test]
async fn query_parameters_are_fields() {
    let (address, states) = start(&GatewayConfig::default()).await;
    states.conversations.create("c-1", "anna", String::new(), None).expect("it is created");
    states.conversations.begin_idle("t-1", "c-1").expect("it begins");
    states.conversations.finish_idle("t-1", "Good morning.");
    let line = "GET /v2/conversations/c-1/messages";
    let all = send(address, line, &[], "").await.json();
    assert_eq!(all["messages"].as_array().map(Vec::len), Some(2), "{all}");
    let first = send(address, &format!("{line}?pageSize=1"), &[], "").await.json();
    assert_eq!(first["messages"].as_array().map(Vec::len), Some(1), "{first}");
    let line = "GET /v2/tools?principalId.value=an%6Ea";
    assert_eq!(send(address, line, &[], "").await.status, 200);
    for query in
        ["pageSize=many", "pageSize=1&pageSize=2", "page_size=1", "size=1", "pageToken=%FF"]
    {
        let line = format!("GET /v2/conversations/c-1/messages?{query}");
        let response = send(address, &line, &[], "").await;
        assert_eq!((response.status, &*response.code()), (400, "INVALID_ARGUMENT"), "{query}");
    }
}

#[tokio::test]
async fn the_path_overrides_the_body() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let body = r#"{"turnId": {"value": "of-the-body"}}"#;
    let response = send(address, "POST /v2/turns/of-the-path:cancel", &[], body).await;
    assert_eq!(response.status, 404);
    assert!(response.body.contains("of-the-path"), "{response:?}");
}

#[tokio::test]
async fn roles_get_the_context_of_a_call_and_no_more() {
    let (links, calls) = watched(&system().await.links);
    let address = serve(&links, &GatewayConfig::default(), KEEP_ALIVE).await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [
        ("x-request-id", "r-1"),
        ("x-principal-id", "anna"),
        ("traceparent", trace),
        ("tracestate", "a=b"),
        ("x-timeout-ms", "60000"),
        ("authorization", "Bearer secret"),
        ("cookie", "secret"),
        ("grpc-timeout", "1n"),
    ];
    assert_eq!(send(address, "GET /v1/tools", &headers, "").await.status, 200);
    let (_, _, metadata) = calls.lock().expect("no test panics").pop().expect("it is called");
    assert_eq!(text(&metadata, "x-request-id"), "r-1");
    assert_eq!(text(&metadata, "x-principal-id"), "anna");
    assert_eq!(text(&metadata, "traceparent"), trace);
    assert_eq!(text(&metadata, "tracestate"), "a=b");
    assert_eq!(text(&metadata, "grpc-timeout"), "60000000u");
    assert!(!metadata.contains_key("authorization") && !metadata.contains_key("cookie"));

    // An id that is too long is replaced, and one that is missing is made.
    let long = "x".repeat(129);
    for headers in [vec![], vec![("x-request-id", &*long)]] {
        let response = send(address, "GET /v1/tools", &headers, "").await;
        let id = response.header("x-request-id").unwrap_or_default();
        assert_eq!(id.len(), 32, "{response:?}");
        let (_, _, metadata) = calls.lock().expect("no test panics").pop().expect("it is called");
        assert_eq!(text(&metadata, "x-request-id"), id);
    }
}

#[tokio::test]
async fn a_silent_stream_sends_comments_and_ends_with_its_client() {
    // Answers one call with a stream that sends nothing, and that has the sender until it is dropped.
    let (sender, mut dropped) = mpsc::channel::<()>(1);
    let sender = Arc::new(Mutex::new(Some(sender)));
    let silent = tower::service_fn(move |_: http::Request<tonic::body::Body>| {
        let sender = sender.lock().expect("no test panics with the lock").take();
        let body = stream::once(async move {
            std::future::pending::<()>().await;
            drop(sender);
            Ok::<_, Infallible>(Bytes::new())
        });
        let body = tonic::body::Body::new(axum::body::Body::from_stream(body));
        let response = http::Response::builder().header("content-type", "application/grpc");
        let response = response.body(body).expect("the response is complete");
        std::future::ready(Ok::<_, Status>(response))
    });
    let links = Links { conversation: BoxCloneSyncService::new(silent), ..Links::nowhere() };
    let address = serve(&links, &GatewayConfig::default(), Duration::from_millis(5)).await;
    let line = "POST /v1/sessions/s-1/messages:stream";
    let mut stream = open(address, line, &[], HELLO).await;
    let mut read = Vec::new();
    while !read.windows(3).any(|bytes| bytes == b":\n\n") {
        assert_ne!(stream.read_buf(&mut read).await.expect("it sends"), 0);
    }
    assert!(dropped.try_recv().is_err_and(|error| error == mpsc::error::TryRecvError::Empty));
    drop(stream);
    assert_eq!(dropped.recv().await, None);
}

#[tokio::test]
async fn an_error_in_a_stream_is_an_event() {
    let (address, states) = start(&GatewayConfig::default()).await;
    states.model.set_pace(Duration::from_secs(60));
    let headers = [("x-timeout-ms", "100")];
    let line = "POST /v1/sessions/s-1/messages:stream";
    let events = send(address, line, &headers, HELLO).await.events();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].name, "error");
    assert_eq!(events[0].data["code"], "DEADLINE_EXCEEDED", "{events:?}");
    assert_eq!(events[0].data["status"], 504, "{events:?}");
}

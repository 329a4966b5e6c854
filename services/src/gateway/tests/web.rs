//! Calls by grpc-web, at the gateway and at the port of gRPC.

use std::future::pending;
use std::net::SocketAddr;

use agent_contract::agent::v2::conversation_service_client::ConversationServiceClient;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::Message as _;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codegen::http::{self, Uri};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Status};
use tonic_web::{GrpcWebCall, GrpcWebClientLayer, GrpcWebClientService};
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, service_fn};

use super::client::{Response, send};
use super::{keys, serve, start, system, watched};
use crate::config::GatewayConfig;
use crate::gateway::{KEEP_ALIVE, MAX_BODY, text, with_grpc_web};
use crate::limits::Limit;
use crate::links::Links;

type Web = GrpcWebClientService<Client<HttpConnector, GrpcWebCall<Body>>>;

/// Returns a client of grpc-web, over HTTP/1.1.
fn client(address: SocketAddr) -> ConversationServiceClient<Web> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let origin: Uri = format!("http://{address}").parse().expect("it is an address");
    ConversationServiceClient::with_origin(GrpcWebClientLayer::new().layer(client), origin)
}

/// Serves gRPC and grpc-web as the program does.
async fn serve_grpc(limit: usize, clients: &GatewayConfig) -> SocketAddr {
    let routes = with_grpc_web(system().await.routes, Limit::new(limit), clients);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("the listener has an address");
    let incoming = TcpIncoming::from(listener);
    let server = Server::builder().accept_http1(true).add_routes(routes);
    tokio::spawn(server.serve_with_incoming(incoming));
    address
}

fn create() -> CreateConversationRequest {
    CreateConversationRequest { request_id: "c".to_owned(), ..Default::default() }
}

/// Runs a turn in a new conversation, and checks its events.
async fn run_turn(address: SocketAddr) {
    let mut client = client(address);
    let created = client.create_conversation(create()).await.expect("it is created");
    let turn = StreamTurnRequest {
        conversation_id: created.into_inner().conversation.expect("it is there").id,
        request_id: "t".to_owned(),
        input: Some(TurnInput { text: "Hello".to_owned(), ..Default::default() }),
        options: None,
    };
    let mut events = client.stream_turn(turn).await.expect("it begins").into_inner();
    let mut kinds = Vec::new();
    while let Some(response) = events.message().await.expect("the status is OK") {
        kinds.extend(response.event.and_then(|event| event.kind));
    }
    assert!(matches!(kinds.first(), Some(Kind::Started(_))), "{kinds:?}");
    assert!(kinds.iter().any(|kind| matches!(kind, Kind::TokenChunk(_))), "{kinds:?}");
    assert!(matches!(kinds.last(), Some(Kind::Finished(_))), "{kinds:?}");
    let unknown = GetConversationRequest {
        conversation_id: Some(ConversationId { value: "none".to_owned() }),
    };
    let status = client.get_conversation(unknown).await.expect_err("there is none");
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "there is no conversation \"none\"");
}

#[tokio::test]
async fn the_gateway_answers_grpc_web() {
    let (address, _) = start(&GatewayConfig::default()).await;
    run_turn(address).await;
}

#[tokio::test]
async fn the_port_of_grpc_answers_grpc_web_and_grpc() {
    let address = serve_grpc(10, &GatewayConfig::default()).await;
    run_turn(address).await;
    let grpc = ConversationServiceClient::connect(format!("http://{address}")).await;
    grpc.expect("it listens").create_conversation(create()).await.expect("it is created");
    let health = send(address, "GET /healthz", &[], "").await;
    assert_eq!((health.status, &*health.body), (200, "ok\n"));
    // Nothing else comes in by HTTP/1.1.
    let response = send(address, "POST /agent.v2.ToolService/ListTools", &[], "{}").await;
    assert_eq!(response.status, 400, "{response:?}");
}

#[tokio::test]
async fn refusals_for_too_many_calls_are_translated() {
    let origins = vec!["https://app.example".to_owned()];
    let clients = GatewayConfig { origins, ..GatewayConfig::default() };
    let address = serve_grpc(0, &clients).await;
    let status = client(address).create_conversation(create()).await.expect_err("it is refused");
    assert_eq!(status.code(), Code::ResourceExhausted);
    let origin = [("origin", "https://app.example")];
    let response = call_text(address, "agent.v2.ToolService/ListTools", &origin, b"").await;
    assert_eq!(response.header("grpc-status"), Some("8"), "{response:?}");
    assert_eq!(response.header("grpc-retry-pushback-ms"), Some("500"));
    assert_exposed(&response);
}

/// Calls a method with the text format of grpc-web.
async fn call_text(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    message: &[u8],
) -> Response {
    let length = u32::try_from(message.len()).expect("it is short");
    let frame = [&[0][..], &length.to_be_bytes(), message].concat();
    let mut all = vec![("content-type", "application/grpc-web-text")];
    all.extend(headers);
    all.push(("accept", "application/grpc-web-text"));
    let response = send(address, &format!("POST /{path}"), &all, &STANDARD.encode(frame)).await;
    assert_eq!(response.status, 200, "{response:?}");
    let content_type = response.header("content-type").unwrap_or_default();
    assert!(content_type.starts_with("application/grpc-web-text"), "{response:?}");
    response
}

/// Returns the frames of a response in the text format.
fn frames(response: &Response) -> Vec<(u8, Vec<u8>)> {
    // Every part has its own padding.
    let groups = response.body.as_bytes().chunks(4);
    let bytes = groups.flat_map(|group| STANDARD.decode(group).expect("it is base64"));
    let bytes = Vec::from_iter(bytes);
    let (mut rest, mut frames) = (&*bytes, Vec::new());
    while let [flags, a, b, c, d, after @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        frames.push((*flags, after[..length].to_vec()));
        rest = &after[length..];
    }
    frames
}

#[tokio::test]
async fn the_text_format_has_its_status_in_the_last_frame() {
    let (address, _) = start(&GatewayConfig::default()).await;
    for address in [address, serve_grpc(10, &GatewayConfig::default()).await] {
        let method = "agent.v2.ConversationService/CreateConversation";
        let message = create().encode_to_vec();
        let response = call_text(address, method, &[], &message).await;
        let [(0, message), (0x80, trailers)] = &*frames(&response) else {
            panic!("a message and a status: {response:?}")
        };
        let created = CreateConversationResponse::decode(&**message).expect("it is a message");
        assert!(created.conversation.is_some());
        assert_eq!(String::from_utf8_lossy(trailers), "grpc-status:0\r\n");
    }
}

#[tokio::test]
async fn the_rules_of_rest_hold_for_grpc_web() {
    let clients = GatewayConfig { requests_per_minute: 2, ..keys() };
    let (address, _) = start(&clients).await;
    let path = "agent.v2.ConversationService/CreateConversation";
    let message = create().encode_to_vec();
    let call = async |headers: &[(&str, &str)]| call_text(address, path, headers, &message).await;
    let refused = call(&[("x-request-id", "r-1")]).await;
    assert_eq!(refused.header("grpc-status"), Some("16"), "{refused:?}");
    assert_eq!(refused.header("x-request-id"), Some("r-1"));
    assert_eq!(refused.header("www-authenticate"), Some("Bearer"));

    let anna = [("authorization", "Bearer key-of-anna"), ("x-principal-id", "ben")];
    let [(0, message), (0x80, _)] = &*frames(&call(&anna).await) else { panic!("it is created") };
    let created = CreateConversationResponse::decode(&**message).expect("it is a message");
    let owner = created.conversation.and_then(|created| created.principal_id);
    assert_eq!(owner.expect("it has an owner").value, "anna");
    // What REST refuses with 413. It counts as a call.
    let long = vec![0; MAX_BODY];
    let refused = call_text(address, path, &anna, &long).await;
    assert_eq!(refused.header("grpc-status"), Some("8"), "{refused:?}");
    assert_eq!(refused.header("retry-after"), None);
    let refused = call(&anna).await;
    assert_eq!(refused.header("grpc-status"), Some("8"), "{refused:?}");
    assert!(refused.header("retry-after").is_some(), "{refused:?}");
}

#[tokio::test]
async fn only_methods_of_the_contract_are_passed_on_and_only_their_context() {
    let (links, calls) = watched(&system().await.links);
    let address = serve(&links, &GatewayConfig::default(), KEEP_ALIVE).await;
    let headers = [
        ("x-request-id", "r-1"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("grpc-timeout", "60S"),
        ("cookie", "secret"),
        ("authorization", "Bearer secret"),
    ];
    call_text(address, "agent.v2.ToolService/ListTools", &headers, b"").await;
    let call = calls.lock().expect("no test panics").pop();
    let (role, path, metadata) = call.expect("it is called");
    assert_eq!((role, &*path), ("tools", "/agent.v2.ToolService/ListTools"));
    assert_eq!(text(&metadata, "x-request-id"), "r-1");
    assert_eq!(text(&metadata, "grpc-timeout"), "60S");
    assert!(metadata.contains_key("traceparent"));
    assert!(!metadata.contains_key("authorization") && !metadata.contains_key("cookie"));
    for path in ["agent.v2.ToolService/None", "grpc.health.v1.Health/Check", "v1/tools"] {
        let response = call_text(address, path, &[], b"").await;
        assert_eq!(response.header("grpc-status"), Some("12"), "{path}: {response:?}");
    }
    assert!(calls.lock().expect("no test panics").is_empty());
}

#[tokio::test]
async fn a_deadline_ends_a_call_of_grpc_web() {
    let silent = service_fn(|_| pending::<Result<http::Response<Body>, Status>>());
    let links = Links { tools: BoxCloneSyncService::new(silent), ..Links::nowhere() };
    let address = serve(&links, &GatewayConfig::default(), KEEP_ALIVE).await;
    let timeout = [("grpc-timeout", "100m")];
    let response = call_text(address, "agent.v2.ToolService/ListTools", &timeout, b"").await;
    assert_eq!(response.header("grpc-status"), Some("4"), "{response:?}");
}

#[track_caller]
fn assert_exposed(response: &Response) {
    let origin = response.header("access-control-allow-origin");
    assert_eq!(origin, Some("https://app.example"), "{response:?}");
    let exposed = response.header("access-control-expose-headers").unwrap_or_default();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name}: {response:?}");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_call_by_grpc_web() {
    let origins = vec!["https://app.example".to_owned()];
    let clients = GatewayConfig { origins, ..GatewayConfig::default() };
    let (address, _) = start(&clients).await;
    for address in [address, serve_grpc(10, &clients).await] {
        let line = "OPTIONS /agent.v2.ToolService/ListTools";
        let asked = ("access-control-request-method", "POST");
        let preflight = send(address, line, &[("origin", "https://app.example"), asked], "").await;
        assert_eq!(preflight.status, 204, "{preflight:?}");
        let allowed = preflight.header("access-control-allow-headers").unwrap_or_default();
        for name in ["content-type", "grpc-timeout", "x-grpc-web", "x-user-agent"] {
            assert!(allowed.split(", ").any(|allowed| allowed == name), "{name}: {allowed}");
        }
        let foreign = send(address, line, &[("origin", "https://evil.example"), asked], "").await;
        assert_eq!(foreign.header("access-control-allow-origin"), None, "{foreign:?}");
        let origin = [("origin", "https://app.example")];
        let response = call_text(address, "agent.v2.ToolService/ListTools", &origin, b"").await;
        assert_exposed(&response);
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_at_the_port_of_grpc() {
    let address = serve_grpc(10, &GatewayConfig::default()).await;
    let path = "agent.v2.ToolService/ListTools";
    let headers =
        [("content-type", "application/grpc-web-text"), ("origin", "http://rebound.example:50051")];
    let response = send(address, &format!("POST /{path}"), &headers, "AAAAAAA=").await;
    assert_eq!(response.status, 403, "{response:?}");
    call_text(address, path, &[], b"").await;
}

//! Traces, metrics and lines: what a receiver of OTLP gets, and what a page is shown.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::{Agentd, Apart, agentd, root};

/// What the receiver got.
#[derive(Clone, Default)]
pub(super) struct Received(Arc<Mutex<(Vec<Span>, Vec<Metric>)>>);

impl Received {
    /// Returns the number of spans.
    pub(super) fn span_count(&self) -> usize {
        self.0.lock().expect("no test panics with the lock").0.len()
    }

    /// Returns the names of the spans of the trace that `traceparent` begins. Checks that they are one
    /// tree below the span that it names.
    pub(super) fn names_below(&self, traceparent: &str) -> Vec<String> {
        let parts: Vec<&str> = traceparent.split('-').collect();
        let [_, trace, client, _] = parts[..] else { panic!("{traceparent} has four parts") };
        let spans = self.0.lock().expect("no test panics with the lock");
        let own: Vec<&Span> = spans.0.iter().filter(|span| hex(&span.trace_id) == trace).collect();
        let ids: Vec<String> = own.iter().map(|span| hex(&span.span_id)).collect();
        for span in &own {
            let parent = hex(&span.parent_span_id);
            assert!(parent == client || ids.contains(&parent), "{span:?} has no parent");
        }
        own.iter().map(|span| span.name.clone()).collect()
    }
}

#[tonic::async_trait]
impl TraceService for Received {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        let spans = scopes.flat_map(|scope| scope.spans);
        self.0.lock().expect("no test panics with the lock").0.extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Received {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let resources = request.into_inner().resource_metrics.into_iter();
        let scopes = resources.flat_map(|resource| resource.scope_metrics);
        let metrics = scopes.flat_map(|scope| scope.metrics);
        self.0.lock().expect("no test panics with the lock").1.extend(metrics);
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// Starts a receiver of OTLP over gRPC, and returns its address.
pub(super) fn receiver() -> (Received, String) {
    receiver_of(Server::builder(), "http")
}

/// The same, of a server with these settings.
pub(super) fn receiver_of(mut server: Server, scheme: &'static str) -> (Received, String) {
    let received = Received::default();
    let own = received.clone();
    let (sender, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("it starts");
        runtime.block_on(async move {
            let any = "127.0.0.1:0".parse().expect("it is an address");
            let incoming =
                tonic::transport::server::TcpIncoming::bind(any).expect("there is a port");
            let address = incoming.local_addr().expect("it is bound");
            sender.send(format!("{scheme}://{address}")).expect("somebody waits");
            server
                .add_service(TraceServiceServer::new(own.clone()))
                .add_service(MetricsServiceServer::new(own))
                .serve_with_incoming(incoming)
                .await
                .expect("it serves");
        });
    });
    (received, address.recv().expect("it starts"))
}

/// Sends a request, and returns the whole response.
fn http(url: &str, request: &str) -> String {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("it is there");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("it answers");
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    response
}

fn post(url: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    http(
        url,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        ),
    )
}

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";

/// Runs a turn through the gateway, as a client that traces.
fn turn(gateway: &str) {
    let traceparent = format!("traceparent: 00-{TRACE_ID}-{CLIENT_SPAN}-01\r\n");
    let headers = format!("x-principal-id: anna\r\n{traceparent}");
    let body = r#"{"requestId": "r-1", "input": {"text": "What is 17 * 23?"}}"#;
    let answer = post(gateway, "/v2/conversations/c-1/turns:stream", &headers, body);
    assert!(answer.contains("event: end") && answer.contains("391"), "{answer}");
}

/// A span, by its ids.
type Spans = BTreeMap<String, Span>;

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(attributes: &'a [KeyValue], key: &str) -> &'a str {
    let value = attributes.iter().find(|it| it.key == key).and_then(|it| it.value.as_ref());
    match value.and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text,
        _ => "",
    }
}

/// Draws the spans within `parent`: those of servers and of work, each at the time that it began.
fn draw(spans: &Spans, parent: &str, indent: usize, to: &mut String) {
    let mut children: Vec<_> =
        spans.iter().filter(|(_, span)| hex(&span.parent_span_id) == parent).collect();
    children.sort_by_key(|(_, span)| span.start_time_unix_nano);
    for (id, span) in children {
        if span.kind() == SpanKind::Client {
            draw(spans, id, indent, to);
            continue;
        }
        to.push_str(&format!("{:indent$}{}\n", "", span.name));
        draw(spans, id, indent + 2, to);
    }
}

/// Checks the trace of a turn: one tree, from the client's span on, as README shows it.
fn check(received: &Received) {
    let spans = std::mem::take(&mut received.0.lock().expect("no test panics").0);
    let own: Spans = spans
        .into_iter()
        .filter(|span| hex(&span.trace_id) == TRACE_ID)
        .map(|span| (hex(&span.span_id), span))
        .collect();
    for span in own.values() {
        let parent = hex(&span.parent_span_id);
        assert!(parent == CLIENT_SPAN || own.contains_key(&parent), "{span:?} has no parent");
        let is_call = matches!(span.kind(), SpanKind::Client | SpanKind::Server);
        if is_call && !span.name.starts_with("POST") {
            assert_eq!(text(&span.attributes, "rpc.system.name"), "grpc");
            assert_eq!(text(&span.attributes, "rpc.method"), span.name);
            assert_eq!(text(&span.attributes, "rpc.response.status_code"), "OK", "{}", span.name);
        }
    }
    let servers = own.values().filter(|span| span.kind() == SpanKind::Server).count();
    let clients = own.values().filter(|span| span.kind() == SpanKind::Client).count();
    assert_eq!(servers, clients + 1, "each call has both sides; the gateway has no client here");
    let mut drawn = String::new();
    draw(&own, CLIENT_SPAN, 0, &mut drawn);
    let readme = std::fs::read_to_string(root().join("services/README.md")).expect("it is there");
    assert!(readme.contains(&format!("```text\n{drawn}```")), "README.md has not:\n{drawn}");
}

const STATE: &str = r#"{"consumer": "tests", "state": "conversation c-1 of anna"}"#;

#[test]
fn one_trace_has_the_whole_turn_in_one_process() {
    let (received, otlp) = receiver();
    let system = Agentd::start(&["--otlp", &otlp]);
    post(system.states.trim_end_matches('/'), "/", "", STATE);
    turn(&system.gateway);
    // What a page is shown.
    let request = "GET /traces/4bf92f3577b34da6a3ce929d0e0e4736 HTTP/1.1\r\nhost: localhost\r\n\
                   connection: close\r\n\r\n";
    let shown = http(&system.gateway, request);
    let (_, body) = shown.split_once("\r\n\r\n").expect("it has a body");
    let shown: serde_json::Value = serde_json::from_str(body).expect("it is JSON");
    let shown = shown["spans"].as_array().expect("it has spans").clone();
    assert_eq!(shown[0]["name"], "POST /v2/conversations/{conversationId.value}/turns:stream");
    assert_eq!(shown[0]["parentSpanId"], CLIENT_SPAN);
    system.end();
    let sent = received.0.lock().expect("no test panics").0.len();
    assert!(shown.len() > 15 && sent >= shown.len(), "{sent} {}", shown.len());
    check(&received);
}

#[test]
fn one_trace_has_the_whole_turn_with_every_role_in_its_own_process() {
    let (received, otlp) = receiver();
    let otlp = ["--otlp", &otlp];
    let apart = Apart::start(&otlp);
    let hook = apart.hook();
    let Apart { permission, memory, rag, tools, conversation } = apart;
    let called = [
        ("conversation", &conversation),
        ("memory", &memory),
        ("permission", &permission),
        ("rag", &rag),
        ("tools", &tools),
    ];
    let gateway = Apart::role("gateway", &called, "", &otlp);
    post(hook.trim_end_matches('/'), "/", "", STATE);
    turn(&gateway.gateway);
    // The callers first: they have open connections to the others.
    for system in [gateway, conversation, tools, rag, memory, permission] {
        system.end();
    }
    check(&received);
}

/// A call of package `agent` says in its trailers what replaces it; a metric and a line say who calls.
#[test]
fn calls_of_deprecated_methods_are_told_counted_and_noted() {
    use agent_contract::agent::RetrievalRequest;
    use agent_contract::agent::rag_service_client::RagServiceClient;
    let (received, otlp) = receiver();
    let mut command = agentd();
    let mut system =
        Agentd::run(command.args(["--otlp", &otlp, "--log", "info"]).stderr(Stdio::piped()));
    let mut stderr = system.process.stderr.take().expect("it is piped");
    let runtime = tokio::runtime::Runtime::new().expect("it starts");
    runtime.block_on(async {
        let mut client = RagServiceClient::connect(system.grpc.clone()).await.expect("it is there");
        for _ in 0..2 {
            let mut request = Request::new(RetrievalRequest {
                query: "vacation".to_owned(),
                top_k: 1,
                ..Default::default()
            });
            request.metadata_mut().insert("x-principal-id", "mobile".parse().expect("it is one"));
            request.metadata_mut().insert("x-request-id", "r-77".parse().expect("it is one"));
            let response = client.retrieve(request).await.expect("it answers");
            let trailer = |name: &str| response.metadata().get(name).cloned().expect("it is sent");
            assert_eq!(trailer("deprecation"), "@1795910400");
            assert_eq!(trailer("x-successor-method"), "agent.v2.RagService/Retrieve");
        }
    });
    let body = r#"{"query": "vacation", "topK": 1}"#;
    let answer = post(&system.gateway, "/v1/documents:retrieve", "", body);
    assert!(answer.contains("\r\ndeprecation: @1795910400\r\n"), "{answer}");
    system.end();
    let mut lines = String::new();
    stderr.read_to_string(&mut lines).expect("it is text");
    let notices = lines.lines().filter(|line| line.contains("WARN"));
    assert_eq!(notices.filter(|line| line.contains("principal=\"mobile\"")).count(), 1, "{lines}");
    let calls = lines.lines().filter(|line| line.contains("request_id=\"r-77\""));
    assert_eq!(calls.filter(|line| line.contains("trace_id=\"")).count(), 2, "{lines}");

    let received = received.0.lock().expect("no test panics");
    let metric = received.1.iter().rfind(|metric| metric.name == "agentd.deprecated.calls");
    let Some(metric::Data::Sum(sum)) = metric.and_then(|metric| metric.data.as_ref()) else {
        panic!("no metric: {:?}", received.1);
    };
    let mut counts: Vec<(&str, Option<number_data_point::Value>)> = sum
        .data_points
        .iter()
        .map(|point| (text(&point.attributes, "enduser.id"), point.value))
        .collect();
    counts.sort_by_key(|(caller, _)| *caller);
    let count = |number| Some(number_data_point::Value::AsInt(number));
    assert_eq!(counts, [("anonymous", count(1)), ("mobile", count(2))]);
    assert!(received.1.iter().any(|metric| metric.name == "rpc.server.call.duration"));
}

//! The role `gateway`: REST with JSON for clients outside, gRPC to the roles inside.
//!
//! - `routes`: which method a path and a verb call
//! - `transcode`: messages between JSON and gRPC
//! - `events`: streams of responses
//! - `web`: grpc-web
//! - `page`: the page to chat
//! - `access`: keys, the rate limit, CORS
//! - `problem`: errors
//! - `span`: the span of a request

mod access;
mod events;
mod page;
mod problem;
mod routes;
mod span;
#[cfg(test)]
mod tests;
mod transcode;
mod web;

pub use self::web::with_grpc_web;

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http_body_util::LengthLimitError;
use prost_reflect::{DescriptorPool, DynamicMessage};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Status};

use self::access::Access;
use self::events::Events;
use self::problem::{Problem, ToProblem as _};
use self::routes::{DOCUMENT, Operation, Parameter, Routes};
use self::span::Span;
use self::transcode::Dynamic;
use crate::call::{REQUEST_ID as X_REQUEST_ID, TRACE, too_late};
use crate::config::GatewayConfig;
use crate::links::{Link, Links};
use crate::methods;
use crate::telemetry::Recent;
use crate::telemetry::rpc::{DEPRECATION, SUCCESSOR};

/// The path of HTTP health, at both ports.
const HEALTH: &str = "/healthz";

/// The header by which a client limits the time of a call, in milliseconds.
const TIMEOUT: &str = "x-timeout-ms";

/// The longest time that a client may set.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// The header of a client that resumes a stream of events.
const LAST_EVENT_ID: &str = "last-event-id";

/// The most bytes of a body.
const MAX_BODY: usize = 1 << 20;

/// The most bytes of the id that a client gives its request.
const MAX_REQUEST_ID: usize = 128;

/// How long a stream of events is silent at most: proxies close silent connections.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The gateway.
struct Gateway {
    routes: Routes,
    links: Links,
    access: Access,
    recent: Recent,
    keep_alive: Duration,
}

/// Returns the gateway: the routes of `openapi.json`, which it serves too, `/healthz`, the traces of
/// `recent`, and a page.
pub fn router(links: &Links, config: &GatewayConfig, recent: &Recent) -> Router {
    build(links, config, recent, KEEP_ALIVE)
}

fn build(links: &Links, config: &GatewayConfig, recent: &Recent, keep_alive: Duration) -> Router {
    let pool = DescriptorPool::decode(agent_contract::FILE_DESCRIPTOR_SET);
    let pool = pool.expect("the descriptors were checked when they were generated");
    let routes = Routes::read(DOCUMENT, &pool);
    let gateway = Arc::new(Gateway {
        routes: routes.expect("the document and the descriptors come from the same schema"),
        links: links.clone(),
        access: Access::new(config),
        recent: recent.clone(),
        keep_alive,
    });
    let document = || async { ([(header::CONTENT_TYPE, "application/json")], DOCUMENT) };
    page::add(Router::new())
        .route(HEALTH, get(|| async { "ok\n" }))
        .route("/openapi.json", get(document))
        .route("/traces/{id}", get(trace))
        .method_not_allowed_fallback(wrong_verb)
        .fallback(call)
        .layer(from_fn_with_state(gateway.clone(), around))
        .with_state(gateway)
}

/// Does what all responses need: the id of the request, and CORS.
async fn around(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    request.headers_mut().insert(X_REQUEST_ID, id.clone());
    let mut response = gateway.access.cors(request, next).await;
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// Returns the id that the client gave its request, if it is a sensible one, or a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_sensible = |id: &&HeaderValue| {
        (1..=MAX_REQUEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    if let Some(id) = headers.get(X_REQUEST_ID).filter(is_sensible) {
        return id.clone();
    }
    // Two hashes with keys of their own, which are random.
    let random = || RandomState::new().hash_one(0);
    let id = format!("{:016x}{:016x}", random(), random());
    HeaderValue::try_from(id).expect("digits are a header value")
}

/// Returns the text of a header; an empty one if it is missing.
fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Returns the spans of a trace that this process has made lately.
async fn trace(
    State(gateway): State<Arc<Gateway>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let spans = gateway.access.admit(&headers).and_then(|_| {
        let unknown = || Code::NotFound.problem(format!("there is no trace {id} of late"));
        gateway.recent.trace(&id).ok_or_else(unknown)
    });
    match spans {
        Ok(spans) => {
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, spans.to_string()).into_response()
        }
        Err(problem) => problem.response(text(&headers, X_REQUEST_ID)),
    }
}

async fn wrong_verb(verb: Method, uri: Uri, headers: HeaderMap) -> Response {
    routes::wrong_verb(&verb, uri.path()).response(text(&headers, X_REQUEST_ID))
}

/// Answers the requests of all routes of the document, and calls of grpc-web.
async fn call(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    if web::is_grpc_web(request.headers()) {
        return gateway.grpc_web(request).await;
    }
    let id = text(request.headers(), X_REQUEST_ID).to_owned();
    gateway.call(request).await.unwrap_or_else(|problem| problem.response(&id))
}

impl Gateway {
    /// Finds the operation of a request, and answers within a span of it.
    async fn call(&self, mut request: Request) -> Result<Response, Problem> {
        let verb = request.method().clone();
        let (operation, path) = self.routes.find(&verb, request.uri().path())?;
        let span = Span::begin(&verb, &operation.route, request.headers_mut());
        let id = text(request.headers(), X_REQUEST_ID).to_owned();
        let answer = self.answer(operation, &path, request).await;
        let mut response = answer.unwrap_or_else(|problem| problem.response(&id));
        if let Some(successor) = methods::successor(operation.path.path().trim_start_matches('/')) {
            let headers = response.headers_mut();
            headers.insert(DEPRECATION.0, HeaderValue::from_static(DEPRECATION.1));
            headers.insert(SUCCESSOR, HeaderValue::from_static(successor));
        }
        Ok(span.watch(response))
    }

    async fn answer(
        &self,
        operation: &Operation,
        path: &[Parameter],
        request: Request,
    ) -> Result<Response, Problem> {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let principal = self.access.admit(headers)?;
        let timeout = timeout(headers)?;
        let body = body_of(operation, headers, body).await?;
        let query = parts.uri.query().unwrap_or_default();
        let message = transcode::request(operation, path, query, &body)?;
        let metadata = metadata(headers, principal);
        let mut request = tonic::Request::from_parts(metadata, Extensions::default(), message);
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        if !operation.method.is_server_streaming() {
            return Ok(self.unary(operation, request, deadline).await?);
        }
        let first = events::first(headers, &operation.method)?;
        let request_id = text(headers, X_REQUEST_ID).to_owned();
        let messages = self.streaming(operation, request, deadline).await?;
        Ok(Events { messages, first, deadline, request_id }.response(self.keep_alive))
    }

    async fn unary(
        &self,
        operation: &Operation,
        request: tonic::Request<DynamicMessage>,
        deadline: Option<Instant>,
    ) -> Result<Response, Status> {
        let mut client = self.client(operation);
        let response = in_time(deadline, async {
            client.ready().await?;
            let codec = Dynamic(operation.method.output());
            client.unary(request, operation.path.clone(), codec).await
        });
        let json = transcode::to_json(response.await?.get_ref())?;
        Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
    }

    async fn streaming(
        &self,
        operation: &Operation,
        request: tonic::Request<DynamicMessage>,
        deadline: Option<Instant>,
    ) -> Result<tonic::Streaming<DynamicMessage>, Status> {
        let mut client = self.client(operation);
        let response = in_time(deadline, async {
            client.ready().await?;
            let codec = Dynamic(operation.method.output());
            client.server_streaming(request, operation.path.clone(), codec).await
        });
        Ok(response.await?.into_inner())
    }

    /// Returns a client of the role that serves an operation.
    fn client(&self, operation: &Operation) -> tonic::client::Grpc<Link> {
        tonic::client::Grpc::new(self.link(operation).clone())
    }

    /// Returns the link to the role that serves an operation.
    fn link(&self, operation: &Operation) -> &Link {
        let service = operation.method.parent_service();
        self.links.to(methods::role(service.name()))
    }
}

/// Returns what is passed on of the headers of a request.
fn metadata(headers: &HeaderMap, principal: Option<HeaderValue>) -> MetadataMap {
    let mut passed_on = HeaderMap::new();
    for name in [X_REQUEST_ID].into_iter().chain(TRACE) {
        if let Some(value) = headers.get(name) {
            passed_on.insert(name, value.clone());
        }
    }
    if let Some(principal) = principal {
        passed_on.insert(crate::call::PRINCIPAL, principal);
    }
    MetadataMap::from_headers(passed_on)
}

/// Returns the time that the client sets.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Problem> {
    if !headers.contains_key(TIMEOUT) {
        return Ok(None);
    }
    let timeout = text(headers, TIMEOUT).parse().ok().map(Duration::from_millis);
    match timeout {
        Some(timeout) if !timeout.is_zero() && timeout <= MAX_TIMEOUT => Ok(Some(timeout)),
        _ => {
            let most = MAX_TIMEOUT.as_millis();
            Err(Problem::invalid(format!("{TIMEOUT} is not a number from 1 to {most}")))
        }
    }
}

/// Waits for the outcome of a call until its deadline.
async fn in_time<T>(
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T, Status>>,
) -> Result<T, Status> {
    match deadline {
        Some(deadline) => {
            tokio::time::timeout_at(deadline, work).await.unwrap_or_else(|_| Err(too_late()))
        }
        None => work.await,
    }
}

/// Reads the body of a request.
///
/// # Errors
///
/// 400: the operation has no body. 413: it is too long. 415: it is not JSON.
async fn body_of(operation: &Operation, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    // Required for an empty body as well: a browser lets every web page send requests without one.
    if operation.has_body && !is_json(text(headers, header::CONTENT_TYPE.as_str())) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let detail = "the body has to be JSON: `content-type: application/json`";
        return Err(Problem::new(status, Code::InvalidArgument, detail));
    }
    let length = text(headers, header::CONTENT_LENGTH.as_str()).parse::<usize>();
    if length.is_ok_and(|length| length > MAX_BODY) {
        return Err(too_long());
    }
    let body = axum::body::to_bytes(body, MAX_BODY).await.map_err(|error| {
        let error = error.into_inner();
        match error.is::<LengthLimitError>() {
            true => too_long(),
            false => Problem::invalid(format!("the body cannot be read: {error}")),
        }
    })?;
    if !operation.has_body && !body.is_empty() {
        return Err(Problem::invalid(format!("{} has no body", operation.method.name())));
    }
    Ok(body)
}

fn too_long() -> Problem {
    let detail = format!("the body has more than {MAX_BODY} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, Code::ResourceExhausted, detail)
}

fn is_json(content_type: &str) -> bool {
    let (essence, _) = content_type.split_once(';').unwrap_or((content_type, ""));
    essence.trim().eq_ignore_ascii_case("application/json")
}

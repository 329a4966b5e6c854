//! grpc-web: gRPC for web pages, over HTTP/1.1 and with the status in the body
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md>).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::Instant;
use tonic::codegen::http;
use tonic::service::Routes;
use tonic::{Code, Status};
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::access::Access;
use super::problem::ToProblem as _;
use super::span::Span;
use super::{Gateway, HEALTH, MAX_BODY, in_time, metadata, text, too_long};
use crate::call::parse_timeout;
use crate::config::GatewayConfig;
use crate::limits::Limit;
use crate::served::Served;

/// The headers of a call that its protocol needs.
const PROTOCOL: [&str; 4] = ["content-type", "grpc-encoding", "grpc-timeout", "te"];

/// Returns the same services for grpc-web and for gRPC, with a limit of calls, and HTTP health. Web pages of the
/// allowed origins may call them, unless the gateway has keys.
pub fn with_grpc_web(routes: Routes, limit: Limit, clients: &GatewayConfig) -> Routes {
    // There are no keys at this port: where the gateway has some, pages have to go there.
    let origins = if clients.keys.is_empty() { clients.origins.clone() } else { Vec::new() };
    let access = Arc::new(Access::new(&GatewayConfig { origins, ..clients.clone() }));
    let cors = from_fn(move |request: Request, next: Next| {
        let access = access.clone();
        async move {
            // No page comes from this port, but a foreign one can give this machine a name of its
            // own, and a browser then does not ask before it calls (DNS rebinding).
            match access.is_foreign(request.headers()) {
                true => StatusCode::FORBIDDEN.into_response(),
                false => access.cors(request, next).await,
            }
        }
    });
    // The limit is inside, so that its refusals are translated, too.
    let services = Served { inner: routes.prepare(), limit };
    let services = GrpcWebLayer::new().layer(services);
    let health = get(|| async { "ok\n" });
    Router::new().route(HEALTH, health).fallback_service(services).layer(cors).into()
}

/// Whether a request is a call of grpc-web.
pub(super) fn is_grpc_web(headers: &HeaderMap) -> bool {
    text(headers, header::CONTENT_TYPE.as_str()).starts_with("application/grpc-web")
}

impl Gateway {
    /// Answers a call of grpc-web.
    pub(super) async fn grpc_web(&self, mut request: Request) -> Response {
        let operation = self.routes.of_method(request.uri().path());
        let span = operation.map(|operation| {
            Span::begin(&Method::POST, operation.path.path(), request.headers_mut())
        });
        let calls = service_fn(|request| async {
            let response = self.pass_on(request).await;
            Ok::<_, Infallible>(response.unwrap_or_else(Status::into_http))
        });
        match GrpcWebLayer::new().layer(calls).oneshot(request).await {
            Ok(response) => match span {
                Some(span) => span.watch(response.into_response()),
                None => response.into_response(),
            },
            Err(never) => match never {},
        }
    }

    /// Passes a call of gRPC on to its role, by the rules for REST.
    async fn pass_on(
        &self,
        request: http::Request<tonic::body::Body>,
    ) -> Result<http::Response<tonic::body::Body>, Status> {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let principal = self.access.admit(headers)?;
        let path = parts.uri.path();
        let operation = self
            .routes
            .of_method(path)
            .ok_or_else(|| Code::Unimplemented.problem(format!("there is no method {path}")))?;
        let message = read(body).await?;
        let mut passed_on = metadata(headers, principal).into_headers();
        for name in PROTOCOL {
            if let Some(value) = headers.get(name) {
                passed_on.insert(name, value.clone());
            }
        }
        let mut request = http::Request::new(tonic::body::Body::new(Body::from(message)));
        *request.method_mut() = Method::POST;
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = operation.path.clone().into();
        *request.headers_mut() = passed_on;
        let timeout: Option<Duration> = parse_timeout(text(headers, "grpc-timeout"));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        in_time(deadline, self.link(operation).clone().oneshot(request)).await
    }
}

/// Reads the message of a call: grpc-web has no streams of requests.
async fn read(body: tonic::body::Body) -> Result<Bytes, Status> {
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|error| match error
        .is::<LengthLimitError>(
    ) {
        true => Status::from(too_long()),
        false => Status::invalid_argument(format!("the body cannot be read: {error}")),
    })?;
    Ok(body.to_bytes())
}

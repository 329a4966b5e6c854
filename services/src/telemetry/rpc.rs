//! Calls over gRPC, by server and client: spans, metrics, lines, and the notice that a method is
//! deprecated.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Instant;

use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::trace::{Span as _, SpanKind};
use opentelemetry::{KeyValue, Value};
use tonic::Code;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};

use super::spans::{self, SCOPE};
use crate::call::{PRINCIPAL, REQUEST_ID};
use crate::methods::{self, code_name};
use crate::watched::{Watch, Watched};

/// The trailer of a deprecated method: since when it is (<https://www.rfc-editor.org/rfc/rfc9745>).
/// This is the day of the release of `agent.v2`.
pub(crate) const DEPRECATION: (&str, &str) = ("deprecation", "@1795910400");

/// The trailer that names the method to call instead.
pub(crate) const SUCCESSOR: &str = "x-successor-method";

/// The most pairs of method and caller of which a line says that the method is deprecated.
const MAX_NOTICES: usize = 1000;

/// The most bytes of what a client names itself and its request; longer ones are left out.
const MAX_TEXT: usize = 128;

/// The bounds of the histogram, in seconds, as the conventions have them.
const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

static DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    let meter = global::meter(SCOPE);
    let histogram = meter.f64_histogram("rpc.server.call.duration").with_unit("s");
    histogram.with_boundaries(BOUNDS.to_vec()).build()
});

static DEPRECATED: LazyLock<Counter<u64>> = LazyLock::new(|| {
    let meter = global::meter(SCOPE);
    let counter = meter.u64_counter("agentd.deprecated.calls").with_unit("{call}");
    counter.with_description("Calls of deprecated methods, by caller").build()
});

static NOTICES: Mutex<BTreeSet<(&str, String)>> = Mutex::new(BTreeSet::new());

/// A call, from its request to the end of its response.
pub(crate) struct Rpc {
    method: &'static str,
    span: BoxedSpan,
    code: Option<Code>,
    /// What the server knows besides; none in a client.
    served: Option<Serve>,
}

struct Serve {
    started: Instant,
    principal: String,
    request_id: String,
}

impl Rpc {
    /// Begins to watch a call that arrives. It is passed on with the context of its span.
    pub(crate) fn served<B>(request: &mut Request<B>) -> Self {
        let method = methods::name(request.uri().path());
        let headers = request.headers_mut();
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| value.len() <= MAX_TEXT).unwrap_or_default().to_owned()
        };
        let served = Serve {
            started: Instant::now(),
            principal: text(PRINCIPAL),
            request_id: text(REQUEST_ID),
        };
        let mut attributes = attributes(method);
        attributes.push(KeyValue::new("agentd.request_id", served.request_id.clone()));
        let span = spans::begin(method, SpanKind::Server, attributes, headers);
        if let Some(successor) = methods::successor(method) {
            notice(method, successor, &served.principal);
        }
        Rpc { method, span, code: None, served: Some(served) }
    }

    /// Begins to watch a call that is made to a server at `address`.
    pub(crate) fn called<B>(request: &mut Request<B>, address: &str) -> Self {
        let method = methods::name(request.uri().path());
        let mut attributes = attributes(method);
        attributes.push(KeyValue::new("server.address", address.to_owned()));
        let span = spans::begin(method, SpanKind::Client, attributes, request.headers_mut());
        Rpc { method, span, code: None, served: None }
    }

    /// Watches the response until its end.
    pub(crate) fn watch(mut self, mut response: Response<Body>) -> Response<Body> {
        // A response without a body has its status in the headers.
        if response.headers().contains_key("grpc-status") {
            self.trailers(response.headers_mut());
        }
        response.map(|body| Body::new(Watched { body, watch: self }))
    }

    /// Ends a call that has no response.
    pub(crate) fn failed(mut self, code: Code) {
        self.code = Some(code);
    }

    /// Whether a status is an error of the server; for clients, all but OK are errors
    /// (<https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>).
    fn is_error(&self, code: Code) -> bool {
        match self.served {
            None => code != Code::Ok,
            Some(_) => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        }
    }
}

impl Watch for Rpc {
    fn trailers(&mut self, trailers: &mut HeaderMap) {
        if let Some(status) = trailers.get("grpc-status") {
            self.code = Some(Code::from_bytes(status.as_bytes()));
        }
        if self.served.is_some()
            && let Some(successor) = methods::successor(self.method)
        {
            trailers.insert(DEPRECATION.0, HeaderValue::from_static(DEPRECATION.1));
            trailers.insert(SUCCESSOR, HeaderValue::from_static(successor));
        }
    }

    fn broken(&mut self) {
        self.code = Some(Code::Unavailable);
    }
}

impl Drop for Rpc {
    fn drop(&mut self) {
        // A body that is dropped before its trailers: the client has gone.
        let code = self.code.unwrap_or(Code::Cancelled);
        let name = code_name(code);
        self.span.set_attribute(KeyValue::new("rpc.response.status_code", name));
        let is_error = self.is_error(code);
        if is_error {
            spans::fail(&mut self.span, name);
        }
        self.span.end();
        let Some(Serve { started, principal, request_id }) = &self.served else { return };
        let elapsed = started.elapsed();
        let mut attributes = attributes(self.method);
        attributes.push(KeyValue::new("rpc.response.status_code", name));
        if is_error {
            attributes.push(KeyValue::new("error.type", name));
        }
        DURATION.record(elapsed.as_secs_f64(), &attributes);
        tracing::info!(
            target: "agentd",
            method = self.method,
            code = name,
            ms = elapsed.as_millis(),
            principal,
            request_id,
            trace_id = spans::trace_id(&self.span),
            "call"
        );
    }
}

fn attributes(method: &'static str) -> Vec<KeyValue> {
    let pairs: [(&'static str, Value); 2] =
        [("rpc.system.name", "grpc".into()), ("rpc.method", method.into())];
    pairs.map(|(key, value)| KeyValue::new(key, value)).to_vec()
}

/// Counts a call of a deprecated method, and says once for each caller that it is deprecated.
fn notice(method: &'static str, successor: &str, principal: &str) {
    let caller = if principal.is_empty() { "anonymous" } else { principal };
    let attributes =
        [KeyValue::new("rpc.method", method), KeyValue::new("enduser.id", caller.to_owned())];
    DEPRECATED.add(1, &attributes);
    let is_new = {
        let mut notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
        notices.len() < MAX_NOTICES && notices.insert((method, caller.to_owned()))
    };
    if is_new {
        tracing::warn!(target: "agentd", method, successor, principal = caller, "deprecated");
    }
}

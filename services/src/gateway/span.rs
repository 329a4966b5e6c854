//! The span of a request
//! (<https://opentelemetry.io/docs/specs/semconv/http/http-spans/>).

use axum::body::Body;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::{Span as _, SpanKind};

use crate::telemetry::spans;
use crate::watched::{Watch, Watched};

/// The span of a request: until the end of the response, or until the client has gone.
pub(super) struct Span(BoxedSpan);

impl Span {
    /// Begins the span. `headers` have its context afterwards.
    pub(super) fn begin(verb: &Method, route: &str, headers: &mut HeaderMap) -> Self {
        let attributes = vec![
            KeyValue::new("http.request.method", verb.to_string()),
            KeyValue::new("http.route", route.to_owned()),
        ];
        let name = format!("{verb} {route}");
        Span(spans::begin(name, SpanKind::Server, attributes, headers))
    }

    /// Watches the response until its end.
    pub(super) fn watch(mut self, response: Response) -> Response {
        let status = response.status();
        self.0
            .set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            spans::fail(&mut self.0, status.as_str().to_owned());
        }
        response.map(|body| Body::new(Watched { body, watch: self }))
    }
}

impl Watch for Span {
    fn broken(&mut self) {
        spans::fail(&mut self.0, "broken");
    }
}

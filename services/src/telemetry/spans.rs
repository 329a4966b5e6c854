//! How a span begins, and how its context is passed on: by the headers of W3C Trace Context. A call
//! needs no other context, so it is the same in one process and over the network.

use opentelemetry::global::{self, BoxedSpan};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, TracerProvider as _,
};
use opentelemetry::trace::{TraceId, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::codegen::http::HeaderMap;

/// The name of what makes the spans and metrics.
pub(crate) const SCOPE: &str = "agentd";

/// Begins a span. Its parent is that of `headers`, which have the span itself afterwards.
pub(crate) fn begin(
    name: impl Into<std::borrow::Cow<'static, str>>,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    headers: &mut HeaderMap,
) -> BoxedSpan {
    let propagator = TraceContextPropagator::new();
    let parent = propagator.extract_with_context(&Context::new(), &HeaderExtractor(headers));
    let builder = SpanBuilder::from_name(name).with_kind(kind).with_attributes(attributes);
    let span = global::tracer_provider().tracer(SCOPE).build_with_context(builder, &parent);
    let context = Context::new().with_remote_span_context(span.span_context().clone());
    propagator.inject_context(&context, &mut HeaderInjector(headers));
    span
}

/// Returns the id of the trace of a span, for a line; an empty one if there is none.
pub(crate) fn trace_id(span: &BoxedSpan) -> String {
    match span.span_context().trace_id() {
        TraceId::INVALID => String::new(),
        id => id.to_string(),
    }
}

/// Marks a span as failed.
pub(crate) fn fail(span: &mut BoxedSpan, error_type: impl Into<Value>) {
    span.set_attribute(KeyValue::new("error.type", error_type));
    span.set_status(Status::error(""));
}

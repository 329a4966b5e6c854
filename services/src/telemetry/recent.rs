//! The last spans of this process, so that a page can show the trace of a turn without a collector.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanId, SpanKind, Status, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanProcessor};
use serde_json::{Value, json};

/// The most spans that are kept: a turn has some 20.
const MOST: usize = 2000;

/// The last spans. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Recent(Arc<Mutex<VecDeque<SpanData>>>);

impl Recent {
    /// Returns the spans of a trace in JSON, the earliest first; none if it has none. `startMicros`
    /// is the time since the first of them began.
    pub fn trace(&self, id: &str) -> Option<Value> {
        let id = TraceId::from_hex(id).ok()?;
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut spans =
            Vec::from_iter(spans.iter().filter(|span| span.span_context.trace_id() == id).cloned());
        spans.sort_by_key(|span| span.start_time);
        let first = spans.first()?.start_time;
        Some(json!({ "spans": spans.iter().map(|span| shown(span, first)).collect::<Vec<_>>() }))
    }
}

impl SpanProcessor for Recent {
    fn on_start(&self, _: &mut opentelemetry_sdk::trace::Span, _: &opentelemetry::Context) {}

    fn on_end(&self, span: SpanData) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.len() == MOST {
            spans.pop_front();
        }
        spans.push_back(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn shown(span: &SpanData, first: SystemTime) -> Value {
    let micros = |from: SystemTime, to: SystemTime| {
        u64::try_from(to.duration_since(from).unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
    };
    let kind = match span.span_kind {
        SpanKind::Client => "client",
        SpanKind::Server => "server",
        _ => "internal",
    };
    let parent = span.parent_span_id;
    let attributes = span.attributes.iter().map(|it| (it.key.to_string(), it.value.to_string()));
    json!({
        "spanId": span.span_context.span_id().to_string(),
        "parentSpanId": (parent != SpanId::INVALID).then(|| parent.to_string()),
        "name": span.name,
        "kind": kind,
        "startMicros": micros(first, span.start_time),
        "durationMicros": micros(span.start_time, span.end_time),
        "status": if matches!(span.status, Status::Error { .. }) { "error" } else { "ok" },
        "attributes": attributes.collect::<std::collections::BTreeMap<_, _>>(),
    })
}

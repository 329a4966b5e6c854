//! Streams of responses, as server-sent events
//! (<https://html.spec.whatwg.org/multipage/server-sent-events.html>).

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::unfold;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tokio::time::Instant;
use tonic::{Status, Streaming};

use super::problem::Problem;
use super::{LAST_EVENT_ID, in_time, transcode};

/// The events of a call. When it is dropped, so is the call.
pub(super) struct Events {
    /// The responses.
    pub(super) messages: Streaming<DynamicMessage>,
    /// The index of the first event that the client has not seen.
    pub(super) first: u64,
    /// When the call has to end.
    pub(super) deadline: Option<Instant>,
    /// The id of the request, for the details of an error.
    pub(super) request_id: String,
}

impl Events {
    /// Returns the response, which sends a comment whenever nothing was sent for `keep_alive`.
    pub(super) fn response(self, keep_alive: Duration) -> Response {
        let events = unfold(Some((self, 0)), |state| async move {
            let (mut events, index) = state?;
            let (event, next) = events.next(index).await;
            Some((Ok::<_, Infallible>(event), next.map(|index| (events, index))))
        });
        Sse::new(events).keep_alive(KeepAlive::new().interval(keep_alive)).into_response()
    }

    /// Returns the next event, and the index of the one after it, unless it is the last.
    async fn next(&mut self, mut index: u64) -> (Event, Option<u64>) {
        loop {
            let message = in_time(self.deadline, self.messages.message()).await;
            match message.and_then(|message| message.as_ref().map(transcode::to_json).transpose()) {
                Ok(Some(_)) if index < self.first => index += 1,
                Ok(Some(json)) => {
                    return (Event::default().id(index.to_string()).data(json), Some(index + 1));
                }
                // A client ignores an event without data.
                Ok(None) => return (Event::default().event("end").data("{}"), None),
                Err(status) => return (self.error(status), None),
            }
        }
    }

    fn error(&self, status: Status) -> Event {
        Event::default().event("error").data(Problem::from(status).json(&self.request_id))
    }
}

/// Returns the index of the first event that a client has not seen: the one after its
/// `last-event-id`.
///
/// # Errors
///
/// 400: it is the id of no event, or a second call of the method would not send the same events.
pub(super) fn first(headers: &HeaderMap, method: &MethodDescriptor) -> Result<u64, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID) else { return Ok(0) };
    if !is_repeatable(method) {
        let detail = format!("{} cannot be resumed: a second call is another one", method.name());
        return Err(Problem::invalid(detail));
    }
    let last = last.to_str().ok().and_then(|last| last.parse::<u64>().ok());
    let first = last.and_then(|last| last.checked_add(1));
    first.ok_or_else(|| Problem::invalid(format!("{LAST_EVENT_ID} is the id of no event")))
}

/// Whether a repeated call has the same responses: the schema says so by `idempotency_level`.
fn is_repeatable(method: &MethodDescriptor) -> bool {
    use prost_reflect::prost_types::method_options::IdempotencyLevel;
    let options = method.method_descriptor_proto().options.as_ref();
    let level = options.map(|options| options.idempotency_level());
    level.is_some_and(|level| level != IdempotencyLevel::IdempotencyUnknown)
}

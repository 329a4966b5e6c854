//! What is required of requests: ids, texts and limits; and the time that a caller waits.

use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::{
    ConversationId, DocumentId, GrantId, MemoryId, PrincipalId, ToolCallId, TurnId,
};
use prost_types::Timestamp;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// An id of package `agent.v2`.
pub trait Id {
    /// Returns the identifier.
    fn value(&self) -> &str;
}

macro_rules! ids {
    ($($name:ident),*) => {
        $(impl Id for $name {
            fn value(&self) -> &str {
                &self.value
            }
        })*
    };
}

ids!(ConversationId, DocumentId, GrantId, MemoryId, PrincipalId, ToolCallId, TurnId);

/// Returns the error INVALID_ARGUMENT about a field, which its details name.
pub fn invalid(field: &str, description: &str) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, description);
    let message = format!("{field} {description}");
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Returns the text of a required field.
pub fn text<'t>(field: &str, text: &'t str) -> Result<&'t str, Status> {
    if text.is_empty() { Err(invalid(field, "is required")) } else { Ok(text) }
}

/// Returns the key of a request.
pub fn request_id(key: &str) -> Result<&str, Status> {
    match key.len() {
        0..=64 => text("request_id", key),
        _ => Err(invalid("request_id", "is longer than 64 bytes")),
    }
}

/// Returns an id that may be unset.
pub fn optional<'i>(field: &str, id: &'i Option<impl Id>) -> Result<Option<&'i str>, Status> {
    let Some(id) = id else { return Ok(None) };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    if (1..=128).contains(&id.value().len()) && id.value().chars().all(is_allowed) {
        return Ok(Some(id.value()));
    }
    Err(invalid(field, "is empty or malformed"))
}

/// Returns a required id.
pub fn required<'i>(field: &str, id: &'i Option<impl Id>) -> Result<&'i str, Status> {
    optional(field, id)?.ok_or_else(|| invalid(field, "is required"))
}

/// Returns a number of items: `default` if it is 0, and never more than `max`.
pub fn count(field: &str, count: i32, default: usize, max: usize) -> Result<usize, Status> {
    match usize::try_from(count) {
        Ok(0) => Ok(default),
        Ok(count) => Ok(count.min(max)),
        Err(_) => Err(invalid(field, "is negative")),
    }
}

/// Returns one page of `items`, and the token of the next one.
pub fn page<T>(items: Vec<T>, size: usize, token: &str) -> Result<(Vec<T>, String), Status> {
    let first = if token.is_empty() { Ok(0) } else { token.parse::<usize>() };
    let first = first.ok().filter(|first| *first <= items.len());
    let first = first.ok_or_else(|| invalid("page_token", "is of no page"))?;
    let next = first + size;
    let token = if next < items.len() { next.to_string() } else { String::new() };
    Ok((items.into_iter().skip(first).take(size).collect(), token))
}

/// Returns the principal that calls.
pub fn caller(metadata: &MetadataMap) -> String {
    let caller = metadata.get("x-principal-id").and_then(|value| value.to_str().ok());
    caller.unwrap_or("anonymous").to_owned()
}

/// Returns the time that is left until `deadline` and until the call itself ends, if either is set.
///
/// # Errors
///
/// There is none left.
pub fn time_left(
    metadata: &MetadataMap,
    deadline: Option<&Timestamp>,
) -> Result<Option<Duration>, Status> {
    let timeout = metadata.get("grpc-timeout").and_then(|value| value.to_str().ok());
    let timeout = timeout.and_then(|text| {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: u64 = number.parse().ok()?;
        Some(match unit {
            "H" => Duration::from_secs(number * 3600),
            "M" => Duration::from_secs(number * 60),
            "S" => Duration::from_secs(number),
            "m" => Duration::from_millis(number),
            "u" => Duration::from_micros(number),
            _ => Duration::from_nanos(number),
        })
    });
    let left = deadline.map(|deadline| {
        let deadline = SystemTime::try_from(*deadline).unwrap_or(SystemTime::UNIX_EPOCH);
        deadline.duration_since(SystemTime::now()).unwrap_or_default()
    });
    match timeout.into_iter().chain(left).min() {
        Some(Duration::ZERO) => Err(too_late()),
        left => Ok(left),
    }
}

/// Returns the error DEADLINE_EXCEEDED.
pub fn too_late() -> Status {
    Status::deadline_exceeded("the deadline passed before the answer was complete")
}

/// Waits for `work`, but not longer than `left`.
pub async fn in_time<T>(
    left: Option<Duration>,
    work: impl Future<Output = T>,
) -> Result<T, Status> {
    // At the end of the call tonic answers CANCELLED by itself: be a little earlier.
    let left = left.map_or(Duration::MAX, |left| left.mul_f32(0.8));
    tokio::time::timeout(left, work).await.map_err(|_| too_late())
}

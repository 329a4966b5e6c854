//! What is required of requests: ids, texts, limits and pages.

use agent_contract::agent::v2::{
    ConversationId, DocumentId, GrantId, MemoryId, PrincipalId, ToolCallId, TurnId,
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// An id of package `agent.v2`.
pub(crate) trait Id {
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
pub(crate) fn invalid(field: &str, description: &str) -> Status {
    let details = ErrorDetails::with_bad_request_violation(field, description);
    let message = format!("{field} {description}");
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Returns the text of a required field.
pub(crate) fn text<'t>(field: &str, text: &'t str) -> Result<&'t str, Status> {
    if text.is_empty() { Err(invalid(field, "is required")) } else { Ok(text) }
}

/// Returns the first `most` bytes of a text, without a part of a character.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Returns the key of a request.
pub(crate) fn request_id(key: &str) -> Result<&str, Status> {
    match key.len() {
        0..=64 => text("request_id", key),
        _ => Err(invalid("request_id", "is longer than 64 bytes")),
    }
}

/// Returns the principal that a request is about: the given one, or else the caller.
pub(crate) fn principal(given: &Option<PrincipalId>, caller: &str) -> Result<String, Status> {
    Ok(optional("principal_id", given)?.unwrap_or(caller).to_owned())
}

/// Returns an id that may be unset.
pub(crate) fn optional<'i>(
    field: &str,
    id: &'i Option<impl Id>,
) -> Result<Option<&'i str>, Status> {
    let Some(id) = id else { return Ok(None) };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    if (1..=128).contains(&id.value().len()) && id.value().chars().all(is_allowed) {
        return Ok(Some(id.value()));
    }
    Err(invalid(field, "is empty or malformed"))
}

/// Returns a required id.
pub(crate) fn required<'i>(field: &str, id: &'i Option<impl Id>) -> Result<&'i str, Status> {
    optional(field, id)?.ok_or_else(|| invalid(field, "is required"))
}

/// Returns a number of items: `default` if it is 0, and never more than `max`.
pub(crate) fn count(field: &str, count: i32, default: usize, max: usize) -> Result<usize, Status> {
    match usize::try_from(count) {
        Ok(0) => Ok(default),
        Ok(count) => Ok(count.min(max)),
        Err(_) => Err(invalid(field, "is negative")),
    }
}

/// Returns one page of `items`, and the token of the next one.
pub(crate) fn page<T>(items: Vec<T>, size: usize, token: &str) -> Result<(Vec<T>, String), Status> {
    let first = if token.is_empty() { Ok(0) } else { token.parse::<usize>() };
    let first = first.ok().filter(|first| *first <= items.len());
    let first = first.ok_or_else(|| invalid("page_token", "is of no page"))?;
    let next = first + size;
    let token = if next < items.len() { next.to_string() } else { String::new() };
    Ok((items.into_iter().skip(first).take(size).collect(), token))
}

//! What is required of requests: ids, texts, limits and pages.

use agent_contract::agent::v2::{
    ConversationId, DocumentId, GrantId, MemoryId, PrincipalId, ToolCallId, TurnId,
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::call::{ANONYMOUS, Call};

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

/// Returns the text of a required field. Whitespace alone is no text.
pub(crate) fn text<'t>(field: &str, text: &'t str) -> Result<&'t str, Status> {
    if text.trim().is_empty() { Err(invalid(field, "is required")) } else { Ok(text) }
}

/// Returns the first `most` bytes of a text, without a part of a character.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// Returns the key of a request.
pub(crate) fn request_id(key: &str) -> Result<&str, Status> {
    match key.len() {
        0 => Err(invalid("request_id", "is required")),
        1..=64 => Ok(key),
        _ => Err(invalid("request_id", "is longer than 64 bytes")),
    }
}

/// Returns the key of a request among those of all callers. No name has a space.
pub(crate) fn key_of(call: &Call, request_id: &str) -> String {
    format!("{} {request_id}", call.named().unwrap_or_default())
}

/// Returns the principal that a request is about: the given one, or else the caller.
pub(crate) fn principal(given: &Option<PrincipalId>, caller: &str) -> Result<String, Status> {
    let principal = optional("principal_id", given)?.unwrap_or(caller);
    check_owner("principal_id", principal, caller)?;
    Ok(principal.to_owned())
}

/// Returns whether a caller reaches what belongs to a principal.
pub(crate) fn reaches(caller: &str, owner: &str) -> bool {
    caller == ANONYMOUS || caller == owner
}

/// Checks that a caller reaches what belongs to the principal in a field.
pub(crate) fn check_owner(field: &str, owner: &str, caller: &str) -> Result<(), Status> {
    if reaches(caller, owner) {
        return Ok(());
    }
    Err(Status::not_found(format!("{field}: there is no principal {owner:?}")))
}

/// Checks that a time to live is not negative.
pub(crate) fn time_to_live(given: Option<&prost_types::Duration>) -> Result<(), Status> {
    if given.is_some_and(|given| given.seconds < 0 || given.nanos < 0) {
        return Err(invalid("time_to_live", "is negative"));
    }
    Ok(())
}

/// Returns whether a text can be the value of an id.
pub(crate) fn is_id(value: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    (1..=128).contains(&value.len()) && value.chars().all(is_allowed)
}

/// Returns an id of a list.
pub(crate) fn id<'i>(field: &str, id: &'i impl Id) -> Result<&'i str, Status> {
    if is_id(id.value()) { Ok(id.value()) } else { Err(invalid(field, "is empty or malformed")) }
}

/// Returns an id that may be unset.
pub(crate) fn optional<'i>(
    field: &str,
    given: &'i Option<impl Id>,
) -> Result<Option<&'i str>, Status> {
    given.as_ref().map(|given| id(field, given)).transpose()
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

#[cfg(test)]
pub(crate) mod tests {
    use tonic::{Code, Request, Response, Status};

    use crate::call::PRINCIPAL;

    /// Returns the request of a caller.
    pub(crate) fn by<T>(principal: &str, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert(PRINCIPAL, principal.parse().expect("it is text"));
        request
    }

    pub(crate) fn result<T>(result: Result<Response<T>, Status>) -> Result<T, Code> {
        result.map(Response::into_inner).map_err(|status| status.code())
    }
}

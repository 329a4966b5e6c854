//! Errors, as clients of REST get them: problem details (RFC 9457).

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::methods::code_name;
use crate::problem::PUSHBACK;

/// The header of a conversation that has an active turn: its id.
const ACTIVE_TURN: HeaderName = HeaderName::from_static("active-turn-id");

/// An error.
#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    title: &'static str,
    code: Code,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Makes errors of codes.
pub(super) trait ToProblem {
    /// Returns an error with the HTTP status of this code.
    fn problem(self, detail: impl Into<String>) -> Problem;
}

impl ToProblem for Code {
    fn problem(self, detail: impl Into<String>) -> Problem {
        let status = http_status(self);
        // No standard has 499: the name is that of nginx.
        let known = StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
        let title = known.unwrap_or("Client Closed Request");
        Problem { status, title, code: self, detail: detail.into(), headers: Vec::new() }
    }
}

impl Problem {
    /// Returns an error with another HTTP status than that of its code.
    pub(super) fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Problem { status: status.as_u16(), title, ..code.problem(detail) }
    }

    /// Returns the error INVALID_ARGUMENT.
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Code::InvalidArgument.problem(detail)
    }

    /// Adds a header, if it has a value.
    pub(super) fn header(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }

    /// Returns the details in JSON.
    pub(super) fn json(&self, request_id: &str) -> String {
        let Problem { status, title, code, detail, headers: _ } = self;
        json!({
            "status": status,
            "title": title,
            "detail": detail,
            "code": code_name(*code),
            "requestId": request_id,
        })
        .to_string()
    }

    /// Returns the response.
    pub(super) fn response(self, request_id: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, content_type, self.json(request_id)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let headers = status.metadata().as_ref();
        let millis = headers.get(PUSHBACK).and_then(|value| value.to_str().ok());
        let millis = millis.and_then(|millis| millis.parse::<u64>().ok());
        let seconds = millis.map(|millis| millis.div_ceil(1000).max(1).into());
        status
            .code()
            .problem(status.message())
            .header(header::RETRY_AFTER, seconds)
            .header(ACTIVE_TURN, headers.get(&ACTIVE_TURN).cloned())
    }
}

impl From<Problem> for Status {
    fn from(problem: Problem) -> Self {
        let metadata = MetadataMap::from_headers(HeaderMap::from_iter(problem.headers));
        Status::with_metadata(problem.code, problem.detail, metadata)
    }
}

/// Returns the HTTP status of a code, as
/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto> has it.
fn http_status(code: Code) -> u16 {
    match code {
        Code::Ok => 200,
        Code::Cancelled => 499,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => 400,
        Code::DeadlineExceeded => 504,
        Code::NotFound => 404,
        Code::AlreadyExists | Code::Aborted => 409,
        Code::PermissionDenied => 403,
        Code::Unauthenticated => 401,
        Code::ResourceExhausted => 429,
        Code::Unimplemented => 501,
        Code::Unavailable => 503,
        Code::Unknown | Code::Internal | Code::DataLoss => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_server_says_when_to_come_back() {
        let response = Problem::from(crate::limits::busy("too many")).response("r-1");
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let mut active = Status::failed_precondition("active");
        active.metadata_mut().insert("active-turn-id", "t-1".parse().expect("it is one"));
        let response = Problem::from(active).response("r-1");
        assert_eq!(response.headers()[ACTIVE_TURN], "t-1");
        assert!(!response.headers().contains_key(header::RETRY_AFTER));
    }

    #[test]
    fn every_code_has_a_status_and_a_title() {
        for number in 1..=16 {
            let problem = Problem::from(Status::new(Code::from(number), "why"));
            assert!((400..600).contains(&problem.status), "{problem:?}");
            assert!(!problem.title.is_empty(), "{problem:?}");
            assert_eq!(problem.detail, "why");
        }
        assert_eq!(Code::Cancelled.problem("").title, "Client Closed Request");
        assert_eq!(Code::Aborted.problem("").title, "Conflict");
    }
}

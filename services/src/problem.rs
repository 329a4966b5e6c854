//! What went wrong in a part of the work: the error of a call, as messages of `agent.v2` have it.

use std::time::Duration;

use agent_contract::agent::v2::{Problem, ProblemCode};
use tonic::{Code, Status};

/// The metadata that says when a client can try again, in milliseconds
/// (<https://github.com/grpc/proposal/blob/master/A6-client-retries.md>).
pub(crate) const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// Returns the problem that an error is.
pub(crate) fn problem(status: &Status) -> Problem {
    let code = match status.code() {
        Code::InvalidArgument => ProblemCode::InvalidArgument,
        Code::NotFound => ProblemCode::NotFound,
        Code::PermissionDenied => ProblemCode::PermissionDenied,
        Code::ResourceExhausted => ProblemCode::ResourceExhausted,
        Code::DeadlineExceeded => ProblemCode::DeadlineExceeded,
        Code::Cancelled => ProblemCode::Cancelled,
        Code::Unavailable => ProblemCode::Unavailable,
        _ => ProblemCode::Internal,
    };
    let pushback = status.metadata().get(PUSHBACK).and_then(|value| value.to_str().ok());
    let retry_after = pushback.and_then(|millis| millis.parse().ok()).map(Duration::from_millis);
    Problem {
        code: code.into(),
        message: status.message().to_owned(),
        retryable: matches!(code, ProblemCode::ResourceExhausted | ProblemCode::Unavailable),
        retry_after: retry_after.and_then(|after| after.try_into().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_the_code_of_the_error_and_the_time_to_wait() {
        for (code, expected, retryable) in [
            (Code::InvalidArgument, ProblemCode::InvalidArgument, false),
            (Code::NotFound, ProblemCode::NotFound, false),
            (Code::PermissionDenied, ProblemCode::PermissionDenied, false),
            (Code::ResourceExhausted, ProblemCode::ResourceExhausted, true),
            (Code::DeadlineExceeded, ProblemCode::DeadlineExceeded, false),
            (Code::Cancelled, ProblemCode::Cancelled, false),
            (Code::Unavailable, ProblemCode::Unavailable, true),
            (Code::Internal, ProblemCode::Internal, false),
            (Code::DataLoss, ProblemCode::Internal, false),
        ] {
            let found = problem(&Status::new(code, "no"));
            assert_eq!((found.code(), found.retryable), (expected, retryable), "{code}");
            assert_eq!((&*found.message, found.retry_after), ("no", None));
        }
        let mut status = Status::unavailable("later");
        status.metadata_mut().insert(PUSHBACK, "1500".parse().expect("it is text"));
        let after = problem(&status).retry_after;
        assert_eq!(after, Some(prost_types::Duration { seconds: 1, nanos: 500_000_000 }));
    }
}

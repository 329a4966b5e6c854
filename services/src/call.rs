//! What belongs to a call and is passed on to the calls that it makes: who calls, how much time is
//! left, and the trace.

use std::time::{Duration, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::global::BoxedSpan;
use opentelemetry::trace::SpanKind;
use prost_types::Timestamp;
use tokio::time::Instant;
use tonic::codegen::http::HeaderMap;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status};

use crate::checks::{invalid, is_id};
use crate::records::DAY;
use crate::telemetry::spans;

/// The metadata that names the caller.
pub const PRINCIPAL: &str = "x-principal-id";

/// The principal that a call without a caller acts for. No caller has this name.
pub const ANONYMOUS: &str = "anonymous";

/// The metadata by which the logs of all services show one request of a client.
pub const REQUEST_ID: &str = "x-request-id";

/// The metadata of W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
pub(crate) const TRACE: [&str; 2] = ["traceparent", "tracestate"];

/// A caller has this much of the time for itself, or a fifth of it: the error of a service has to
/// arrive before the caller's own deadline.
pub(crate) const RESERVE: Duration = Duration::from_millis(50);

/// The context of a call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Who calls: [`ANONYMOUS`] if nobody is named.
    pub principal: String,
    deadline: Option<Instant>,
    /// Metadata that is passed on: the id of the request, and the trace.
    passed_on: HeaderMap,
}

impl Call {
    /// Returns the context of a request. `deadline` is that of its message, which counts beside
    /// that of the call.
    ///
    /// # Errors
    ///
    /// DEADLINE_EXCEEDED: there is no time left. INVALID_ARGUMENT: the caller has a malformed name.
    pub fn of(metadata: &MetadataMap, deadline: Option<&Timestamp>) -> Result<Self, Status> {
        let text = |name: &str| metadata.get(name).and_then(|value| value.to_str().ok());
        let timeout = text("grpc-timeout")
            .and_then(parse_timeout)
            .map(|left| left.saturating_sub(RESERVE.min(left / 5)));
        let own = deadline.map(|deadline| {
            let deadline = SystemTime::try_from(*deadline).unwrap_or(SystemTime::UNIX_EPOCH);
            deadline.duration_since(SystemTime::now()).unwrap_or_default()
        });
        let left = timeout.into_iter().chain(own).min();
        if left == Some(Duration::ZERO) {
            return Err(too_late());
        }
        let mut passed_on = HeaderMap::new();
        for name in [REQUEST_ID].into_iter().chain(TRACE) {
            if let Some(value) = metadata.as_ref().get(name) {
                passed_on.insert(name, value.clone());
            }
        }
        Ok(Call {
            principal: caller(metadata)?,
            // tonic panics if there are thousands of years left.
            deadline: left.map(|left| Instant::now() + left.min(DAY)),
            passed_on,
        })
    }

    /// Returns the caller, if one is named.
    pub fn named(&self) -> Option<&str> {
        (self.principal != ANONYMOUS).then_some(&*self.principal)
    }

    /// Returns the same call with an earlier deadline, if `deadline` is one.
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        let deadline = self.deadline.into_iter().chain(deadline).min();
        Call { deadline, ..self.clone() }
    }

    /// Returns the same call without the time limit of its caller.
    pub fn detached(&self) -> Self {
        Call { deadline: None, ..self.clone() }
    }

    /// Returns when the call has to end.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Returns a request that a service makes for this call.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(deadline) = self.deadline {
            request.set_timeout(deadline.saturating_duration_since(Instant::now()));
        }
        if let Some(principal) = self.named().and_then(|name| name.parse().ok()) {
            request.metadata_mut().insert(PRINCIPAL, principal);
        }
        request.metadata_mut().as_mut().extend(self.passed_on.clone());
        request
    }

    /// Begins a span of work that is done for this call. Calls that are made for the returned one are
    /// within it. It ends when it is dropped.
    pub(crate) fn span(&self, name: String, attributes: Vec<KeyValue>) -> (Self, BoxedSpan) {
        let mut within = self.clone();
        let span = spans::begin(name, SpanKind::Internal, attributes, &mut within.passed_on);
        (within, span)
    }

    /// Waits for `work`, but not longer than there is time.
    ///
    /// # Errors
    ///
    /// DEADLINE_EXCEEDED.
    pub async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Status> {
        match self.deadline {
            None => Ok(work.await),
            Some(deadline) => tokio::time::timeout_at(deadline, work).await.map_err(|_| too_late()),
        }
    }
}

/// Returns the error DEADLINE_EXCEEDED.
pub fn too_late() -> Status {
    Status::deadline_exceeded("the deadline passed before the answer was complete")
}

/// Returns the name of the caller. One that is malformed must not become a call without a caller,
/// which is trusted.
fn caller(metadata: &MetadataMap) -> Result<String, Status> {
    let Some(name) = metadata.get(PRINCIPAL) else { return Ok(ANONYMOUS.to_owned()) };
    let name = name.to_str().ok().filter(|name| is_id(name) && *name != ANONYMOUS);
    name.map(str::to_owned).ok_or_else(|| invalid(PRINCIPAL, "is malformed"))
}

/// Reads a `grpc-timeout`
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
pub(crate) fn parse_timeout(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number.checked_mul(3600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_caller_is_not_trusted() {
        let call = |name: Option<&str>| {
            let mut metadata = MetadataMap::new();
            if let Some(name) = name {
                let value = name.as_bytes().try_into().expect("it can be sent");
                metadata.insert(PRINCIPAL, value);
            }
            Call::of(&metadata, None)
        };
        let anna = call(Some("anna")).expect("it is well-formed");
        assert_eq!(anna.named(), Some("anna"));
        assert!(anna.request(()).metadata().contains_key(PRINCIPAL));
        let nobody = call(None).expect("nobody has to be named");
        assert_eq!((nobody.named(), &*nobody.principal), (None, ANONYMOUS));
        // The services that are called trust it, too.
        assert!(!nobody.request(()).metadata().contains_key(PRINCIPAL));
        for name in ["", "anna b", "ann\u{e4}", ANONYMOUS, &"a".repeat(129)] {
            let code = call(Some(name)).err().map(|status| status.code());
            assert_eq!(code, Some(tonic::Code::InvalidArgument), "{name}");
        }
    }
}

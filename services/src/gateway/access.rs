//! Who may call the gateway: keys, the rate limit, and the web pages of other origins (CORS).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tonic::Code;

use super::problem::{Problem, ToProblem as _};
use super::{TIMEOUT, X_REQUEST_ID};
use crate::call::PRINCIPAL;
use crate::config::GatewayConfig;

/// The headers of responses that web pages may read, beside those that are always readable. An error
/// of grpc-web may have its status in headers.
const EXPOSED: &str = "active-turn-id, deprecation, grpc-message, grpc-retry-pushback-ms, grpc-status, \
                       grpc-status-details-bin, retry-after, x-request-id, \
                       x-successor-method";

/// Admits calls.
pub(super) struct Access {
    keys: BTreeMap<String, String>,
    origins: Vec<String>,
    hosts: Vec<String>,
    per_minute: u32,
    /// The buckets of the keys that have called. There are no more than keys.
    buckets: Mutex<HashMap<String, Bucket>>,
}

impl Access {
    /// Returns what admits the calls that the settings allow.
    pub(super) fn new(config: &GatewayConfig) -> Self {
        Access {
            keys: config.keys.clone(),
            origins: config.origins.clone(),
            hosts: config.hosts.clone(),
            per_minute: config.requests_per_minute,
            buckets: Mutex::default(),
        }
    }

    /// Admits a call, and returns the value of `x-principal-id` with which it is passed on.
    ///
    /// # Errors
    ///
    /// 401: the key is missing or unknown. 403: there are no keys, and the host is not a known name.
    /// 429: there were too many calls with it.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
        if self.keys.is_empty() {
            self.check_host(headers)?;
            self.count("")?;
            return Ok(headers.get(PRINCIPAL).cloned());
        }
        let known = bearer(headers).and_then(|given| self.known(given));
        let (key, principal) = known.ok_or_else(|| {
            let scheme = HeaderValue::from_static("Bearer");
            Code::Unauthenticated
                .problem("a known key is required: `authorization: Bearer KEY`")
                .header(header::WWW_AUTHENTICATE, Some(scheme))
        })?;
        self.count(key)?;
        let principal = HeaderValue::from_str(principal);
        principal.map(Some).map_err(|_| {
            Code::Internal.problem("the principal of this key cannot be sent in metadata")
        })
    }

    /// Refuses names that are not configured. A web page can give its own name the address of this
    /// gateway (DNS rebinding), and then calls it as its own server. It cannot do so with an address
    /// or `localhost`.
    fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(host) = headers.get(header::HOST) else { return Ok(()) };
        let host = host.to_str().unwrap_or_default();
        let name = name_of(host);
        let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_known = |known: &String| known.eq_ignore_ascii_case(name);
        if is_address || name.eq_ignore_ascii_case("localhost") || self.hosts.iter().any(is_known) {
            return Ok(());
        }
        Err(Code::PermissionDenied.problem(format!(
            "without keys, the host is an address, localhost or one of `clients.hosts`, not {name:?}"
        )))
    }

    /// Returns a key and its principal.
    fn known(&self, given: &str) -> Option<(&str, &str)> {
        // All keys are compared, so that the time does not tell how much of one was right.
        let mut found = None;
        for (key, principal) in &self.keys {
            if is_same(key, given) {
                found = Some((&**key, &**principal));
            }
        }
        found
    }

    fn count(&self, key: &str) -> Result<(), Problem> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let bucket = buckets.entry(key.to_owned());
        let bucket = bucket.or_insert_with(|| Bucket::full(self.per_minute, now));
        bucket.take(self.per_minute, now).map_err(|wait| {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Code::ResourceExhausted
                .problem(format!("more than {} calls a minute", self.per_minute))
                .header(header::RETRY_AFTER, Some(seconds.max(1).into()))
        })
    }

    /// Answers a browser that asks if a web page may call, and lets pages read responses.
    pub(super) async fn cors(&self, request: Request, next: Next) -> Response {
        let origin = self.origin(request.headers());
        let mut response = match is_preflight(&request) {
            true => preflight(origin.as_ref()),
            false => next.run(request).await,
        };
        self.expose(origin, &mut response);
        response
    }

    /// Whether a request comes from a web page that may not call.
    pub(super) fn is_foreign(&self, headers: &HeaderMap) -> bool {
        headers.contains_key(header::ORIGIN) && self.origin(headers).is_none()
    }

    /// Returns the origin of a request, if its web pages may call.
    fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let is_allowed =
            |allowed: &String| allowed == "*" || allowed.as_bytes() == origin.as_bytes();
        self.origins.iter().any(is_allowed).then(|| origin.clone())
    }

    /// Lets the web page of an allowed origin read a response.
    fn expose(&self, origin: Option<HeaderValue>, response: &mut Response) {
        let headers = response.headers_mut();
        if !self.origins.is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        if let Some(origin) = origin {
            let exposed = HeaderValue::from_static(EXPOSED);
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

/// Whether a browser asks if a web page may call.
fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns the answer to a browser. Without an allowed origin, it allows nothing.
fn preflight(origin: Option<&HeaderValue>) -> Response {
    let status = StatusCode::NO_CONTENT;
    if origin.is_none() {
        return status.into_response();
    }
    let allowed = format!(
        "authorization, content-type, grpc-timeout, last-event-id, traceparent, tracestate, \
         x-grpc-web, x-user-agent, {PRINCIPAL}, {X_REQUEST_ID}, {TIMEOUT}"
    );
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "DELETE, GET, HEAD, PATCH, POST, PUT".to_owned()),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
        (header::ACCESS_CONTROL_MAX_AGE, "600".to_owned()),
    ];
    (status, headers).into_response()
}

/// Returns the key that a request has.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

/// Returns the name in `host`, without the port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Compares in a time that depends on the lengths only.
fn is_same(a: &str, b: &str) -> bool {
    let difference = a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && std::hint::black_box(difference) == 0
}

/// A token bucket: it holds the calls of a minute, and fills within one.
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    fn full(per_minute: u32, now: Instant) -> Self {
        Bucket { tokens: per_minute.into(), filled: now }
    }

    /// Takes a token. The error is the time until there is one.
    fn take(&mut self, per_minute: u32, now: Instant) -> Result<(), Duration> {
        let per_second = f64::from(per_minute) / 60.0;
        let since = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + since * per_second).min(per_minute.into());
        self.filled = now;
        if self.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / per_second));
        }
        self.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_the_calls_of_a_minute_and_fills_again() {
        let start = Instant::now();
        let mut bucket = Bucket::full(2, start);
        assert_eq!(bucket.take(2, start), Ok(()));
        assert_eq!(bucket.take(2, start), Ok(()));
        assert_eq!(bucket.take(2, start), Err(Duration::from_secs(30)));
        assert_eq!(bucket.take(2, start + Duration::from_secs(15)), Err(Duration::from_secs(15)));
        assert_eq!(bucket.take(2, start + Duration::from_secs(30)), Ok(()));
        // An hour without calls saves no more than a minute's.
        let later = start + Duration::from_secs(3600);
        assert_eq!(bucket.take(2, later), Ok(()));
        assert_eq!(bucket.take(2, later), Ok(()));
        assert_eq!(bucket.take(2, later), Err(Duration::from_secs(30)));
    }

    #[test]
    fn keys_are_compared_as_a_whole() {
        assert!(is_same("secret", "secret"));
        assert!(!is_same("secret", "secreT"));
        assert!(!is_same("secret", "secre"));
        assert!(!is_same("secret", "secrets"));
    }
}

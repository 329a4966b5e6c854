//! Errors of roles, and requests that the gateway refuses.

use std::time::Duration;

use super::super::routes::DOCUMENT;
use super::client::{Response, send};
use super::{keys, serve, start};
use crate::config::GatewayConfig;
use crate::gateway::{KEEP_ALIVE, MAX_BODY};
use crate::links::Links;

/// Checks the status and the code of an error.
#[track_caller]
fn assert_error(response: &Response, status: u16, code: &str) {
    assert_eq!((response.status, &*response.code()), (status, code), "{response:?}");
    // As the document describes it.
    let document: serde_json::Value = serde_json::from_str(DOCUMENT).expect("it is JSON");
    let media_type = response.header("content-type").expect("a problem has one");
    let described = &document["components"]["responses"]["Error"]["content"][media_type];
    let schema = described["schema"].as_object().unwrap_or_else(|| panic!("{media_type}"));
    let problem = response.json();
    for name in schema["properties"].as_object().expect("it has some").keys() {
        let is_given = !problem[name].is_null();
        assert!(is_given || ["type", "instance"].contains(&&**name), "{name}: {problem}");
    }
    assert!(jsonschema::is_valid(&schema.clone().into(), &problem), "{problem}");
}

#[tokio::test]
async fn errors_of_roles_are_problems() {
    let (address, states) = start(&GatewayConfig::default()).await;
    let empty = send(address, "POST /v1/sessions/s-1/messages", &[], "{}").await;
    assert_error(&empty, 400, "INVALID_ARGUMENT");
    assert_eq!(empty.json()["title"], "Bad Request");
    let unknown = send(address, "GET /v2/conversations/none", &[], "").await;
    assert_error(&unknown, 404, "NOT_FOUND");
    states.conversations.create("c-1", "anna", String::new(), None).expect("it is created");
    states.conversations.begin_idle("t-1", "c-1").expect("it begins");
    let body = r#"{"requestId": "t", "input": {"text": "Hello"}}"#;
    for line in ["turns", "turns:stream"] {
        let line = format!("POST /v2/conversations/c-1/{line}");
        assert_error(&send(address, &line, &[], body).await, 400, "FAILED_PRECONDITION");
    }
    states.model.set_pace(Duration::from_secs(60));
    let line = "POST /v1/sessions/s-1/messages";
    let body = r#"{"userMessage": "Hello"}"#;
    let late = send(address, line, &[("x-timeout-ms", "100")], body).await;
    assert_error(&late, 504, "DEADLINE_EXCEEDED");

    let address = serve(&Links::nowhere(), &GatewayConfig::default(), KEEP_ALIVE).await;
    assert_error(&send(address, "GET /v1/tools", &[], "").await, 503, "UNAVAILABLE");
    assert_error(&send(address, line, &[], body).await, 503, "UNAVAILABLE");
}

#[tokio::test]
async fn without_keys_only_known_hosts_may_be_called() {
    let line = "GET /v1/tools";
    let hosts = vec!["agents.internal".to_owned()];
    let (address, _) = start(&GatewayConfig { hosts, ..GatewayConfig::default() }).await;
    for host in ["127.0.0.1", "localhost:8080", "[::1]:8080", "Agents.internal:8080"] {
        assert_eq!(send(address, line, &[("host", host)], "").await.status, 200, "{host}");
    }
    for host in ["attacker.example", "attacker.example:8080", "localhost.attacker.example", ""] {
        assert_error(&send(address, line, &[("host", host)], "").await, 403, "PERMISSION_DENIED");
    }
    let (address, _) = start(&keys()).await;
    let key = ("authorization", "Bearer key-of-anna");
    let response = send(address, line, &[("host", "attacker.example"), key], "").await;
    assert_eq!(response.status, 200, "a web page does not know the key");
}

#[tokio::test]
async fn unknown_paths_and_verbs_are_refused() {
    let (address, _) = start(&GatewayConfig::default()).await;
    for line in ["GET /none.js", "GET /v3/tools", "POST /v1/tools/add:run", "GET /v1/tools/"] {
        assert_error(&send(address, line, &[], "").await, 404, "NOT_FOUND");
    }
    for (line, allowed) in [
        ("POST /v1/tools", "GET, HEAD"),
        ("OPTIONS /v1/tools", "GET, HEAD"),
        ("PUT /v2/conversations/c-1", "DELETE, GET, HEAD"),
        ("GET /v1/documents:retrieve", "POST"),
        ("POST /healthz", "GET,HEAD"),
        ("POST /", "GET,HEAD"),
        ("DELETE /openapi.json", "GET,HEAD"),
    ] {
        let response = send(address, line, &[], "").await;
        assert_error(&response, 405, "UNIMPLEMENTED");
        assert_eq!(response.header("allow"), Some(allowed), "{line}");
    }
    let head = send(address, "HEAD /v1/tools", &[], "").await;
    assert_eq!((head.status, &*head.body), (200, ""));
}

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let line = "POST /v1/sessions/s-1/messages";
    for body in ["{", "[]", "hello", "{} {}", r#"{"unknown": 1}"#, r#"{"userMessage": 1}"#] {
        assert_error(&send(address, line, &[], body).await, 400, "INVALID_ARGUMENT");
    }
    assert_error(&send(address, "GET /v1/tools", &[], "{}").await, 400, "INVALID_ARGUMENT");
    for content_type in ["text/plain", "application/jsonp", ""] {
        let headers = [("content-type", content_type)];
        assert_error(&send(address, line, &headers, "").await, 415, "INVALID_ARGUMENT");
    }
    let headers = [("content-type", "Application/JSON; charset=utf-8")];
    let body = r#"{"userMessage": "Hello"}"#;
    assert_eq!(send(address, line, &headers, body).await.status, 200);
    for timeout in ["", "0", "-1", "1.5", "86400001", "soon"] {
        let headers = [("x-timeout-ms", timeout)];
        assert_error(&send(address, line, &headers, body).await, 400, "INVALID_ARGUMENT");
    }
}

#[tokio::test]
async fn long_bodies_are_refused() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let line = "POST /v1/sessions/s-1/messages";
    let hello = r#"{"userMessage": "Hello"}"#;
    let padded = |length: usize| hello.to_owned() + &" ".repeat(length - hello.len());
    assert_eq!(send(address, line, &[], &padded(MAX_BODY)).await.status, 200);
    // The length alone is enough.
    let length = (MAX_BODY + 1).to_string();
    let response = send(address, line, &[("content-length", &length)], "").await;
    assert_error(&response, 413, "RESOURCE_EXHAUSTED");
    // The chunk is longer than what is sent of it: the gateway does not wait for the rest.
    let chunk = format!("{:x}\r\n{}", MAX_BODY + 2, padded(MAX_BODY + 1));
    let headers = [("transfer-encoding", "chunked")];
    let response = send(address, line, &headers, &chunk).await;
    assert_error(&response, 413, "RESOURCE_EXHAUSTED");
}

#[tokio::test]
async fn a_key_names_the_principal() {
    let (address, _) = start(&keys()).await;
    let line = "POST /v2/conversations";
    for authorization in ["", "Bearer", "Bearer ", "Bearer key-of-carl", "Basic key-of-anna"] {
        let headers = [("authorization", authorization), ("x-principal-id", "anna")];
        let response = send(address, line, &headers, r#"{"requestId": "1"}"#).await;
        assert_error(&response, 401, "UNAUTHENTICATED");
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    let headers = [("authorization", "bearer key-of-anna"), ("x-principal-id", "ben")];
    let response = send(address, line, &headers, r#"{"requestId": "1"}"#).await;
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(response.json()["conversation"]["principalId"]["value"], "anna");
    // No key is needed to find out how to use it.
    assert_eq!(send(address, "GET /openapi.json", &[], "").await.status, 200);
    assert_eq!(send(address, "GET /healthz", &[], "").await.status, 200);

    let (address, _) = start(&GatewayConfig::default()).await;
    let response = send(address, line, &headers, r#"{"requestId": "1"}"#).await;
    assert_eq!(response.json()["conversation"]["principalId"]["value"], "ben");
}

#[tokio::test]
async fn a_principal_that_metadata_cannot_have_is_not_dropped() {
    let mut config = keys();
    config.keys.insert("key-of-line".to_owned(), "li\nne".to_owned());
    let (address, _) = start(&config).await;
    let headers = [("authorization", "Bearer key-of-line")];
    assert_error(&send(address, "GET /v1/tools", &headers, "").await, 500, "INTERNAL");
}

#[tokio::test]
async fn each_key_has_its_rate_limit() {
    let config = GatewayConfig { requests_per_minute: 2, ..keys() };
    let (address, _) = start(&config).await;
    let anna = [("authorization", "Bearer key-of-anna")];
    let ben = [("authorization", "Bearer key-of-ben")];
    for _ in 0..2 {
        assert_eq!(send(address, "GET /v1/tools", &anna, "").await.status, 200);
    }
    let response = send(address, "GET /v1/tools", &anna, "").await;
    assert_error(&response, 429, "RESOURCE_EXHAUSTED");
    let wait: Option<u64> = response.header("retry-after").and_then(|wait| wait.parse().ok());
    assert!(wait.is_some_and(|wait| (1..=30).contains(&wait)), "{response:?}");
    assert_eq!(send(address, "GET /v1/tools", &ben, "").await.status, 200);
}

#[tokio::test]
async fn web_pages_of_allowed_origins_may_call() {
    let origins = vec!["https://app.example".to_owned()];
    let (address, _) = start(&GatewayConfig { origins, ..keys() }).await;
    let line = "OPTIONS /v2/conversations";
    let asked = ("access-control-request-method", "POST");
    let allowed = ("origin", "https://app.example");
    let preflight = send(address, line, &[allowed, asked], "").await;
    assert_eq!(preflight.status, 204, "{preflight:?}");
    let origin = preflight.header("access-control-allow-origin");
    assert_eq!(origin, Some("https://app.example"));
    let methods = preflight.header("access-control-allow-methods").unwrap_or_default();
    assert!(methods.contains("POST"), "{preflight:?}");
    let headers = preflight.header("access-control-allow-headers").unwrap_or_default();
    assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");

    let foreign = ("origin", "https://app.example.evil");
    let preflight = send(address, line, &[foreign, asked], "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), None);
    assert_eq!(preflight.header("access-control-allow-methods"), None);
    assert_eq!(preflight.header("vary"), Some("origin"));

    // A page may read errors as well.
    let response = send(address, "GET /v1/tools", &[allowed], "").await;
    assert_error(&response, 401, "UNAUTHENTICATED");
    assert_eq!(response.header("access-control-allow-origin"), Some("https://app.example"));
    let exposed = response.header("access-control-expose-headers").unwrap_or_default();
    assert!(exposed.contains("x-request-id"), "{response:?}");
    let response = send(address, "GET /v1/tools", &[foreign], "").await;
    assert_eq!(response.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn the_document_and_the_health_are_served() {
    let (address, _) = start(&GatewayConfig::default()).await;
    let document = send(address, "GET /openapi.json", &[], "").await;
    assert_eq!((document.status, document.header("content-type")), (200, Some("application/json")));
    assert_eq!(document.json()["openapi"], "3.1.0");
    let health = send(address, "GET /healthz", &[], "").await;
    assert_eq!((health.status, &*health.body), (200, "ok\n"));
}

#[tokio::test]
async fn the_page_is_served_without_a_key_and_with_a_strict_policy() {
    let (address, _) = start(&keys()).await;
    let page = send(address, "GET /", &[], "").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    // What the page names is there, and with the type that `nosniff` requires.
    for (quoted, media_type) in
        [("page.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")]
    {
        assert!(page.body.contains(&format!("\"{quoted}\"")), "{quoted}");
        let file = send(address, &format!("GET /{quoted}"), &[], "").await;
        assert_eq!(file.status, 200, "{quoted}");
        assert!(file.header("content-type").is_some_and(|it| it.starts_with(media_type)));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
}

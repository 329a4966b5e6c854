//! A client of HTTP/1.1: one request on each connection.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

/// A server-sent event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) data: Value,
}

/// Sends a request, and returns the connection.
pub(super) async fn open(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the gateway listens");
    let mut text = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
    let has = |name: &str| headers.iter().any(|(given, _)| *given == name);
    if !has("host") {
        text += "host: localhost\r\n";
    }
    if line.starts_with("POST") && !has("content-type") {
        text += "content-type: application/json\r\n";
    }
    if !has("content-length") && !has("transfer-encoding") {
        text += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text += body;
    stream.write_all(text.as_bytes()).await.expect("the gateway reads");
    stream
}

/// Sends a request (`POST /v1/…`), and returns the whole response.
pub(super) async fn send(
    address: SocketAddr,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let mut stream = open(address, line, headers, body).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("the gateway answers");
    let text = String::from_utf8(bytes).expect("a response is text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a response has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut response = Response {
        status: status.expect("a response has a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = joined(body);
    }
    response
}

/// Joins the chunks of a body.
fn joined(mut body: &str) -> String {
    let mut joined = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
        joined += &rest[..size];
        body = &rest[size + 2..];
    }
    joined
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// Returns the code of an error, after checking its form.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        assert_eq!(problem["requestId"].as_str(), self.header("x-request-id"), "{self:?}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{self:?}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self:?}");
        problem["code"].as_str().expect("an error has a code").to_owned()
    }

    /// Returns the events of a stream, without comments.
    pub(super) fn events(&self) -> Vec<Event> {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("content-type"), Some("text/event-stream"), "{self:?}");
        let events = self.body.split("\n\n").map(Event::parse);
        events.filter(|event| *event != Event::default()).collect()
    }
}

impl Event {
    fn parse(text: &str) -> Self {
        let mut event = Event::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            match name {
                "id" => event.id = value.to_owned(),
                "event" => event.name = value.to_owned(),
                "data" => event.data = serde_json::from_str(value).expect("data is JSON"),
                _ => {}
            }
        }
        event
    }
}

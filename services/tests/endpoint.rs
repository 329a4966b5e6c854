//! A mock of a server with the API of OpenAI. A real model cannot be had in tests: it is too large,
//! costs money, or answers differently each time. The mock streams as the real API does, in pieces
//! that end anywhere, and notes what it is asked.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::serve::Listener;
use futures_util::{StreamExt as _, stream};
use rustls::ServerConfig;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A running mock.
pub(super) struct Endpoint {
    /// Its address, as in the settings.
    pub(super) url: String,
    seen: UnboundedReceiver<Seen>,
    dropped: UnboundedReceiver<()>,
}

/// A request that it got.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

/// What it answers.
pub(super) enum Reply {
    /// A status, and a body.
    Body(u16, String),
    /// Server-sent events.
    Events(Vec<Value>, End),
}

/// How a stream ends.
pub(super) enum End {
    /// With `[DONE]`.
    Done,
    /// Without.
    Early,
    /// The connection breaks.
    Breaks,
    /// Not at all.
    Never,
}

/// A listener whose connections have TLS.
struct Encrypted {
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Encrypted {
    type Io = TlsStream<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await.expect("it is accepted");
            // A client that does not trust the server ends the connection.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    seen: UnboundedSender<Seen>,
    dropped: UnboundedSender<()>,
}

/// Notes that a response was dropped.
struct Guard(UnboundedSender<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

impl Endpoint {
    /// Starts a mock that gives these replies, one to each request.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let address = listener.local_addr().expect("it is bound");
        Self::serve(listener, format!("http://{address}/v1"), replies)
    }

    /// The same over TLS.
    pub(super) async fn start_with_tls(
        config: ServerConfig,
        replies: impl IntoIterator<Item = Reply>,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let url = format!("https://{}/v1", listener.local_addr().expect("it is bound"));
        Self::serve(Encrypted { listener, acceptor: Arc::new(config).into() }, url, replies)
    }

    fn serve<L: Listener<Addr: Debug>>(
        listener: L,
        url: String,
        replies: impl IntoIterator<Item = Reply>,
    ) -> Self {
        let replies = Mutex::new(replies.into_iter().collect());
        let (send_seen, seen) = unbounded_channel();
        let (send_dropped, dropped) = unbounded_channel();
        let shared = Arc::new(Shared { replies, seen: send_seen, dropped: send_dropped });
        let router = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(axum::serve(listener, router).into_future());
        Endpoint { url, seen, dropped }
    }

    /// Returns its host and port.
    pub(super) fn host(&self) -> &str {
        self.url.trim_start_matches("http://").trim_end_matches("/v1")
    }

    /// Returns the next request that it got.
    pub(super) fn seen(&mut self) -> Seen {
        self.seen.try_recv().expect("it was called")
    }

    /// Waits until a response was sent or dropped.
    pub(super) async fn dropped(&mut self) {
        let dropped = tokio::time::timeout(Duration::from_secs(10), self.dropped.recv());
        dropped.await.expect("the request ends").expect("the mock runs");
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).expect("a request has JSON");
    let path = uri.path().to_owned();
    shared.seen.send(Seen { path, headers, body }).expect("the test runs");
    let reply = shared.replies.lock().expect("no test panics with the lock").pop_front();
    let guard = Guard(shared.dropped.clone());
    let response = Response::builder();
    let (status, body) = match reply.expect("there is a reply left") {
        Reply::Body(status, body) => (status, Body::from(body)),
        Reply::Events(events, end) => {
            let mut text = ": a comment\n\n".to_owned();
            text.extend(events.iter().map(|event| format!("data: {event}\n\n")));
            if let End::Done = end {
                text += "data: [DONE]\n\n";
            }
            let pieces: Vec<_> = text.as_bytes().chunks(11).map(Bytes::copy_from_slice).collect();
            let pieces = stream::iter(pieces).map(Ok);
            let rest = match end {
                End::Done | End::Early => stream::empty().boxed(),
                End::Breaks => stream::iter([Err(std::io::Error::other("broken"))]).boxed(),
                End::Never => stream::pending().boxed(),
            };
            let pieces = pieces.chain(rest).map(move |piece| {
                let _ = &guard;
                piece
            });
            (200, Body::from_stream(pieces))
        }
    };
    let status = StatusCode::from_u16(status).expect("it is a status");
    response.status(status).body(body).expect("it is a response")
}

/// Returns a chunk with text.
pub(super) fn content(text: &str) -> Value {
    delta(json!({"content": text}))
}

/// Returns a chunk with a piece of a call of a tool; the first has its name.
pub(super) fn call(index: usize, name: Option<&str>, arguments: &str) -> Value {
    let mut call = json!({"index": index, "function": {"arguments": arguments}});
    if let Some(name) = name {
        call["id"] = format!("call_{index}").into();
        call["type"] = "function".into();
        call["function"]["name"] = name.into();
    }
    delta(json!({"tool_calls": [call]}))
}

fn delta(delta: Value) -> Value {
    json!({
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": null}],
        "usage": null,
    })
}

/// Returns the last chunk with a choice.
pub(super) fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

/// Returns the chunk with the numbers of tokens.
pub(super) fn usage(read: i64, cached: i64, written: i64) -> Value {
    json!({"choices": [], "usage": {
        "prompt_tokens": read,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens": written,
    }})
}

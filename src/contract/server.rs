//! A gRPC server over HTTP/2 whose messages are bytes and whose methods are a function of the path.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::error::{Error, Result};

/// The largest request, in bytes.
const MAX_REQUEST: usize = 64 << 20;

/// A call that a client makes.
pub(super) struct Received {
    /// `/package.Service/Method`.
    pub(super) path: String,
    pub(super) metadata: Vec<(String, String)>,
    pub(super) requests: Requests,
}

/// The requests of a call, as they arrive.
pub(super) struct Requests {
    body: Incoming,
    buffer: Vec<u8>,
    is_whole: bool,
}

impl Requests {
    /// Whether the client ended the stream, so that it is not broken off.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns the next request; none at the end of the stream.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some((&[flag, a, b, c, d], rest)) = self.buffer.split_first_chunk::<5>() {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                if length > MAX_REQUEST {
                    return None;
                }
                if rest.len() >= length {
                    let message = rest[..length].to_vec();
                    self.buffer.drain(..5 + length);
                    return if flag == 1 { decompressed(&message) } else { Some(message) };
                }
            }
            let Some(frame) = self.body.frame().await else {
                self.is_whole = self.buffer.is_empty();
                return None;
            };
            let frame = frame.ok()?;
            if let Ok(data) = frame.into_data() {
                self.buffer.extend_from_slice(&data);
            }
        }
    }
}

/// Returns a message that is compressed with gzip; none if it is not, or is too large.
fn decompressed(message: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut out = Vec::new();
    let limit = MAX_REQUEST as u64 + 1;
    flate2::read::GzDecoder::new(message).take(limit).read_to_end(&mut out).ok()?;
    (out.len() <= MAX_REQUEST).then_some(out)
}

/// The status of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) message: String,
    /// The encoded `google.rpc.Status`; empty if there is none.
    pub(super) details: Vec<u8>,
    pub(super) trailers: Vec<(String, String)>,
}

impl Ended {
    /// Returns a status without details.
    pub(super) fn new(code: i32, message: impl Into<String>) -> Self {
        Ended { code, message: message.into(), ..Ended::default() }
    }
}

/// The client's side of a response.
pub(super) struct Responder {
    frames: mpsc::Sender<Frame<Bytes>>,
}

impl Responder {
    /// Sends a message. Returns false if the client is gone.
    pub(super) async fn send(&self, message: &[u8]) -> bool {
        let mut frame = vec![0];
        frame.extend((message.len() as u32).to_be_bytes());
        frame.extend_from_slice(message);
        self.frames.send(Frame::data(frame.into())).await.is_ok()
    }

    /// Waits until the client is gone.
    pub(super) async fn closed(&self) {
        self.frames.closed().await;
    }

    async fn end(self, ended: &Ended) {
        let mut trailers = HeaderMap::new();
        let mut insert = |name: &str, value: &str| {
            let pair = (HeaderName::try_from(name), HeaderValue::from_str(value));
            if let (Ok(name), Ok(value)) = pair {
                trailers.append(name, value);
            }
        };
        insert("grpc-status", &ended.code.to_string());
        if !ended.message.is_empty() {
            insert("grpc-message", &percent_encoded(&ended.message));
        }
        if !ended.details.is_empty() {
            insert("grpc-status-details-bin", &STANDARD_NO_PAD.encode(&ended.details));
        }
        ended.trailers.iter().for_each(|(name, value)| insert(name, value));
        let _ = self.frames.send(Frame::trailers(trailers)).await;
    }
}

/// Encodes a status message (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(byte.into()),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

type Running = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// The headers of a response, and the function that sends its messages and returns its status.
pub(super) struct Reply {
    pub(super) headers: Vec<(String, String)>,
    pub(super) run: Box<dyn FnOnce(Responder) -> Running + Send>,
}

/// Decides how a call is answered. It may read requests first.
pub(super) type Handler =
    dyn Fn(Received) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync;

/// Listens on `port` of the loopback interface, 0 for any free one, and serves until Ctrl-C or, on
/// Unix, SIGTERM. `ready` receives the address.
///
/// # Errors
///
/// The port is taken.
pub(super) async fn listen(
    port: u16,
    ready: &dyn Fn(SocketAddr),
    handle: Arc<Handler>,
) -> Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Error::new(error.to_string()).at(address.to_string()).help("choose another --port, or 0")
    })?;
    let address = listener.local_addr().map_err(|error| Error::new(error.to_string()))?;
    // Before anybody knows the address: a signal must not end us without the report.
    let interrupted = interrupted();
    ready(address);
    tokio::select! {
        () = serve(listener, handle) => {}
        () = interrupted => {}
    }
    Ok(())
}

/// Watches for Ctrl-C and SIGTERM from now on. The future ends with the first one.
#[cfg(unix)]
fn interrupted() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async move {
        match signals {
            [Ok(mut interrupt), Ok(mut terminate)] => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            // Without a handler the process just ends.
            _ => std::future::pending().await,
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn interrupted() {
    let _ = tokio::signal::ctrl_c().await;
}

/// Serves connections until the future is dropped.
pub(super) async fn serve(listener: TcpListener, handle: Arc<Handler>) {
    while let Ok((stream, _)) = listener.accept().await {
        let handle = handle.clone();
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request: Request<Incoming>| {
                let handle = handle.clone();
                async move { Ok::<_, Infallible>(respond(request, &*handle).await) }
            });
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(request: Request<Incoming>, handle: &Handler) -> Response<Frames> {
    let metadata = request.headers().iter().map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let received = Received {
        path: request.uri().path().to_owned(),
        metadata: metadata.collect(),
        requests: Requests { body: request.into_body(), buffer: Vec::new(), is_whole: false },
    };
    let reply = handle(received).await;
    let (frames, receiver) = mpsc::channel(4);
    let mut response = Response::new(Frames(receiver));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/grpc"));
    for (name, value) in &reply.headers {
        let pair = (HeaderName::try_from(name), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = pair {
            headers.append(name, value);
        }
    }
    tokio::spawn(async move {
        let ended = (reply.run)(Responder { frames: frames.clone() }).await;
        Responder { frames }.end(&ended).await;
    });
    response
}

/// The frames of a response, as they become ready.
struct Frames(mpsc::Receiver<Frame<Bytes>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}

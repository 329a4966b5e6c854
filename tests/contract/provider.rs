//! A provider of the library contract, with one fault or none. It writes HTTP/2 and gRPC frames
//! itself, so that every fault is possible.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use wireproof::value::Types;

/// What the provider does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    WrongType,
    MissingField,
    DefaultInsteadOfValue,
    WrongEnumNumber,
    WrongMapEntry,
    ExtraItem,
    MissingItem,
    SwappedItems,
    StaleTimestamp,
    PresenceLost,
    InvalidUtf8,
    Garbage,
    FrameOverLimit,
    StaysOpen,
    GarbageInOpenStream,
    TrailersOnly,
    TwoResponses,
    NoResponse,
    Late,
    Hangs,
    WrongStatus,
    OkInsteadOfError,
    NoDetails,
    WrongDetails,
    WrongStatusMessage,
    LostHeader,
    ExtraHeader,
    LostTrailer,
    MetadataIgnored,
    StateLeaks,
    GapInStream,
    RepeatedChunk,
    SwappedChunks,
    NoFinalChunk,
    EarlyFinalChunk,
    ExtraAfterFinal,
    EmptyStream,
    UnexpectedChunk,
    EarlyClose,
    NoTrailers,
    DeadlineIgnored,
    LostRequest,
    LostReply,
    CancellationIgnored,
}

/// A running provider. It stops with the runtime that it runs in.
pub(super) struct Provider {
    pub(super) address: SocketAddr,
    pub(super) states: SocketAddr,
}

struct Library {
    fault: Fault,
    types: Types,
    has_book: Mutex<bool>,
    readers: AtomicUsize,
}

/// Starts a provider with `fault`.
pub(super) async fn start(fault: Fault, types: Types) -> Provider {
    let library = Arc::new(Library {
        fault,
        types,
        has_book: Mutex::new(true),
        readers: AtomicUsize::new(0),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let states = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let provider = Provider {
        address: listener.local_addr().expect("it is bound"),
        states: states.local_addr().expect("it is bound"),
    };
    let own = library.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let library = own.clone();
            tokio::spawn(async move {
                let _ = stream.set_nodelay(true);
                let service = service_fn(move |request| {
                    let library = library.clone();
                    async move { Ok::<_, Infallible>(library.serve(request).await) }
                });
                let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = states.accept().await {
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // The body ends with the JSON object.
            while !request.ends_with(b"}") {
                match stream.read(&mut part).await {
                    Ok(length @ 1..) => request.extend(&part[..length]),
                    _ => break,
                }
            }
            let has_book = String::from_utf8_lossy(&request).contains("a book exists");
            if library.fault != Fault::StateLeaks || has_book {
                *library.has_book.lock().expect("nobody panics") = has_book;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    provider
}

/// The frames of a response, as they become ready.
struct Frames {
    frames: mpsc::Receiver<Frame<Bytes>>,
    /// The library whose reader the receiver is.
    reader: Option<Arc<Library>>,
    has_ended: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        match self.frames.poll_recv(context) {
            // A frame without data and trailers stands for the end of the connection.
            Poll::Ready(Some(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                Poll::Ready(Some(Err(std::io::Error::other("closed"))))
            }
            Poll::Ready(Some(frame)) => {
                self.has_ended = frame.is_trailers();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// The receiver of a stream that was cancelled is dropped.
impl Drop for Frames {
    fn drop(&mut self) {
        if let Some(library) = self.reader.take() {
            let is_ignored = library.fault == Fault::CancellationIgnored;
            if self.has_ended || !is_ignored {
                library.readers.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}

/// What a call answers with.
struct Reply {
    headers: Vec<(&'static str, String)>,
    messages: Vec<Vec<u8>>,
    /// The pause before each message.
    pause: Duration,
    status: (i32, String, Vec<u8>),
    trailers: Vec<(&'static str, String)>,
}

impl Library {
    fn encode(&self, name: &str, json: &Json) -> Vec<u8> {
        let of = self.types.message(&format!("library.v1.{name}")).expect("it is declared");
        of.encode(&of.read_json(json).expect("it fits"))
    }

    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Response<Frames> {
        let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let headers = request.headers().clone();
        let body = request.into_body().collect().await.map(|body| body.to_bytes());
        let requests = unframed(&body.unwrap_or_default());
        let mut reply = match method.as_str() {
            "GetBook" => self.get_book(&headers).await,
            "ReadBook" => self.read_book(&headers, &requests),
            "UploadBook" => self.upload_book(&requests),
            "Discuss" => self.discuss(&requests),
            "CountReaders" => self.count_readers().await,
            _ => Reply { status: (12, method.clone(), Vec::new()), ..Reply::of(Vec::new()) },
        };
        if self.fault == Fault::Garbage && method == "GetBook" && reply.status.0 == 0 {
            reply.messages = vec![vec![0xff; 7]];
        }
        if self.fault == Fault::Hangs && method == "Discuss" {
            std::future::pending::<()>().await;
        }
        let deadline = headers
            .get("grpc-timeout")
            .and_then(|value| value.to_str().ok()?.strip_suffix('m')?.parse().ok())
            .map(Duration::from_millis)
            .filter(|_| self.fault != Fault::DeadlineIgnored);
        self.send(&method, reply, deadline)
    }

    fn send(
        self: Arc<Self>,
        method: &str,
        reply: Reply,
        deadline: Option<Duration>,
    ) -> Response<Frames> {
        let (sender, receiver) = mpsc::channel(1);
        let mut response = Response::builder().header("content-type", "application/grpc");
        for (name, value) in &reply.headers {
            response = response.header(*name, value);
        }
        let is_upload = method == "UploadBook";
        if self.fault == Fault::TrailersOnly && is_upload {
            let frames = Frames { frames: receiver, reader: None, has_ended: true };
            return response.header("grpc-status", "0").body(frames).expect("it is sound");
        }
        let reader = (method == "ReadBook").then(|| {
            self.readers.fetch_add(1, Ordering::SeqCst);
            self.clone()
        });
        let fault = self.fault;
        let is_reading = method == "ReadBook";
        let closes = fault == Fault::EarlyClose && is_reading;
        let is_too_large = fault == Fault::FrameOverLimit && is_upload;
        tokio::spawn(async move {
            let send = async {
                if matches!(fault, Fault::StaysOpen | Fault::GarbageInOpenStream) && is_reading {
                    let garbage = if fault == Fault::StaysOpen { vec![] } else { vec![0xff; 7] };
                    let _ = sender.send(Frame::data(framed(&garbage))).await;
                    std::future::pending::<()>().await;
                }
                for (index, message) in reply.messages.iter().enumerate() {
                    tokio::time::sleep(reply.pause).await;
                    if closes && index == 2 {
                        let _ = sender.send(Frame::data(Bytes::new())).await;
                        return None;
                    }
                    // A length of 2 GiB.
                    let length = Bytes::from_static(&[0, 0x7f, 0xff, 0xff, 0xff]);
                    let frame = if is_too_large { length } else { framed(message) };
                    if sender.send(Frame::data(frame)).await.is_err() {
                        return None;
                    }
                }
                Some(reply.status.clone())
            };
            let status = match deadline {
                None => send.await,
                Some(deadline) => tokio::time::timeout(deadline, send).await.unwrap_or(Some((
                    4,
                    "too late".to_owned(),
                    Vec::new(),
                ))),
            };
            let Some((code, message, details)) = status else { return };
            if fault == Fault::NoTrailers {
                return;
            }
            let mut trailers = HeaderMap::new();
            let mut insert = |name: &'static str, value: &str| {
                let value = HeaderValue::from_str(value).expect("it is ASCII");
                trailers.insert(HeaderName::from_static(name), value);
            };
            insert("grpc-status", &code.to_string());
            if !message.is_empty() {
                insert("grpc-message", &message);
            }
            if !details.is_empty() {
                insert("grpc-status-details-bin", &STANDARD_NO_PAD.encode(&details));
            }
            reply.trailers.iter().for_each(|(name, value)| insert(name, value));
            let _ = sender.send(Frame::trailers(trailers)).await;
        });
        response
            .body(Frames { frames: receiver, reader, has_ended: false })
            .expect("the headers are sound")
    }

    async fn get_book(&self, headers: &HeaderMap) -> Reply {
        let fault = self.fault;
        if !headers.contains_key("authorization") && fault != Fault::MetadataIgnored {
            return Reply {
                status: (16, "no token".to_owned(), Vec::new()),
                ..Reply::of(Vec::new())
            };
        }
        if !*self.has_book.lock().expect("nobody panics") && fault != Fault::OkInsteadOfError {
            let code = if fault == Fault::WrongStatus { 13 } else { 5 };
            let message = if fault == Fault::WrongStatusMessage { "gone" } else { "no book b-1" };
            let id = if fault == Fault::WrongDetails { "b-2" } else { "b-1" };
            let detail = self.encode("GetBookRequest", &json!({ "id": id }));
            let details = if fault == Fault::NoDetails {
                Vec::new()
            } else {
                status_details(code, "type.googleapis.com/library.v1.GetBookRequest", &detail)
            };
            return Reply { status: (code, message.to_owned(), details), ..Reply::of(Vec::new()) };
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let mut book = json!({
            "id": "b-1", "title": "The Book", "pages": 300, "genre": "GENRE_NOVEL",
            "authors": ["Ada", "Bob"], "tags": ["new", "old"], "ratings": {"5": 10},
            "readTime": timestamp(now), "price": 0.0,
        });
        match fault {
            Fault::MissingField => drop(book.as_object_mut().expect("it is one").remove("title")),
            Fault::DefaultInsteadOfValue => book["pages"] = 0.into(),
            Fault::WrongEnumNumber => book["genre"] = 7.into(),
            Fault::WrongMapEntry => book["ratings"] = json!({"5": 11}),
            Fault::ExtraItem => book["tags"] = json!(["new", "old", "odd"]),
            Fault::MissingItem => book["authors"] = json!(["Ada"]),
            Fault::SwappedItems => book["authors"] = json!(["Bob", "Ada"]),
            Fault::StaleTimestamp => book["readTime"] = timestamp(now - 3600).into(),
            Fault::PresenceLost => drop(book.as_object_mut().expect("it is one").remove("price")),
            _ => {}
        }
        let mut bytes = self.encode("GetBookResponse", &json!({ "book": book }));
        match fault {
            // `pages` as a string, and a title that is no UTF-8, in the book that is field 1.
            Fault::WrongType => {
                book.as_object_mut().expect("it is one").remove("pages");
                bytes = self.encode("Book", &book);
                bytes.extend([0x1a, 3, b'3', b'0', b'0']);
                bytes = prefixed(0x0a, &bytes);
            }
            Fault::InvalidUtf8 => {
                bytes = self.encode("Book", &book);
                bytes.extend([0x12, 2, 0xff, 0xfe]);
                bytes = prefixed(0x0a, &bytes);
            }
            _ => {}
        }
        if fault == Fault::Late {
            tokio::time::sleep(Duration::from_millis(1_200)).await;
        }
        let mut reply = Reply::of(vec![bytes]);
        reply.headers = vec![("x-library", "main".to_owned())];
        reply.trailers = vec![("x-cost", "3".to_owned())];
        match fault {
            Fault::TwoResponses => reply.messages.push(reply.messages[0].clone()),
            Fault::NoResponse => reply.messages.clear(),
            Fault::LostHeader => reply.headers.clear(),
            Fault::ExtraHeader => reply.headers.push(("x-internal", "1".to_owned())),
            Fault::LostTrailer => reply.trailers.clear(),
            _ => {}
        }
        reply
    }

    fn read_book(&self, _: &HeaderMap, requests: &[Vec<u8>]) -> Reply {
        let of = self.types.message("library.v1.ReadBookRequest").expect("it is declared");
        let request = requests.first().and_then(|bytes| of.decode(bytes).ok()).unwrap_or_default();
        let request = of.to_json(&request).expect("it has a JSON form");
        let count = request["count"].as_i64().unwrap_or(0);
        let line = |number: i64| {
            self.encode(
                "ReadBookResponse",
                &json!({ "number": number, "text": format!("line {}", number % 10), "isFinal": number + 1 == count }),
            )
        };
        let mut lines: VecDeque<Vec<u8>> = (0..count).map(line).collect();
        if count == 5 {
            match self.fault {
                Fault::GapInStream => drop(lines.remove(2)),
                Fault::RepeatedChunk => lines.insert(2, lines[1].clone()),
                Fault::SwappedChunks => lines.swap(1, 2),
                Fault::NoFinalChunk => drop(lines.pop_back()),
                Fault::EmptyStream => lines.clear(),
                Fault::EarlyFinalChunk => {
                    let early = json!({ "number": 1, "text": "line 1", "isFinal": true });
                    lines[1] = self.encode("ReadBookResponse", &early);
                }
                Fault::ExtraAfterFinal => {
                    let extra = json!({ "number": 5, "text": "line 5" });
                    lines.push_back(self.encode("ReadBookResponse", &extra));
                }
                _ => {}
            }
        }
        if count == 0 && self.fault == Fault::UnexpectedChunk {
            lines.push_back(line(0));
        }
        let pause = match request["id"].as_str() {
            Some("b-slow") => Duration::from_millis(500),
            Some("b-endless") => Duration::from_millis(2),
            _ => Duration::ZERO,
        };
        Reply { pause, ..Reply::of(lines.into()) }
    }

    fn upload_book(&self, requests: &[Vec<u8>]) -> Reply {
        let of = self.types.message("library.v1.UploadBookRequest").expect("it is declared");
        let lost = usize::from(self.fault == Fault::LostRequest);
        let sizes = requests.iter().skip(lost).filter_map(|bytes| {
            let json = of.to_json(&of.decode(bytes).ok()?).ok()?;
            Some(json["chunk"].as_str().unwrap_or_default().trim_end_matches('=').len() * 3 / 4)
        });
        let received = sizes.sum::<usize>().to_string();
        Reply::of(vec![self.encode("UploadBookResponse", &json!({ "receivedBytes": received }))])
    }

    fn discuss(&self, requests: &[Vec<u8>]) -> Reply {
        let of = self.types.message("library.v1.DiscussRequest").expect("it is declared");
        let mut replies: Vec<Vec<u8>> = requests
            .iter()
            .filter_map(|bytes| {
                let json = of.to_json(&of.decode(bytes).ok()?).ok()?;
                let text = format!("re: {}", json["text"].as_str().unwrap_or_default());
                Some(self.encode("DiscussResponse", &json!({ "text": text })))
            })
            .collect();
        if self.fault == Fault::LostReply {
            replies.pop();
        }
        Reply::of(replies)
    }

    /// Waits a moment for readers who are about to go.
    async fn count_readers(&self) -> Reply {
        for _ in 0..50 {
            if self.readers.load(Ordering::SeqCst) == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let count = self.readers.load(Ordering::SeqCst);
        Reply::of(vec![self.encode("CountReadersResponse", &json!({ "count": count }))])
    }
}

impl Reply {
    fn of(messages: Vec<Vec<u8>>) -> Self {
        Reply {
            headers: Vec::new(),
            messages,
            pause: Duration::ZERO,
            status: (0, String::new(), Vec::new()),
            trailers: Vec::new(),
        }
    }
}

/// Returns a message with the prefix of gRPC: not compressed, and its length.
fn framed(message: &[u8]) -> Bytes {
    let mut frame = vec![0];
    frame.extend((message.len() as u32).to_be_bytes());
    frame.extend(message);
    frame.into()
}

fn unframed(mut body: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((prefix, rest)) = body.split_at_checked(5) {
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        messages.push(rest[..length].to_vec());
        body = &rest[length..];
    }
    messages
}

/// Returns a point in time as JSON has it.
fn timestamp(seconds: u64) -> String {
    prost_types::Timestamp { seconds: seconds.cast_signed(), nanos: 0 }.to_string()
}

/// Returns a short field with its tag.
fn prefixed(tag: u8, bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 16_384, "the length takes two bytes at most");
    let mut field = vec![tag];
    match bytes.len() {
        length @ 0..128 => field.push(length as u8),
        length => field.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]),
    }
    field.extend(bytes);
    field
}

/// Returns a `google.rpc.Status` with one detail.
fn status_details(code: i32, url: &str, detail: &[u8]) -> Vec<u8> {
    let any = [prefixed(0x0a, url.as_bytes()), prefixed(0x12, detail)].concat();
    [vec![0x08, code as u8], prefixed(0x1a, &any)].concat()
}

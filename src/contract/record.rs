//! A proxy in front of a running server, through which a client calls it, so that the calls become
//! interactions.

mod write;

use std::collections::BTreeSet;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http;
use tonic::codegen::tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use self::write::{Writer, find};
use super::interaction::Version;
use super::server::{Ended, Received, Reply, Requests, Responder, listen};
use super::tls::Tls;
use super::transport::{Bytes, Connection, Server, broken};
use crate::error::{Error, Result};
use crate::value::Redacted;

/// The most calls that are recorded, and the most bytes of one; others are only forwarded.
const MAX_CALLS: usize = 10_000;
const MAX_BYTES: usize = 4 << 20;

/// The largest message that is forwarded, in bytes.
const MAX_MESSAGE: usize = 64 << 20;

/// Metadata that belongs to a connection, or that the next client writes itself.
const OWN: [&str; 7] = [
    "content-length",
    "content-type",
    "date",
    "grpc-accept-encoding",
    "grpc-encoding",
    "host",
    "te",
];

/// What is recorded, and how it is written.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The consumer whose calls these are.
    pub consumer: String,
    /// The release that all interactions are written for. Otherwise each is for the newest release
    /// that has its method, or unreleased.
    pub release: Option<String>,
    /// The names of metadata to write; other metadata is left out.
    pub metadata: Vec<String>,
    /// The full names of fields to keep secret.
    pub redact: Vec<String>,
    /// The names that interactions of the consumer have.
    pub taken: BTreeSet<String>,
}

/// What was recorded.
#[derive(Debug, Default)]
pub struct Recorded {
    /// The release of each file, the text of the file, and the number of its interactions.
    pub files: Vec<(String, String, usize)>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// A call that went through the proxy.
#[derive(Clone, Debug, Default)]
struct Exchange {
    path: String,
    metadata: Vec<(String, String)>,
    requests: Vec<Vec<u8>>,
    headers: Vec<(String, String)>,
    responses: Vec<Vec<u8>>,
    /// Seconds since 1970 at its end.
    at: i64,
    /// The bytes of all messages.
    size: usize,
    /// None if the client cancelled the call.
    status: Option<Ended>,
}

struct Proxy {
    server: Server,
    exchanges: Mutex<Vec<Exchange>>,
    /// Why calls were not recorded, each reason once.
    left_out: Mutex<BTreeSet<String>>,
}

/// Forwards calls from `port` of the loopback interface, 0 for any free one, to the server at `url`
/// until a signal ends it, and returns them as interactions. `ready` receives the address.
///
/// # Errors
///
/// The server cannot be reached, the port is taken, a release or a field is unknown.
pub fn record(
    url: &str,
    tls: &Tls,
    port: u16,
    recording: &Recording,
    versions: &[Version<'_>],
    ready: &dyn Fn(SocketAddr),
) -> Result<Recorded> {
    let types: Vec<_> = versions.iter().map(|version| &version.types).collect();
    let redacted = Redacted::new(&recording.redact, &types).map_err(|name| {
        Error::new(format!("no message has the field {name:?}, which --redact names"))
            .help("write package.Message.field")
    })?;
    if let Some(release) = recording.release.as_ref().filter(|it| find(versions, it).is_none()) {
        let names: Vec<&str> = versions.iter().map(|version| &*version.name).collect();
        return Err(Error::new(format!("there is no release {release:?}"))
            .help(format!("there are {}", names.join(", "))));
    }
    let server = Server::new(url, tls)?;
    let proxy = Arc::new(Proxy {
        server: server.clone(),
        exchanges: Mutex::default(),
        left_out: Mutex::default(),
    });
    let own = proxy.clone();
    let handle = Arc::new(move |received: Received| {
        let reply: Pin<Box<dyn Future<Output = Reply> + Send>> =
            Box::pin(forward(own.clone(), received));
        reply
    });
    let runtime = super::runtime()?;
    runtime.block_on(async {
        Connection::open(&server).await.map_err(|error| {
            Error::new(error).at(url).help("start the server, or name another one with --target")
        })?;
        listen(port, ready, handle).await
    })?;
    runtime.shutdown_background();
    let exchanges = std::mem::take(&mut *proxy.exchanges.lock().expect(HELD));
    let left_out = std::mem::take(&mut *proxy.left_out.lock().expect(HELD));
    let mut writer = Writer { recording, redacted, versions, left_out };
    let files = writer.files(&exchanges);
    Ok(Recorded { files, left_out: writer.left_out.into_iter().collect() })
}

/// Why a lock is never poisoned.
const HELD: &str = "nobody panics while holding it";

/// Forwards a call, and records it at its end.
async fn forward(proxy: Arc<Proxy>, received: Received) -> Reply {
    let Received { path, metadata, requests } = received;
    let sent = Arc::new(Mutex::new(Exchange {
        path: path.clone(),
        metadata: metadata.clone(),
        ..Exchange::default()
    }));
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(pass_on(requests, sender, sent.clone()));
    let failed = |status: Ended| Reply {
        headers: Vec::new(),
        run: Box::new(move |_| Box::pin(async move { status })),
    };
    let response = match call(&proxy.server, &path, &metadata, receiver).await {
        Ok(response) => response,
        Err(Failed::Server(status)) => {
            let status = ended(&status);
            proxy.add(&sent, Vec::new(), Some(status.clone()));
            return failed(status);
        }
        Err(Failed::Proxy(reason)) => {
            proxy.leave_out(format!("{path}: {reason}"));
            return failed(Ended::new(14, format!("wireproof contract record: {reason}")));
        }
    };
    let (headers, stream, _) = response.into_parts();
    let headers = pairs(headers);
    let shown = headers.clone();
    Reply {
        headers,
        run: Box::new(move |responder| {
            Box::pin(async move {
                let status = tokio::select! {
                    status = answer(stream, &responder, &sent) => status,
                    () = responder.closed() => None,
                };
                proxy.add(&sent, shown, status.clone());
                status.unwrap_or_default()
            })
        }),
    }
}

/// Passes the requests of a client on. A stream that breaks off is not ended, so that the server
/// does not take it for a whole one: the call is reset when its response is dropped.
async fn pass_on(
    mut requests: Requests,
    sender: mpsc::Sender<Vec<u8>>,
    sent: Arc<Mutex<Exchange>>,
) {
    while let Some(request) = requests.next().await {
        sent.lock().expect(HELD).add(&request, |it| &mut it.requests);
        if sender.send(request).await.is_err() {
            return;
        }
    }
    if !requests.is_whole() {
        sender.closed().await;
    }
}

/// Why a call has no response.
enum Failed {
    /// The server ended it with this status.
    Server(Status),
    /// It did not reach the server, or broke off.
    Proxy(String),
}

async fn call(
    server: &Server,
    path: &str,
    metadata: &[(String, String)],
    receiver: mpsc::Receiver<Vec<u8>>,
) -> Result<tonic::Response<Streaming<Vec<u8>>>, Failed> {
    let connection = Connection::open(server).await.map_err(Failed::Proxy)?;
    let mut client = Grpc::with_origin(connection, server.origin.clone())
        .max_decoding_message_size(MAX_MESSAGE)
        .accept_compressed(CompressionEncoding::Gzip);
    client.ready().await.map_err(|error| Failed::Proxy(broken(&error)))?;
    let mut request = Request::new(ReceiverStream::new(receiver));
    let mut headers = http::HeaderMap::new();
    for (name, value) in metadata.iter().filter(|(name, _)| !OWN.contains(&&**name)) {
        let pair = (http::HeaderName::try_from(name), http::HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = pair {
            headers.append(name, value);
        }
    }
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    let path = path.parse().map_err(|_| Failed::Proxy(format!("{path:?} is no path")))?;
    client.streaming(request, path, Bytes).await.map_err(|status| {
        match std::error::Error::source(&status) {
            Some(source) => Failed::Proxy(broken(source)),
            None => Failed::Server(status),
        }
    })
}

/// Passes the responses on, and returns the status; none if the client is gone.
async fn answer(
    mut stream: Streaming<Vec<u8>>,
    responder: &Responder,
    sent: &Mutex<Exchange>,
) -> Option<Ended> {
    loop {
        match stream.message().await {
            Ok(Some(message)) => {
                sent.lock().expect(HELD).add(&message, |it| &mut it.responses);
                if !responder.send(&message).await {
                    return None;
                }
            }
            Ok(None) => break,
            Err(status) => return Some(ended(&status)),
        }
    }
    match stream.trailers().await {
        Ok(trailers) => {
            Some(Ended { trailers: trailers.map(pairs).unwrap_or_default(), ..Ended::default() })
        }
        Err(status) => Some(ended(&status)),
    }
}

fn ended(status: &Status) -> Ended {
    Ended {
        code: status.code() as i32,
        message: status.message().to_owned(),
        details: status.details().to_vec(),
        trailers: pairs(status.metadata().clone()),
    }
}

/// Returns metadata as it is on the wire, without that of the connection.
fn pairs(metadata: MetadataMap) -> Vec<(String, String)> {
    let headers = metadata.into_headers();
    let texts = headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    texts.filter(|(name, _)| !OWN.contains(&&**name)).collect()
}

impl Exchange {
    /// Adds a message, if the call is not too large to be recorded.
    fn add(&mut self, message: &[u8], list: impl Fn(&mut Self) -> &mut Vec<Vec<u8>>) {
        self.size += message.len();
        if self.size <= MAX_BYTES {
            list(self).push(message.to_vec());
        }
    }
}

impl Proxy {
    fn add(&self, sent: &Mutex<Exchange>, headers: Vec<(String, String)>, status: Option<Ended>) {
        let mut exchange = sent.lock().expect(HELD).clone();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        exchange.at = now.as_secs().cast_signed();
        (exchange.headers, exchange.status) = (headers, status);
        let mut exchanges = self.exchanges.lock().expect(HELD);
        if exchange.size > MAX_BYTES {
            let limit = MAX_BYTES >> 20;
            self.leave_out(format!("{}: a call with more than {limit} MiB", exchange.path));
        } else if exchanges.len() == MAX_CALLS {
            self.leave_out(format!("calls after the first {MAX_CALLS}"));
        } else {
            exchanges.push(exchange);
        }
    }

    fn leave_out(&self, reason: String) {
        self.left_out.lock().expect(HELD).insert(reason);
    }
}

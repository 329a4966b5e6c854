//! A proxy in front of a running server that writes the calls of a client down as interactions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value as Json, json};
use tokio::sync::mpsc;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http;
use tonic::codegen::tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use super::interaction::{CODES, Version, any_details};
use super::server::{Ended, Received, Reply, Requests, Responder, listen};
use super::tls::Tls;
use super::transport::{Bytes, Connection, Server, chain};
use super::yaml::yaml;
use crate::error::{Error, Result};
use crate::schema::Method;
use crate::value::{MessageType, MessageValue, Redacted};

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
    client.ready().await.map_err(|error| Failed::Proxy(chain(&error)))?;
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
            Some(source) => Failed::Proxy(format!("the call broke off: {}", chain(source))),
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

fn find<'v, 's>(versions: &'v [Version<'s>], name: &str) -> Option<&'v Version<'s>> {
    let bare = |name: &str| name.trim_start_matches('v').to_owned();
    versions.iter().find(|version| bare(&version.name) == bare(name))
}

/// Writes interactions.
struct Writer<'w, 's> {
    recording: &'w Recording,
    redacted: Redacted,
    versions: &'w [Version<'s>],
    left_out: BTreeSet<String>,
}

/// A method of a version.
struct Known<'v> {
    release: &'v str,
    method: Method<'v>,
    request: MessageType,
    response: MessageType,
    types: &'v crate::value::Types,
}

impl<'w> Writer<'w, '_> {
    /// Returns the text of a file for each release that has a method that was called. Calls with
    /// the same request are one interaction.
    fn files(&mut self, exchanges: &[Exchange]) -> Vec<(String, String, usize)> {
        let mut groups: Vec<(Json, Vec<&Exchange>)> = Vec::new();
        for exchange in exchanges {
            let Some(known) = self.known(&exchange.path) else {
                self.left_out.insert(format!("{}: no such method", exchange.path));
                continue;
            };
            match self.request(&known, exchange) {
                Ok(request) => {
                    let key = json!([exchange.path, request]);
                    match groups.iter_mut().find(|(found, _)| *found == key) {
                        Some((_, group)) => group.push(exchange),
                        None => groups.push((key, vec![exchange])),
                    }
                }
                Err(reason) => {
                    self.left_out.insert(format!("{}: {reason}", exchange.path));
                }
            }
        }
        let mut files: BTreeMap<String, (String, usize)> = BTreeMap::new();
        let mut taken = self.recording.taken.clone();
        for (key, group) in groups {
            let Some(known) = self.known(&group[0].path) else { continue };
            let request = key[1].clone();
            let response = match self.response(&known, &group) {
                Ok(response) => response,
                Err(reason) => {
                    self.left_out.insert(format!("{}: {reason}", group[0].path));
                    continue;
                }
            };
            let method = known.method.name();
            let name = (1..).map(|number| format!("{method} {number}"));
            let name = name.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(name.clone());
            let head = || {
                let consumer = Json::from(&*self.recording.consumer);
                let release = known.release;
                let text = format!(
                    "# Recorded by `wireproof contract record`. Give each interaction a name that \
                     says\n# what holds, and delete what the consumer does not rely on.\n\
                     consumer: {consumer}\nrelease: {release}\ninteractions:\n"
                );
                (text, 0)
            };
            let (text, count) = files.entry(known.release.to_owned()).or_insert_with(head);
            *count += 1;
            let full = known.method.full_name();
            let gap = if *count > 1 { "\n" } else { "" };
            let _ = write!(text, "{gap}  - name: {name}\n    method: {full}\n");
            for (key, part) in [("request", &request), ("response", &response)] {
                if part.as_object().is_some_and(|part| !part.is_empty()) {
                    let _ = writeln!(text, "    {key}:");
                    yaml(part, 6, text);
                } else {
                    let _ = writeln!(text, "    {key}: {{}}");
                }
            }
        }
        files.into_iter().map(|(release, (text, count))| (release, text, count)).collect()
    }

    /// Returns the method of a path, of the release that interactions are written for.
    fn known(&self, path: &str) -> Option<Known<'w>> {
        let (service, method) = path.trim_start_matches('/').split_once('/')?;
        let of = |version: &'w Version<'_>| {
            let service = version.schema.service(service)?;
            let method = service.methods().find(|found| found.name() == method)?;
            Some(Known {
                release: &version.name,
                request: version.types.message(method.request_type())?,
                response: version.types.message(method.response_type())?,
                types: &version.types,
                method,
            })
        };
        match &self.recording.release {
            Some(name) => of(find(self.versions, name)?),
            // The last version is the working tree.
            None => {
                let (tree, releases) = self.versions.split_last()?;
                releases.iter().rev().find_map(of).or_else(|| of(tree))
            }
        }
    }

    /// Returns the `request` of an interaction.
    fn request(&self, known: &Known<'_>, exchange: &Exchange) -> Result<Json, String> {
        let read = |bytes: &Vec<u8>| {
            let message = known.request.decode(bytes).map_err(|error| error.to_string())?;
            let shown = self.redacted.request(&known.request, &message);
            known.request.to_json(&shown).map_err(|error| error.to_string())
        };
        let messages = exchange.requests.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut request = Map::new();
        let metadata = self.metadata(&exchange.metadata);
        if !metadata.is_empty() {
            request.insert("metadata".to_owned(), metadata.into());
        }
        match (known.method.proto().client_streaming(), messages.as_slice()) {
            (true, _) => {
                request.insert("messages".to_owned(), messages.into());
            }
            (false, [message]) => {
                request.insert("message".to_owned(), message.clone());
            }
            (false, _) => return Err("a call without its request".to_owned()),
        }
        let code = exchange.status.as_ref().map(|status| status.code);
        let deadline = exchange.metadata.iter().find(|(key, _)| key == "grpc-timeout");
        match (code, deadline) {
            (Some(4), Some((_, time))) => {
                let time = milliseconds(time).ok_or("a deadline that cannot be read")?;
                request.insert("deadline".to_owned(), format!("{time}ms").into());
            }
            (None, _) if exchange.responses.is_empty() => {
                return Err("a call that the client cancelled before a response".to_owned());
            }
            (None, _) if !known.method.proto().server_streaming() => {
                return Err("a call that the client cancelled".to_owned());
            }
            (None, _) => {
                request.insert("cancel_after".to_owned(), exchange.responses.len().into());
            }
            _ => {}
        }
        Ok(request.into())
    }

    /// Returns the metadata that is written. Metadata in bytes cannot be.
    fn metadata(&self, all: &[(String, String)]) -> Map<String, Json> {
        let is_written = |name: &str| {
            !name.ends_with("-bin") && self.recording.metadata.iter().any(|known| known == name)
        };
        let shown = all.iter().filter(|(name, _)| is_written(name));
        shown.map(|(name, value)| (name.clone(), Json::from(&**value))).collect()
    }

    /// Returns the `response` of an interaction: what the answers to the same request have in
    /// common.
    fn response(&self, known: &Known<'_>, group: &[&Exchange]) -> Result<Json, String> {
        let first = group[0];
        let code = |exchange: &Exchange| exchange.status.as_ref().map_or(0, |status| status.code);
        if group.iter().any(|exchange| code(exchange) != code(first)) {
            return Err("the same request was answered with different statuses".to_owned());
        }
        let mut response = Map::new();
        for (part, all) in [
            ("headers", group.iter().map(|it| &it.headers).collect::<Vec<_>>()),
            (
                "trailers",
                group.iter().filter_map(|it| Some(&it.status.as_ref()?.trailers)).collect(),
            ),
        ] {
            let common = all.iter().map(|pairs| self.metadata(pairs)).reduce(|mut one, other| {
                one.retain(|name, value| other.get(name) == Some(value));
                one
            });
            if let Some(common) = common.filter(|common| !common.is_empty()) {
                response.insert(part.to_owned(), common.into());
            }
        }
        if code(first) != 0 {
            response.insert("status".to_owned(), self.status(known, group));
        }
        let decoded = group.iter().map(|exchange| {
            let messages = exchange.responses.iter().map(|bytes| known.response.decode(bytes));
            let messages: Result<Vec<MessageValue>, _> = messages.collect();
            messages.map(|messages| (messages, exchange.at)).map_err(|error| error.to_string())
        });
        let decoded = decoded.collect::<Result<Vec<_>, String>>()?;
        if !known.method.proto().server_streaming() {
            let messages: Vec<_> =
                decoded.iter().filter_map(|(list, at)| Some((list.first()?, *at))).collect();
            if code(first) == 0 {
                let common = known.response.common_pattern(&messages, &self.redacted);
                response.insert("message".to_owned(), common);
            }
            return Ok(response.into());
        }
        let counts = decoded.iter().map(|(list, _)| list.len());
        let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
        if least == most {
            let common = (0..least).map(|index| {
                let at: Vec<_> = decoded.iter().map(|(list, at)| (&list[index], *at)).collect();
                known.response.common_pattern(&at, &self.redacted)
            });
            response.insert("messages".to_owned(), common.collect::<Vec<_>>().into());
        } else {
            let all: Vec<_> = decoded
                .iter()
                .flat_map(|(list, at)| list.iter().map(|message| (message, *at)))
                .collect();
            let each = known.response.common_pattern(&all, &self.redacted);
            response.insert("stream".to_owned(), json!({ "count": [least, most], "each": each }));
        }
        Ok(response.into())
    }

    fn status(&self, known: &Known<'_>, group: &[&Exchange]) -> Json {
        let statuses: Vec<(&Ended, i64)> =
            group.iter().filter_map(|it| Some((it.status.as_ref()?, it.at))).collect();
        let Some((first, _)) = statuses.first() else { return Json::from("OK") };
        let code = usize::try_from(first.code).ok().and_then(|code| CODES.get(code));
        let mut status = Map::new();
        status.insert("code".to_owned(), (*code.unwrap_or(&"UNKNOWN")).into());
        let is_same = statuses.iter().all(|(status, _)| status.message == first.message);
        if is_same && !first.message.is_empty() {
            status.insert("message".to_owned(), (&*first.message).into());
        }
        let details = any_details(&first.details).into_iter().map(|(name, bytes)| {
            let mut detail = Map::new();
            let of = known.types.message(&name);
            if let Some(of) = of.filter(|_| statuses.len() == 1)
                && let Ok(message) = of.decode(&bytes)
                && let Json::Object(common) =
                    of.common_pattern(&[(&message, statuses[0].1)], &self.redacted)
            {
                detail = common;
            }
            detail.insert("@type".to_owned(), format!("type.googleapis.com/{name}").into());
            Json::Object(detail)
        });
        let details: Vec<Json> = details.collect();
        if !details.is_empty() {
            status.insert("details".to_owned(), details.into());
        }
        if status.len() == 1 { status["code"].clone() } else { status.into() }
    }
}

/// Returns the milliseconds of a `grpc-timeout`, rounded up
/// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
fn milliseconds(timeout: &str) -> Option<u64> {
    let (digits, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => number.checked_mul(3_600_000)?,
        "M" => number.checked_mul(60_000)?,
        "S" => number.checked_mul(1_000)?,
        "m" => number,
        "u" => number.div_ceil(1_000),
        "n" => number.div_ceil(1_000_000),
        _ => return None,
    })
}

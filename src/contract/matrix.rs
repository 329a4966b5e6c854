//! Every client with every server: for each pair of versions a live server that reads and writes as
//! one of them, and a client that does as the other, with generated messages for every method.

mod direction;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::net::TcpListener;

use self::direction::Direction;
pub use self::page::page;
use super::BetweenVersions;
use super::interaction::{Call, Kind, Version};
use super::server::{Ended, Received, Reply, serve};
use super::tls::Tls;
use super::transport::Server;
use super::verify::{Endpoint, call};
use crate::error::{Error, Result};
use crate::finding::{CONTRACT, DETAIL, Finding, Place, fnv1a};
use crate::schema::{Lookup, Schema};
use crate::value::{DecodeError, MessageType, MessageValue, arbitrary};

/// Calls of each method in each cell. In the first one every field is set. Where the two versions
/// of a message differ, calls follow with the edge values that show it.
const CASES: u64 = 5;

/// The depth of messages down to which fields get edge values, and the most edge values.
const EDGES: (usize, usize) = (4, 1_000);

/// Messages in a stream.
const STREAM: usize = 2;

/// Messages in a stream of edge values.
const EDGE_STREAM: usize = 20;

/// The metadata by which the server knows which response to generate.
const CASE: &str = "x-wireproof-case";

/// The cells of all pairs of versions.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The names of the versions, the oldest first.
    pub versions: Vec<String>,
    /// For each client, for each server, what is broken.
    pub cells: Vec<Vec<Cell>>,
}

/// A client of one version and a server of another.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The number of calls.
    pub calls: usize,
    /// What is broken, one for each method and field.
    pub broken: Vec<Broken>,
}

/// Something that a client of one version and a server of another do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The full name of the method.
    pub method: String,
    /// The full name of the field; of the method, if the call itself fails.
    pub element: String,
    /// The full name of the message that was sent; empty if the call itself fails.
    pub message: String,
    /// The path from the message to the field; empty if it is not known.
    pub path: String,
    /// What happens, as a sentence.
    pub what: String,
    /// What differs between the versions of the field.
    pub change: String,
    /// The smallest message found, in the text format; empty if the call fails whatever it sends.
    pub written: String,
    /// What the other side reads.
    pub read: String,
}

impl Matrix {
    /// Returns the table: a line for each client, a column for each server.
    pub fn table(&self) -> String {
        let width = self.versions.iter().map(|name| name.len()).max().unwrap_or(0).max(8) + 2;
        let mut text = format!("{:<width$}", "client");
        for name in &self.versions {
            text.push_str(&format!("{name:<width$}"));
        }
        text = format!("{}  (columns are servers)\n", text.trim_end());
        for (name, row) in self.versions.iter().zip(&self.cells) {
            let mut line = format!("{name:<width$}");
            for cell in row {
                let shown = match cell.broken.len() {
                    0 => "ok".to_owned(),
                    count => format!("{count} broken"),
                };
                line.push_str(&format!("{shown:<width$}"));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Returns the result in a few words: `9 pairs of versions`, `2 of 9 pairs of versions broken`.
    pub fn described(&self) -> String {
        let cells = self.cells.iter().flatten();
        let (count, broken) =
            (cells.clone().count(), cells.filter(|it| !it.broken.is_empty()).count());
        match broken {
            0 => format!("{count} pairs of versions"),
            broken => format!("{broken} of {count} pairs of versions broken"),
        }
    }

    /// Returns what is broken as findings about `schema`, each once with all the cells in which the
    /// same happens.
    pub fn findings(&self, schema: &Schema) -> Vec<BetweenVersions> {
        type Key = (String, String, String, String);
        let mut found: BTreeMap<Key, (Broken, Vec<(usize, usize)>)> = BTreeMap::new();
        for (client, row) in self.cells.iter().enumerate() {
            for (server, cell) in row.iter().enumerate() {
                for broken in &cell.broken {
                    let Broken { method, element, change, what, .. } = broken.clone();
                    let key = (method, element, change, what);
                    let (_, cells) =
                        found.entry(key).or_insert_with(|| (broken.clone(), Vec::new()));
                    cells.push((client, server));
                }
            }
        }
        let found = found.into_values();
        found.map(|(broken, cells)| self.between_versions(broken, &cells, schema)).collect()
    }

    /// Returns what is broken in `cells`, each the indexes of a client and a server.
    fn between_versions(
        &self,
        broken: Broken,
        cells: &[(usize, usize)],
        schema: &Schema,
    ) -> BetweenVersions {
        let name = |index: usize| self.versions[index].clone();
        let shown = cells.iter().map(|(client, server)| [name(*client), name(*server)].join(" → "));
        let finding = broken.finding(schema, &shown.collect::<Vec<_>>());
        let older: BTreeSet<usize> = cells.iter().map(|(a, b)| *a.min(b)).collect();
        let is_between = cells.iter().all(|(client, server)| client != server);
        let releases = if is_between { older.into_iter().map(name).collect() } else { Vec::new() };
        let Broken { method, element, message, path, .. } = broken;
        BetweenVersions {
            finding: Finding { releases, ..finding },
            elements: if is_between { vec![element, method] } else { Vec::new() },
            message: if is_between { message } else { String::new() },
            path,
        }
    }
}

impl Broken {
    fn finding(&self, schema: &Schema, cells: &[String]) -> Finding {
        let mut message = format!("{}: {}", self.method, self.what);
        let mut line = |name: &str, text: &str| {
            if !text.is_empty() {
                message.push_str(&format!("{DETAIL}{name}: {text}"));
            }
        };
        line("change", &self.change);
        line("message", &self.written);
        line("read", &self.read);
        line("client → server", &cells.join(", "));
        let place = place(schema, &self.element).or_else(|| place(schema, &self.method));
        let place = place.unwrap_or_else(Place::nowhere);
        let (element, change) = (self.element.clone(), format!("matrix: {}", self.what));
        Finding { rule: CONTRACT, element, change, ..Finding::compile(place, message) }
    }
}

/// Returns the location of a field or method; of its message or service, if it is gone.
fn place(schema: &Schema, element: &str) -> Option<Place> {
    let (owner, name) = element.rsplit_once('.')?;
    let path = match (schema.message(owner), schema.service(owner)) {
        (Some(message), _) => {
            let field = message.fields().find(|it| it.name() == name);
            field.map_or_else(|| message.element_path(), |it| it.element_path())
        }
        (_, Some(service)) => {
            let method = service.methods().find(|it| it.name() == name);
            method.map_or_else(|| service.element_path(), |it| it.element_path())
        }
        _ => return None,
    };
    Some(Lookup::new(schema).place(&[path]))
}

/// Runs every client of `versions`, the oldest first, against every server.
///
/// # Errors
///
/// No port of the loopback interface is free.
pub fn matrix(versions: &[Version<'_>]) -> Result<Matrix> {
    let runtime = super::runtime()?;
    let names: Vec<String> = versions.iter().map(|version| version.name.clone()).collect();
    let methods: Vec<Arc<Methods>> =
        versions.iter().map(|version| Arc::new(methods(version))).collect();
    let mut cells = vec![vec![Cell::default(); versions.len()]; versions.len()];
    let result = runtime.block_on(async {
        for (server, served) in methods.iter().enumerate() {
            let listener = TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.map_err(|error| Error::new(error.to_string()))?;
            let address = listener.local_addr().map_err(|error| Error::new(error.to_string()))?;
            let log = Arc::new(Mutex::new(BTreeMap::new()));
            let running = tokio::spawn(serve(listener, handler(served.clone(), log.clone())));
            let endpoint = Endpoint {
                url: format!("http://{address}"),
                tls: Tls::default(),
                headers: Vec::new(),
                timeout: Duration::from_secs(10),
            };
            let reached = Server::new(&endpoint.url, &endpoint.tls)?;
            for (client, called) in methods.iter().enumerate() {
                let pair = Pair {
                    client: called,
                    server: served,
                    client_is_older: client < server,
                    is_same: client == server,
                };
                cells[client][server] = pair.run(&endpoint, &reached, &log).await;
            }
            running.abort();
        }
        Ok(())
    });
    runtime.shutdown_background();
    result.map(|()| Matrix { versions: names, cells })
}

/// The methods of a version by path.
type Methods = BTreeMap<String, Method>;

#[derive(Clone, Debug)]
struct Method {
    full_name: String,
    kind: Kind,
    request: MessageType,
    response: MessageType,
    /// The messages with one edge value each, in the calls that send them: made when needed.
    edge_requests: OnceLock<Vec<Vec<MessageValue>>>,
    edge_responses: OnceLock<Vec<Vec<MessageValue>>>,
}

fn methods(version: &Version<'_>) -> Methods {
    let services = version.schema.services().filter(|service| !service.file().is_import());
    let methods = services.flat_map(|service| {
        service
            .methods()
            .map(move |method| (format!("/{}/{}", service.full_name(), method.name()), method))
    });
    methods
        .filter_map(|(path, method)| {
            let kind = Kind {
                client_streaming: method.proto().client_streaming(),
                server_streaming: method.proto().server_streaming(),
            };
            let request = version.types.message(method.request_type())?;
            let response = version.types.message(method.response_type())?;
            let (edge_requests, edge_responses) = (OnceLock::new(), OnceLock::new());
            let full_name = method.full_name();
            Some((
                path,
                Method { full_name, kind, request, response, edge_requests, edge_responses },
            ))
        })
        .collect()
}

/// What a server read, by path and case.
type Log = Mutex<BTreeMap<(String, u64), Vec<Result<MessageValue, DecodeError>>>>;

/// Returns a server that answers with generated messages, and writes down what it read.
fn handler(methods: Arc<Methods>, log: Arc<Log>) -> Arc<super::server::Handler> {
    Arc::new(move |received: Received| {
        let (methods, log) = (methods.clone(), log.clone());
        let reply: Pin<Box<dyn Future<Output = Reply> + Send>> = Box::pin(async move {
            Reply {
                headers: Vec::new(),
                run: Box::new(move |responder| {
                    Box::pin(async move {
                        let Received { path, metadata, mut requests } = received;
                        let Some(method) = methods.get(&path) else {
                            return Ended::new(12, "no such method");
                        };
                        let case = metadata.iter().find(|(key, _)| key == CASE);
                        let case = case.and_then(|(_, case)| case.parse().ok()).unwrap_or(0);
                        let mut read = Vec::new();
                        while let Some(bytes) = requests.next().await {
                            read.push(method.request.decode(&bytes));
                            if !method.kind.client_streaming {
                                break;
                            }
                        }
                        log.lock()
                            .expect("nobody panics while holding it")
                            .insert((path.clone(), case), read);
                        for message in method.responses(case) {
                            if !responder.send(&method.response.encode(&message)).await {
                                break;
                            }
                        }
                        Ended::default()
                    })
                }),
            }
        });
        reply
    })
}

impl Method {
    fn requests(&self, case: u64) -> Vec<MessageValue> {
        let is_stream = self.kind.client_streaming;
        let edges =
            case.checked_sub(CASES).and_then(|case| self.edge_requests().get(case as usize));
        let random = || generated(&self.request, &self.full_name, case, 0, is_stream);
        edges.cloned().unwrap_or_else(random)
    }

    fn responses(&self, case: u64) -> Vec<MessageValue> {
        let is_stream = self.kind.server_streaming;
        let edges =
            case.checked_sub(CASES).and_then(|case| self.edge_responses().get(case as usize));
        let random = || generated(&self.response, &self.full_name, case, 1_000, is_stream);
        edges.cloned().unwrap_or_else(random)
    }

    fn edge_requests(&self) -> &[Vec<MessageValue>] {
        self.edge_requests.get_or_init(|| edges(&self.request, self.kind.client_streaming))
    }

    fn edge_responses(&self) -> &[Vec<MessageValue>] {
        self.edge_responses.get_or_init(|| edges(&self.response, self.kind.server_streaming))
    }
}

/// Returns the messages with one edge value each, in the calls that send them.
fn edges(of: &MessageType, is_stream: bool) -> Vec<Vec<MessageValue>> {
    let trees = arbitrary(of).edges(runner(of, "", 0).rng(), EDGES.0, EDGES.1);
    let messages: Vec<MessageValue> = trees.iter().map(|tree| tree.current()).collect();
    messages.chunks(if is_stream { EDGE_STREAM } else { 1 }).map(<[_]>::to_vec).collect()
}

/// Returns the messages of a case: of a stream several. Requests and responses of a case differ by
/// `offset`.
fn generated(
    of: &MessageType,
    method: &str,
    case: u64,
    offset: u64,
    is_stream: bool,
) -> Vec<MessageValue> {
    let count = if is_stream { STREAM } else { 1 };
    if case == 0 {
        return (0..count).map(|_| of.all()).collect();
    }
    let (strategy, mut runner) = (arbitrary(of), runner(of, method, case + offset));
    (0..count).filter_map(|_| Some(strategy.new_tree(&mut runner).ok()?.current())).collect()
}

/// Returns the generator of a case.
fn runner(of: &MessageType, method: &str, case: u64) -> TestRunner {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&fnv1a([method, of.name()]).to_le_bytes());
    seed[8..16].copy_from_slice(&case.to_le_bytes());
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// A client and a server.
struct Pair<'m> {
    client: &'m Methods,
    server: &'m Methods,
    client_is_older: bool,
    is_same: bool,
}

impl Pair<'_> {
    async fn run(&self, endpoint: &Endpoint, server: &Server, log: &Log) -> Cell {
        let mut cell = Cell::default();
        for (path, method) in self.client {
            let served = self.server.get(path);
            // What only the newer version has is not called on the older one.
            if served.is_none() && !self.client_is_older && !self.is_same {
                continue;
            }
            let edges = served.map(|served| self.edge_cases(method, served)).unwrap_or_default();
            for case in (0..CASES).chain(edges) {
                cell.calls += 1;
                let known = &cell.broken;
                let found =
                    self.call(path, method, served, case, known, endpoint, server, log).await;
                for broken in found {
                    let is_same = |it: &Broken| {
                        (&it.method, &it.element, &it.what)
                            == (&broken.method, &broken.element, &broken.what)
                    };
                    if !cell.broken.iter().any(is_same) {
                        cell.broken.push(broken);
                    }
                }
            }
        }
        cell
    }

    /// Returns the calls with edge values that show something: for each field and effect the first
    /// one. What they show is found without a connection, so that a field that was only added costs
    /// no call.
    fn edge_cases(&self, method: &Method, served: &Method) -> BTreeSet<u64> {
        let mut cases = BTreeSet::new();
        for is_request in [true, false] {
            let direction = self.direction(method, served, is_request, &[]);
            if direction.writer.is_equivalent(direction.reader) {
                continue;
            }
            let edges = if is_request { method.edge_requests() } else { served.edge_responses() };
            let mut known = BTreeSet::new();
            for (case, messages) in (CASES..).zip(edges) {
                let shown: Vec<_> = messages.iter().flat_map(|it| direction.shows(it)).collect();
                if shown.into_iter().filter(|shown| known.insert(shown.clone())).count() > 0 {
                    cases.insert(case);
                }
            }
        }
        cases
    }

    /// Returns the way of the requests of a method, or of its responses.
    fn direction<'d>(
        &self,
        method: &'d Method,
        served: &'d Method,
        is_request: bool,
        known: &'d [Broken],
    ) -> Direction<'d> {
        let (what, other, writer, reader, reader_is_older) = if is_request {
            let is_older = !self.client_is_older && !self.is_same;
            ("the server", "the client", &method.request, &served.request, is_older)
        } else {
            let is_older = self.client_is_older;
            ("the client", "the server", &served.response, &method.response, is_older)
        };
        let method = &method.full_name;
        Direction { method, known, what, other, writer, reader, reader_is_older }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call")]
    async fn call(
        &self,
        path: &str,
        method: &Method,
        served: Option<&Method>,
        case: u64,
        known: &[Broken],
        endpoint: &Endpoint,
        server: &Server,
        log: &Log,
    ) -> Vec<Broken> {
        let requests = method.requests(case);
        let sent = Call {
            method: method.full_name.clone(),
            path: path.to_owned(),
            kind: method.kind,
            request: method.request.clone(),
            response: method.response.clone(),
            metadata: vec![(CASE.to_owned(), case.to_string())],
            deadline: None,
            cancel_after: None,
            requests: requests.clone(),
        };
        let fails = |what: String| {
            vec![Broken {
                method: method.full_name.clone(),
                element: method.full_name.clone(),
                message: String::new(),
                path: String::new(),
                what,
                change: String::new(),
                written: String::new(),
                read: String::new(),
            }]
        };
        let answer = match call(&sent, endpoint, server).await {
            Ok(answer) => answer,
            Err(failed) => return fails(failed.to_string()),
        };
        let Some(served) = served else {
            return fails("the server does not have the method".to_owned());
        };
        if answer.code != 0 {
            return fails(format!("the call ends with the status {}", answer.code));
        }
        if served.kind.client_streaming != method.kind.client_streaming {
            let server =
                if served.kind.client_streaming { "a stream of requests" } else { "one request" };
            return fails(format!("the server reads {server}, and the client sends otherwise"));
        }
        if !method.kind.server_streaming && answer.messages.len() != 1 {
            return fails(format!("{} responses to a call that has one", answer.messages.len()));
        }
        if served.kind.server_streaming != method.kind.server_streaming {
            return fails(
                "the client reads a stream, and the server sends one response".to_owned(),
            );
        }
        let read =
            log.lock().expect("nobody panics while holding it").remove(&(path.to_owned(), case));
        let read = read.unwrap_or_default();
        let responses = served.responses(case);
        if (read.len(), answer.messages.len()) != (requests.len(), responses.len()) {
            return fails("a message of a stream is lost, or comes twice".to_owned());
        }
        let mut broken = Vec::new();
        let to_server = self.direction(method, served, true, known);
        for (written, read) in requests.iter().zip(read) {
            broken.extend(to_server.broken(written, read));
        }
        let to_client = self.direction(method, served, false, known);
        for (written, bytes) in responses.iter().zip(&answer.messages) {
            let read = method.response.decode(bytes);
            broken.extend(to_client.broken(written, read));
        }
        broken
    }
}

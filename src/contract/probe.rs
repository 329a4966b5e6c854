//! The schema's own questions to a live server: generated valid requests to methods without side
//! effects, as a client of each release sends them. That release must be able to read every answer,
//! with its enum values and its presence.

use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::BetweenVersions;
use super::interaction::{Call, Kind, UNRELEASED, Version};
use super::transport::Server;
use super::verify::{Endpoint, Failed, call};
use crate::error::Result;
use crate::finding::{CONTRACT, DETAIL, Finding, Place};
use crate::schema::{Lookup, Method};
use crate::value::{
    Difference, MessageType, MessageValue, Restrict, arbitrary, compare, restricted,
};

/// `NO_SIDE_EFFECTS` of `MethodOptions.IdempotencyLevel`.
const NO_SIDE_EFFECTS: i32 = 1;

/// Requests of each client to each method.
const REQUESTS: usize = 3;

/// How long a stream of responses is waited for.
const OPEN: Duration = Duration::from_secs(5);

/// Messages in a stream of requests.
const STREAM: usize = 3;

/// The result of the questions.
#[derive(Clone, Debug, Default)]
pub(super) struct Probed {
    /// The number of calls.
    pub(super) calls: usize,
    /// The answers that a release cannot read.
    pub(super) findings: Vec<BetweenVersions>,
}

/// Sends generated requests to every method of the releases among `versions` that has no side
/// effects or is named in `methods`; without a release, to those of the working tree. Of several
/// releases with the same types, the newest one sends them.
pub(super) async fn probe(
    versions: &[Version<'_>],
    methods: &[String],
    endpoint: &Endpoint,
    server: &Server,
) -> Result<Probed> {
    let mut probed = Probed::default();
    // What no release has yet, a server does not have to serve.
    let mut asking: Vec<&Version<'_>> =
        versions.iter().filter(|version| version.name != UNRELEASED).collect();
    if asking.is_empty() {
        asking = versions.iter().collect();
    }
    for (index, version) in asking.iter().enumerate() {
        for service in version.schema.services().filter(|it| !it.file().is_import()) {
            for method in service.methods() {
                let full = method.full_name();
                let is_free = method.options().idempotency_level.unwrap_or(0) == NO_SIDE_EFFECTS;
                if !is_free && !methods.iter().any(|name| name.replace('/', ".") == full) {
                    continue;
                }
                let call_of = |version: &Version<'_>| {
                    let service = version.schema.service(service.full_name())?;
                    let mut methods = service.methods();
                    call_of(version, methods.find(|other| other.name() == method.name())?)
                };
                let Some(call) = call_of(version) else { continue };
                // The newest of several equal releases asks for all of them.
                let mut newer = asking[index + 1..].iter().filter_map(|version| call_of(version));
                if newer.any(|other| is_equivalent(&call, &other)) {
                    continue;
                }
                let newest = versions.iter().rev().find_map(call_of);
                let newest = newest.map_or_else(|| call.response.clone(), |call| call.response);
                let place = Lookup::new(version.schema).place(&[method.element_path()]);
                let probe = Probe { call, newest };
                probe.run(version, place, endpoint, server, &mut probed).await;
            }
        }
    }
    Ok(probed)
}

/// What is wrong with a response, and with which field of it.
#[derive(Debug, Default)]
struct Problem {
    text: String,
    /// The path from the response to the field; empty if no field is wrong.
    path: String,
    /// The full name of the field, if it is known.
    elements: Vec<String>,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Problem { text: text.into(), ..Problem::default() }
    }

    fn at(self, path: &str, element: &str) -> Self {
        Problem { path: path.to_owned(), elements: vec![element.to_owned()], ..self }
    }
}

/// A method, as a client of one version calls it.
struct Probe {
    call: Call,
    /// The response as the newest version knows it.
    newest: MessageType,
}

/// Returns a call of `method` as a client of `version` makes it, without its requests.
fn call_of(version: &Version<'_>, method: Method<'_>) -> Option<Call> {
    Some(Call {
        method: method.full_name(),
        path: format!("/{}/{}", method.service().full_name(), method.name()),
        kind: Kind {
            client_streaming: method.proto().client_streaming(),
            server_streaming: method.proto().server_streaming(),
        },
        request: version.types.message(method.request_type())?,
        response: version.types.message(method.response_type())?,
        metadata: Vec::new(),
        deadline: None,
        cancel_after: None,
        requests: Vec::new(),
    })
}

fn is_equivalent(one: &Call, other: &Call) -> bool {
    one.kind == other.kind
        && one.request.is_equivalent(&other.request)
        && one.response.is_equivalent(&other.response)
}

impl Probe {
    async fn run(
        &self,
        version: &Version<'_>,
        place: Place,
        endpoint: &Endpoint,
        server: &Server,
        probed: &mut Probed,
    ) {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let strategy = arbitrary(&self.call.request);
        let mut problems: Vec<(Problem, String)> = Vec::new();
        let count = if self.call.kind.client_streaming { STREAM } else { 1 };
        for _ in 0..REQUESTS {
            let trees = (0..count).filter_map(|_| strategy.new_tree(&mut runner).ok());
            let requests: Vec<MessageValue> = trees.map(|tree| tree.current()).collect();
            let sent = Call { requests: requests.clone(), ..self.call.clone() };
            let is_stream = self.call.kind.server_streaming;
            let timeout = if is_stream { endpoint.timeout.min(OPEN) } else { endpoint.timeout };
            let endpoint = Endpoint { timeout, ..endpoint.clone() };
            probed.calls += 1;
            let answer = call(&sent, &endpoint, server).await;
            let is_open = is_stream && matches!(answer, Err(Failed::Open(..)));
            let problem = match answer {
                // A stream may stay open: what has come of it is judged.
                Err(Failed::Open(answer, _)) if is_stream => self.unreadable(&answer.messages, 0),
                Err(failed) => Some(Problem::new(failed.to_string())),
                Ok(answer) if answer.code == 12 => {
                    Some(Problem::new("the server does not have the method"))
                }
                Ok(answer) => self.unreadable(&answer.messages, answer.code),
            };
            if let Some(problem) = problem
                && problems.iter().all(|(known, _)| known.text != problem.text)
            {
                let text = |message| match self.call.request.to_text(message) {
                    text if text.is_empty() => "{}".to_owned(),
                    text => format!("{{ {text} }}"),
                };
                let texts: Vec<String> = requests.iter().map(text).collect();
                problems.push((problem, texts.join(", ")));
            }
            if is_open {
                break;
            }
        }
        for (Problem { text: problem, path, elements }, request) in problems {
            let message = format!(
                "{}, called by a client of {}: {problem}{DETAIL}request: {request}",
                self.call.method, version.name
            );
            let element = self.call.method.clone();
            let change = format!("probe: {problem}");
            // A client of the working tree calls a server of the same version.
            let is_released = version.name != UNRELEASED;
            let releases = is_released.then(|| version.name.to_owned()).into_iter().collect();
            let method = is_released.then(|| element.clone());
            let finding = Finding::compile(place.clone(), message);
            probed.findings.push(BetweenVersions {
                finding: Finding { rule: CONTRACT, element, change, releases, ..finding },
                elements: method.into_iter().chain(elements).collect(),
                message: self.call.response.name().to_owned(),
                path,
            });
        }
    }

    /// Returns what a client of this version cannot read in the responses.
    fn unreadable(&self, messages: &[Vec<u8>], code: i32) -> Option<Problem> {
        let of = &self.call.response;
        for bytes in messages {
            match of.decode(bytes) {
                Err(error) => {
                    let elements = error.element().map(str::to_owned).into_iter().collect();
                    let problem = Problem::new(format!("the response cannot be read: {error}"));
                    return Some(Problem { elements, ..problem });
                }
                Ok(message) => {
                    if let Some((path, element)) = of.missing_required(&message).first() {
                        let problem =
                            format!("the required field `{path}` of the response is not set");
                        return Some(Problem::new(problem).at(path, element));
                    }
                    let newest = &self.newest;
                    let Ok(whole) = newest.decode(bytes) else { continue };
                    let own = of.unnamed_enum_values(&message);
                    let unnamed = newest.unnamed_enum_values(&whole);
                    if let Some((path, number)) = unnamed.iter().find(|it| own.contains(it)) {
                        let problem = format!(
                            "`{path}` of the response is {number}, and no version of its enum has \
                             a value with that number"
                        );
                        return Some(Problem { path: path.clone(), ..Problem::new(problem) });
                    }
                    // Without what only the newest version has.
                    let known = restricted(newest, &whole, of, Restrict::Binary);
                    let read = of.decode(&newest.encode(&known)).unwrap_or(message);
                    if let Some(it) = compare(newest, &known, of, &read).first() {
                        let Difference { path, element, effect, read, .. } = it;
                        let problem = format!(
                            "the client {effect} `{path}` of the response: it reads {read}"
                        );
                        return Some(Problem::new(problem).at(path, element));
                    }
                }
            }
        }
        let is_one = self.call.kind.server_streaming || code != 0 || messages.len() == 1;
        let problem = || format!("{} responses to a call that has one", messages.len());
        (!is_one).then(|| Problem::new(problem()))
    }
}

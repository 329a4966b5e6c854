//! The schema's own questions to a live server: generated valid requests to methods without side
//! effects, as a client of each release sends them. That release must be able to read every answer,
//! with its enum values and its presence.

use std::time::Duration;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::interaction::{Call, Kind, UNRELEASED, Version};
use super::transport::Server;
use super::verify::{Endpoint, NO_END, call};
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
    pub(super) findings: Vec<Finding>,
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
    let has_release = versions.iter().any(|version| version.name != UNRELEASED);
    for (index, version) in versions.iter().enumerate() {
        // What no release has yet, a server does not have to serve.
        if has_release && version.name == UNRELEASED {
            continue;
        }
        for service in version.schema.services().filter(|it| !it.file().is_import()) {
            for method in service.methods() {
                let full = method.full_name();
                let is_free = method.options().idempotency_level.unwrap_or(0) == NO_SIDE_EFFECTS;
                if !is_free && !methods.iter().any(|name| name.replace('/', ".") == full) {
                    continue;
                }
                let Some(mut found) = Probe::new(version, method) else { continue };
                let of_version = |other: &Version<'_>| {
                    let service = other.schema.service(service.full_name())?;
                    let mut methods = service.methods();
                    Probe::new(other, methods.find(|other| other.name() == method.name())?)
                };
                let newer: Vec<Probe> =
                    versions[index + 1..].iter().filter_map(of_version).collect();
                // The newest of several equal releases asks for all of them.
                let is_released = |version: &Version<'_>| version.name != UNRELEASED;
                let newer_releases = versions[index + 1..].iter().filter(|it| is_released(it));
                let mut newer_releases = newer_releases.filter_map(of_version);
                if newer_releases.any(|other| other.is_equivalent(&found)) {
                    continue;
                }
                found.newest = newer.into_iter().last().map(|probe| probe.call.response);
                let place = Lookup::new(version.schema).place(&[method.element_path()]);
                found.run(version, place, endpoint, server, &mut probed).await;
            }
        }
    }
    Ok(probed)
}

/// A method, as a client of one version calls it.
struct Probe {
    call: Call,
    /// The response as the newest version knows it, if this is not that version.
    newest: Option<MessageType>,
}

impl Probe {
    fn new(version: &Version<'_>, method: Method<'_>) -> Option<Self> {
        Some(Probe {
            newest: None,
            call: Call {
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
            },
        })
    }

    fn is_equivalent(&self, other: &Probe) -> bool {
        self.call.kind == other.call.kind
            && self.call.request.is_equivalent(&other.call.request)
            && self.call.response.is_equivalent(&other.call.response)
    }

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
        let mut problems: Vec<(String, String)> = Vec::new();
        let count = if self.call.kind.client_streaming { STREAM } else { 1 };
        for _ in 0..REQUESTS {
            let trees = (0..count).filter_map(|_| strategy.new_tree(&mut runner).ok());
            let requests: Vec<MessageValue> = trees.map(|tree| tree.current()).collect();
            let sent = Call { requests: requests.clone(), ..self.call.clone() };
            let is_stream = self.call.kind.server_streaming;
            let timeout = if is_stream { endpoint.timeout.min(OPEN) } else { endpoint.timeout };
            let endpoint = Endpoint { timeout, ..endpoint.clone() };
            probed.calls += 1;
            let problem = match call(&sent, &endpoint, server).await {
                // A stream may stay open.
                Err(failed) if is_stream && failed.contains(NO_END) => None,
                Err(failed) => Some(failed),
                Ok(answer) if answer.code == 12 => {
                    Some("the server does not have the method".to_owned())
                }
                Ok(answer) => self.unreadable(&answer.messages, answer.code),
            };
            if let Some(problem) = problem
                && problems.iter().all(|(known, _)| *known != problem)
            {
                let texts = requests.iter().map(|it| self.call.request.to_text(it));
                let texts: Vec<String> =
                    texts
                        .map(|text| {
                            if text.is_empty() { "{}".to_owned() } else { format!("{{ {text} }}") }
                        })
                        .collect();
                problems.push((problem, texts.join(", ")));
            }
        }
        for (problem, request) in problems {
            let message = format!(
                "{}, called by a client of {}: {problem}{DETAIL}request: {request}",
                self.call.method, version.name
            );
            let element = self.call.method.clone();
            let change = format!("probe: {problem}");
            let finding = Finding::compile(place.clone(), message);
            probed.findings.push(Finding { rule: CONTRACT, element, change, ..finding });
        }
    }

    /// Returns what a client of this version cannot read in the responses.
    fn unreadable(&self, messages: &[Vec<u8>], code: i32) -> Option<String> {
        let of = &self.call.response;
        for bytes in messages {
            match of.decode(bytes) {
                Err(error) => return Some(format!("the response cannot be read: {error}")),
                Ok(message) => {
                    if let Some((path, _)) = of.missing_required(&message).first() {
                        return Some(format!(
                            "the required field `{path}` of the response is not set"
                        ));
                    }
                    let newest = self.newest.as_ref().unwrap_or(of);
                    let Ok(whole) = newest.decode(bytes) else { continue };
                    if let Some((path, number)) = newest.unnamed_enum_values(&whole).first() {
                        return Some(format!(
                            "`{path}` of the response is {number}, and no version of its enum has \
                             a value with that number"
                        ));
                    }
                    // Without what only the newest version has.
                    let known = restricted(newest, &whole, of, Restrict::Binary);
                    let read = of.decode(&newest.encode(&known)).unwrap_or(message);
                    if let Some(it) = compare(newest, &known, of, &read).first() {
                        let Difference { path, effect, read, .. } = it;
                        return Some(format!(
                            "the client {effect} `{path}` of the response: it reads {read}"
                        ));
                    }
                }
            }
        }
        let is_one = self.call.kind.server_streaming || code != 0 || messages.len() == 1;
        (!is_one).then(|| format!("{} responses to a call that has one", messages.len()))
    }
}

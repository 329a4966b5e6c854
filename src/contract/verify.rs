//! Calls a running server, and compares what it answers with the interactions.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic::client::Grpc;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http;
use tonic::codegen::tokio_stream;
use tonic::metadata::{Ascii, KeyAndValueRef, MetadataKey, MetadataMap, MetadataValue};
use tonic::{Request, Status};

use super::BetweenVersions;
use super::interaction::{Answer, Call, Interaction, Version};
use super::probe::probe;
use super::states::States;
use super::tls::Tls;
use super::transport::{Bytes, Connection, Server, broken};
use crate::error::{Error, Result};
use crate::finding::Finding;

/// Interactions without a state that run at once.
const AT_ONCE: usize = 8;

/// What a server has beyond the deadline of a call to end it.
const GRACE: Duration = Duration::from_secs(1);

/// The most bytes of all responses of a call.
const MAX_RESPONSE: usize = 64 << 20;

/// A server to verify.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `http://host:port`, or with TLS `https://host:port`.
    pub url: String,
    /// The files for TLS.
    pub tls: Tls,
    /// Metadata for every call.
    pub headers: Vec<(String, String)>,
    /// The time in which each call has to end.
    pub timeout: Duration,
}

/// What generated requests are sent to.
#[derive(Clone, Copy)]
pub struct Questions<'q> {
    /// The versions whose clients send requests.
    pub versions: &'q [Version<'q>],
    /// The full names of methods that may be called besides those without side effects.
    pub methods: &'q [String],
}

/// The result of a verification.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    /// The number of interactions that were tried.
    pub interactions: usize,
    /// The number of interactions that hold.
    pub passed: usize,
    /// The number of calls with generated requests.
    pub calls: usize,
    /// What does not hold of these, each as its method and the problem.
    pub failed_calls: Vec<String>,
    /// The interactions that do not hold.
    pub findings: Vec<Finding>,
    /// The calls that do not hold.
    pub probed: Vec<BetweenVersions>,
}

/// Makes the calls of `interactions`, and compares the answers. Interactions without a state run
/// several at once, those with one after the other.
///
/// # Errors
///
/// The URL of the endpoint is not valid, or nothing accepts a connection there.
pub fn verify(
    interactions: &[Interaction],
    questions: &Questions<'_>,
    endpoint: &Endpoint,
    states: &States,
) -> Result<Verified> {
    let server = Server::new(&endpoint.url, &endpoint.tls)?;
    let runtime = super::runtime()?;
    let result = runtime.block_on(async {
        if let Err(error) = Connection::check(&server).await {
            let help =
                "start the server, or name another one with --target; it has to speak HTTP/2; \
                 for a certificate that the system does not trust, name its authority with --cacert";
            return Err(Error::new(error).at(&*endpoint.url).help(help));
        }
        let mut verified = all(interactions, endpoint, &server, states).await;
        let probed = probe(questions.versions, questions.methods, endpoint, &server).await?;
        verified.calls = probed.calls;
        let failed = probed.findings.iter().filter_map(|it| it.finding.message.lines().next());
        verified.failed_calls = failed.map(str::to_owned).collect();
        verified.probed = probed.findings;
        Ok(verified)
    });
    // Tasks of calls that did not end are dropped.
    runtime.shutdown_background();
    result
}

async fn all(
    interactions: &[Interaction],
    endpoint: &Endpoint,
    server: &Server,
    states: &States,
) -> Verified {
    let mut verified = Verified { interactions: interactions.len(), ..Verified::default() };
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    let (with_state, without): (Vec<_>, Vec<_>) =
        interactions.iter().partition(|interaction| interaction.state.is_some());
    for interaction in without {
        let (interaction, endpoint, server) =
            (interaction.clone(), endpoint.clone(), server.clone());
        let slots = slots.clone();
        tasks.spawn(async move {
            let _slot = slots.acquire().await;
            one(&interaction, &endpoint, &server).await
        });
    }
    while let Some(result) = tasks.join_next().await {
        verified.add(result.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())));
    }
    for interaction in with_state {
        let state = interaction.state.as_deref().unwrap_or_default();
        let set_up = tokio::task::block_in_place(|| states.set_up(&interaction.consumer, state));
        verified.add(match set_up {
            Ok(()) => one(interaction, endpoint, server).await,
            Err(error) => vec![interaction.finding(&["state"], &[], &error.to_string())],
        });
    }
    verified
}

impl Verified {
    fn add(&mut self, findings: Vec<Finding>) {
        self.passed += usize::from(findings.is_empty());
        self.findings.extend(findings);
    }
}

async fn one(interaction: &Interaction, endpoint: &Endpoint, server: &Server) -> Vec<Finding> {
    match call(&interaction.call, endpoint, server).await {
        Ok(answer) => interaction.compare(&answer),
        Err(failed) => vec![interaction.finding(&["method"], &[], &failed.to_string())],
    }
}

/// A call that did not end with a status.
pub(super) enum Failed {
    /// It did not end in its time. What had come by then, and the message.
    Open(Answer, String),
    /// It broke off, or was never made.
    Broken(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failed::Open(_, message) | Failed::Broken(message)) = self;
        f.write_str(message)
    }
}

/// Makes a call. An error is a call that did not end with a status.
pub(super) async fn call(
    call: &Call,
    endpoint: &Endpoint,
    server: &Server,
) -> Result<Answer, Failed> {
    let connection = Connection::open(server).await.map_err(Failed::Broken)?;
    let mut client = Grpc::with_origin(connection, server.origin.clone())
        .max_decoding_message_size(MAX_RESPONSE)
        .accept_compressed(CompressionEncoding::Gzip);
    let limit = call.deadline.map_or(endpoint.timeout, |deadline| deadline + GRACE);
    let started = Instant::now();
    let mut answer = Answer::default();
    let exchange = exchange(call, endpoint, &mut client, &mut answer);
    match tokio::time::timeout(limit, exchange).await {
        Ok(Ok(())) => Ok(Answer { took: started.elapsed(), ..answer }),
        Ok(Err(broken)) => Err(Failed::Broken(broken)),
        Err(_) => {
            let message = match call.deadline {
                Some(deadline) => format!(
                    "the server did not end the call at its deadline of {} ms",
                    deadline.as_millis()
                ),
                None => format!("the call did not end within {} s", limit.as_secs()),
            };
            Err(Failed::Open(answer, message))
        }
    }
}

/// Makes a call, and adds to `answer` what comes. An error is a call that broke off.
async fn exchange(
    call: &Call,
    endpoint: &Endpoint,
    client: &mut Grpc<Connection>,
    answer: &mut Answer,
) -> Result<(), String> {
    client.ready().await.map_err(|error| broken(&error))?;
    let requests: Vec<Vec<u8>> =
        call.requests.iter().map(|message| call.request.encode(message)).collect();
    let mut request = Request::new(tokio_stream::iter(requests));
    let metadata = request.metadata_mut();
    for (key, value) in endpoint.headers.iter().chain(&call.metadata) {
        insert(metadata, key, value)?;
    }
    if let Some(deadline) = call.deadline {
        insert(metadata, "grpc-timeout", &format!("{}m", deadline.as_millis()))?;
    }
    let path = call.path.parse::<http::uri::PathAndQuery>();
    let path = path.map_err(|error| format!("{}: {error}", call.path))?;
    // The frames of all four kinds are those of a stream.
    let response = match client.streaming(request, path, Bytes).await {
        Ok(response) => response,
        Err(status) => return ended(status, answer),
    };
    let (headers, mut stream, _) = response.into_parts();
    answer.headers = texts(&headers);
    let mut size = 0;
    loop {
        if call.cancel_after.is_some_and(|count| answer.messages.len() >= count) {
            answer.is_cancelled = true;
            return Ok(());
        }
        match stream.message().await {
            Ok(Some(message)) => {
                size += message.len();
                if size > MAX_RESPONSE {
                    return Err(format!("the responses have more than {} MiB", MAX_RESPONSE >> 20));
                }
                answer.messages.push(message);
            }
            Ok(None) => break,
            Err(status) => return ended(status, answer),
        }
    }
    match stream.trailers().await {
        Ok(trailers) => answer.trailers = trailers.as_ref().map(texts).unwrap_or_default(),
        Err(status) => return ended(status, answer),
    }
    Ok(())
}

/// Adds the status of a call that failed. One that the server did not send is an error.
fn ended(status: Status, answer: &mut Answer) -> Result<(), String> {
    if let Some(source) = std::error::Error::source(&status) {
        return Err(broken(source));
    }
    answer.code = status.code() as i32;
    status.message().clone_into(&mut answer.message);
    answer.details = status.details().to_vec();
    answer.trailers = texts(status.metadata());
    // Without any header the status was in the only block of headers.
    if answer.headers.is_empty() {
        answer.headers.clone_from(&answer.trailers);
    }
    Ok(())
}

fn insert(metadata: &mut MetadataMap, key: &str, value: &str) -> Result<(), String> {
    let name: MetadataKey<Ascii> = key.parse().map_err(|_| format!("{key:?} is no key"))?;
    let value: MetadataValue<Ascii> =
        value.parse().map_err(|_| format!("the value of {key:?} is not ASCII"))?;
    metadata.append(name, value);
    Ok(())
}

fn texts(metadata: &MetadataMap) -> Vec<(String, String)> {
    let text = |entry| match entry {
        KeyAndValueRef::Ascii(key, value) => {
            (key.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
        }
        KeyAndValueRef::Binary(key, value) => {
            let bytes = value.to_bytes().map(|bytes| bytes.to_vec()).unwrap_or_default();
            (key.as_str().to_owned(), String::from_utf8_lossy(&bytes).into_owned())
        }
    };
    metadata.iter().map(text).collect()
}

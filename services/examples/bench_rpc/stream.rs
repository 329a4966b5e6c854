//! Streams of tokens, over gRPC and as server-sent events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use agent_contract::agent::MessageRequest;
use agent_contract::agent::conversation_service_client::ConversationServiceClient;
use axum::body::Bytes;
use http::Uri;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::messages::Token;
use crate::relay::Relay;
use crate::server::{Addresses, micros};
use crate::side::{Http, http_client};
use crate::{Failed, IN_FLIGHT, median, percentiles};

/// The milliseconds between two tokens of a paced stream.
const PACE: u64 = 2;

/// The tokens of a stream without pauses.
const BURST: i32 = 10_000;

/// A client of streams.
#[derive(Clone)]
enum Client {
    Grpc(ConversationServiceClient<Channel>),
    Sse(Http, SocketAddr),
}

/// An open stream.
enum Tokens {
    Grpc(Streaming<agent_contract::agent::TokenChunk>),
    /// The bytes that are read, and how many of them belong to events that were returned.
    Sse(Incoming, Vec<u8>, usize),
}

impl Client {
    fn all(addresses: &Addresses) -> Result<[(&'static str, SocketAddr); 2], Failed> {
        Ok([("grpc", addresses.grpc_fixed), ("sse", addresses.http)])
    }

    fn new(name: &str, address: SocketAddr) -> Result<Self, Failed> {
        Ok(match name {
            "grpc" => {
                let channel = Channel::from_shared(format!("http://{address}"))?.connect_lazy();
                Client::Grpc(ConversationServiceClient::new(channel))
            }
            _ => Client::Sse(http_client(true), address),
        })
    }

    async fn open(&mut self, count: i32, pace: u64) -> Result<Tokens, Failed> {
        Ok(match self {
            Client::Grpc(client) => {
                let request = MessageRequest {
                    user_message: pace.to_string(),
                    max_output_tokens: Some(count),
                    ..Default::default()
                };
                Tokens::Grpc(client.stream_response(request).await?.into_inner())
            }
            Client::Sse(client, address) => {
                let url: Uri = format!("http://{address}/tokens/{count}/{pace}").parse()?;
                Tokens::Sse(client.get(url).await?.into_body(), Vec::new(), 0)
            }
        })
    }
}

impl Tokens {
    /// Returns the text of the next token; none after the last one.
    async fn next(&mut self) -> Result<Option<String>, Failed> {
        match self {
            Tokens::Grpc(stream) => Ok(stream.message().await?.map(|chunk| chunk.token)),
            Tokens::Sse(body, read, done) => loop {
                let rest = &read[*done..];
                if let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
                    let data = rest[..end].strip_prefix(b"data: ").ok_or("it is an event")?;
                    let token = serde_json::from_slice::<Token>(data)?.token;
                    *done += end + 2;
                    return Ok(Some(token));
                }
                read.drain(..*done);
                *done = 0;
                match body.frame().await {
                    Some(frame) => read.extend(frame?.into_data().unwrap_or(Bytes::new())),
                    None => return Ok(None),
                }
            },
        }
    }
}

/// Measures both sides alternately, and returns the medians over the rounds.
pub(crate) async fn measure_all(
    addresses: &Addresses,
    rounds: usize,
    time: Duration,
) -> Result<Value, Failed> {
    let sides = Client::all(addresses)?;
    let mut measured: BTreeMap<(&str, String), [Vec<f64>; 2]> = BTreeMap::new();
    for round in 0..=rounds {
        for (name, address) in sides {
            let client = Client::new(name, address)?;
            let mut results = vec![("burst".to_owned(), (burst(client.clone()).await?, 0.0))];
            for streams in IN_FLIGHT {
                results.push((streams.to_string(), paced(&client, streams, time).await?));
            }
            for (what, (first, second)) in results.into_iter().filter(|_| round > 0) {
                let values = measured.entry((name, what)).or_default();
                values[0].push(first);
                values[1].push(second);
            }
        }
    }
    let mut results = json!({});
    for ((name, what), [first, second]) in measured {
        let (first, second) = (median(first), median(second));
        results[name][&what] = match &*what {
            "burst" => json!(first),
            _ => json!({"p50": first, "p99": second}),
        };
    }
    for (name, address) in sides {
        results[name]["bytes"] = json!(bytes(name, address).await?);
    }
    Ok(results)
}

/// Returns the tokens in a second of a stream without pauses.
async fn burst(mut client: Client) -> Result<f64, Failed> {
    let start = Instant::now();
    let mut tokens = client.open(BURST, 0).await?;
    let mut count = 0;
    while tokens.next().await?.is_some() {
        count += 1;
    }
    if count != BURST {
        return Err(format!("{count} tokens").into());
    }
    Ok(f64::from(BURST) / start.elapsed().as_secs_f64())
}

/// Returns the percentiles 50 and 99 of the time, in microseconds, from the making of a token until the
/// client has it.
async fn paced(client: &Client, streams: usize, time: Duration) -> Result<(f64, f64), Failed> {
    let count = i32::try_from(time.as_millis() / u128::from(PACE))?.max(10);
    let mut readers = JoinSet::new();
    for _ in 0..streams {
        let mut client = client.clone();
        readers.spawn(async move {
            let mut tokens = client.open(count, PACE).await?;
            let mut times = Vec::new();
            while let Some(token) = tokens.next().await? {
                let made: u32 = token.trim_end().parse()?;
                times.push(f64::from((micros() + 1_000_000 - made) % 1_000_000));
            }
            Ok::<_, Failed>(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = readers.join_next().await {
        all.extend(times??);
    }
    Ok(percentiles(&mut all))
}

/// Returns the bytes on the wire for each token of a paced stream, in both directions.
async fn bytes(name: &str, address: SocketAddr) -> Result<f64, Failed> {
    let relay = Relay::start(address).await?;
    let mut tokens = Client::new(name, relay.address)?.open(200, PACE).await?;
    for _ in 0..100 {
        tokens.next().await?;
    }
    let (sent, received) = relay.bytes();
    for _ in 0..100 {
        tokens.next().await?;
    }
    let (all_sent, all_received) = relay.bytes();
    Ok((all_sent - sent + all_received - received) as f64 / 100.0)
}

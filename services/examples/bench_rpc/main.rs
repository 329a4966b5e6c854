//! Measures the same calls over gRPC, over HTTP/1.1 with JSON, and over bare TCP. `cargo xtask bench
//! rpc` runs it, and reads the JSON that it prints:
//!
//! ```sh
//! cargo run --release -p agentd --example bench_rpc              # or: … bench_rpc ROUNDS MILLIS
//! ```
//!
//! - `server`: the server, a process of its own
//! - `messages`: the messages in JSON
//! - `side`: the clients
//! - `stream`: streams of tokens
//! - `relay`: counts the bytes of connections
#![allow(clippy::print_stdout, reason = "a command line prints")]

mod messages;
mod relay;
mod server;
mod side;
mod stream;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use self::relay::Relay;
use self::server::Addresses;
use self::side::Side;

/// Any error.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The numbers of calls in flight.
const IN_FLIGHT: [usize; 2] = [1, 32];

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some("serve") {
        return server::serve().await;
    }
    let rounds: usize = first.map_or(Ok(5), |text| text.parse())?;
    let millis = args.next().map_or(Ok(1000), |text| text.parse())?;
    let time = Duration::from_millis(millis);
    let (_server, addresses) = start().await?;
    let mut wire = BTreeMap::new();
    for (name, side) in side::all(&addresses)? {
        wire.insert(name, count_bytes(&side).await?);
    }
    let mut sides = side::all(&addresses)?;
    for (name, like) in [("tcp-grpc", "grpc-fixed"), ("tcp-json", "http-fixed")] {
        let sizes = wire.get(like).ok_or("the bytes are counted")?;
        sides.push((name, Side::Tcp(addresses.tcp, sizes.sent, sizes.received)));
    }
    let calls = measure_all(&sides, rounds, time).await?;
    let streams = stream::measure_all(&addresses, rounds, time).await?;
    let wire: BTreeMap<_, Value> = wire.iter().map(|(name, it)| (*name, it.json())).collect();
    let sizes = messages::sizes(&side::documents(&addresses).await?);
    println!("{}", json!({"calls": calls, "wire": wire, "streams": streams, "sizes": sizes}));
    Ok(())
}

/// Starts the server; it ends when the child is dropped.
async fn start() -> Result<(Child, Addresses), Failed> {
    let mut server = Command::new(std::env::current_exe()?);
    let mut server = server.arg("serve").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let stdout = server.stdout.take().ok_or("it is piped")?;
    let line = BufReader::new(stdout).lines().next_line().await?.unwrap_or_default();
    Ok((server, serde_json::from_str(&line)?))
}

/// What one call costs on the wire, in bytes of TCP payload.
struct Wire {
    /// The bytes of the first call in both directions, with what opens the connection.
    first: usize,
    /// The bytes of a later call.
    sent: usize,
    received: usize,
    /// The connections that 32 calls in flight open.
    connections: usize,
}

impl Wire {
    fn json(&self) -> Value {
        let Wire { first, sent, received, connections } = self;
        json!({"first": first, "sent": sent, "received": received, "connections": connections})
    }
}

/// Counts the bytes of calls through a relay: the first one, and the mean of the ten after it.
async fn count_bytes(side: &Side) -> Result<Wire, Failed> {
    let relay = Relay::start(side.address()).await?;
    let through = side.at(relay.address)?;
    let mut caller = through.connect().await?;
    caller.call().await?;
    let (sent, received) = relay.bytes();
    for _ in 0..10 {
        caller.call().await?;
    }
    let (all_sent, all_received) = relay.bytes();
    let relay = Relay::start(side.address()).await?;
    measure(&side.at(relay.address)?, 32, Duration::from_millis(100)).await?;
    Ok(Wire {
        first: sent + received,
        sent: (all_sent - sent) / 10,
        received: (all_received - received) / 10,
        connections: relay.connections(),
    })
}

/// What a round of calls took.
struct Round {
    /// Of each call, in order of time.
    p50: f64,
    p99: f64,
    /// Calls in a second.
    rate: f64,
    /// Ten calls in a row, by the same caller.
    ten: f64,
}

/// Measures all sides alternately, and returns the medians over the rounds, in microseconds.
async fn measure_all(
    sides: &[(&str, Side)],
    rounds: usize,
    time: Duration,
) -> Result<Value, Failed> {
    let mut measured: BTreeMap<(&str, usize), Vec<Round>> = BTreeMap::new();
    // The first round warms up.
    for round in 0..=rounds {
        for in_flight in IN_FLIGHT {
            for (name, side) in sides {
                let result = measure(side, in_flight, time).await?;
                if round > 0 {
                    measured.entry((name, in_flight)).or_default().push(result);
                }
            }
        }
    }
    let mut results = json!({});
    for ((name, in_flight), rounds) in &measured {
        let of = |value: fn(&Round) -> f64| median(rounds.iter().map(value).collect());
        results[name][in_flight.to_string()] = json!({
            "p50": of(|round| round.p50),
            "p99": of(|round| round.p99),
            "rate": of(|round| round.rate),
            "ten": of(|round| round.ten),
        });
    }
    Ok(results)
}

/// Makes calls for `time`, always `in_flight` at once.
async fn measure(side: &Side, in_flight: usize, time: Duration) -> Result<Round, Failed> {
    let mut callers = JoinSet::new();
    let start = Instant::now();
    for _ in 0..in_flight {
        let mut caller = side.connect().await?;
        callers.spawn(async move {
            let mut times = Vec::new();
            while start.elapsed() < time || times.is_empty() {
                let before = Instant::now();
                caller.call().await?;
                times.push(before.elapsed().as_secs_f64() * 1e6);
            }
            Ok::<_, Failed>(times)
        });
    }
    let (mut all, mut tens) = (Vec::new(), Vec::new());
    while let Some(times) = callers.join_next().await {
        let times = times??;
        tens.extend(times.chunks_exact(10).map(|ten| ten.iter().sum::<f64>()));
        all.extend(times);
    }
    let rate = all.len() as f64 / start.elapsed().as_secs_f64();
    let (p50, p99) = percentiles(&mut all);
    Ok(Round { p50, p99, rate, ten: median(tens) })
}

/// Sorts values, and returns the percentiles 50 and 99; 0 of none.
fn percentiles(values: &mut [f64]) -> (f64, f64) {
    values.sort_unstable_by(f64::total_cmp);
    let at = |percent| values.get(values.len() * percent / 100).copied().unwrap_or_default();
    (at(50), at(99))
}

fn median(mut values: Vec<f64>) -> f64 {
    percentiles(&mut values).0
}

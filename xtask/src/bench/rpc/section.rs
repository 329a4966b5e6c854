//! The section of `BENCHMARKS.md`: what was measured.

use std::fmt::Write as _;

use super::super::page::thousands;
use super::{HEADING, Run, article};
use wireproof::error::{Error, Result};

/// The handlers: their names, and what the keys of their sides end with.
pub(super) const HANDLERS: [(&str, &str); 2] =
    [("retrieval", ""), ("an answer made before", "-fixed")];

/// The transports: the start of their keys, and their names.
const TRANSPORTS: [(&str, &str); 3] = [
    ("grpc", "gRPC"),
    ("http", "REST, connections kept"),
    ("http-new", "REST, a connection for each call"),
];

/// What else is measured.
const OTHERS: [(&str, &str, &str); 3] = [
    ("", "gateway", "REST of the gateway of `agentd`, connections kept"),
    ("-fixed", "tcp-grpc", "bare TCP, the bytes of gRPC"),
    ("-fixed", "tcp-json", "bare TCP, the bytes of REST"),
];

/// The messages of which the sizes are measured.
pub(super) const SIZES: [(&str, &str); 4] = [
    ("request", "`RetrievalRequest`: a question"),
    ("response", "`RetrievalResponse`: five passages"),
    ("token", "`TokenChunk`: a word and its number"),
    ("usage", "`Usage`: three numbers"),
];

/// A turn, for the computed share of the transport.
const CALLS: f64 = 8.0;
const TOKENS: f64 = 100.0;
const MILLIS_PER_TOKEN: f64 = 20.0;

/// Returns the section.
///
/// # Errors
///
/// A run has not all figures.
pub(super) fn section(
    setting: &[(&str, String)],
    rounds: &str,
    is_quick: bool,
    runs: &[Run],
) -> Result<String> {
    let first = runs.first().ok_or_else(|| Error::new("nothing is measured"))?;
    let mut text = format!(
        "{HEADING}\nThis section is written by `cargo xtask bench rpc`; do not edit. The numbers are \
         medians over {rounds} rounds, in which the sides alternate.\n\n"
    );
    if is_quick {
        text.push_str("A short run (`--quick`): those of a long one will replace its figures.\n\n");
    }
    for (name, value) in setting {
        let _ = writeln!(text, "- {name}: {value}");
    }
    text.push_str(
        "\nOne server process has the handlers: `agent.RAGService.Retrieve` of `agentd`, with the \
         documents of `services/corpus`, and the same with an answer that was made before, so that \
         only the transport is left. It serves them by tonic, by axum with JSON of serde over \
         HTTP/1.1, and by the gateway of `agentd`. One client process calls it over the loopback \
         interface, by a channel of tonic (one connection), and by the client of hyper, with a pool \
         of connections or a new connection for each call. All have TCP_NODELAY, none has TLS, and \
         both processes share the cores, with a thread for each core, or one thread each. Bare TCP is \
         a round trip of as many bytes.\n\n\
         In Python, `grpc.aio` and FastAPI with uvicorn serve the answer made before, each in a \
         process, and `grpc.aio` and httpx call them.\n",
    );
    calls(&mut text, runs)?;
    bytes(&mut text, first)?;
    streams(&mut text, first)?;
    article::claims(&mut text, runs, first)?;
    article::rest_wins(&mut text, runs, first)?;
    share(&mut text, runs, first)?;
    Ok(text)
}

/// Writes the times of calls.
fn calls(text: &mut String, runs: &[Run]) -> Result<()> {
    text.push_str(
        "\n### Calls\n\n\
         | handler | programs | transport | in flight | p50 | p99 | ten in a row | calls per second | p50 : p50 of gRPC |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (handler, suffix) in HANDLERS {
        let transports = TRANSPORTS.map(|(key, name)| (format!("{key}{suffix}"), name));
        let others = OTHERS.iter().filter(|(of, ..)| *of == suffix);
        let others = others.map(|(_, key, name)| ((*key).to_owned(), *name));
        let sides: Vec<_> = transports.into_iter().chain(others).collect();
        for run in runs {
            for in_flight in ["1", "32"] {
                for (side, name) in sides.iter().filter(|(side, _)| run.has(side)) {
                    let number = |measure| run.call(side, in_flight, measure);
                    let grpc = run.call(&format!("grpc{suffix}"), in_flight, "p50")?;
                    let cells = [
                        micros(number("p50")?),
                        micros(number("p99")?),
                        micros(number("ten")?),
                        rate(number("rate")?),
                        ratio(number("p50")? / grpc),
                    ];
                    let (run, cells) = (run.name, cells.join(" | "));
                    let _ =
                        writeln!(text, "| {handler} | {run} | {name} | {in_flight} | {cells} |");
                }
            }
        }
    }
    Ok(())
}

/// Writes the bytes of messages and calls.
fn bytes(text: &mut String, run: &Run) -> Result<()> {
    text.push_str(
        "\n### Bytes\n\n\
         Of messages, without what the transport adds:\n\n\
         | message | protobuf | JSON | JSON : protobuf |\n| --- | --- | --- | --- |\n",
    );
    for (key, name) in SIZES {
        let [binary, json] = run.size(key)?;
        let _ = writeln!(text, "| {name} | {binary} | {json} | {} |", ratio(json / binary));
    }
    text.push_str(
        "\nOf calls of retrieval, counted by a relay between client and server: what both write to \
         their connections, without the headers of TCP and IP. The first call includes what opens \
         the connection; a later one is the mean of ten.\n\n\
         | transport | first call | later: request | later: response | connections for 32 calls in flight |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    for (key, name) in TRANSPORTS {
        let number = |measure| run.number(&["wire", key, measure]);
        let (first, sent, received) = (number("first")?, number("sent")?, number("received")?);
        let connections = match key {
            "http-new" => "one for each call".to_owned(),
            _ => number("connections")?.to_string(),
        };
        let _ = writeln!(text, "| {name} | {first} | {sent} | {received} | {connections} |");
    }
    Ok(())
}

/// Writes what streams of tokens take.
fn streams(text: &mut String, run: &Run) -> Result<()> {
    text.push_str(
        "\n### Streams\n\n\
         A token every 2 ms in each stream: the time from its making until the client has read it, \
         and its bytes on the wire in both directions. Then 10,000 tokens without pauses: tonic packs \
         many of them into a frame, while each event is a chunk of its own.\n\n\
         | transport | 1 stream: p50 | p99 | 32 streams: p50 | p99 | bytes of a token | tokens per second without pauses |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (key, name) in [("grpc", "gRPC"), ("sse", "server-sent events, HTTP/1.1")] {
        let number = |path: &[&str]| run.number(&[&["streams", key], path].concat());
        let cells = [
            micros(number(&["1", "p50"])?),
            micros(number(&["1", "p99"])?),
            micros(number(&["32", "p50"])?),
            micros(number(&["32", "p99"])?),
            format!("{:.0}", number(&["bytes"])?),
            rate(number(&["burst"])?),
        ];
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    Ok(())
}

/// Writes the share of the transport in a turn.
fn share(text: &mut String, runs: &[Run], first: &Run) -> Result<()> {
    let model = TOKENS * MILLIS_PER_TOKEN;
    let _ = write!(
        text,
        "\n### Share of a turn\n\n\
         Computed, not measured: a turn of {CALLS} calls, one after the other, and a model that takes \
         {MILLIS_PER_TOKEN} ms for each of {TOKENS} tokens, {:.1} s in all. A call costs the p50 of an \
         answer made before. A token is sent while the model writes the next one, so only the last \
         one's way counts, as measured in Rust.\n\n\
         | programs | transport | of the calls | of the last token | share of the turn |\n\
         | --- | --- | --- | --- | --- |\n",
        model / 1e3
    );
    for run in runs {
        for (key, name) in TRANSPORTS {
            let calls = CALLS * run.call(&format!("{key}-fixed"), "1", "p50")?;
            let stream = if key == "grpc" { "grpc" } else { "sse" };
            let token = first.number(&["streams", stream, "1", "p50"])?;
            let share = (calls + token) / (calls + token + model * 1e3) * 100.0;
            let (programs, calls, token) = (run.name, micros(calls), micros(token));
            let _ = writeln!(text, "| {programs} | {name} | {calls} | {token} | {share:.2} % |");
        }
    }
    Ok(())
}

/// Returns a time of so many microseconds.
pub(super) fn micros(time: f64) -> String {
    match time {
        long if long >= 10_000.0 => format!("{:.1} ms", long / 1e3),
        middle if middle >= 1000.0 => format!("{:.2} ms", middle / 1e3),
        short if short > 0.0 => format!("{short:.0} µs"),
        // Nobody made ten calls in the time.
        _ => "–".to_owned(),
    }
}

pub(super) fn rate(per_second: f64) -> String {
    thousands(per_second as usize)
}

pub(super) fn ratio(times: f64) -> String {
    format!("{times:.2} : 1")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{PYTHON, RUST};
    use super::*;

    /// Calls that take `rest` with REST, 250 µs with new connections, and 100 µs over gRPC.
    fn calls(rest: f64, suffixes: &[&str]) -> Value {
        let call = |time: f64| {
            let of =
                json!({"p50": time, "p99": 2.0 * time, "ten": 10.0 * time, "rate": 1e6 / time});
            json!({"1": of, "32": of})
        };
        let mut calls = json!({});
        for suffix in suffixes {
            for (key, time) in [("grpc", 100.0), ("http", rest), ("http-new", 250.0)] {
                calls[format!("{key}{suffix}")] = call(time);
            }
        }
        calls
    }

    fn text(rest: f64) -> String {
        let wire = json!({"first": 900, "sent": 100, "received": 700, "connections": 1});
        let paced = json!({"p50": 60.0, "p99": 90.0});
        let stream = json!({"1": paced, "32": paced, "bytes": 30.0, "burst": 1e6});
        let rust = json!({
            "calls": calls(rest, &["", "-fixed"]),
            "wire": {"grpc": wire, "http": wire, "http-new": wire},
            "streams": {"grpc": stream, "sse": stream},
            "sizes": {"request": [50, 80], "response": [600, 700], "token": [10, 60], "usage": [8, 80]},
        });
        let python = json!({"calls": calls(500.0, &["-fixed"])});
        let runs = [Run { name: RUST, results: rust }, Run { name: PYTHON, results: python }];
        section(&[], "3", false, &runs).expect("all figures are there")
    }

    #[test]
    fn what_is_measured_decides_what_holds() {
        let slow = text(120.0);
        for expected in [
            "| retrieval | Rust | REST, connections kept | 1 | 120 µs | 240 µs | 1.20 ms | 8,333 | 1.20 : 1 |",
            "p50: connections kept 1.20 : 1 to 5.00 : 1, new ones 2.50 : 1 to 2.50 : 1",
            "in 8 of 12 settings: retrieval, Rust, new, 1 in flight; ",
            "Of the times that are measured here, none by 5 % or more.",
            "always; here it is also faster",
            "| Rust | gRPC | 800 µs | 60 µs | 0.04 % |",
        ] {
            assert!(slow.contains(expected), "{expected}: {slow}");
        }
        let fast = text(50.0);
        for expected in [
            "| p50: retrieval, Rust, 1 in flight | 50 µs | 100 µs |",
            "| calls per second: retrieval, Rust, 32 in flight | 20,000 | 10,000 |",
            "it is not faster by itself",
        ] {
            assert!(fast.contains(expected), "{expected}: {fast}");
        }
    }

    #[test]
    fn a_missing_figure_is_told() {
        let nothing = Run { name: RUST, results: Value::Null };
        let Err(error) = section(&[], "3", false, &[nothing]) else { panic!("there are none") };
        assert!(error.to_string().contains("prints no"), "{error}");
    }
}

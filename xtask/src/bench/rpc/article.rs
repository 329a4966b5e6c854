//! What an article says of gRPC and REST, beside what was measured.

use std::fmt::Write as _;

use super::Run;
use super::section::{HANDLERS, SIZES, micros, rate, ratio};
use wireproof::error::Result;

/// Writes what the article says, what was measured, and when it holds.
pub(super) fn claims(text: &mut String, runs: &[Run], first: &Run) -> Result<()> {
    text.push_str(
        "\n### What the article says\n\n\
         *gRPC vs REST for AI Agent Microservices: Performance and Developer Experience* (CallSphere, \
         2026) gives figures without their setting. Ratios are REST : gRPC.\n\n\
         | what it says | measured here | holds when |\n| --- | --- | --- |\n",
    );
    for [says, measured, holds] in [
        latency(runs)?,
        ten_calls(runs, first)?,
        smaller(first)?,
        multiplexing(runs, first)?,
        headers(first)?,
        stream(first)?,
    ] {
        let _ = writeln!(text, "| {says} | {measured} | {holds} |");
    }
    Ok(())
}

/// A cell for each column: what the article says, what was measured, when it holds.
type Row = [String; 3];

fn latency(runs: &[Run]) -> Result<Row> {
    let mut all: Vec<(String, &str, f64)> = Vec::new();
    for (handler, suffix) in HANDLERS {
        for run in runs.iter().filter(|run| run.has(&format!("grpc{suffix}"))) {
            for (key, connections) in [("http", "kept"), ("http-new", "new")] {
                for in_flight in ["1", "32"] {
                    let p50 = |key| run.call(&format!("{key}{suffix}"), in_flight, "p50");
                    let name =
                        format!("{handler}, {}, {connections}, {in_flight} in flight", run.name);
                    all.push((name, connections, p50(key)? / p50("grpc")?));
                }
            }
        }
    }
    let range = |wanted: &str| {
        let of = all.iter().filter(|(_, connections, _)| *connections == wanted);
        let of: Vec<f64> = of.map(|(.., times)| *times).collect();
        let least = of.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = of.iter().copied().fold(0.0, f64::max);
        format!("{} to {}", ratio(least), ratio(greatest))
    };
    let holding = all.iter().filter(|(.., times)| *times >= 2.0).map(|(name, ..)| &**name);
    let holding: Vec<&str> = holding.collect();
    let mut holds = format!("in {} of {} settings", holding.len(), all.len());
    if !holding.is_empty() {
        holds.push_str(": ");
        holds.push_str(&holding.join("; "));
    }
    Ok([
        "\"2x to 5x lower latency\" than REST with JSON".to_owned(),
        format!("p50: connections kept {}, new ones {}", range("kept"), range("new")),
        holds,
    ])
}

fn ten_calls(runs: &[Run], first: &Run) -> Result<Row> {
    let mut measured = Vec::new();
    for run in runs {
        let ten = |side: &str| run.call(&format!("{side}-fixed"), "1", "ten").map(micros);
        let (grpc, kept, new) = (ten("grpc")?, ten("http")?, ten("http-new")?);
        measured.push(format!("{}: gRPC {grpc}, REST {kept} or {new}", run.name));
    }
    let one = |side| first.call(side, "1", "p50").map(micros);
    Ok([
        "10 calls: \"from 50ms to 15ms\"".to_owned(),
        format!(
            "10 answers made before in a row, REST with connections kept or new. {}",
            measured.join("; ")
        ),
        format!(
            "where the libraries need milliseconds for a call. In Rust a call needs {} over gRPC and {} \
             over a new connection: 3.5 ms more for each is the round trip to a distant server, or the \
             handshake of TLS, which REST pays only if it keeps no connections (computed)",
            one("grpc-fixed")?,
            one("http-new-fixed")?
        ),
    ])
}

fn smaller(run: &Run) -> Result<Row> {
    let (mut all, mut holding) = (Vec::new(), Vec::new());
    for (key, name) in SIZES {
        let [binary, json] = run.size(key)?;
        all.push(format!("{name} {}", ratio(json / binary)));
        if json / binary >= 3.0 {
            holding.push(name);
        }
    }
    let holding = if holding.is_empty() { "none".to_owned() } else { holding.join("; ") };
    Ok([
        "\"protobuf is 3-10x smaller than JSON\"".to_owned(),
        format!("JSON : protobuf. {}", all.join("; ")),
        format!("numbers and short values: {holding}. Text is as long in both encodings"),
    ])
}

fn multiplexing(runs: &[Run], first: &Run) -> Result<Row> {
    let connections = |key| first.number(&["wire", key, "connections"]);
    let mut rates = Vec::new();
    let mut is_faster = true;
    for run in runs {
        let (grpc, rest) =
            (run.call("grpc-fixed", "32", "rate")?, run.call("http-fixed", "32", "rate")?);
        rates.push(format!("{}: {} and {}", run.name, rate(grpc), rate(rest)));
        is_faster &= grpc >= rest;
    }
    Ok([
        "\"multiple requests over one TCP connection\"".to_owned(),
        format!(
            "32 calls in flight: gRPC opens {}, REST {}. Answers made before per second, {}",
            connections("grpc")?,
            connections("http")?,
            rates.join("; ")
        ),
        match is_faster {
            true => "always; here it is also faster",
            false => "always for the number of connections; it is not faster by itself",
        }
        .to_owned(),
    ])
}

fn headers(run: &Run) -> Result<Row> {
    let around = |key: &str, encoding: usize| -> Result<f64> {
        let number = |measure| run.number(&["wire", key, measure]);
        let messages = run.size("request")?[encoding] + run.size("response")?[encoding];
        Ok(number("sent")? + number("received")? - messages)
    };
    Ok([
        "\"header compression\"".to_owned(),
        format!(
            "bytes of a later call besides its messages: gRPC {:.0}, REST {:.0}",
            around("grpc", 0)?,
            around("http", 1)?
        ),
        "on a connection that is kept: the first call has its headers in full".to_owned(),
    ])
}

fn stream(run: &Run) -> Result<Row> {
    let token = |key| run.number(&["streams", key, "1", "p50"]).map(micros);
    Ok([
        "streams: SSE or WebSockets \"add complexity\"".to_owned(),
        format!("a token takes {} over gRPC, {} as an event", token("grpc")?, token("sse")?),
        "for types, errors and the end of a stream, which SSE leaves to its users; see the times for \
         speed"
            .to_owned(),
    ])
}

/// Writes the times in which REST is better.
pub(super) fn rest_wins(text: &mut String, runs: &[Run], first: &Run) -> Result<()> {
    let mut wins = Vec::new();
    let mut compare = |title: String, [rest, grpc]: [f64; 2], is_rate: bool| {
        let (better, show) = if is_rate {
            (rest / grpc, rate as fn(f64) -> String)
        } else {
            (grpc / rest, micros as _)
        };
        if better >= 1.05 {
            wins.push(format!("| {title} | {} | {} |\n", show(rest), show(grpc)));
        }
    };
    for (handler, suffix) in HANDLERS {
        for run in runs.iter().filter(|run| run.has(&format!("grpc{suffix}"))) {
            for in_flight in ["1", "32"] {
                for (measure, title) in
                    [("p50", "p50"), ("p99", "p99"), ("rate", "calls per second")]
                {
                    let number =
                        |side: &str| run.call(&format!("{side}{suffix}"), in_flight, measure);
                    let title = format!("{title}: {handler}, {}, {in_flight} in flight", run.name);
                    compare(title, [number("http")?, number("grpc")?], measure == "rate");
                }
            }
        }
    }
    for (path, title) in [
        (&["1", "p50"][..], "p50 of a token, 1 stream"),
        (&["1", "p99"], "p99 of a token, 1 stream"),
        (&["32", "p50"], "p50 of a token, 32 streams"),
        (&["32", "p99"], "p99 of a token, 32 streams"),
        (&["burst"], "tokens per second without pauses"),
    ] {
        let number = |key| first.number(&[&["streams", key], path].concat());
        compare(title.to_owned(), [number("sse")?, number("grpc")?], path == ["burst"]);
    }
    text.push_str("\n### What REST wins\n\n");
    if wins.is_empty() {
        text.push_str("Of the times that are measured here, none by 5 % or more.\n");
    } else {
        text.push_str(
            "Times and rates that are better by 5 % or more, with connections kept:\n\n\
             | measure | REST | gRPC |\n| --- | --- | --- |\n",
        );
        text.push_str(&wins.concat());
    }
    text.push_str(
        "\nNot measured: every browser, proxy, cache and shell speaks HTTP/1.1 with JSON, and people \
         read it.\n",
    );
    Ok(())
}

//! Contract tests: a good provider passes, a provider with any fault fails, and what is no provider
//! is reported.

#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod clients;
mod deploy;
#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod foreign;
mod interactions;
mod matrix;
mod mock;
mod page;
mod probe;
mod provider;
mod record;
mod running;
mod started;
#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod tls;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use provider::Fault;
use wireproof::value::Types;
use wireproof::workspace::{Load, Options, load};

use crate::parity::programs::tools::{self, Answer};

/// Each fault, and a part of what is found: the interaction, and what differs.
const FAULTS: &[(Fault, &str)] = &[
    (Fault::WrongType, "a book is found: `book.pages` differs"),
    (Fault::MissingField, "`book.title` differs"),
    (Fault::DefaultInsteadOfValue, "`book.pages` differs"),
    (
        Fault::WrongEnumNumber,
        "`book.genre` differs\\n    expected: \\\"GENRE_NOVEL\\\"\\n    found: 7",
    ),
    (Fault::WrongMapEntry, "`book.ratings.5` differs"),
    (Fault::ExtraItem, "`book.tags` differs\\n    expected: 2 items\\n    found: 3"),
    (Fault::MissingItem, "`book.authors` differs"),
    (Fault::SwappedItems, "`book.authors[0]` differs"),
    (Fault::StaleTimestamp, "expected: a time at most 60 s from now"),
    (Fault::PresenceLost, "`book.price` differs\\n    expected: a value\\n    found: nothing"),
    (Fault::InvalidUtf8, "the string in `library.v1.Book.title` is not UTF-8"),
    (Fault::Garbage, "unreleased cannot read response 0"),
    (
        Fault::FrameOverLimit,
        "in chunks: the status is OUT_OF_RANGE\\n    expected: OK\\n    found: OUT_OF_RANGE: Error, decoded message length too large",
    ),
    (
        Fault::TrailersOnly,
        "in chunks: the number of responses differs\\n    expected: 1\\n    found: 0",
    ),
    (Fault::TwoResponses, "the number of responses differs\\n    expected: 1\\n    found: 2"),
    (Fault::NoResponse, "the number of responses differs\\n    expected: 1\\n    found: 0"),
    (Fault::Late, "the time of the answer differs"),
    (Fault::Hangs, "a discussion echoes: the call did not end within 2 s"),
    (Fault::WrongStatus, "the status is INTERNAL"),
    (Fault::OkInsteadOfError, "the status is OK"),
    (Fault::NoDetails, "the type of the status details differs"),
    (Fault::WrongDetails, "`id` differs\\n    expected: \\\"b-1\\\"\\n    found: \\\"b-2\\\""),
    (Fault::WrongStatusMessage, "the status message differs"),
    (Fault::LostHeader, "the header `x-library` differs"),
    (Fault::ExtraHeader, "the header `x-internal` differs\\n    expected: nothing"),
    (Fault::LostTrailer, "the trailer `x-cost` differs"),
    (Fault::MetadataIgnored, "a book without authorization is refused: the status is OK"),
    (Fault::StateLeaks, "a book that does not exist is NOT_FOUND: the status is OK"),
    (Fault::GapInStream, "response 2: `number` differs"),
    (Fault::RepeatedChunk, "response 2: `number` differs"),
    (Fault::SwappedChunks, "response 1: `number` differs"),
    (Fault::NoFinalChunk, "response 3: `isFinal` differs"),
    (Fault::EarlyFinalChunk, "response 1 of 5 already matches `last`"),
    (Fault::ExtraAfterFinal, "the number of responses differs\\n    expected: 5\\n    found: 6"),
    (Fault::EmptyStream, "the number of responses differs\\n    expected: 5\\n    found: 0"),
    (Fault::UnexpectedChunk, "nothing is read of a book without lines: the number of responses"),
    (Fault::EarlyClose, "a book is read to its end: the call broke off"),
    (Fault::NoTrailers, "a book is uploaded in chunks: "),
    (Fault::DeadlineIgnored, "the server did not end the call at its deadline of 200 ms"),
    (
        Fault::LostRequest,
        "`receivedBytes` differs\\n    expected: \\\"6\\\"\\n    found: \\\"3\\\"",
    ),
    (Fault::LostReply, "a discussion echoes: the number of responses differs"),
    (Fault::CancellationIgnored, "a reader who cancelled is gone: `count` differs"),
];

fn library() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/library")
}

/// A copy of the library contract, which has a `wireproof.toml` of its own.
fn workspace() -> tempfile::TempDir {
    let folder = tools::temporary();
    for file in [
        "buf.yaml",
        "library/v1/library.proto",
        "library/v1/shelf.proto",
        "contracts/interactions/reader/library.yaml",
    ] {
        let to = folder.path().join(file);
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        fs::copy(library().join(file), to).expect("it can be copied");
    }
    fs::write(folder.path().join("wireproof.toml"), "").expect("it can be written");
    folder
}

fn types() -> Types {
    match load(".", &Options::new(library())) {
        Ok(Load::Ready(loaded)) => Types::new(&loaded.schema),
        _ => panic!("the contract of the tests compiles"),
    }
}

fn wireproof(folder: &Path, args: &[&str]) -> Answer {
    tools::run(Path::new(env!("CARGO_BIN_EXE_wireproof")), folder, args)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("it starts")
}

/// Verifies a provider with `fault`.
fn verify(folder: &Path, runtime: &tokio::runtime::Runtime, fault: Fault) -> Answer {
    let provider = runtime.block_on(provider::start(fault, types()));
    let (target, states) =
        (format!("http://{}", provider.address), format!("http://{}/", provider.states));
    let args = ["--target", &target, "--states", &states, "--timeout", "2"];
    wireproof(folder, &[&["contract", "verify", "--error-format", "json"], &args[..]].concat())
}

#[test]
fn a_good_provider_passes_and_every_fault_is_found() {
    let (folder, runtime) = (workspace(), runtime());
    let good = verify(folder.path(), &runtime, Fault::None);
    assert_eq!((good.code, &*good.stdout), (0, ""), "{}", good.stderr);
    assert!(good.stderr.contains("10 pass of 10 interactions of 1 consumer"), "{}", good.stderr);
    let mut missed = Vec::new();
    for (fault, expected) in FAULTS {
        let answer = verify(folder.path(), &runtime, *fault);
        // The other interactions run all the same.
        let runs_all = answer.stderr.contains(" pass of 10 interactions")
            && !answer.stderr.contains("wireproof: 0 pass");
        if answer.code != 100 || !answer.stdout.contains(expected) || !runs_all {
            missed.push(format!("{fault:?}: {expected}: {} {}", answer.code, answer.stdout));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(FAULTS.len() >= 25);
}

/// A finding is at the line of the interaction that does not hold.
#[test]
fn a_finding_is_at_its_line() {
    let (folder, runtime) = (workspace(), runtime());
    let answer = verify(folder.path(), &runtime, Fault::MissingField);
    let finding: serde_json::Value = serde_json::from_str(&answer.stdout).expect("there is one");
    let file = "contracts/interactions/reader/library.yaml";
    let text = fs::read_to_string(library().join(file)).expect("it is there");
    let line = text.lines().position(|line| line.contains("title:")).expect("it is there") + 1;
    assert_eq!(finding["path"], file);
    assert_eq!(finding["start_line"], line);
    assert_eq!(finding["type"], "CONTRACT");
    assert_eq!(finding["element"], "reader: a book is found");
}

/// Two responses that break the same part of a pattern are two findings.
#[test]
fn findings_of_a_stream_have_fingerprints_of_their_own() {
    let (folder, runtime) = (workspace(), runtime());
    let answer = verify(folder.path(), &runtime, Fault::SwappedChunks);
    let findings = answer.stdout.lines().map(serde_json::from_str::<serde_json::Value>);
    let findings: Vec<_> = findings.map(|finding| finding.expect("it is an object")).collect();
    let numbers = |finding: &&serde_json::Value| {
        finding["message"].as_str().is_some_and(|text| text.contains("`number` differs"))
    };
    let prints: Vec<_> = findings.iter().filter(numbers).map(|it| &it["fingerprint"]).collect();
    assert_eq!(prints.len(), 2, "{}", answer.stdout);
    assert_ne!(prints[0], prints[1]);
}

/// What is no provider: nothing listens, nothing answers, HTTP/1.1.
#[test]
fn what_is_no_provider_is_reported() {
    let folder = workspace();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        listener.local_addr().expect("it is bound")
    };
    let target = format!("http://{closed}");
    let answer = wireproof(folder.path(), &["contract", "verify", "--target", &target]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("refused"), "{}", answer.stderr);

    // One that answers nothing, and one that speaks HTTP/1.1.
    for (reply, code, expected) in [
        (None, 100, "the call did not end within 1 s"),
        (
            Some("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"),
            1,
            "the server speaks HTTP/1, and gRPC needs HTTP/2",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let target = format!("http://{}", listener.local_addr().expect("it is bound"));
        std::thread::spawn(move || {
            let mut open = Vec::new();
            for mut stream in listener.incoming().flatten() {
                if let Some(reply) = reply {
                    let _ = stream.read(&mut [0; 64]);
                    let _ = stream.write_all(reply.as_bytes());
                } else {
                    open.push(stream);
                }
            }
        });
        let args =
            ["contract", "verify", "--target", &target, "--timeout", "1", "--states", "true"];
        let answer = wireproof(folder.path(), &args);
        assert_eq!(answer.code, code, "{}", answer.stderr);
        let output = [answer.stdout, answer.stderr].concat();
        assert!(output.contains(expected), "{output}");
        assert!(code == 1 || output.contains("0 pass of 10 interactions"), "{output}");
    }
}

/// Every report format has the finding of a call.
#[test]
fn findings_of_calls_are_in_every_report_format() {
    let (folder, runtime) = (workspace(), runtime());
    let formats = wireproof(folder.path(), &["contract", "verify", "--error-format", "none"]);
    let formats = formats.stderr.split("formats are ").nth(1).expect("they are listed");
    let formats: Vec<&str> = formats.lines().next().unwrap_or_default().split(", ").collect();
    assert_eq!(formats.len(), 8, "{formats:?}");
    for format in formats {
        let provider = runtime.block_on(provider::start(Fault::WrongEnumNumber, types()));
        let (target, states) =
            (format!("http://{}", provider.address), format!("http://{}/", provider.states));
        let args = ["contract", "verify", "--target", &target, "--states", &states];
        let answer = wireproof(folder.path(), &[&args[..], &["--error-format", format]].concat());
        assert_eq!(answer.code, 100, "{format}: {}", answer.stderr);
        for part in ["genre", "library.yaml"] {
            assert!(answer.stdout.contains(part), "{format}: {part}: {}", answer.stdout);
        }
    }
}

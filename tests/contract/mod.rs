//! Contract tests: a good provider passes, a provider with any fault fails, and what is no provider
//! is reported.

#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod clients;
#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod foreign;
mod page;
mod probe;
mod provider;
mod record;
mod running;
#[cfg(all(feature = "generate", feature = "protovalidate"))]
mod tls;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use provider::Fault;
use running::{Ended, Running};
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

/// Interactions that do not fit the schema: what is wrong, and where.
#[test]
fn interactions_are_checked_against_their_release() {
    let head = "consumer: web\nrelease: unreleased\ninteractions:\n- name: a\n  method: library.v1.LibraryService.GetBook\n";
    let stream = head.replace("GetBook", "ReadBook");
    for (file, at, expected) in [
        (
            "consumer: web\nrelease: v9\ninteractions: []\n".to_owned(),
            "2:10",
            "there is no release v9; there are unreleased",
        ),
        ("release: unreleased\ninteractions: []\n".to_owned(), "1:1", "`consumer` is missing"),
        (
            "consumer: web\nrelease: unreleased\nx: 1\ninteractions: []\n".to_owned(),
            "3:1",
            "unknown key `x`",
        ),
        (
            head.replace("GetBook", "GetBoot"),
            "5:11",
            "unreleased has no method \"library.v1.LibraryService.GetBoot\"",
        ),
        (head.to_owned(), "4:3", "`response` is missing"),
        (
            format!("{head}  request: {{message: {{idd: x}}}}\n  response: {{}}\n"),
            "6:23",
            "idd: the message library.v1.GetBookRequest has no field \"idd\"",
        ),
        (
            format!("{head}  request: {{message: {{id: 5}}}}\n  response: {{}}\n"),
            "6:23",
            "id: expected a string, found 5",
        ),
        (
            format!("{stream}  response: {{stream: {{each: {{isFinal: yes}}}}}}\n"),
            "6:30",
            "isFinal: expected true or false, found \"yes\"",
        ),
        (
            format!("{head}  response: {{headers: {{x-a: {{$absent: yes}}}}}}\n"),
            "6:39",
            "write {$absent: true}, not \"yes\"",
        ),
        (
            format!("{head}  request: {{messages: []}}\n  response: {{}}\n"),
            "6:23",
            "the request is not a stream",
        ),
        (format!("{head}  response: {{status: BAD}}\n"), "6:22", "\"BAD\" is no status"),
        (
            format!("{head}  response: {{message: {{book: {{pages: {{$range: [1]}}}}}}}}\n"),
            "6:39",
            "write the least and the greatest number",
        ),
        (
            format!("{head}  response: {{message: {{book: {{genre: GENRE_ODD}}}}}}\n"),
            "6:31",
            "has no value \"GENRE_ODD\"",
        ),
        (
            format!("{head}  response: {{message: {{book: {{pages: 3000000000}}}}}}\n"),
            "6:31",
            "out of the range of int32",
        ),
        (
            format!("{head}  response: {{message: {{book: {{title: {{$rex: a}}}}}}}}\n"),
            "6:39",
            "unknown matcher",
        ),
        (
            format!("{head}  response: {{message: {{book: {{title: {{$regex: \"(\"}}}}}}}}\n"),
            "6:39",
            "regex",
        ),
        (
            format!("{head}  response: {{message: {{book: {{title: {{$type: number}}}}}}}}\n"),
            "6:39",
            "the type of the field is string",
        ),
        (format!("{head}  response: {{stream: {{}}}}\n"), "6:22", "the response is not a stream"),
        (
            format!(
                "{stream}  response: {{stream: {{each: {{text: a, isFinal: true}}, last: {{isFinal: true}}}}}}\n"
            ),
            "6:61",
            "every response matches `last`, which only the last one may",
        ),
        (
            format!("{stream}  response: {{stream: {{count: [1, 9], last: {{}}}}}}\n"),
            "6:44",
            "every response matches `last`, which only the last one may",
        ),
        (
            format!("{head}  request: {{metadata: {{Grpc-X: a}}}}\n  response: {{}}\n"),
            "6:24",
            "is no key of metadata",
        ),
        (
            format!("{head}  request: {{deadline: 5}}\n  response: {{}}\n"),
            "6:23",
            "`deadline` is a time: 2s, 500ms",
        ),
    ] {
        let folder = workspace();
        let path = "contracts/interactions/web/a.yaml";
        fs::create_dir_all(folder.path().join("contracts/interactions/web"))
            .expect("it can be made");
        fs::write(folder.path().join(path), &file).expect("it can be written");
        let answer = wireproof(folder.path(), &["check"]);
        let found =
            answer.stdout.lines().find(|line| line.contains("CONTRACT")).unwrap_or_default();
        assert_eq!(answer.code, 100, "{file}: {}", answer.stderr);
        assert!(found.starts_with(&format!("{path}:{at}: ")), "{file}: {found}");
        assert!(found.contains(expected), "{file}: {found}");
    }
    let folder = workspace();
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    fs::write(path, "consumer: [\n").expect("it can be written");
    let answer = wireproof(folder.path(), &["check"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("library.yaml:"), "{}", answer.stderr);
}

/// The command in `contract.provider` is started, verified and stopped; one that is no provider is
/// an error with its last lines.
#[test]
fn a_provider_is_started_and_stopped() {
    let (folder, runtime) = (workspace(), runtime());
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let script = format!(
        "echo $$ > pid; echo ${{CARGO_MANIFEST_DIR-none}} > cargo; echo booting; echo listening on http://{}, states at http://{}/; sleep 600",
        provider.address, provider.states
    );
    let write = |command: &str| {
        let toml = format!("[contract]\nprovider = [\"sh\", \"-c\", {command:?}]\n");
        fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    };
    write(&script);
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    // What `cargo test` set for this program: a provider that runs cargo would compile again.
    let seen = fs::read_to_string(folder.path().join("cargo")).expect("it was started");
    assert_eq!(seen, "none\n");
    let pid = fs::read_to_string(folder.path().join("pid")).expect("it was started");
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "{pid} still runs");
    let answer = wireproof(folder.path(), &["check"]);
    assert!(
        answer.stderr.contains("10 pass of 10 interactions of 1 consumer"),
        "{}",
        answer.stderr
    );
    let stages: Vec<&str> = answer
        .stderr
        .lines()
        .filter(|line| line.ends_with(" ms"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let all = ["compile", "lint", "check-compat", "generate", "roundtrip", "contract"];
    assert_eq!(stages, all, "{}", answer.stderr);
    // Each stage, in this order, has its time.
    assert!(answer.stderr.contains("contract      ok"), "{}", answer.stderr);
    // A hook for states in the settings replaces that of the provider: this one fails.
    let toml = fs::read_to_string(folder.path().join("wireproof.toml")).expect("it is there");
    fs::write(folder.path().join("hook"), "#!/bin/sh\necho \"$1, $2\" >&2; exit 5\n")
        .expect("it can be written");
    let hooked = format!("{toml}states = \"sh hook\"\n");
    fs::write(folder.path().join("wireproof.toml"), hooked).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert!(
        answer.code == 100 && answer.stdout.contains("a book exists, reader"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    for (script, expected) in [
        ("echo no schema >&2; exit 3", "it ended with exit status: 3\n  no schema"),
        ("exec 1>&-; sleep 600", "it closed its standard output"),
    ] {
        write(script);
        let answer = wireproof(folder.path(), &["contract", "test"]);
        assert_eq!(answer.code, 1);
        assert!(answer.stderr.contains(expected), "{script}: {}", answer.stderr);
    }
    // One that dies when it is called: its standard error is shown, and the stage did not pass.
    let listener = "import socket,sys; s=socket.socket(); s.bind(('127.0.0.1',0)); s.listen(); \
                    print('http://127.0.0.1:%d' % s.getsockname()[1], flush=True); s.accept(); \
                    sys.exit('out of memory')";
    write(&format!("exec python3 -c \"{listener}\""));
    for args in [&["contract", "test"][..], &["check"]] {
        let answer = wireproof(folder.path(), args);
        let expected = "the provider ended before the last call: exit status: 1\n  out of memory";
        assert!(answer.code == 1 && answer.stderr.contains(expected), "{args:?}: {answer:?}");
        assert!(
            args.len() > 1 || answer.stderr.contains("contract      FAILED"),
            "{}",
            answer.stderr
        );
    }
    let toml = "[contract]\nprovider = [\"no-such-program\"]\n";
    fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "test"]);
    assert!(answer.code == 1 && answer.stderr.contains("no-such-program"), "{}", answer.stderr);
}

/// Whether this process ignores SIGINT (proc_pid_status(5)).
fn ignores_interrupts() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 2 != 0)
}

/// Ctrl-C during `contract test` ends the provider and what it started.
#[test]
fn an_interrupt_ends_the_provider() {
    let folder = workspace();
    let script = "sleep 600 & echo $! > child; echo $$ > pid; wait";
    let toml = format!("[contract]\nprovider = [\"sh\", \"-c\", {script:?}]\n");
    fs::write(folder.path().join("wireproof.toml"), toml).expect("it can be written");
    for args in [&["contract", "test"][..], &["check"]] {
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        let mut command = tools::command(program, folder.path());
        let mut running = command.args(args).spawn().expect("it starts");
        let pid = || fs::read_to_string(folder.path().join("pid")).ok().filter(|it| it.len() > 1);
        let started = Instant::now();
        while pid().is_none() && started.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(10));
        }
        // A program that was started in the background ignores SIGINT, as its children do.
        let signal = if ignores_interrupts() { "TERM" } else { "INT" };
        let mut kill = std::process::Command::new("kill");
        let sent = kill.args(["-s", signal, &running.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it still runs");
        let sent = Instant::now();
        let status = loop {
            match running.try_wait().expect("it is ours") {
                Some(status) => break Some(status),
                None if sent.elapsed() > Duration::from_secs(60) => {
                    let _ = running.kill();
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        assert!(status.is_some_and(|status| !status.success()), "{args:?}: {status:?}");
        for file in ["pid", "child"] {
            let pid = fs::read_to_string(folder.path().join(file)).expect("it was started");
            let runs = || {
                // A process that nobody has waited for yet is a zombie.
                let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
                stat.is_ok_and(|stat| !stat.contains(") Z "))
            };
            let ended = Instant::now();
            while runs() && ended.elapsed() < Duration::from_secs(10) {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(!runs(), "{args:?}: {file} {pid} still runs");
            fs::remove_file(folder.path().join(file)).expect("it is there");
        }
    }
}

/// The mock answers as agreed, also by reflection and health, and reports at its end.
#[test]
fn a_mock_answers_as_agreed_and_reports_at_its_end() {
    let folder = workspace();
    // The NOT_FOUND of a book has the same request as another interaction: a state tells them apart.
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    let text = fs::read_to_string(&path).expect("it is there");
    let (head, rest) =
        text.split_once("  - name: a book that does not exist").expect("it is there");
    let (_, rest) = rest.split_once("  - name: a book without").expect("it is there");
    fs::write(&path, format!("{head}  - name: a book without{rest}")).expect("it can be written");
    let mock = Running::start(folder.path(), &["mock", "--error-format", "json"]);
    let target = mock.url.clone();
    let args = ["contract", "verify", "--target", &target, "--states", "true"];
    let answer = wireproof(folder.path(), &args);
    assert!(
        answer.stderr.contains("9 pass of 9 interactions"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    let Ended { code, stdout: report, .. } = mock.interrupt();
    // What generated requests called is not agreed.
    assert_eq!(code, Some(100));
    assert!(report.contains("GetBook was called, and no interaction has the call"), "{report}");
    assert!(!report.contains("never called"), "{report}");
}

/// Changes that no rule of `check-compat` reports under WIRE, and one that is safe, in a message of
/// another: the matrix shows those that do harm.
#[test]
fn the_matrix_finds_what_rules_do_not_see() {
    for (from, to, expected) in [
        (
            "int64 received_bytes",
            "int32 received_bytes",
            "the client misreads what the server sends in `received_bytes`\n    change: int64 → int32\n    \
             message: received_bytes: 2147483648\n    read: -2147483648",
        ),
        (
            "string title",
            "bytes title",
            "the client cannot read what the server sends\n    change: bytes → string\n    message: \
             book { title: \"\\377\" }",
        ),
        (
            "optional double price",
            "double price",
            "the client loses what the server sends in `book.price`\n    change: optional double → \
             double\n    message: book { price: 0.0 }\n    read: unset",
        ),
        (
            "rpc Discuss(stream DiscussRequest) returns (stream DiscussResponse);",
            "",
            "library.proto:8:1: CONTRACT library.v1.LibraryService.Discuss: the server does not have",
        ),
        ("bool is_final = 3;", "bool is_final = 3; string added = 4;", ""),
    ] {
        let folder = workspace();
        let schema = folder.path().join("library/v1/library.proto");
        let text = fs::read_to_string(&schema).expect("it is there");
        let answer = wireproof(folder.path(), &["release", "1.0.0"]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(text.contains(from), "{from}");
        fs::write(&schema, text.replace(from, to)).expect("it can be written");
        let answer = wireproof(folder.path(), &["contract", "matrix"]);
        if expected.is_empty() {
            assert_eq!((answer.code, &*answer.stdout), (0, ""), "{to}: {}", answer.stderr);
        } else {
            assert!(
                answer.code == 100 && answer.stdout.contains(expected),
                "{from} → {to}: {}",
                answer.stdout
            );
        }
    }
}

/// A field is tried wherever it stands: after a message of many fields, in a message that a rule
/// requires, and without a call if it was only added.
#[test]
fn the_matrix_reaches_every_field_and_calls_no_more_than_it_needs() {
    let folder = workspace();
    fs::remove_file(folder.path().join("library/v1/library.proto")).expect("it is there");
    let validate = "buf/validate/validate.proto";
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lint/PROTOVALIDATE");
    fs::create_dir_all(folder.path().join("buf/validate")).expect("it can be made");
    fs::copy(fixtures.join(validate), folder.path().join(validate)).expect("it can be copied");
    let many: String = (1..=200).map(|number| format!("  int64 f{number} = {number};\n")).collect();
    let schema = |last: &str, inner: &str, added: &str| {
        let text = format!(
            "syntax = \"proto3\";\npackage library.v1;\nimport \"{validate}\";\nservice LibraryService {{\n  \
             rpc Get(GetRequest) returns (GetResponse);\n}}\nmessage GetRequest {{}}\nmessage \
             GetResponse {{\n  Many many = 1;\n  Inner inner = 2 [(buf.validate.field).required = \
             true];\n  {last}\n}}\nmessage Many {{\n{many}  {added}\n}}\nmessage Inner {{ {inner} }}\n"
        );
        fs::write(folder.path().join("library/v1/library.proto"), text).expect("it is written");
    };
    let (last, inner) = ("optional double last = 99;", "optional double inside = 1;");
    schema(last, inner, "");
    let answer = wireproof(folder.path(), &["release", "1.0.0"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let matrix = || wireproof(folder.path(), &["contract", "matrix", "-o", "page"]);
    schema("double last = 99;", inner, "");
    let found = matrix();
    assert!(found.stdout.contains("loses what the server sends in `last`"), "{found:?}");
    schema(last, "double inside = 1;", "");
    let found = matrix();
    assert!(found.stdout.contains("loses what the server sends in `inner.inside`"), "{found:?}");
    schema(last, inner, "string added = 300;");
    let found = matrix();
    assert_eq!((found.code, &*found.stdout), (0, ""), "{}", found.stderr);
    let page = fs::read_to_string(folder.path().join("page/index.html")).expect("it was written");
    assert!(page.contains(" 20 calls"), "five calls in each of four pairs: {page}");
}

/// What happens in one direction is not said of the other.
#[test]
fn the_matrix_says_what_happens_in_each_direction() {
    let folder = workspace();
    let schema = folder.path().join("library/v1/library.proto");
    let text = fs::read_to_string(&schema).expect("it is there");
    assert_eq!(wireproof(folder.path(), &["release", "1.0.0"]).code, 0);
    fs::write(&schema, text.replace("string title", "bytes title")).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "matrix"]);
    let cannot = "the client cannot read what the server sends\n    change: bytes → string\n    \
                  message: book { title: \"\\377\" }\n";
    assert!(answer.stdout.contains(cannot), "{}", answer.stdout);
    assert!(answer.stdout.contains("client → server: v1.0.0 → unreleased\n"), "{}", answer.stdout);
    let changed = "rpc GetBook(GetBookRequest) returns (stream GetBookResponse)";
    let original = "rpc GetBook(GetBookRequest) returns (GetBookResponse)";
    fs::write(&schema, text.replace(original, changed)).expect("it can be written");
    let answer = wireproof(folder.path(), &["contract", "matrix"]);
    for expected in [
        "2 responses to a call that has one\n    client → server: v1.0.0 → unreleased\n",
        "the client reads a stream, and the server sends one response\n    client → server: \
         unreleased → v1.0.0\n",
    ] {
        assert!(answer.stdout.contains(expected), "{expected}: {}", answer.stdout);
    }
}

/// A mock of a stream both ways: of interactions that begin alike, the requests choose.
#[test]
fn a_mock_waits_until_interactions_that_begin_alike_differ() {
    let folder = workspace();
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    let mut text = "consumer: reader\nrelease: unreleased\ninteractions:\n".to_owned();
    for (name, requests, responses) in [
        ("a", "hi a", "a1 a2 a3"),
        ("b", "hi b", "b1 b2"),
        ("c", "hi", "c1"),
        ("d", "ho d", "d1 d2"),
    ] {
        let list = |words: &str| {
            let words: Vec<String> = words.split(' ').map(|it| format!("{{text: {it}}}")).collect();
            words.join(", ")
        };
        text.push_str(&format!(
            "  - name: {name}\n    method: library.v1.LibraryService.Discuss\n    request: \
             {{messages: [{}]}}\n    response: {{messages: [{}]}}\n",
            list(requests),
            list(responses)
        ));
    }
    fs::write(&path, text).expect("it can be written");
    let mock = Running::start(folder.path(), &["mock"]);
    let answer = wireproof(folder.path(), &["contract", "verify", "--target", &mock.url]);
    assert!(answer.stderr.contains("4 pass of 4 interactions"), "{answer:?}");
    mock.interrupt();
}

/// The matchers for lists and maps, in both directions: what matches passes, what does not is found.
#[test]
fn lists_and_maps_are_matched_by_their_items() {
    let (folder, runtime) = (workspace(), runtime());
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    for (pattern, expected) in [
        ("authors: {$each: {$regex: \"^[AB]\"}}", None),
        ("authors: {$each: {$regex: \"^A\"}}", Some("`book.authors[1]` differs")),
        ("authors: {$each: {$type: string}, $min: 2, $max: 2}", None),
        ("authors: {$each: {$type: string}, $min: 3}", Some("`book.authors` differs")),
        ("authors: {$each: {$type: string}, $max: 1}", Some("`book.authors` differs")),
        ("ratings: {$each: {$range: [10, null]}}", None),
        ("ratings: {$each: {$range: [11, null]}}", Some("`book.ratings")),
        ("tags: {$unordered: [old, new]}", None),
        ("tags: {$unordered: [old, old]}", Some("`book.tags` differs")),
    ] {
        let text = format!(
            "consumer: reader\nrelease: unreleased\ninteractions:\n  - name: one\n    method: \
             library.v1.LibraryService.GetBook\n    request: {{metadata: {{authorization: a}}, \
             message: {{id: b-1}}}}\n    response: {{message: {{book: {{{pattern}}}}}}}\n"
        );
        fs::write(&path, text).expect("it can be written");
        let answer = verify(folder.path(), &runtime, Fault::None);
        match expected {
            None => assert_eq!((answer.code, &*answer.stdout), (0, ""), "{pattern}"),
            Some(part) => assert!(
                answer.code == 100 && answer.stdout.contains(part),
                "{pattern}: {}",
                answer.stdout
            ),
        }
    }
}

/// Every report format has the finding of a call.
#[test]
fn findings_of_calls_are_in_every_report_format() {
    let (folder, runtime) = (workspace(), runtime());
    let formats = wireproof(folder.path(), &["contract", "verify", "--error-format", "none"]);
    let formats = formats.stderr.split("formats are ").nth(1).expect("they are listed");
    let formats: Vec<&str> = formats.lines().next().unwrap_or_default().split(", ").collect();
    assert_eq!(formats.len(), 7, "{formats:?}");
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

/// A stream of the mock comes at the pace of its interaction.
#[test]
fn a_mock_waits_before_each_response() {
    let folder = workspace();
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    let write = |response: &str| {
        let text = format!(
            "consumer: reader\nrelease: unreleased\ninteractions:\n  - name: read\n    method: \
             library.v1.LibraryService.ReadBook\n    request: {{message: {{id: b-1}}}}\n    \
             response: {{messages: [{{text: a}}, {{text: b}}, {{text: c}}], {response}}}\n"
        );
        fs::write(&path, text).expect("it can be written");
    };
    write("pause: 400ms");
    let mock = Running::start(folder.path(), &["mock"]);
    // The consumer expects it sooner than the mock's three pauses last.
    write("within: 1s");
    let args = ["contract", "verify", "--target", &mock.url];
    let answer = wireproof(folder.path(), &args);
    assert!(
        answer.code == 100 && answer.stdout.contains("the time of the answer"),
        "{}{}",
        answer.stdout,
        answer.stderr
    );
    mock.interrupt();
}

/// The library contract in four releases, one of which reads `pages` as another type and has lost a
/// method: the broken cells, and no others.
#[test]
fn the_matrix_shows_the_broken_pairs_and_no_others() {
    let folder = workspace();
    let schema = folder.path().join("library/v1/library.proto");
    let original = fs::read_to_string(&schema).expect("it is there");
    let added = original
        .replace("repeated string tags = 9;", "repeated string tags = 9;\n  string isbn = 10;");
    let broken = added
        .replace("int32 pages = 3;", "sint32 pages = 3;")
        .replace("rpc UploadBook(stream UploadBookRequest) returns (UploadBookResponse);", "");
    assert!(added != original && broken != added);
    for (version, text) in
        [("1.0.0", &original), ("1.1.0", &added), ("1.2.0", &broken), ("1.3.0", &added)]
    {
        fs::write(&schema, text).expect("it can be written");
        let answer = wireproof(folder.path(), &["release", version]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
    }
    fs::write(&schema, &added).expect("it can be written");
    let answer =
        wireproof(folder.path(), &["contract", "matrix", "-o", "page", "--error-format", "json"]);
    assert_eq!(answer.code, 100, "{}", answer.stderr);
    let row = |name: &str| {
        let line = answer.stderr.lines().find(|line| line.starts_with(name)).expect("it is there");
        line.split("  ").filter(|cell| !cell.is_empty()).skip(1).map(str::trim).collect::<Vec<_>>()
    };
    // A client that does not have the method calls nothing that is broken there.
    let (upload, pages) = ("2 broken", "1 broken");
    assert_eq!(row("v1.0.0"), ["ok", "ok", upload, "ok", "ok"], "{}", answer.stderr);
    assert_eq!(row("v1.1.0"), ["ok", "ok", upload, "ok", "ok"]);
    assert_eq!(row("v1.2.0"), [pages, pages, "ok", pages, pages]);
    // What a newer client has and an older server has not is an addition.
    assert_eq!(row("v1.3.0"), ["ok", "ok", pages, "ok", "ok"]);
    assert_eq!(row("unreleased"), ["ok", "ok", pages, "ok", "ok"]);
    let messages: Vec<String> = answer
        .stdout
        .lines()
        .map(|line| {
            let finding: serde_json::Value = serde_json::from_str(line).expect("it is an object");
            finding["message"].as_str().unwrap_or_default().to_owned()
        })
        .collect();
    let has =
        |parts: [&str; 3]| messages.iter().any(|it| parts.iter().all(|part| it.contains(part)));
    assert!(
        has(["library.v1.LibraryService.GetBook: ", "sint32 → int32", "book { pages: "]),
        "{messages:?}"
    );
    assert!(has([
        "UploadBook: the server does not have the method",
        "v1.0.0 → v1.2.0",
        "v1.1.0 → v1.2.0"
    ]));
    let page = fs::read_to_string(folder.path().join("page/index.html")).expect("it was written");
    assert_eq!(page.matches("class=\"bad\"").count(), 8);
    assert!(
        page.contains("Client v1.2.0, server v1.0.0")
            && page.contains("prefers-color-scheme: dark")
    );
}

/// From files alone: published results, and what runs in an environment.
#[test]
fn a_version_can_be_deployed_when_its_consumers_were_verified() {
    let (folder, runtime) = (workspace(), runtime());
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    };
    write(
        "contracts/environments/production.toml",
        "[consumers]\nreader = \"unreleased\"\n\n[services]\nlibrary = \"1.0\"\n",
    );
    let ask = |version: &str| {
        let args = ["--service", "library", "--version", version, "--to", "production"];
        wireproof(folder.path(), &[&["contract", "can-i-deploy"], &args[..]].concat())
    };
    let answer = ask("1.0");
    assert_eq!(answer.code, 100, "{}", answer.stderr);
    assert!(
        answer.stdout.starts_with("no: there is no result for library 1.0"),
        "{}",
        answer.stdout
    );
    for (fault, version) in [(Fault::None, "1.0"), (Fault::LostTrailer, "1.1")] {
        let provider = runtime.block_on(provider::start(fault, types()));
        let (target, states) =
            (format!("http://{}", provider.address), format!("http://{}/", provider.states));
        let publish = format!("library@{version}");
        let args = ["--target", &target, "--states", &states, "--publish", &publish];
        wireproof(folder.path(), &[&["contract", "verify"], &args[..]].concat());
    }
    let answer = ask("1.0");
    assert_eq!(
        (answer.code, &*answer.stdout),
        (0, "yes: library 1.0 passes all 10 of reader unreleased\n"),
        "{}",
        answer.stderr
    );
    let answer = ask("1.1");
    let expected = "no: library 1.1 fails reader unreleased: a book is found\n";
    assert_eq!((answer.code, &*answer.stdout), (100, expected), "{}", answer.stderr);
    // A generated call that fails counts, too: no interaction looks at the enum.
    let file = "contracts/interactions/reader/library.yaml";
    let text = fs::read_to_string(folder.path().join(file)).expect("it is there");
    let refused = "  - name: a book without authorization is refused";
    let (head, rest) = text.split_once(refused).expect("it is there");
    let (_, rest) = rest.split_once("  - name: ").expect("others follow");
    let text_without = format!("{head}  - name: {rest}");
    write(file, &text_without.replace("          genre: GENRE_NOVEL\n", ""));
    let provider = runtime.block_on(provider::start(Fault::WrongEnumNumber, types()));
    let (target, states) =
        (format!("http://{}", provider.address), format!("http://{}/", provider.states));
    let header = "authorization: reader";
    let args = ["--target", &target, "--states", &states, "--publish", "library@1.2"];
    let args = [&["contract", "verify", "--header", header], &args[..]].concat();
    assert_eq!(wireproof(folder.path(), &args).code, 100);
    let answer = ask("1.2");
    let expected = "no: library 1.2 fails generated calls: library.v1.LibraryService.GetBook";
    assert!(answer.code == 100 && answer.stdout.starts_with(expected), "{}", answer.stdout);
    // An interaction that has changed since is not verified.
    let answer = ask("1.0");
    let expected = "before these were written or changed: a book is found\n";
    assert!(answer.code == 100 && answer.stdout.ends_with(expected), "{}", answer.stdout);
    write(file, &text);
    // The consumer asks about what runs there.
    let args = ["--service", "reader", "--version", "unreleased", "--to", "production"];
    let answer = wireproof(folder.path(), &[&["contract", "can-i-deploy"], &args[..]].concat());
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    // An interaction that was written since is not verified yet.
    let path = folder.path().join("contracts/interactions/reader/library.yaml");
    let text = fs::read_to_string(&path).expect("it is there");
    let renamed = text.replace("a book is uploaded in chunks", "a book is uploaded");
    fs::write(&path, renamed).expect("it can be written");
    let answer = ask("1.0");
    assert!(
        answer.code == 100
            && answer.stdout.contains("before these were written or changed: a book is uploaded\n"),
        "{}",
        answer.stdout
    );
    write("contracts/environments/production.toml", "[consumer]\n");
    let answer = ask("1.0");
    assert_eq!(answer.code, 1);
    assert!(
        answer.stderr.contains("contracts/environments/production.toml: line 1: "),
        "{}",
        answer.stderr
    );
}

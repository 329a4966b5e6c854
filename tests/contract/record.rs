//! `contract record`: a proxy that a client does not notice, and interactions that the same server
//! keeps.

use std::fs;
use std::path::Path;

use super::provider::{self, Fault};
use super::running::{Ended, Running};
use super::{runtime, types, wireproof, workspace};

/// Starts a proxy for the calls of the consumer `new`.
pub(super) fn proxy(folder: &Path, args: &[&str]) -> Running {
    Running::start(folder, &[&["record", "--consumer", "new"], args].concat())
}

/// The file that is recorded in a folder without releases.
pub(super) const RECORDED: &str = "contracts/interactions/new/recorded-unreleased.yaml";

/// All interactions of the library hold through the proxy: status, details, headers, trailers,
/// deadline, cancellation. What was recorded holds for the same server.
#[test]
fn a_proxy_changes_nothing_and_what_it_records_holds() {
    let (folder, runtime) = (workspace(), runtime());
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let target = format!("http://{}", provider.address);
    let states = format!("http://{}/", provider.states);
    let args = ["--target", &target, "--metadata", "authorization", "--metadata", "X-Library"];
    let recorder = proxy(folder.path(), &args);
    let verify = |target: &str, consumer: &str| {
        let args =
            ["contract", "verify", "--target", target, "--states", &states, "--consumer", consumer];
        wireproof(folder.path(), &args)
    };
    let through = verify(&recorder.url, "reader");
    assert_eq!((through.code, &*through.stdout), (0, ""), "{}", through.stderr);

    let Ended { code, stdout, stderr } = recorder.interrupt();
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    // The same request was answered with OK and, in another state, with NOT_FOUND.
    let statuses = "/library.v1.LibraryService/GetBook: the same request was answered with \
                    different statuses";
    assert!(stderr.contains(&format!("not recorded: {statuses}\n")), "{stderr}");
    let text = fs::read_to_string(folder.path().join(RECORDED)).expect("it was written");
    // Generated calls were recorded, too.
    let count = text.matches("  - name: ").count();
    assert!(count >= 8, "{text}");
    assert!(stdout.ends_with(&format!("wrote {RECORDED} with {count} interactions\n")), "{stdout}");
    for part in [
        "    request:\n      deadline: \"200ms\"\n      message:\n        count: 5\n        id: b-slow\n",
        "      status:\n        code: UNAUTHENTICATED\n        message: no token\n",
        "      messages:\n        - text: hello\n        - text: bye\n",
        // As many as had come: two, or more on a busy machine.
        "      cancel_after: ",
        "      messages: []\n",
        "        receivedBytes: \"6\"\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let again = verify(&target, "new");
    assert_eq!((again.code, &*again.stdout), (0, ""), "{text}{}", again.stderr);
    let passed = format!("{count} pass of {count} interactions of 1 consumer");
    assert!(again.stderr.contains(&passed), "{}", again.stderr);
}

/// What differs between two answers is a matcher, and what is redacted is nowhere.
#[test]
fn answers_are_merged_and_secrets_left_out() {
    let (folder, runtime) = (workspace(), runtime());
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let target = format!("http://{}", provider.address);
    let states = format!("http://{}/", provider.states);
    let file = folder.path().join("contracts/interactions/reader/library.yaml");
    let text = fs::read_to_string(&file).expect("it is there");
    let found = text.find("  - name: a book that does not exist").expect("it is there");
    fs::write(&file, &text[..found]).expect("it can be written");
    let secret = ["--redact", "library.v1.GetBookRequest.id", "--redact", "library.v1.Book.title"];
    let args = [&["--target", &target, "--metadata", "authorization"], &secret[..]].concat();
    let recorder = proxy(folder.path(), &args);
    let args = ["contract", "verify", "--target", &recorder.url, "--states", &states];
    let answer = wireproof(folder.path(), &args);
    assert_eq!((answer.code, &*answer.stdout), (0, ""), "{}", answer.stderr);
    let Ended { code, stdout, stderr } = recorder.interrupt();
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let text = fs::read_to_string(folder.path().join(RECORDED)).expect("it was written");
    assert!(text.contains("id: redacted"), "{text}");
    assert!(text.contains("readTime: {$now: \"60s\"}"), "{text}");
    assert!(!text.contains("title") && !text.contains("The "), "{text}");
}

#[test]
fn what_cannot_be_recorded_is_said_at_the_start() {
    let (folder, runtime) = (workspace(), runtime());
    let provider = runtime.block_on(provider::start(Fault::None, types()));
    let target = format!("http://{}", provider.address);
    let run = |args: &[&str]| {
        let head = ["contract", "record", "--consumer", "new", "--target"];
        wireproof(folder.path(), &[&head, args].concat())
    };
    for (args, expected) in [
        (
            &[&*target, "--redact", "library.v1.Book.titel"][..],
            "no message has the field \"library.v1.Book.titel\"",
        ),
        (&[&target, "--release", "9.9.9"], "there is no release \"9.9.9\""),
        (&["http://127.0.0.1:1"], "http://127.0.0.1:1: Connection refused"),
        (&["127.0.0.1:50051"], "\"127.0.0.1:50051\" is not http://host:port"),
    ] {
        let answer = run(args);
        assert_eq!(answer.code, 1, "{}", answer.stderr);
        assert!(answer.stderr.contains(expected), "{expected}: {}", answer.stderr);
    }
    // Nobody called.
    let recorder = proxy(folder.path(), &["--target", &target]);
    let Ended { code, stderr, .. } = recorder.interrupt();
    assert_eq!(code, Some(1));
    assert!(stderr.contains("no call was recorded"), "{stderr}");
}

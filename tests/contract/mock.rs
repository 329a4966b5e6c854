//! `contract mock`: what it answers, and when.

use std::fs;

use super::running::{Ended, Running};
use super::{wireproof, workspace};
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

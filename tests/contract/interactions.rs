//! Interactions: what of them does not fit the schema, and what their patterns match.

use std::fs;

use super::provider::Fault;
use super::{runtime, verify, wireproof, workspace};
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

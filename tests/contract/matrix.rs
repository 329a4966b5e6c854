//! `contract matrix`: the broken pairs of versions, and no others.

use std::fs;
use std::path::Path;

use super::{wireproof, workspace};
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
        [("1.0.0", &original), ("1.1.0", &added), ("2.0.0", &broken), ("3.0.0", &added)]
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
    assert_eq!(row("v2.0.0"), [pages, pages, "ok", pages, pages]);
    // What a newer client has and an older server has not is an addition.
    assert_eq!(row("v3.0.0"), ["ok", "ok", pages, "ok", "ok"]);
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
        "v1.0.0 → v2.0.0",
        "v1.1.0 → v2.0.0"
    ]));
    let page = fs::read_to_string(folder.path().join("page/index.html")).expect("it was written");
    assert_eq!(page.matches("class=\"bad\"").count(), 8);
    assert!(
        page.contains("Client v2.0.0, server v1.0.0")
            && page.contains("prefers-color-scheme: dark")
    );
}

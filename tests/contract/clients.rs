//! Clients of others run against the mock: grpcurl, which has no schema but what reflection tells it,
//! and grpc-go. The client of Python is in `foreign`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};

use super::foreign::{self, Mock};
use super::workspace;
use crate::parity::programs::tools::{self, Answer};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A program that `cargo xtask tools` installs at `path`, or that `variable` names; without one the
/// test is skipped, loudly, and fails in CI.
fn installed(variable: &str, path: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from);
    let file = format!("{path}{}", std::env::consts::EXE_SUFFIX);
    let own = Path::new(ROOT).join(".tools").join(file);
    let found = Some(given.unwrap_or(own)).filter(|program| program.is_file());
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found.is_some() || !in_ci, "there is no {path}: `cargo xtask tools` installs it");
    if found.is_none() {
        tools::say(&format!("SKIPPED: other clients: `cargo xtask tools` installs {path}"));
    }
    found
}

/// grpcurl, and the mock that it calls.
struct Grpcurl<'a> {
    program: &'a Path,
    folder: &'a Path,
    mock: &'a Mock,
}

impl Grpcurl<'_> {
    /// Runs it with `options` before the address and `words` after it.
    fn run(&self, options: &[&str], words: &[&str]) -> Answer {
        let before = [&["-plaintext", "-max-time", "20"], options].concat();
        let args = [&before, &[self.mock.address()][..], words].concat();
        tools::run(self.program, self.folder, &args)
    }

    /// Returns what it prints.
    fn prints(&self, options: &[&str], words: &[&str]) -> String {
        let answer = self.run(options, words);
        assert_eq!((answer.code, &*answer.stderr), (0, ""), "{options:?} {words:?}");
        answer.stdout
    }

    /// Returns the responses of a call.
    fn call(&self, options: &[&str], method: &str) -> Vec<Json> {
        let said = self.prints(options, &[method]);
        let responses = serde_json::Deserializer::from_str(&said).into_iter();
        responses.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {said}"))
    }

    /// Asserts the code of a call, and a part of what it prints of its status.
    fn fails(&self, options: &[&str], method: &str, code: i32, expected: &str) {
        let answer = self.run(options, &[method]);
        // It adds the code of gRPC to this number.
        assert_eq!(answer.code, 64 + code, "{method}: {}{}", answer.stdout, answer.stderr);
        assert!(answer.stderr.contains(expected), "{method}: {}", answer.stderr);
    }
}

const GET_BOOK: &str = "library.v1.LibraryService/GetBook";
const READ_BOOK: &str = "library.v1.LibraryService/ReadBook";
const CHECK: &str = "grpc.health.v1.Health/Check";
const TOKEN: &str = "authorization: Bearer reader";

#[test]
fn grpcurl_describes_what_the_mock_serves() {
    let Some(program) = installed("WIREPROOF_GRPCURL", "go/grpcurl/grpcurl") else { return };
    let folder = workspace();
    let mock = Mock::start(folder.path());
    let grpcurl = Grpcurl { program: &program, folder: folder.path(), mock: &mock };

    let services = "grpc.health.v1.Health\ngrpc.reflection.v1.ServerReflection\n\
        grpc.reflection.v1alpha.ServerReflection\nlibrary.v1.LibraryService\n";
    assert_eq!(grpcurl.prints(&[], &["list"]), services);
    let methods = ["CountReaders", "Discuss", "GetBook", "ReadBook", "UploadBook"];
    let methods = methods.map(|name| format!("library.v1.LibraryService.{name}\n"));
    assert_eq!(grpcurl.prints(&[], &["list", "library.v1.LibraryService"]), methods.concat());

    let all = grpcurl.prints(&[], &["describe"]);
    for service in services.lines() {
        assert!(all.contains(&format!("{service} is a service:\n")), "{all}");
    }
    let described = |name: &str| grpcurl.prints(&[], &["describe", name]);
    assert_eq!(
        described("library.v1.LibraryService.ReadBook"),
        "library.v1.LibraryService.ReadBook is a method:\n\
         rpc ReadBook ( .library.v1.ReadBookRequest ) returns ( stream .library.v1.ReadBookResponse );\n"
    );
    assert_eq!(
        described("library.v1.Book"),
        "library.v1.Book is a message:\nmessage Book {\n  string id = 1;\n  string title = 2;\n  \
         int32 pages = 3;\n  .library.v1.Genre genre = 4;\n  repeated string authors = 5;\n  \
         map<string, int32> ratings = 6;\n  .google.protobuf.Timestamp read_time = 7;\n  \
         optional double price = 8;\n  repeated string tags = 9;\n}\n"
    );
    let shelf = described("library.v1.Shelf");
    for part in ["option (.library.v1.room) = \"east\";", "oneof size {", "extensions 100 to 199;"]
    {
        assert!(shelf.contains(part), "{shelf}");
    }
    for (name, kind) in [
        ("library.v1.Book.title", "a field"),
        ("library.v1.Genre", "an enum"),
        ("library.v1.Shelf.size", "a one-of"),
        ("library.v1.label", "an extension"),
        ("google.protobuf.Timestamp", "a message"),
    ] {
        let said = described(name);
        assert!(said.starts_with(&format!("{name} is {kind}:\n")), "{said}");
    }
    // grpcurl names a value after its enum.
    let value = "library.v1.Genre.GENRE_NOVEL is an enum value:\nGENRE_NOVEL = 1;\n";
    assert_eq!(described("library.v1.GENRE_NOVEL"), value);
    let answer = grpcurl.run(&[], &["describe", "library.v1.Nothing"]);
    assert_eq!((answer.code, &*answer.stdout), (1, ""));
    assert!(answer.stderr.contains("Symbol not found: library.v1.Nothing"), "{}", answer.stderr);
    // To describe is to call nothing.
    mock.reports(&[], &[]);
}

#[test]
fn grpcurl_calls_the_mock_without_a_schema() {
    let Some(program) = installed("WIREPROOF_GRPCURL", "go/grpcurl/grpcurl") else { return };
    let folder = workspace();
    let mock = Mock::start(folder.path());
    let grpcurl = Grpcurl { program: &program, folder: folder.path(), mock: &mock };

    let id = &["-d", r#"{"id": "b-1"}"#, "-H", TOKEN][..];
    let found = [id, &["-H", "wireproof-interaction: a book is found"]].concat();
    let [response] = &grpcurl.call(&found, GET_BOOK)[..] else { panic!("there is one response") };
    let book = &response["book"];
    for (field, expected) in [
        ("id", json!("b-1")),
        ("genre", json!("GENRE_NOVEL")),
        ("authors", json!(["Ada", "Bob"])),
        ("ratings", json!({"5": 10})),
    ] {
        assert_eq!(book[field], expected, "{book}");
    }
    assert!(book["title"].as_str().is_some_and(|title| title.starts_with("The ")), "{book}");

    let lines = grpcurl.call(&["-d", r#"{"id": "b-1", "count": 5}"#], READ_BOOK);
    let numbers: Vec<u64> = lines.iter().map(|line| line["number"].as_u64().unwrap_or(0)).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4], "{lines:?}");
    let is_final = |line: &Json| line["isFinal"] == true;
    assert_eq!(lines.iter().position(is_final), Some(4), "{lines:?}");

    let lacking = "wireproof-interaction: a book that does not exist is NOT_FOUND";
    let lacking = [id, &["-H", lacking]].concat();
    grpcurl.fails(
        &lacking,
        GET_BOOK,
        5,
        "\"@type\": \"type.googleapis.com/library.v1.GetBookRequest\"",
    );
    let other = ["-d", r#"{"id": "b-3"}"#];
    grpcurl.fails(&other, GET_BOOK, 9, "no interaction has this call");

    let serving = [json!({"status": "SERVING"})];
    assert_eq!(grpcurl.call(&[], CHECK), serving);
    let service = ["-d", r#"{"service": "library.v1.LibraryService"}"#];
    assert_eq!(grpcurl.call(&service, CHECK), serving);
    grpcurl.fails(&["-d", r#"{"service": "nothing"}"#], CHECK, 5, "Code: NotFound");

    let called =
        ["a book is found", "a book is read to its end", "a book that does not exist is NOT_FOUND"];
    mock.reports(&called, &["GetBook was called, and no interaction has the call"]);
}

/// The client of Go, built in a folder with stubs of its own. It uses the modules of `generated/go`.
fn go_client(folder: &Path, python: &Path) -> Option<PathBuf> {
    let messages = installed("WIREPROOF_PROTOC_GEN_GO", "go/protoc-gen-go")?;
    let calls =
        messages.with_file_name(format!("protoc-gen-go-grpc{}", std::env::consts::EXE_SUFFIX));
    if !crate::generate::has_go() {
        return None;
    }
    let go = folder.join("go");
    fs::create_dir(&go).expect("it can be made");
    for file in ["generated/go/go.mod", "generated/go/go.sum", "tests/contract/client.go"] {
        let from = Path::new(ROOT).join(file);
        fs::copy(&from, go.join(from.file_name().expect("it is a file")))
            .expect("it can be copied");
    }
    let module = "example.com/agent-contract";
    let options = format!("module={module},Mlibrary/v1/library.proto={module}/library/v1");
    let args = [
        "-m".to_owned(),
        "grpc_tools.protoc".to_owned(),
        "-I.".to_owned(),
        format!("--plugin=protoc-gen-go={}", messages.display()),
        format!("--plugin=protoc-gen-go-grpc={}", calls.display()),
        format!("--go_out={options}:go"),
        format!("--go-grpc_out={options}:go"),
        "library/v1/library.proto".to_owned(),
    ];
    let answer = tools::run(python, folder, &args.each_ref().map(String::as_str));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let client = go.join(format!("client{}", std::env::consts::EXE_SUFFIX));
    let mut build = Command::new("go");
    build.args(["build", "-mod=readonly", "-o"]).arg(&client).arg(".").current_dir(&go);
    let answer = tools::answer(&mut build);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    Some(client)
}

/// It makes every call that was agreed, so the mock has nothing to report.
#[test]
fn a_go_client_runs_against_the_mock() {
    let Some((folder, python)) = foreign::installed() else { return };
    let Some(client) = go_client(folder.path(), &python) else { return };
    let calls = [
        "GetBook",
        "NOT_FOUND",
        "UNAUTHENTICATED",
        "ReadBook",
        "deadline",
        "cancel",
        "UploadBook",
        "Discuss",
        "CountReaders",
        "health",
        "reflection",
    ];
    let called = [
        "a book is found",
        "a book that does not exist is NOT_FOUND",
        "a book without authorization is refused",
        "a book is read to its end",
        "nothing is read of a book without lines",
        "the deadline ends reading",
        "a book is uploaded in chunks",
        "a discussion echoes",
        "reading is cancelled",
        "a reader who cancelled is gone",
    ];
    let mock = Mock::start(folder.path());
    let answer = tools::run(&client, folder.path(), &[&[mock.address()], &calls[..]].concat());
    let agreed = calls.map(|name| format!("{name} is as agreed\n")).concat();
    assert_eq!((answer.code, answer.stdout), (0, agreed), "{}", answer.stderr);
    mock.reports(&called, &[]);
}

/// The standard services are described by the files that grpc-go has.
#[test]
fn the_standard_services_are_those_of_grpc_go() {
    let Some((folder, python)) = foreign::installed() else { return };
    let Some(client) = go_client(folder.path(), &python) else { return };
    let answer = tools::run(&client, folder.path(), &["127.0.0.1:1", "standard"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let theirs = fs::read(folder.path().join("standard.binpb")).expect("it was written");
    let ours = Path::new(ROOT).join("src/contract/standard.binpb");
    if std::env::var_os("WIREPROOF_UPDATE").is_some() {
        fs::write(&ours, &theirs).expect("the source tree can be written");
    }
    let is_same = fs::read(&ours).is_ok_and(|ours| ours == theirs);
    assert!(is_same, "they differ: run again with WIREPROOF_UPDATE=1");
}

//! Generated calls: what they find where no interaction looks.

use std::fs;

use crate::parity::programs::tools::Answer;

use super::provider::{self, Fault};
use super::{runtime, types, wireproof, workspace};

/// An interaction that no fault breaks.
const INTERACTION: &str = "consumer: reader\nrelease: unreleased\ninteractions:\n  - name: one\n    \
                           method: library.v1.LibraryService.CountReaders\n    response: {}\n";

/// The faults of GetBook that its schema alone shows.
const FAULTS: &[(Fault, &str)] = &[
    (Fault::Garbage, "the response cannot be read: "),
    (Fault::InvalidUtf8, "the response cannot be read: "),
    (Fault::TwoResponses, "2 responses to a call that has one"),
    (Fault::WrongEnumNumber, "`book.genre` of the response is 7, and no version of its enum has"),
];

/// A workspace with [`INTERACTION`] alone, and with `edited` schema.
fn folder(edit: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = workspace();
    let write = |path: &str, text: &str| {
        fs::write(folder.path().join(path), text).expect("it can be written");
    };
    write("contracts/interactions/reader/library.yaml", INTERACTION);
    let schema = folder.path().join("library/v1/library.proto");
    let text = fs::read_to_string(&schema).expect("it is there");
    fs::write(schema, edit(&text)).expect("it can be written");
    folder
}

fn verify(folder: &tempfile::TempDir, runtime: &tokio::runtime::Runtime, fault: Fault) -> Answer {
    let provider = runtime.block_on(provider::start(fault, types()));
    let target = format!("http://{}", provider.address);
    let args = ["contract", "verify", "--target", &target, "--timeout", "1"];
    let args = [&args[..], &["--header", "authorization: reader"]].concat();
    wireproof(folder.path(), &args)
}

#[test]
fn faults_that_the_schema_shows_are_found() {
    let (folder, runtime) = (folder(str::to_owned), runtime());
    let good = verify(&folder, &runtime, Fault::None);
    assert_eq!((good.code, &*good.stdout), (0, ""), "{}", good.stderr);
    // Two methods without side effects.
    assert!(good.stderr.contains("6 generated calls"), "{}", good.stderr);
    for (fault, expected) in FAULTS {
        let answer = verify(&folder, &runtime, *fault);
        let found = answer.stdout.contains(expected) && answer.stdout.contains("request: {}");
        assert!(answer.code == 100 && found, "{fault:?}: {answer:?}");
    }
}

/// The provider serves a schema in which the type of a field has changed since the release.
#[test]
fn an_effect_of_an_accepted_break_is_accepted() {
    let (folder, runtime) = (folder(str::to_owned), runtime());
    let schema = folder.path().join("library/v1/library.proto");
    let text = fs::read_to_string(&schema).expect("it is there");
    let run = |args: &[&str]| wireproof(folder.path(), args);
    fs::write(&schema, text.replace("string title = 2;", "int32 title = 2;")).expect("it is ours");
    assert_eq!(run(&["release", "1.0.0"]).code, 0);
    fs::write(&schema, text).expect("it is ours");
    let answer = verify(&folder, &runtime, Fault::None);
    let found = "called by a client of v1.0.0: the client loses `book.title` of the response";
    assert!(answer.code == 100 && answer.stdout.contains(found), "{answer:?}");
    let found = run(&["check-compat", "--error-format", "json"]).stdout;
    for line in found.lines() {
        let finding: serde_json::Value = serde_json::from_str(line).expect(line);
        let fingerprint = finding["fingerprint"].as_str().expect("it is text");
        let accept = ["accept", fingerprint, "--reason", "old", "--owner", "Ada"];
        let answer = run(&accept);
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    let answer = verify(&folder, &runtime, Fault::None);
    assert!(answer.code == 0 && answer.stdout.contains("(accepted: old, Ada)"), "{answer:?}");
    // Another fault of the same method is not accepted.
    let answer = verify(&folder, &runtime, Fault::Garbage);
    assert!(answer.code == 100, "{answer:?}");
}

#[test]
fn a_required_field_that_is_not_set_is_found() {
    let proto2 = |text: &str| {
        let is_field = |line: &str| {
            let types =
                ["string ", "int32 ", "int64 ", "bool ", "bytes ", "Genre ", "Book ", "google."];
            types.iter().any(|of| line.strip_prefix("  ").is_some_and(|it| it.starts_with(of)))
        };
        let lines = text.lines().map(|line| match line.trim() {
            "syntax = \"proto3\";" => "syntax = \"proto2\";\n".to_owned(),
            "string title = 2;" => "  required string title = 2;\n".to_owned(),
            field if is_field(line) => format!("  optional {field}\n"),
            _ => format!("{line}\n"),
        });
        lines.collect()
    };
    let (folder, runtime) = (folder(proto2), runtime());
    let good = verify(&folder, &runtime, Fault::None);
    assert_eq!((good.code, &*good.stdout), (0, ""), "{}", good.stderr);
    let answer = verify(&folder, &runtime, Fault::MissingField);
    let expected = "the required field `book.title` of the response is not set";
    assert!(answer.code == 100 && answer.stdout.contains(expected), "{answer:?}");
    // The enums of proto2 are closed: their unknown values are no values.
    let answer = verify(&folder, &runtime, Fault::WrongEnumNumber);
    let expected = "`book.genre` of the response is 7, and no version of its enum has";
    assert!(answer.code == 100 && answer.stdout.contains(expected), "{answer:?}");
}

/// The server is that of the working tree: what it sends as int32, a client of the release reads as
/// another number.
#[test]
fn what_a_released_client_misreads_is_found() {
    let (folder, runtime) = (folder(|text| text.replace("int32 pages", "sint32 pages")), runtime());
    let released = wireproof(folder.path(), &["release", "1.0.0"]);
    assert_eq!(released.code, 0, "{}", released.stderr);
    let schema = folder.path().join("library/v1/library.proto");
    let text = fs::read_to_string(&schema).expect("it is there");
    fs::write(&schema, text.replace("sint32 pages", "int32 pages")).expect("it can be written");
    let answer = verify(&folder, &runtime, Fault::None);
    let expected = "a client of v1.0.0: the client misreads `book.pages` of the response: \
                    it reads 150";
    assert!(answer.code == 100 && answer.stdout.contains(expected), "{answer:?}");
}

/// A stream of responses may stay open; what has come of it is judged.
#[test]
fn a_stream_that_stays_open_is_judged_by_what_came() {
    let (folder, runtime) = (folder(str::to_owned), runtime());
    let settings = "[contract]\nprobe = [\"library.v1.LibraryService/ReadBook\"]\n";
    fs::write(folder.path().join("wireproof.toml"), settings).expect("it can be written");
    let open = verify(&folder, &runtime, Fault::StaysOpen);
    assert_eq!((open.code, &*open.stdout), (0, ""), "{}", open.stderr);
    // After the first call that stays open there is no other.
    assert!(open.stderr.contains("7 generated calls"), "{}", open.stderr);
    let answer = verify(&folder, &runtime, Fault::GarbageInOpenStream);
    let expected = "ReadBook, called by a client of unreleased: the response cannot be read";
    assert!(answer.code == 100 && answer.stdout.contains(expected), "{answer:?}");
}

/// A method with side effects is called when its name is configured; a name that no method has is
/// an error.
#[test]
fn methods_can_be_named() {
    let (folder, runtime) = (folder(str::to_owned), runtime());
    let configure = |name: &str| {
        let text = format!("[contract]\nprobe = [\"library.v1.LibraryService.{name}\"]\n");
        fs::write(folder.path().join("wireproof.toml"), text).expect("it can be written");
    };
    configure("UploadBook");
    let good = verify(&folder, &runtime, Fault::None);
    assert_eq!((good.code, &*good.stdout), (0, ""), "{}", good.stderr);
    assert!(good.stderr.contains("9 generated calls"), "{}", good.stderr);
    configure("UploadBooks");
    let answer = verify(&folder, &runtime, Fault::None);
    let expected = "wireproof.toml: `contract.probe` names \
                    \"library.v1.LibraryService.UploadBooks\", which is no method";
    assert!(answer.code == 1 && answer.stderr.contains(expected), "{answer:?}");
}

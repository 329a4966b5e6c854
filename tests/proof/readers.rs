//! Readers that are not ours replay every witness of the known changes: the protobuf of Python, C++
//! and Go, prost-reflect and the code that prost generates read exactly what the witness says.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use wireproof::finding::{Direction, Surface, Witness, hex};
use wireproof::schema::descriptor::FileDescriptorSet;
use wireproof::schema::image::{self, Format};
use wireproof::schema::{Schema, runtime};

use super::{cases, topics};
use crate::generate::{has_go, installed_python};

/// What a runtime reads according to a witness: the text of the message, or none if it refuses it.
pub(super) fn expected<'w>(witness: &'w Witness, runtime: &str) -> Option<&'w str> {
    let named = |names: &str| names.split(", ").any(|name| name == runtime);
    let own = witness.readings.iter().find(|reading| named(reading.runtimes));
    // A reason that names a runtime is only that one's.
    own.map_or(witness.read.as_deref(), |reading| reading.read.as_deref())
}

/// Calls `replay` with each witness of data of the known changes, with its case and both schemas.
pub(super) fn each_witness(mut replay: impl FnMut(&str, &Witness, &Schema, &Schema)) {
    for path in topics() {
        let text = std::fs::read_to_string(path).expect("a file of cases");
        for case in cases(&text) {
            let (old, new) = case.schemas();
            for witness in case.proof(&old, &new).witnesses {
                if matches!(witness.surface, Surface::Binary | Surface::Json) {
                    replay(&case.name, &witness, &old, &new);
                }
            }
        }
    }
}

/// The witnesses for a program that reads those with a runtime that `can_read` accepts: a JSON object
/// per line, and the name of each. Their images are in `folder`.
fn lines(
    folder: &Path,
    runtime: &str,
    can_read: impl Fn(&Witness) -> bool,
) -> (String, Vec<String>) {
    let (mut lines, mut names) = (String::new(), Vec::new());
    let mut images = BTreeMap::new();
    each_witness(|case, witness, old, new| {
        if !can_read(witness) {
            return;
        }
        let mut image = |side: &str, schema: &Schema| {
            let path = folder.join(format!("{side}-{}.binpb", images.len()));
            let bytes = image::encode(&files(schema), Format::Binary).expect("an image");
            let path = images.entry(bytes.clone()).or_insert(path).clone();
            std::fs::write(&path, bytes).expect("it is written");
            path
        };
        let (old, new) = (image("old", old), image("new", new));
        let (writer, reader) = match witness.direction {
            Direction::OldToNew => (old, new),
            Direction::NewToOld => (new, old),
        };
        let line = json!({
            "writer": writer,
            "reader": reader,
            "message": witness.message,
            "read_as": read_as(witness),
            "written": witness.written,
            "bytes": witness.bytes.as_deref().map(hex),
            "json": witness.json,
            "read": expected(witness, runtime),
        });
        lines.push_str(&format!("{line}\n"));
        names.push(format!("{case}: {}", witness.summary()));
    });
    (lines, names)
}

/// The files of a schema.
pub(super) fn files(schema: &Schema) -> FileDescriptorSet {
    FileDescriptorSet { file: schema.files().map(|file| file.proto().clone()).collect() }
}

pub(super) fn read_as(witness: &Witness) -> &str {
    witness.read_as.as_ref().unwrap_or(&witness.message)
}

/// Whether a witness is a message: a default that differs is none.
pub(super) fn is_message(witness: &Witness) -> bool {
    !witness.written.starts_with("# ")
}

/// Checks that `program` reads what every witness that `can_read` accepts says that `runtime` reads: it
/// prints `null` for each line, or what differs.
fn replay_with(program: &mut Command, runtime: &str, can_read: impl Fn(&Witness) -> bool) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (lines, names) = lines(folder.path(), runtime, can_read);
    let program = program.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program.spawn().expect("it starts");
    child.stdin.take().expect("it is piped").write_all(lines.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let output = String::from_utf8(output.stdout).expect("it prints text");
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(answers.len(), names.len(), "{output}");
    let wrong: Vec<String> = names
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| !answer.is_null())
        .map(|(name, answer)| format!("{name}: {answer}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(names.len() > 100, "{} witnesses", names.len());
}

#[test]
fn python_reads_what_every_witness_says() {
    let Some(python) = installed_python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proof/replay.py");
    replay_with(Command::new(python).arg(program), "Python", |_| true);
}

#[test]
fn cpp_reads_what_every_witness_of_bytes_says() {
    let Some(python) = installed_python() else { return };
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proof/replay_cpp.py");
    let can_read = |witness: &Witness| witness.bytes.is_some() && is_message(witness);
    replay_with(Command::new(python).arg(program), "C++", can_read);
}

#[test]
fn go_reads_what_every_witness_says() {
    if !has_go() {
        return;
    }
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proof/replay.go");
    let module = concat!(env!("CARGO_MANIFEST_DIR"), "/generated/go");
    replay_with(Command::new("go").args(["run", program]).current_dir(module), "Go", |_| true);
}

#[test]
fn prost_reflect_reads_what_every_witness_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    each_witness(|case, witness, old, new| {
        let Some(bytes) = &witness.bytes else { return };
        let schema = if witness.direction == Direction::OldToNew { new } else { old };
        let files: Vec<_> = schema.files().map(|file| file.proto()).collect();
        let pool: DescriptorPool = runtime::pool(files).expect("prost-reflect has the types");
        let of = pool.get_message_by_name(read_as(witness)).expect("the schema has the message");
        let read = DynamicMessage::decode(of.clone(), &**bytes);
        let expected = expected(witness, "prost");
        let is_same = match (expected, &read) {
            (None, read) => read.is_err(),
            (Some(text), Ok(read)) => {
                let parsed = DynamicMessage::parse_text_format(of, text);
                // prost writes back what it does not know.
                let known = |message: &DynamicMessage| message.to_text_format();
                parsed.is_ok_and(|parsed| known(&parsed) == known(read))
            }
            (Some(_), Err(_)) => false,
        };
        count += 1;
        if !is_same {
            wrong.push(format!("{case}: {}: {expected:?}, but {read:?}", witness.summary()));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "{count} witnesses");
}

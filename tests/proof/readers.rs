//! Readers that are not ours replay every witness of the known changes: Python's protobuf and
//! prost-reflect read exactly what the witness says.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use prost_reflect::{DescriptorPool, DynamicMessage};
use serde_json::{Value, json};
use wireproof::finding::{Direction, Surface, Witness, hex};
use wireproof::schema::descriptor::FileDescriptorSet;
use wireproof::schema::image::{self, Format};
use wireproof::schema::{Schema, runtime};

use super::{cases, topics};
use crate::generate::installed_python;

/// What a runtime reads according to a witness: the text of the message, or none if it refuses it.
fn expected<'w>(witness: &'w Witness, runtime: &str) -> Option<&'w str> {
    let named = |names: &str| names.split(", ").any(|name| name == runtime);
    let own = witness.readings.iter().find(|reading| named(reading.runtimes));
    // A reason that names a runtime is only that one's.
    own.map_or(witness.read.as_deref(), |reading| reading.read.as_deref())
}

/// Calls `replay` with each witness of data of the known changes, with its case and both schemas.
fn each_witness(mut replay: impl FnMut(&str, &Witness, &Schema, &Schema)) -> usize {
    let mut count = 0;
    for path in topics() {
        let text = std::fs::read_to_string(path).expect("a file of cases");
        for case in cases(&text) {
            let (old, new) = case.schemas();
            for witness in case.proof(&old, &new).witnesses {
                if matches!(witness.surface, Surface::Binary | Surface::Json) {
                    count += 1;
                    replay(&case.name, &witness, &old, &new);
                }
            }
        }
    }
    count
}

#[test]
fn python_reads_what_every_witness_says() {
    let Some(python) = installed_python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (mut lines, mut names) = (String::new(), Vec::new());
    let mut images = BTreeMap::new();
    let count = each_witness(|case, witness, old, new| {
        let mut image = |side: &str, schema: &Schema| {
            let path = folder.path().join(format!("{side}-{}.binpb", images.len()));
            let file = schema.files().map(|file| file.proto().clone()).collect();
            let set = FileDescriptorSet { file };
            let bytes = image::encode(&set, Format::Binary).expect("an image");
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
            "read_as": witness.read_as.as_ref().unwrap_or(&witness.message),
            "written": witness.written,
            "bytes": witness.bytes.as_deref().map(hex),
            "json": witness.json,
            "read": expected(witness, "Python"),
        });
        lines.push_str(&format!("{line}\n"));
        names.push(format!("{case}: {}", witness.summary()));
    });
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proof/replay.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    child.stdin.take().expect("it is piped").write_all(lines.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let output = String::from_utf8(output.stdout).expect("it prints text");
    let answers: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    assert_eq!(answers.len(), count, "{output}");
    let wrong: Vec<String> = names
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| !answer.is_null())
        .map(|(name, answer)| format!("{name}: {answer}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 100, "{count} witnesses");
}

#[test]
fn prost_reads_what_every_witness_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    each_witness(|case, witness, old, new| {
        let Some(bytes) = &witness.bytes else { return };
        let schema = if witness.direction == Direction::OldToNew { new } else { old };
        let files: Vec<_> = schema.files().map(|file| file.proto()).collect();
        let pool: DescriptorPool = runtime::pool(files).expect("prost-reflect has the types");
        let name = witness.read_as.as_ref().unwrap_or(&witness.message);
        let of = pool.get_message_by_name(name).expect("the schema has the message");
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

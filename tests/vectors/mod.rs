//! The vectors: messages as bytes and as JSON, one set for the stubs of every language. They are
//! made here of the schemas, committed, and read by the tests of each language, with its own
//! stubs: `generated/rust/tests`, `generated/python/tests`, `generated/go`,
//! `generated/typescript/tests`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MapKey, MessageDescriptor, Value};
use serde_json::json;
use wireproof::schema::descriptor::FileDescriptorSet;
use wireproof::value::{self, Entries, Example, encode};

use crate::parity::programs::tools;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Where the vectors are: a line each, an object with the keys
///
/// - `name`: what it shows, `message`: the full name of its type,
/// - `bytes`: it in hexadecimal digits, as the official runtimes write it, `json`: its JSON,
/// - `known`, where there is more in the bytes than its type has: the bytes without that,
/// - `prost`, where prost's types do not write these bytes: what they write. They leave a key or
///   value that is the default out of the entry of a map, and drop what is unknown to them, which
///   extensions are.
const FILE: &str = "tests/vectors/vectors.jsonl";

/// Whoever sets this to 1 has the file written instead of compared.
const UPDATE: &str = "WIREPROOF_UPDATE_VECTORS";

#[test]
fn the_committed_set_is_what_the_schemas_make() {
    let made: String = made().iter().map(|vector| format!("{vector}\n")).collect();
    let path = Path::new(ROOT).join(FILE);
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        fs::write(&path, &made).expect("it can be written");
    }
    let committed = fs::read_to_string(&path).expect("it is committed");
    let differs = committed.lines().zip(made.lines()).find(|(old, new)| old != new);
    assert!(differs.is_none(), "{UPDATE}=1 writes it anew, for you to read: {differs:?}");
    assert_eq!(committed.lines().count(), made.lines().count());
}

#[test]
fn every_kind_of_field_and_value_is_in_it() {
    let vectors = committed();
    let shows = |message: &str, name: &str| {
        vectors.iter().any(|it| it["message"] == message && it["name"] == name)
    };
    for message in messages() {
        let name = message.full_name();
        assert!(shows(name, "empty") && shows(name, "all"), "{name}");
        assert!(message.fields().all(|field| {
            let begins = |it: &&serde_json::Value| {
                it["message"] == name
                    && it["name"].as_str().is_some_and(|it| it.starts_with(field.name()))
            };
            vectors.iter().any(|it| begins(&it))
        }));
    }
    let kinds: std::collections::BTreeSet<String> = messages()
        .iter()
        .flat_map(|message| message.fields())
        .map(|field| match field.kind() {
            Kind::Message(_) if field.is_group() => "group".to_owned(),
            Kind::Message(_) => "message".to_owned(),
            Kind::Enum(_) => "enum".to_owned(),
            kind => format!("{kind:?}"),
        })
        .collect();
    assert_eq!(kinds.len(), 18, "the types of FieldDescriptorProto: {kinds:?}");
    assert!(vectors.iter().any(|it| it["bytes"].as_str().is_some_and(|it| it.len() > 40_000)));
    assert!(vectors.iter().filter(|it| it.get("known").is_some()).count() > 30);
}

#[test]
fn a_dynamic_reader_agrees() {
    let pool = pool();
    for vector in committed() {
        let name = format!("{} {}", vector["message"], vector["name"]);
        let kind =
            pool.get_message_by_name(text(&vector, "message")).expect("it is in the schemas");
        let bytes = hex_read(text(&vector, "bytes"));
        let read = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
        assert_eq!(hex(&encode(&read, Entries::Whole)), vector["bytes"], "{name}");
        assert_eq!(json_of(&read), vector["json"], "{name}");
        // prost-reflect's own writer, which keeps no order in maps: read again.
        let again = DynamicMessage::decode(kind.clone(), &*read.encode_to_vec());
        let is_same = again.is_ok_and(|it| encode(&it, Entries::Whole) == bytes);
        assert_eq!(is_same, !loses_a_sign(&vector), "{name}");
        let from_json = DynamicMessage::deserialize(kind, &vector["json"]).expect("JSON is read");
        let known = vector.get("known").unwrap_or(&vector["bytes"]);
        assert_eq!(hex(&encode(&from_json, Entries::Whole)), *known, "{name}");
    }
}

/// Whether prost-reflect's own writer loses something: it takes a negative zero in a map for a zero.
fn loses_a_sign(vector: &serde_json::Value) -> bool {
    let maps = ["double_value of all edges", "float_value of all edges"];
    vector["message"] == "vectors.proto3.Values" && maps.contains(&text(vector, "name"))
}

/// Python's own tests, with the stubs as they lie.
#[test]
fn python_agrees() {
    let Some(python) = python() else { return };
    let mut command = Command::new(python);
    command.args(["-B", "-m", "unittest", "discover", "-v", "-s", "tests"]);
    let answer = tools::answer(command.current_dir(Path::new(ROOT).join("generated/python")));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let read = format!("read {} vectors", committed().len());
    assert!(answer.stdout.contains(&read), "{read}: {}{}", answer.stdout, answer.stderr);
}

#[test]
fn their_stubs_are_what_the_template_makes() {
    if python().is_none() {
        return;
    }
    let template = ["generate", "--check", "--template", "tests/vectors/buf.gen.yaml"];
    let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
    let answer = tools::run(program, Path::new(ROOT), &template);
    assert_eq!((answer.code, answer.stdout), (0, String::new()), "{}", answer.stderr);
    assert!(!answer.stderr.contains("SKIPPED"), "{}", answer.stderr);
}

/// The Python that the template names.
fn python() -> Option<PathBuf> {
    crate::generate::installed_python()
}

/// All vectors, made of the schemas.
fn made() -> Vec<serde_json::Value> {
    let is_own = |kind: &MessageDescriptor| kind.full_name().starts_with("vectors.");
    let mut vectors = Vec::new();
    for kind in messages() {
        let mut add = |name: &str, message: &DynamicMessage| {
            vectors.push(vector(name, message));
        };
        add("empty", &value::empty(&kind));
        add("all", &value::all(&kind));
        let examples = match is_own(&kind) {
            true => value::field_edges(&kind),
            false => value::fields(&kind),
        };
        examples.iter().for_each(|Example { name, message }| add(name, message));
        special(&kind).iter().for_each(|Example { name, message }| add(name, message));
        vectors.push(with_unknown(&value::all(&kind)));
    }
    vectors
}

/// The messages of the contract and of the vectors' own schemas.
fn messages() -> Vec<MessageDescriptor> {
    let is_meant =
        |kind: &MessageDescriptor| !kind.is_map_entry() && !kind.full_name().starts_with("google.");
    let mut messages: Vec<_> = pool().all_messages().filter(is_meant).collect();
    messages.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    messages
}

/// A pool of both, as the program compiles them.
fn pool() -> DescriptorPool {
    let folder = tools::temporary();
    let image = folder.path().join("image.binpb");
    let mut files = Vec::new();
    for input in ["proto", "tests/vectors/proto"] {
        let program = Path::new(env!("CARGO_BIN_EXE_wireproof"));
        let to = image.to_str().expect("its path is text");
        let answer = tools::run(program, Path::new(ROOT), &["build", input, "-o", to]);
        assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
        let bytes = fs::read(&image).expect("it was written");
        files.extend(FileDescriptorSet::decode(&*bytes).expect("it is a set").file);
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.name().to_owned()));
    wireproof::schema::runtime::pool(&files).expect("they are whole")
}

/// What takes more than one field to show: size, depth, extensions, entries of defaults.
fn special(kind: &MessageDescriptor) -> Vec<Example> {
    let example = |name: &str, message| Example { name: name.to_owned(), message };
    let mut message = value::empty(kind);
    match kind.full_name() {
        "vectors.proto3.Large" => {
            let numbers = (0..2_000).map(|it| Value::I32((1 << (it % 31)) - it)).collect();
            message.set_field_by_name("numbers", Value::List(numbers));
            message.set_field_by_name("text", Value::String("Ä€😀".repeat(500)));
            let data = (0..6_000_u32).map(|it| (it * 7 % 251) as u8).collect::<Vec<u8>>();
            message.set_field_by_name("data", Value::Bytes(data.into()));
            let flags = (0..500).map(|it| (MapKey::U32(it * it), Value::Bool(it % 3 == 0)));
            message.set_field_by_name("flags", Value::Map(flags.collect()));
            let lines = (0..300).map(|it| Value::String("x".repeat(it % 40))).collect();
            message.set_field_by_name("lines", Value::List(lines));
            vec![example("large", message)]
        }
        "vectors.proto3.Tree" => {
            // Readers of JSON give up at 100 levels, and a list is a level more there.
            let deep = |field, depth| value::nested(kind, field, depth).expect("it is its own");
            vec![example("deep", deep("left", 90)), example("deep list", deep("children", 45))]
        }
        "vectors.proto2.Extended" => {
            for (number, value) in [
                ("number", Value::I64(-1)),
                ("words", Value::List(vec![Value::String("a".to_owned()); 2])),
            ] {
                let name = format!("vectors.proto2.{number}");
                let extension = kind.parent_pool().get_extension_by_name(&name);
                message.set_extension(&extension.expect("it is in the schema"), value);
            }
            vec![example("extensions", message)]
        }
        _ => Vec::new(),
    }
}

/// A vector of a message that holds nothing unknown.
fn vector(name: &str, message: &DynamicMessage) -> serde_json::Value {
    use prost_reflect::ReflectMessage as _;
    let bytes = encode(message, Entries::Whole);
    let mut vector = json!({
        "name": name,
        "message": message.descriptor().full_name(),
        "bytes": hex(&bytes),
        "json": json_of(message),
    });
    let prost = encode(&without_extensions(message), Entries::WithoutDefaults);
    if prost != bytes {
        vector["prost"] = hex(&prost).into();
    }
    vector
}

/// What of a message prost's types hold: extensions are unknown to them. In the vectors only the
/// outermost message has any.
fn without_extensions(message: &DynamicMessage) -> DynamicMessage {
    let mut message = message.clone();
    let _ = message.take_extensions().count();
    message
}

/// `message` with fields that its type does not have, one of every wire type.
fn with_unknown(message: &DynamicMessage) -> serde_json::Value {
    let mut vector = vector("unknown fields", message);
    let known = vector["bytes"].clone();
    // At the numbers 536870905 to 536870909: nobody's.
    let unknown = concat!(
        "c8ffffff0f9601",
        "d1ffffff0f0102030405060708",
        "daffffff0f03610062",
        "e3ffffff0f0801e4ffffff0f",
        "edffffff0f01020304",
    );
    vector["bytes"] = format!("{}{unknown}", known.as_str().unwrap_or_default()).into();
    vector["prost"] = vector.get("prost").unwrap_or(&known).clone();
    vector["known"] = known;
    vector
}

fn json_of(message: &DynamicMessage) -> serde_json::Value {
    serde_json::to_value(message).expect("it has a JSON form")
}

fn committed() -> Vec<serde_json::Value> {
    let text = fs::read_to_string(Path::new(ROOT).join(FILE)).expect("it is committed");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect()
}

fn text<'v>(vector: &'v serde_json::Value, key: &str) -> &'v str {
    vector[key].as_str().expect("it is text")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hex_read(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("they are digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

//! The vectors: messages as bytes and as JSON, one set for the stubs of every language. They are
//! made here of the schemas, committed, and read by the tests of each language, with its own
//! stubs: `generated/rust/tests`, `generated/python/tests`, `generated/go`,
//! `generated/typescript/tests`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};
use serde_json::json;
use wireproof::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};
use wireproof::schema::{Schema, SchemaFile};
use wireproof::value::{Entries, Example, MapKey, MessageType, MessageValue, Types, Value};

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
    for message in descriptors() {
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
    let kinds: std::collections::BTreeSet<String> = descriptors()
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

/// Bytes and JSON are read and written as they are in the file, here and by prost-reflect.
#[test]
fn a_dynamic_reader_agrees() {
    let (pool, types) = (pool(), types());
    for vector in committed() {
        let name = format!("{} {}", vector["message"], vector["name"]);
        let of = types.message(text(&vector, "message")).expect("it is in the schemas");
        let kind = pool.get_message_by_name(of.name()).expect("it is in the schemas");
        let bytes = hex_read(text(&vector, "bytes"));
        let known =
            hex_read(text(&vector, if vector.get("known").is_some() { "known" } else { "bytes" }));
        let read = of.decode(&bytes).expect("it can be read");
        assert_eq!(of.encode(&read), bytes, "{name}");
        assert_eq!(of.to_json(&read).as_ref(), Ok(&vector["json"]), "{name}");
        let from_json = of.read_json(&vector["json"]).expect("JSON is read");
        assert_eq!(of.encode(&from_json), known, "{name}");
        let theirs = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
        let json = serde_json::to_value(&theirs).expect("it has a JSON form");
        // prost-reflect's own writer, which keeps no order in maps: read again.
        let again = of.decode(&theirs.encode_to_vec());
        let is_same = json == vector["json"] && again.is_ok_and(|it| of.encode(&it) == bytes);
        assert_eq!(is_same, !loses_a_sign(&vector), "{name}");
    }
}

/// Generated messages are read and written by prost-reflect as here.
#[cfg(feature = "roundtrip")]
#[test]
fn a_dynamic_reader_agrees_on_generated_messages() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let types = types();
    let mut count = 0;
    for kind in descriptors() {
        let of = types.message(kind.full_name()).expect("the types are those of the pool");
        for _ in 0..40 {
            let tree = wireproof::roundtrip::arbitrary(&of).new_tree(&mut runner);
            let message = with_positive_zeros(tree.expect("it is generated").current());
            let bytes = of.encode(&message);
            let theirs = DynamicMessage::decode(kind.clone(), &*bytes).expect("it can be read");
            let again = of.decode(&theirs.encode_to_vec());
            assert_eq!(again.as_ref(), Ok(&message), "{}", of.to_text(&message));
            let json = serde_json::to_value(&theirs).expect("it has a JSON form");
            // prost-reflect writes null for a wrapper of an infinity or of NaN.
            if of.name() != "vectors.proto3.Known" {
                assert_eq!(of.to_json(&message).as_ref(), Ok(&json));
            }
            count += 1;
        }
    }
    assert!(count > 3_000, "{count}");
}

/// Replaces negative zeros: prost-reflect loses their sign.
#[cfg(feature = "roundtrip")]
fn with_positive_zeros(mut message: MessageValue) -> MessageValue {
    fn visit(value: &mut Value) {
        match value {
            Value::F32(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::F64(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::Message(message) => message.values_mut().for_each(visit),
            Value::List(items) => items.iter_mut().for_each(visit),
            Value::Map(entries) => entries.values_mut().for_each(visit),
            _ => {}
        }
    }
    message.values_mut().for_each(visit);
    message
}

/// Whether prost-reflect's own writer loses something: it takes a negative zero for a zero, in maps
/// and in fields without presence.
fn loses_a_sign(vector: &serde_json::Value) -> bool {
    let in_maps = ["double_value of all edges", "float_value of all edges"];
    let in_fields = ["double_value -0", "float_value -0"];
    let name = text(vector, "name");
    match text(vector, "message") {
        "vectors.proto3.Values" => in_maps.contains(&name),
        "vectors.proto3.Singular" => in_fields.contains(&name),
        _ => false,
    }
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

/// Returns all vectors, made of the schemas.
fn made() -> Vec<serde_json::Value> {
    let types = types();
    let mut vectors = Vec::new();
    for kind in descriptors() {
        let of = types.message(kind.full_name()).expect("the types are those of the pool");
        let mut add = |name: &str, message: &MessageValue| {
            vectors.push(vector(name, &of, message));
        };
        add("empty", &of.empty());
        add("all", &of.all());
        let is_own = of.name().starts_with("vectors.");
        let examples = if is_own { of.edge_examples() } else { of.field_examples() };
        examples.iter().for_each(|Example { name, message }| add(name, message));
        special(&of).iter().for_each(|Example { name, message }| add(name, message));
        vectors.push(with_unknown(&of, &of.all()));
    }
    vectors
}

/// Returns the messages of the contract and of the vectors' own schemas, by name.
fn descriptors() -> Vec<MessageDescriptor> {
    let is_ours =
        |kind: &MessageDescriptor| !kind.is_map_entry() && !kind.full_name().starts_with("google.");
    let mut messages: Vec<_> = pool().all_messages().filter(is_ours).collect();
    messages.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    messages
}

fn pool() -> DescriptorPool {
    wireproof::schema::runtime::pool(&files()).expect("they are complete")
}

fn types() -> Types {
    let files = files().into_iter().map(|file| SchemaFile::new(file.into()));
    Types::new(&Schema::new(files.collect()))
}

/// Returns the files of both, as the program compiles them.
fn files() -> Vec<FileDescriptorProto> {
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
    files
}

/// Returns what takes more than one field to show: size, depth, extensions.
fn special(of: &MessageType) -> Vec<Example> {
    let example = |name: &str, message| Example { name: name.to_owned(), message };
    let mut message = of.empty();
    let mut set = |field: &str, value: Value| {
        message.set(of.field(field).expect("it is a field").number(), value);
    };
    match of.name() {
        "vectors.proto3.Large" => {
            let numbers = (0..2_000).map(|it| Value::I32((1 << (it % 31)) - it)).collect();
            set("numbers", Value::List(numbers));
            set("text", Value::String("Ä€😀".repeat(500)));
            let data = (0..6_000_u32).map(|it| (it * 7 % 251) as u8).collect::<Vec<u8>>();
            set("data", Value::Bytes(data));
            let flags = (0..500).map(|it| (MapKey::U32(it * it), Value::Bool(it % 3 == 0)));
            set("flags", Value::Map(flags.collect()));
            let lines = (0..300).map(|it| Value::String("x".repeat(it % 40))).collect();
            set("lines", Value::List(lines));
            vec![example("large", message)]
        }
        "vectors.proto3.Tree" => {
            // Readers of JSON give up at 100 levels, and a list is a level more there.
            let deep = |field, depth| of.nested(field, depth).expect("it is its own");
            vec![example("deep", deep("left", 90)), example("deep list", deep("children", 45))]
        }
        "vectors.proto2.Extended" => {
            for (name, value) in [
                ("number", Value::I64(-1)),
                ("words", Value::List(vec![Value::String("a".to_owned()); 2])),
            ] {
                let name = format!("vectors.proto2.{name}");
                let extension = of.fields().iter().find(|field| field.name() == name);
                message.set(extension.expect("it is in the schema").number(), value);
            }
            vec![example("extensions", message)]
        }
        _ => Vec::new(),
    }
}

/// Returns a vector of a message without unknown fields.
fn vector(name: &str, of: &MessageType, message: &MessageValue) -> serde_json::Value {
    let bytes = of.encode(message);
    let mut vector = json!({
        "name": name,
        "message": of.name(),
        "bytes": hex(&bytes),
        "json": of.to_json(message).expect("it has a JSON form"),
    });
    let prost = of.encode_with(&without_extensions(of, message), Entries::WithoutDefaults);
    if prost != bytes {
        vector["prost"] = hex(&prost).into();
    }
    vector
}

/// Returns the part of a message that prost's types have: extensions are unknown to them. In the
/// vectors only the outermost message has any.
fn without_extensions(of: &MessageType, message: &MessageValue) -> MessageValue {
    let mut message = message.clone();
    for extension in of.fields().iter().filter(|field| field.name().contains('.')) {
        message.clear(extension.number());
    }
    message
}

/// `message` with fields that its type does not have, one of every wire type.
fn with_unknown(of: &MessageType, message: &MessageValue) -> serde_json::Value {
    let mut vector = vector("unknown fields", of, message);
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

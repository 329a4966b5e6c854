//! The stubs read and write the vectors that every language reads and writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use agent_contract::agent;
#[cfg(feature = "json")]
use agent_contract::json;
use prost::{DecodeError, Message};

/// The stubs of the vectors' own schemas.
#[allow(
    missing_docs,
    clippy::enum_variant_names,
    reason = "they are odd on purpose, and nobody's interface"
)]
mod odd {
    pub mod proto2 {
        include!("stubs/vectors.proto2.rs");
    }
    pub mod proto3 {
        include!("stubs/vectors.proto3.rs");
    }
}

/// Their JSON.
#[cfg(feature = "json")]
mod json_of_vectors {
    include!("stubs/json.rs");
}

/// What a type does with a vector.
#[derive(Clone, Copy)]
struct Reader {
    /// Reads a message and writes it again.
    again: fn(&[u8]) -> Result<Vec<u8>, DecodeError>,
    /// The JSON of a message.
    #[cfg(feature = "json")]
    to_json: fn(&[u8]) -> serde_json::Result<String>,
    /// The bytes of what JSON says.
    #[cfg(feature = "json")]
    from_json: fn(&str) -> serde_json::Result<Vec<u8>>,
}

/// The types are equal to themselves, so it is done twice.
fn again<M: Message + Default + Clone>(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let message = M::decode(bytes)?;
    let written = message.encode_to_vec();
    assert_eq!(written.len(), message.encoded_len());
    assert_eq!(M::decode(&*written)?.encode_to_vec(), written);
    Ok(written)
}

macro_rules! readers {
    ($($json:ident: { $($name:literal => $message:ty,)* })*) => {
        BTreeMap::from([$($(($name, Reader {
            again: again::<$message>,
            #[cfg(feature = "json")]
            to_json: |bytes| $json::to_json(&<$message>::decode(bytes).expect("it was read")),
            #[cfg(feature = "json")]
            from_json: |text| Ok($json::from_json::<$message>(text)?.encode_to_vec()),
        })),*),*])
    };
}

fn readers() -> BTreeMap<&'static str, Reader> {
    with_contract_types! { readers:
        json_of_vectors: {
            "vectors.proto2.Defaults" => odd::proto2::Defaults,
            "vectors.proto2.Extended" => odd::proto2::Extended,
            "vectors.proto2.Groups" => odd::proto2::Groups,
            "vectors.proto2.Groups.Many" => odd::proto2::groups::Many,
            "vectors.proto2.Groups.Single" => odd::proto2::groups::Single,
            "vectors.proto2.Groups.Single.Inner" => odd::proto2::groups::single::Inner,
            "vectors.proto2.Lists" => odd::proto2::Lists,
            "vectors.proto2.Required" => odd::proto2::Required,
            "vectors.proto3.Choice" => odd::proto3::Choice,
            "vectors.proto3.Enums" => odd::proto3::Enums,
            "vectors.proto3.Keys" => odd::proto3::Keys,
            "vectors.proto3.Known" => odd::proto3::Known,
            "vectors.proto3.KnownMany" => odd::proto3::KnownMany,
            "vectors.proto3.Large" => odd::proto3::Large,
            "vectors.proto3.Names" => odd::proto3::Names,
            "vectors.proto3.Nothing" => odd::proto3::Nothing,
            "vectors.proto3.Numbers" => odd::proto3::Numbers,
            "vectors.proto3.Optional" => odd::proto3::Optional,
            "vectors.proto3.Outer" => odd::proto3::Outer,
            "vectors.proto3.Outer.Inner" => odd::proto3::outer::Inner,
            "vectors.proto3.Outer.Middle" => odd::proto3::outer::Middle,
            "vectors.proto3.Outer.Middle.Inner" => odd::proto3::outer::middle::Inner,
            "vectors.proto3.Packed" => odd::proto3::Packed,
            "vectors.proto3.Singular" => odd::proto3::Singular,
            "vectors.proto3.Tree" => odd::proto3::Tree,
            "vectors.proto3.Unpacked" => odd::proto3::Unpacked,
            "vectors.proto3.Values" => odd::proto3::Values,
        }
    }
}

/// The vectors, each with its name and the reader of its type.
fn vectors() -> Vec<(String, Reader, serde_json::Value)> {
    let readers = readers();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/vectors.jsonl");
    let lines = fs::read_to_string(path).expect("the vectors are committed");
    let vectors: Vec<_> = lines
        .lines()
        .map(|line| {
            let vector: serde_json::Value = serde_json::from_str(line).expect("it is an object");
            let message = vector["message"].as_str().expect("it is text");
            let name = format!("{message} {}", vector["name"]);
            let reader = readers.get(message);
            let reader = *reader.unwrap_or_else(|| panic!("{name}: add its type above"));
            (name, reader, vector)
        })
        .collect();
    assert!(vectors.len() > 1_600);
    vectors
}

fn text<'v>(vector: &'v serde_json::Value, key: &str) -> Option<&'v str> {
    vector.get(key).and_then(serde_json::Value::as_str)
}

#[test]
fn every_vector_is_read_and_written() {
    let mut wrong = Vec::new();
    for (name, reader, vector) in vectors() {
        let bytes = text(&vector, "bytes").expect("it has bytes");
        let written =
            (reader.again)(&unhex(bytes)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted = text(&vector, "prost").unwrap_or(bytes);
        if hex(&written) != wanted {
            wrong.push(format!("{name}: {}, not {wanted}", hex(&written)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(feature = "json")]
#[test]
fn every_vector_is_read_and_written_as_json() {
    let mut wrong = Vec::new();
    for (name, reader, vector) in vectors() {
        let bytes = text(&vector, "bytes").expect("it has bytes");
        let said = (reader.to_json)(&unhex(bytes)).map(|json| parsed(&json));
        let wanted = without_extensions(&vector["json"]);
        // prost loses the sign of a zero, and with it the field.
        let wanted =
            if text(&vector, "prost") == Some("") { serde_json::json!({}) } else { wanted };
        if !said.as_ref().is_ok_and(|said| same(said, &wanted)) {
            wrong.push(format!("{name}: {said:?}, not {wanted}"));
        }
        let read = (reader.from_json)(&vector["json"].to_string()).map(|bytes| hex(&bytes));
        let wanted = text(&vector, "prost").unwrap_or(bytes);
        if !read.as_ref().is_ok_and(|read| read == wanted) {
            wrong.push(format!("{name}: read {read:?}, not {wanted}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(feature = "json")]
fn parsed(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("it is JSON")
}

/// What prost's types hold of a message: no extensions.
#[cfg(feature = "json")]
fn without_extensions(json: &serde_json::Value) -> serde_json::Value {
    let mut json = json.clone();
    json.as_object_mut().into_iter().for_each(|it| it.retain(|key, _| !key.starts_with('[')));
    json
}

/// Whether JSON means the same: a `float` may be written with more digits or fewer.
#[cfg(feature = "json")]
fn same(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Object(a), Object(b)) => {
            let in_b = |(key, value)| b.get(key).is_some_and(|other| same(value, other));
            a.len() == b.len() && a.iter().all(in_b)
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Number(a), Number(b)) => {
            let single = |number: &serde_json::Number| number.as_f64().map(|it| it as f32);
            let is_single = single(a).is_some_and(|it| it != 0.0 && it.is_finite());
            a.as_f64() == b.as_f64() || is_single && single(a) == single(b)
        }
        _ => a == b,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("they are digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Generated messages of the contract and of the vectors' schemas are read and written alike by
/// these types and by wireproof.
#[test]
fn generated_messages_are_read_and_written_alike() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    use wireproof::value::{Types, Value};
    use wireproof::workspace::{Load, Options, load};

    /// prost takes a negative zero without presence for the default.
    fn with_positive_zeros(value: &mut Value) {
        match value {
            Value::F32(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::F64(number) if *number == 0.0 && number.is_sign_negative() => *number = 1.0,
            Value::Message(message) => message.values_mut().for_each(with_positive_zeros),
            Value::List(items) => items.iter_mut().for_each(with_positive_zeros),
            Value::Map(entries) => entries.values_mut().for_each(with_positive_zeros),
            _ => {}
        }
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the repository is there");
    let types: Vec<Types> = ["proto", "tests/vectors/proto"]
        .iter()
        .map(|input| match load(input, &Options::new(&root)) {
            Ok(Load::Ready(loaded)) => Types::new(&loaded.schema),
            _ => panic!("{input} compiles"),
        })
        .collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut count = 0;
    // prost drops extensions.
    for (name, reader) in readers().into_iter().filter(|(name, _)| !name.ends_with(".Extended")) {
        let of = types.iter().find_map(|types| types.message(name)).expect("it is declared");
        for _ in 0..50 {
            let tree = wireproof::roundtrip::arbitrary(&of).new_tree(&mut runner);
            let mut message = tree.expect("it is generated").current();
            message.values_mut().for_each(with_positive_zeros);
            let again = (reader.again)(&of.encode(&message)).expect("it is read");
            assert_eq!(of.decode(&again), Ok(message), "{name}");
            count += 1;
        }
    }
    assert!(count > 4_000, "{count}");
}

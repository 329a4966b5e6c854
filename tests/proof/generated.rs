//! The code that prost generates replays the witnesses: for each schema that reads one, a module of
//! one program.
//!
//! The generated code knows no extensions. A required field that is missing has its default.

use std::fmt::Write as _;

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use prost::Message as _;
use prost_build::{Config, Module};
use prost_reflect::{Cardinality, DescriptorPool, DynamicMessage, ReflectMessage as _, Value};
use prost_types::FileDescriptorProto;
use wireproof::finding::{Direction, Witness, from_hex};
use wireproof::schema::descriptor::FileDescriptorSet;
use wireproof::schema::{Schema, runtime};

use super::readers::{each_witness, expected, files, is_message, read_as};
use crate::generate::rust::Crate;
use crate::parity::programs::{scale, tools};

/// Prints what is written of a message that was read from `bytes`, in hexadecimal.
const MAIN: &str = r#"
fn answer<M: prost::Message + Default>(bytes: &[u8]) {
    match M::decode(bytes) {
        Ok(message) => {
            let bytes = message.encode_to_vec();
            println!("{}", bytes.iter().map(|it| format!("{it:02x}")).collect::<String>());
        }
        Err(error) => println!("error: {error}"),
    }
}

fn main() {
"#;

/// The code of a schema's messages, which have no package. The well-known types are in a crate of prost.
fn code(set: &FileDescriptorSet) -> String {
    let set = prost_types::FileDescriptorSet::decode(&*set.encode_to_vec()).expect("the same");
    let module = |file: &FileDescriptorProto| Module::from_protobuf_package_name(file.package());
    let requests = set.file.into_iter().map(|file| (module(&file), file)).collect();
    let modules = Config::new().format(false).generate(requests).expect("prost has the types");
    modules.into_values().collect()
}

/// The path of a message: `A.BigOne.C` is `a::big_one::C`.
fn path(message: &str) -> String {
    let (scope, name) = message.rsplit_once('.').unwrap_or(("", message));
    let scope = scope.split('.').filter(|part| !part.is_empty());
    let scope: String = scope.map(|part| part.to_snake_case() + "::").collect();
    scope + &name.to_upper_camel_case()
}

/// Brings a message into the form in which prost has it.
fn as_generated(message: &mut DynamicMessage) {
    let extensions: Vec<_> = message.extensions().map(|(field, _)| field).collect();
    extensions.iter().for_each(|field| message.clear_extension(field));
    for field in message.descriptor().fields() {
        if field.cardinality() == Cardinality::Required && !message.has_field(&field) {
            message.set_field(&field, field.default_value());
        }
    }
    for (_, value) in message.fields_mut() {
        match value {
            Value::Message(message) => as_generated(message),
            Value::List(list) => {
                list.iter_mut().filter_map(Value::as_message_mut).for_each(as_generated)
            }
            Value::Map(map) => {
                map.values_mut().filter_map(Value::as_message_mut).for_each(as_generated)
            }
            _ => {}
        }
    }
}

/// A witness of bytes, and the schema that reads it.
struct Reading {
    name: String,
    message: String,
    bytes: Vec<u8>,
    expected: Option<String>,
    pool: DescriptorPool,
}

impl Reading {
    fn new(case: &str, witness: &Witness, reader: &Schema) -> Option<Self> {
        let bytes = witness.bytes.clone().filter(|_| is_message(witness))?;
        let files: Vec<_> = reader.files().map(|file| file.proto()).collect();
        Some(Reading {
            name: format!("{case}: {}", witness.summary()),
            message: read_as(witness).to_owned(),
            bytes,
            expected: expected(witness, "prost").map(str::to_owned),
            pool: runtime::pool(files).expect("prost-reflect has the types"),
        })
    }

    /// Whether `answer`, what the generated code wrote after reading, is what the witness says.
    fn agrees(&self, answer: &str) -> bool {
        let of = self.pool.get_message_by_name(&self.message).expect("the schema has the message");
        let Some(text) = &self.expected else { return answer.starts_with("error: ") };
        let Ok(mut expected) = DynamicMessage::parse_text_format(of.clone(), text) else {
            return false;
        };
        as_generated(&mut expected);
        let Some(bytes) = from_hex(answer) else { return false };
        let read = DynamicMessage::decode(of, &*bytes).expect("prost writes what it reads");
        read.to_text_format() == expected.to_text_format()
    }
}

#[test]
fn generated_code_reads_what_every_witness_says() {
    if !scale::long() {
        return tools::say("SKIPPED generated code of prost: `cargo xtask test --all` runs it");
    }
    let (mut modules, mut readings) = (Vec::<String>::new(), Vec::new());
    let (mut calls, mut text) = (String::new(), String::new());
    each_witness(|case, witness, old, new| {
        let reader = if witness.direction == Direction::OldToNew { new } else { old };
        let Some(reading) = Reading::new(case, witness, reader) else { return };
        let code = code(&files(reader));
        let module = modules.iter().position(|other| *other == code).unwrap_or_else(|| {
            let number = modules.len();
            let _ = writeln!(text, "mod m{number} {{\n{code}\n}}");
            modules.push(code);
            number
        });
        let path = path(&reading.message);
        let _ = writeln!(calls, "answer::<m{module}::{path}>(&{:?});", reading.bytes);
        readings.push(reading);
    });
    let made = Crate::empty();
    made.write(
        "Cargo.toml",
        "[package]\nname = \"witnesses\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\nprost = \"0.14\"\nprost-types = \"0.14\"\n",
    );
    made.write("src/main.rs", &[MAIN, &calls, "}\n", &text].concat());
    let answers = made.cargo(&["run"], "");
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), readings.len());
    let wrong: Vec<String> = readings
        .iter()
        .zip(answers)
        .filter(|(reading, answer)| !reading.agrees(answer))
        .map(|(reading, answer)| format!("{}: {:?}, but {answer}", reading.name, reading.expected))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(readings.len() > 50, "{} witnesses", readings.len());
}

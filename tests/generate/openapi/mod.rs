//! The plugin `openapi`: what its documents say of routes, of messages, and what real validators
//! say of the documents.

mod contract;
mod mapping;
mod real;
mod routes;

use std::path::Path;
use std::time::Duration;

use prost::Message;
use serde_json::Value;
use wireproof::generate::{Environment, answer};
use wireproof::schema::descriptor::{FileDescriptorProto, FileDescriptorSet};

use crate::oracle::Tree;
use crate::parity::programs::tools;

/// `google.protobuf.compiler.CodeGeneratorRequest`.
#[derive(Clone, PartialEq, Message)]
struct Question {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(message, repeated, tag = "15")]
    proto_file: Vec<FileDescriptorProto>,
}

/// `google.protobuf.compiler.CodeGeneratorResponse`.
#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(string, optional, tag = "1")]
    error: Option<String>,
    #[prost(message, repeated, tag = "15")]
    file: Vec<Made>,
}

#[derive(Clone, PartialEq, Message)]
struct Made {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "15")]
    content: Option<String>,
}

/// What the plugin makes of `targets` among `files`, told `parameter`: names and texts.
fn made(
    files: Vec<FileDescriptorProto>,
    targets: Vec<String>,
    parameter: &str,
) -> Result<Vec<(String, String)>, String> {
    let question = Question {
        file_to_generate: targets,
        parameter: Some(parameter.to_owned()),
        proto_file: files,
    };
    let folder = std::env::temp_dir();
    let limit = Duration::from_secs(60);
    let environment =
        Environment { folder, limit, allow_missing: false, help: ToString::to_string };
    let answer = answer("openapi", &question.encode_to_vec(), &environment);
    let answer = answer.expect("there is such a plugin, and this is a request");
    let answer = Answer::decode(&*answer).expect("it is an answer");
    match answer.error {
        Some(error) => Err(error),
        None => Ok(answer
            .file
            .into_iter()
            .map(|file| (file.name.unwrap_or_default(), file.content.unwrap_or_default()))
            .collect()),
    }
}

/// A folder with the annotations and a file of this text.
fn folder(text: &str) -> tempfile::TempDir {
    let folder = tools::temporary();
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("third_party/google/api");
    let own = folder.path().join("google/api");
    std::fs::create_dir_all(&own).expect("it can be made");
    for name in ["annotations.proto", "http.proto"] {
        std::fs::copy(api.join(name), own.join(name)).expect("it can be copied");
    }
    std::fs::write(folder.path().join("t.proto"), text).expect("it can be written");
    folder
}

/// What a file that may import the annotations compiles to.
fn compiled(text: &str) -> FileDescriptorSet {
    let tree = Tree::within("t", folder(text));
    tree.compiled().unwrap_or_else(|| panic!("it does not compile:\n{text}"))
}

/// The one document that the plugin makes of the file `text`; an error is what it refuses.
fn document(text: &str, parameter: &str) -> Result<Value, String> {
    let made = made(compiled(text).file, vec!["t.proto".to_owned()], parameter)?;
    let [(_, content)] = &made[..] else { panic!("{} documents", made.len()) };
    Ok(serde_json::from_str(content).expect("it is JSON"))
}

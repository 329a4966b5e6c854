//! The built-in plugins. buf runs them as `wireproof plugin NAME`; a template that names this program
//! gets them in process.

mod grpc_python;
mod openapi;
#[cfg(feature = "generate")]
mod rust;

use prost::Message;

use super::environment::{Environment, RunError};
use super::protocol::{Request, Response};
use crate::error::{Error, Result};
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::image::{Budget, MAX_SIZE, count_file, in_list};
use crate::schema::wire::{Value, records};

/// A built-in generator: returns the response to a request.
pub(super) type Generator = fn(&Request<'_>, &Environment) -> Result<Response, RunError>;

/// The plugins by name.
const PLUGINS: &[(&str, Generator)] = &[
    ("grpc-python", grpc_python::make),
    ("openapi", |request, _| Ok(openapi::make(request)?)),
    #[cfg(feature = "generate")]
    ("rust", |request, _| Ok(rust::make(request)?)),
];

/// Returns the error for `option` of a plugin that has the options `known`, `key=VALUE, …`: of a key
/// that is known, its value is wrong.
fn refused(option: &str, known: &str) -> String {
    let key = option.split('=').next();
    let same_key = known.split(", ").find(|entry| entry.split('=').next() == key);
    match same_key {
        Some(entry) => {
            let flag = if entry.ends_with("=BOOL") { ", with true or false" } else { "" };
            format!("{option:?} has to be {entry}{flag}")
        }
        None => format!("unknown option {option:?}; there are {known}"),
    }
}

/// Returns the plugin called `name`.
pub(super) fn find(name: &str) -> Result<Generator> {
    if name == "rust" && cfg!(not(feature = "generate")) {
        return Err(Error::new("this wireproof is built without the plugin \"rust\"")
            .help("install it with its Cargo feature `generate`, which is on by default"));
    }
    let found = PLUGINS.iter().find(|(known, _)| *known == name);
    found.map(|(_, generator)| *generator).ok_or_else(|| {
        let known: Vec<&str> = PLUGINS.iter().map(|(name, _)| *name).collect();
        Error::new(format!("there is no plugin {name:?} in wireproof"))
            .help(format!("there is {}", known.join(", ")))
    })
}

/// `CodeGeneratorRequest`, as another program sends it.
#[derive(Clone, PartialEq, Message)]
struct Received {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(message, repeated, tag = "15")]
    proto_file: Vec<FileDescriptorProto>,
}

/// Counts the memory that the request in `bytes` takes when decoded. Too much is an error.
fn count(bytes: &[u8]) -> Result<()> {
    let budget = Budget::new(MAX_SIZE);
    budget.take(bytes.len())?;
    records(bytes).try_for_each(|record| match (record.number, record.value) {
        (1, _) => budget.take(in_list::<String>()),
        (15, Value::Bytes(file)) => count_file(file, &budget),
        _ => Ok(()),
    })
}

/// Runs the plugin called `name` on the request in `bytes`, and returns the bytes of its response.
///
/// # Errors
///
/// There is no such plugin, or `bytes` is not a request.
pub fn answer(name: &str, bytes: &[u8], environment: &Environment) -> Result<Vec<u8>> {
    let generator = find(name)?;
    count(bytes).map_err(|error| error.at("standard input"))?;
    let received = Received::decode(bytes).map_err(|error| {
        Error::new(format!("standard input is not a CodeGeneratorRequest: {error}"))
            .help("`wireproof generate` and `buf generate` run plugins")
    })?;
    let request = Request {
        targets: received.file_to_generate.iter().map(String::as_str).collect(),
        parameter: received.parameter.as_deref(),
        files: received.proto_file.iter().collect(),
        sources: Vec::new(),
    };
    let response = generator(&request, environment);
    let refused =
        |error: RunError| Response { error: Some(error.to_string()), ..Response::default() };
    Ok(response.unwrap_or_else(refused).encode_to_vec())
}

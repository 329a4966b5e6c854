//! The plugins that this program has in itself: `wireproof plugin NAME` for buf, and
//! the same in process where a template names it so.

mod grpc_python;
mod openapi;
mod rust;

use prost::Message;

use super::plugins::Environment;
use super::protocol::{Request, Response};
use crate::error::{Error, Result};
use crate::process::Failure;
use crate::schema::descriptor::FileDescriptorProto;
use crate::schema::image::{Budget, MAX_SIZE, count_file, in_list};
use crate::schema::wire::{Value, records};

/// Makes files of a request. In the inner result it says in words what it cannot do.
pub(super) type Make = fn(&Request<'_>, &Environment) -> Result<Result<Response, String>, Failure>;

/// The plugins by their names.
const PLUGINS: &[(&str, Make)] = &[
    ("grpc-python", grpc_python::make),
    ("openapi", |request, _| Ok(openapi::make(request))),
    ("rust", |request, _| Ok(rust::make(request))),
];

/// The plugin called `name`.
pub(super) fn find(name: &str) -> Result<Make> {
    let found = PLUGINS.iter().find(|(known, _)| *known == name);
    found.map(|(_, make)| *make).ok_or_else(|| {
        let known: Vec<&str> = PLUGINS.iter().map(|(name, _)| *name).collect();
        Error::new(format!("there is no plugin {name:?} in wireproof"))
            .help(format!("there is {}", known.join(", ")))
    })
}

/// A request as it comes from somebody else: `CodeGeneratorRequest`.
#[derive(Clone, PartialEq, Message)]
struct Received {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, optional, tag = "2")]
    parameter: Option<String>,
    #[prost(message, repeated, tag = "15")]
    proto_file: Vec<FileDescriptorProto>,
}

/// Counts what the request in `question` takes when it is decoded; too much is an error.
fn count(question: &[u8]) -> Result<()> {
    let budget = Budget::new(MAX_SIZE);
    budget.take(question.len())?;
    records(question).try_for_each(|record| match (record.number, record.value) {
        (1, _) => budget.take(in_list::<String>()),
        (15, Value::Bytes(file)) => count_file(file, &budget),
        _ => Ok(()),
    })
}

/// Answers the request in `question` as the plugin called `name`: the bytes of the answer. An
/// error says that there is no such plugin, or that this is no request.
pub fn answer(name: &str, question: &[u8], environment: &Environment) -> Result<Vec<u8>> {
    let make = find(name)?;
    count(question).map_err(|error| error.at("standard input"))?;
    let received = Received::decode(question).map_err(|error| {
        Error::new(format!("standard input is no CodeGeneratorRequest: {error}"))
            .help("a plugin is run by `wireproof generate` or `buf generate`")
    })?;
    let request = Request {
        targets: received.file_to_generate.iter().map(String::as_str).collect(),
        parameter: received.parameter.as_deref(),
        files: received.proto_file.iter().collect(),
        sources: Vec::new(),
    };
    let refused = |error| Response { error: Some(error), ..Response::default() };
    let answer = match make(&request, environment) {
        Ok(answer) => answer.unwrap_or_else(refused),
        Err(failure) => refused(failure.to_string()),
    };
    Ok(answer.encode_to_vec())
}

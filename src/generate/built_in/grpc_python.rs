//! The gRPC generator for Python. It exists only inside `grpc_tools.protoc`; this plugin makes it
//! available to buf and protoc.

use super::super::environment::{Environment, RunError};
use super::super::protoc;
use super::super::protocol::{Request, Response};

/// The Python that is run unless an option names another.
const PYTHON: &str = "python3";

/// Runs `grpc_tools.protoc`. The option `python=PROGRAM` names the Python that has grpcio-tools.
pub(super) fn make(request: &Request<'_>, environment: &Environment) -> Result<Response, RunError> {
    let option = request.parameter.unwrap_or_default();
    let python = match option.split_once('=') {
        Some(("python", python)) if !python.is_empty() => python,
        None if option.is_empty() => PYTHON,
        _ => return Err(format!("unknown option {option:?}; there is python=PROGRAM").into()),
    };
    let words = [python, "-m", "grpc_tools.protoc"].map(str::to_owned);
    let request = Request { parameter: None, ..request.clone() };
    protoc::run("grpc_python", &words, &request, environment)
}

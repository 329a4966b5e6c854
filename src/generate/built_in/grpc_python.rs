//! The gRPC part of Python: the plugin that is built into `grpc_tools.protoc` and stands nowhere
//! alone, as a plugin that buf and protoc can run, too.

use super::super::plugins::Environment;
use super::super::protoc;
use super::super::protocol::{Request, Response};
use crate::process::Failure;

/// The Python that is asked, where no option names one.
const PYTHON: &str = "python3";

/// The one option, `python=PROGRAM`, names the Python that has grpcio-tools.
pub(super) fn make(
    request: &Request<'_>,
    environment: &Environment,
) -> Result<Result<Response, String>, Failure> {
    let option = request.parameter.unwrap_or_default();
    let python = match option.split_once('=') {
        Some(("python", python)) if !python.is_empty() => python,
        None if option.is_empty() => PYTHON,
        _ => return Ok(Err(format!("unknown option {option:?}; there is python=PROGRAM"))),
    };
    let words = [python, "-m", "grpc_tools.protoc"].map(str::to_owned);
    let request = Request { parameter: None, ..request.clone() };
    protoc::run("grpc_python", &words, &request, environment)
}

//! Provider states: the data that a provider needs before an interaction. An interaction names a
//! state; a hook of the provider's side sets it up: a URL that receives a POST, a method of gRPC, or
//! a command.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use tonic::Request;
use tonic::client::Grpc;

use super::interaction::CODES;
use super::tls::Tls;
use super::transport::{Bytes, Connection, Server, broken};
use crate::error::{Error, Result};
use crate::process;
use crate::schema::wire::encode_bytes;

/// The time in which a hook has to end.
const LIMIT: Duration = Duration::from_secs(10);

/// The hook that sets up states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum States {
    /// There is no hook: interactions with a state are findings.
    None,
    /// A URL that begins with `http://`. It receives `{"consumer": …, "state": …}`, and answers
    /// with a status of 200 to 299.
    Http(String),
    /// A method, `grpc://host:port/package.Service/Method`. Its request has the strings
    /// `consumer = 1` and `state = 2`; it answers with the status OK.
    Grpc(String),
    /// A command and its arguments, and the folder that it runs in. The state and the consumer are
    /// its last two arguments.
    Command(Vec<String>, PathBuf),
}

impl States {
    /// Reads the hook as `contract.states` or `--states` has it. A command runs in `folder`.
    pub fn parse(text: &str, folder: &Path) -> Self {
        if text.starts_with("http://") {
            return States::Http(text.to_owned());
        }
        if text.starts_with("grpc://") {
            return States::Grpc(text.to_owned());
        }
        match text.split_whitespace().map(str::to_owned).collect::<Vec<_>>() {
            words if words.is_empty() => States::None,
            words => States::Command(words, folder.to_owned()),
        }
    }

    /// Sets up `state`.
    ///
    /// # Errors
    ///
    /// There is no hook, or it fails.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, or on a thread that may not block.
    pub(super) fn set_up(&self, consumer: &str, state: &str) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| {
            Error::new(format!("the state {state:?} could not be set up: {error}"))
        };
        match self {
            States::None => Err(failed(&"there is no hook, in `contract.states` or --states")),
            States::Http(url) => {
                let body = json!({ "consumer": consumer, "state": state }).to_string();
                post(url, &body).map_err(|error| failed(&error))
            }
            States::Grpc(url) => {
                let runtime = tokio::runtime::Handle::current();
                let call = tokio::time::timeout(LIMIT, call(url, consumer, state));
                match runtime.block_on(call) {
                    Ok(result) => result.map_err(|error| failed(&Error::new(error).at(&**url))),
                    Err(_) => Err(failed(&format!("no answer within {} s", LIMIT.as_secs()))),
                }
            }
            States::Command(words, folder) => {
                let Some((program, args)) = words.split_first() else { return Ok(()) };
                let mut command = Command::new(program);
                command.args(args).args([state, consumer]).current_dir(folder);
                let ended = process::run(&mut command, Vec::new(), LIMIT)
                    .map_err(|error| failed(&error))?;
                match ended.code {
                    Some(0) => Ok(()),
                    code => {
                        let code =
                            code.map_or("a signal".to_owned(), |code| format!("code {code}"));
                        let stderr = String::from_utf8_lossy(&ended.stderr);
                        let stderr = stderr.trim();
                        let colon = if stderr.is_empty() { "" } else { ": " };
                        Err(failed(&format!("{program} ended with {code}{colon}{stderr}")))
                    }
                }
            }
        }
    }
}

/// Calls a method of gRPC.
async fn call(url: &str, consumer: &str, state: &str) -> Result<(), String> {
    let rest = url.strip_prefix("grpc://").unwrap_or(url);
    let (host, path) =
        rest.split_once('/').ok_or("write grpc://host:port/package.Service/Method")?;
    let path = format!("/{path}").parse().map_err(|_| "the path is not /package.Service/Method")?;
    let server = Server::new(&format!("http://{host}"), &Tls::default())
        .map_err(|error| error.to_string())?;
    let mut client = Grpc::with_origin(Connection::open(&server).await?, server.origin.clone());
    client.ready().await.map_err(|error| broken(&error))?;
    let mut request = Vec::new();
    encode_bytes(1, consumer.as_bytes(), &mut request);
    encode_bytes(2, state.as_bytes(), &mut request);
    let answer = client.unary(Request::new(request), path, Bytes).await;
    answer.map(|_| ()).map_err(|status| {
        let code = CODES.get(status.code() as usize).unwrap_or(&"no status");
        format!("{code} {}", status.message())
    })
}

/// Posts JSON, and reads the status line of the answer.
fn post(url: &str, body: &str) -> Result<()> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let at = |error: std::io::Error| Error::new(error.to_string()).at(url);
    let resolved = address.to_socket_addrs().map_err(at)?.next();
    let resolved = resolved.ok_or_else(|| Error::new("the host has no address").at(url))?;
    let mut stream = TcpStream::connect_timeout(&resolved, LIMIT).map_err(at)?;
    stream.set_read_timeout(Some(LIMIT)).map_err(at)?;
    stream.set_write_timeout(Some(LIMIT)).map_err(at)?;
    let head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()))
        .map_err(at)?;
    // The status line is enough: a hook may keep the connection open.
    let mut answer = Vec::new();
    BufReader::new(stream).take(1 << 12).read_until(b'\n', &mut answer).map_err(at)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split_whitespace().nth(1).unwrap_or_default();
    if status.len() == 3 && status.starts_with('2') {
        return Ok(());
    }
    let shown = answer.lines().next().unwrap_or_default();
    Err(Error::new(format!("the hook answered {shown:?}")).at(url))
}

//! HTTP requests to servers outside of the system. [`Endpoint`] is one with the API of OpenAI.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, StatusCode};
use tonic::{Code, Status};

use crate::checks::cut;
use crate::config::BaseUrl;

/// The time to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// The most bytes of a response.
const MAX_RESPONSE: usize = 32 << 20;

/// The most bytes that are read of an error.
const MAX_ERROR: usize = 8 << 10;

/// The most bytes of an error that are shown.
const MAX_SHOWN: usize = 300;

/// Returns the settings of all clients.
pub(crate) fn client() -> ClientBuilder {
    // An error says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().connect_timeout(CONNECT).referer(false).user_agent("agentd")
}

/// A server with the API of OpenAI (<https://platform.openai.com/docs/api-reference>), which many
/// others have, too.
pub(crate) struct Endpoint {
    client: Client,
    /// What it is to us, for errors.
    role: &'static str,
    url: BaseUrl,
    key: Option<String>,
}

impl Endpoint {
    /// Returns an endpoint that may be silent for `patience`. Its key is in the environment variable
    /// `key_env`, or else in `default_env`, if that is set.
    ///
    /// # Errors
    ///
    /// `key_env` is not set, or the key cannot be sent.
    pub(crate) fn new(
        role: &'static str,
        url: &BaseUrl,
        key_env: Option<&str>,
        default_env: &str,
        patience: Duration,
    ) -> Result<Self, String> {
        let variable = key_env.unwrap_or(default_env);
        let key = std::env::var(variable).unwrap_or_default().trim().to_owned();
        if key.is_empty() && key_env.is_some() {
            return Err(format!("the key of the {role}: {variable} is not set"));
        }
        if HeaderValue::from_str(&key).is_err() {
            return Err(format!("the key of the {role}: {variable} cannot be sent in a header"));
        }
        // A redirect would take the prompt and the key elsewhere.
        let client = client().read_timeout(patience).redirect(Policy::none()).build();
        Ok(Endpoint {
            client: client.map_err(|error| format!("the {role}: {error}"))?,
            role,
            url: url.clone(),
            key: Some(key).filter(|key| !key.is_empty()),
        })
    }

    /// Returns an error that names the endpoint. A message can have what the endpoint said, so it is
    /// shown without the key, and not longer than it may be.
    pub(crate) fn error(&self, code: Code, message: &str) -> Status {
        let message = match &self.key {
            Some(key) => message.replace(key, "…"),
            None => message.to_owned(),
        };
        let message = cut(&message, MAX_SHOWN);
        Status::new(code, format!("the {} at {} {message}", self.role, self.url.authority()))
    }

    /// Sends a request, and returns the response when its headers are there.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE: the endpoint cannot be reached, or fails. RESOURCE_EXHAUSTED: it has too many
    /// requests. INTERNAL: it refuses the request.
    pub(crate) async fn post(
        &self,
        path: &str,
        mut headers: HeaderMap,
        body: &serde_json::Value,
    ) -> Result<Body<'_>, Status> {
        if let Some(key) = &self.key
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let request = self.client.post(format!("{}/{path}", self.url)).headers(headers).json(body);
        let response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        let mut body = Body { endpoint: self, response, read: 0, buffer: Vec::new() };
        if status.is_success() {
            return Ok(body);
        }
        let code = match status {
            StatusCode::TOO_MANY_REQUESTS => Code::ResourceExhausted,
            _ if status.is_server_error() => Code::Unavailable,
            _ => Code::Internal,
        };
        let message = match status {
            // What is said about a key can show a part of it.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "the key is missing or wrong".into()
            }
            _ => body.explanation().await,
        };
        Err(self.error(code, &format!("answered {status}: {message}")))
    }

    /// Returns the error of a connection.
    fn broken(&self, error: &reqwest::Error) -> Status {
        let what = match error {
            _ if error.is_connect() => "cannot be reached",
            _ if error.is_timeout() => "was silent for too long",
            _ => "broke the connection",
        };
        // The outermost error has the URL, which is named already.
        let cause = error.source().map(|source| format!(": {}", cause(source)));
        let cause = cause.unwrap_or_default();
        self.error(Code::Unavailable, &format!("{what}{cause}"))
    }
}

/// Returns the innermost cause of an error, or the error itself.
pub(crate) fn cause<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    error.source().map_or(error, cause)
}

/// Returns the explanation of an error.
pub(crate) fn explained(json: &serde_json::Value) -> Option<&str> {
    let error = &json["error"];
    error["message"].as_str().or(error.as_str())
}

/// The body of a response. The request ends when it is dropped.
pub(crate) struct Body<'e> {
    endpoint: &'e Endpoint,
    response: Response,
    /// The bytes that were read so far.
    read: usize,
    /// Those that were read and not returned yet.
    buffer: Vec<u8>,
}

impl Body<'_> {
    /// Reads the next part into the buffer. Returns false at the end.
    async fn read(&mut self) -> Result<bool, Status> {
        let part = self.response.chunk().await;
        let Some(part) = part.map_err(|error| self.endpoint.broken(&error))? else {
            return Ok(false);
        };
        self.read += part.len();
        if self.read > MAX_RESPONSE {
            return Err(self.endpoint.error(Code::Internal, "sent more than 32 MiB"));
        }
        self.buffer.extend_from_slice(&part);
        Ok(true)
    }

    /// Returns the whole body.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Status> {
        while self.read().await? {}
        Ok(self.buffer)
    }

    /// Returns the data of the next server-sent event, which has one line; none at the end. Nothing
    /// is read before it is called.
    pub(crate) async fn event(&mut self) -> Result<Option<String>, Status> {
        loop {
            let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') else {
                if self.read().await? {
                    continue;
                }
                return Ok(None);
            };
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            if let Some(data) = line.strip_prefix(b"data:") {
                return Ok(Some(String::from_utf8_lossy(data).trim().to_owned()));
            }
        }
    }

    /// Returns what the body says about an error.
    async fn explanation(&mut self) -> String {
        while self.buffer.len() < MAX_ERROR && matches!(self.read().await, Ok(true)) {}
        let json: serde_json::Value = serde_json::from_slice(&self.buffer).unwrap_or_default();
        explained(&json).unwrap_or("no reason is given").to_owned()
    }
}

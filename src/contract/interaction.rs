//! Interactions: a consumer's examples of calls, read from YAML and checked against the schema of
//! the release that they were written for.

use std::time::Duration;

use regex_lite::Regex;
use serde_json::Value as Json;

use super::finding;
use super::node::{Node, place};
use super::server::Ended;
use crate::error::Result;
use crate::finding::{DETAIL, Finding, Place};
use crate::schema::Schema;
use crate::value::{
    JsonError, MessageType, MessageValue, Mismatch, Pattern, Step, Types, json_path,
};

/// The name of the working tree in `release`.
const UNRELEASED: &str = "unreleased";

/// The most messages of a stream that an interaction can ask for.
const MAX_MESSAGES: u64 = 10_000;

/// The names of the status codes of gRPC, by number.
pub(super) const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A version of the schema that interactions can name.
pub struct Version<'s> {
    /// `v1.0.0`, or `unreleased`.
    pub name: String,
    /// The schema.
    pub schema: &'s Schema,
    /// Its types.
    pub types: Types,
}

impl<'s> Version<'s> {
    /// Returns the version `name` of a schema.
    pub fn new(name: &str, schema: &'s Schema) -> Self {
        Version { name: name.to_owned(), schema, types: Types::new(schema) }
    }

    /// Returns the working tree as a version.
    pub fn unreleased(schema: &'s Schema) -> Self {
        Version::new(UNRELEASED, schema)
    }
}

/// The kind of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Whether the request is a stream.
    pub client_streaming: bool,
    /// Whether the response is a stream.
    pub server_streaming: bool,
}

/// An example of a call.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// The consumer that wrote it.
    pub consumer: String,
    /// Its name, distinct for the consumer.
    pub name: String,
    /// The release that it was written for, or `unreleased`.
    pub release: String,
    /// The state that the provider has to be in.
    pub state: Option<String>,
    /// The call.
    pub call: Call,
    /// What the consumer expects.
    pub expected: Expected,
    /// The file, as shown to the user.
    pub file: String,
    node: Node,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The full name of the method: `package.Service.Method`.
    pub method: String,
    /// The path of the call: `/package.Service/Method`.
    pub path: String,
    /// The kind of the method.
    pub kind: Kind,
    /// The type of the requests.
    pub request: MessageType,
    /// The type of the responses.
    pub response: MessageType,
    /// The metadata of the request.
    pub metadata: Vec<(String, String)>,
    /// The deadline that the client sets.
    pub deadline: Option<Duration>,
    /// The number of responses after which the client cancels the call.
    pub cancel_after: Option<usize>,
    /// The requests; one, if the request is not a stream.
    pub requests: Vec<MessageValue>,
}

/// What a consumer expects of a call.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The status code.
    pub code: i32,
    /// The pattern of the status message.
    message: Option<Text>,
    /// The details of the status, each by its type and a pattern of its message.
    details: Vec<(String, Option<Pattern>)>,
    /// The headers of the response.
    headers: Vec<(String, Option<Text>)>,
    /// The trailers of the response.
    trailers: Vec<(String, Option<Text>)>,
    /// The responses.
    pub messages: Messages,
    /// The time in which the call has to end.
    pub within: Option<Duration>,
}

/// The responses that a consumer expects.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Patterns of the responses, one by one; none if only `each`, `first` and `last` count.
    exact: Option<Vec<Pattern>>,
    each: Option<Pattern>,
    first: Option<Pattern>,
    /// The last response matches, and no other does.
    last: Option<Pattern>,
    /// The least and the greatest number of responses.
    count: (u64, Option<u64>),
}

/// A text that is equal to, or matches.
#[derive(Clone, Debug)]
enum Text {
    Equal(String),
    Regex(Regex),
}

impl Text {
    fn matches(&self, text: &str) -> bool {
        match self {
            Text::Equal(expected) => expected == text,
            Text::Regex(regex) => regex.is_match(text),
        }
    }

    fn example(&self) -> String {
        match self {
            Text::Equal(text) => text.clone(),
            Text::Regex(regex) => crate::value::matching_text(regex.as_str()),
        }
    }

    fn described(&self) -> String {
        match self {
            Text::Equal(expected) => format!("{expected:?}"),
            Text::Regex(regex) => format!("a match of {:?}", regex.as_str()),
        }
    }
}

/// Returns headers or trailers that match.
fn examples(texts: &[(String, Option<Text>)]) -> Vec<(String, String)> {
    let present =
        texts.iter().filter_map(|(key, text)| Some((key.clone(), text.as_ref()?.example())));
    present.collect()
}

/// The interactions of some files, and what is wrong with others.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The sound interactions.
    pub interactions: Vec<Interaction>,
    /// The findings about the others.
    pub findings: Vec<Finding>,
}

/// Reads the interactions in a file that is shown as `file`, and checks them against `versions`.
///
/// # Errors
///
/// The file is not YAML.
pub fn load(
    content: &[u8],
    file: &str,
    versions: &[Version<'_>],
    loaded: &mut Loaded,
) -> Result<()> {
    let root = Node::parse(content, file)?;
    let mut reader = Reader { file, versions, path: Vec::new(), root: &root };
    match reader.file() {
        Ok((interactions, problems)) => {
            loaded.interactions.extend(interactions);
            loaded.findings.extend(problems);
        }
        Err(problem) => loaded.findings.push(*problem),
    }
    Ok(())
}

/// Reports interactions of a consumer that have the name of another one.
pub fn reject_duplicates(loaded: &mut Loaded) {
    let mut seen = std::collections::BTreeMap::new();
    let Loaded { interactions, findings } = loaded;
    interactions.retain(|interaction| {
        let name = (interaction.consumer.clone(), interaction.name.clone());
        match seen.get(&name) {
            None => {
                seen.insert(name, interaction.file.clone());
                true
            }
            Some(file) => {
                let message =
                    format!("{:?} is the name of another interaction, in {file}", interaction.name);
                let element = format!("{}: {}", interaction.consumer, interaction.name);
                findings.push(finding(interaction.place(), &element, message.clone(), &message));
                false
            }
        }
    });
}

type Checked<T> = Result<T, Box<Finding>>;

struct Reader<'r> {
    file: &'r str,
    versions: &'r [Version<'r>],
    /// The name of the interaction, for findings.
    path: Vec<String>,
    root: &'r Node,
}

impl<'r> Reader<'r> {
    fn problem(&self, at: (u32, u32), message: impl Into<String>) -> Box<Finding> {
        let message = message.into();
        let element = self.path.join(": ");
        Box::new(finding(place(self.file, at), &element, message.clone(), &message))
    }

    /// Reports a value that is no mapping.
    fn mapping(&self, node: &Node) -> Checked<()> {
        if node.is_map() {
            Ok(())
        } else {
            Err(self.problem(node.at, "write keys and values here"))
        }
    }

    /// Reports a value that is no mapping, and a key that is none of `known`.
    fn keys(&self, node: &Node, known: &[&str]) -> Checked<()> {
        self.mapping(node)?;
        let unknown = node.entries().iter().find(|(key, ..)| !known.contains(&&**key));
        match unknown {
            Some((key, at, _)) => {
                let message = format!("unknown key `{key}`; known keys here: {}", known.join(", "));
                Err(self.problem(*at, message))
            }
            None => Ok(()),
        }
    }

    fn text(&self, node: &'r Node, key: &str) -> Checked<Option<&'r str>> {
        let Some(found) = node.get(key) else { return Ok(None) };
        found.text().map(Some).ok_or_else(|| self.problem(found.at, format!("`{key}` is a string")))
    }

    fn required(&self, node: &'r Node, key: &str) -> Checked<&'r str> {
        let text = self.text(node, key)?;
        text.ok_or_else(|| self.problem(node.at, format!("`{key}` is missing")))
    }

    /// Returns the sound interactions of the file, and what is wrong with others.
    fn file(&mut self) -> Checked<(Vec<Interaction>, Vec<Finding>)> {
        let (consumer, version, items) = self.head()?;
        let mut interactions: Vec<Interaction> = Vec::new();
        let mut problems = Vec::new();
        for node in items {
            self.path = vec![consumer.to_owned()];
            match self.interaction(node, consumer, version) {
                Ok(interaction) => {
                    interactions.push(interaction);
                }
                Err(problem) => problems.push(*problem),
            }
        }
        Ok((interactions, problems))
    }

    fn head(&self) -> Checked<(&'r str, &'r Version<'r>, &'r [Node])> {
        let root = self.root;
        self.keys(root, &["consumer", "release", "interactions"])?;
        let consumer = self.required(root, "consumer")?;
        let release = self.required(root, "release")?;
        let bare = |name: &str| name.trim_start_matches('v').to_owned();
        let version = self.versions.iter().find(|version| bare(&version.name) == bare(release));
        let version = version.ok_or_else(|| {
            let names: Vec<&str> = self.versions.iter().map(|version| &*version.name).collect();
            let at = root.get("release").map_or(root.at, |node| node.at);
            let message = format!("there is no release {release}; there are {}", names.join(", "));
            self.problem(at, message)
        })?;
        let items = root.get("interactions").and_then(Node::items);
        let items = items
            .ok_or_else(|| self.problem(root.at, "`interactions` is missing, or is not a list"))?;
        Ok((consumer, version, items))
    }

    fn interaction(
        &mut self,
        node: &'r Node,
        consumer: &str,
        version: &Version<'_>,
    ) -> Checked<Interaction> {
        self.keys(node, &["name", "state", "method", "request", "response"])?;
        let name = self.required(node, "name")?;
        self.path = vec![consumer.to_owned(), name.to_owned()];
        let state = self.text(node, "state")?;
        let written = self.required(node, "method")?;
        let full = written.trim_start_matches('/').replace('/', ".");
        let found = full.rsplit_once('.').and_then(|(service, method)| {
            let service = version.schema.service(service)?;
            service.methods().find(|found| found.name() == method)
        });
        let at = node.get("method").map_or(node.at, |node| node.at);
        let method = found.ok_or_else(|| {
            let methods = version.schema.services().flat_map(|service| service.methods());
            let near = methods
                .map(|method| method.full_name())
                .min_by_key(|known| strsim::damerau_levenshtein(known, &full));
            let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            self.problem(at, format!("{} has no method {full:?}{near}", version.name))
        })?;
        let type_of = |name: &str| {
            let message = format!("the image of {} has no message {name:?}", version.name);
            version.types.message(name).ok_or_else(|| self.problem(at, message))
        };
        let (request, response) =
            (type_of(method.request_type())?, type_of(method.response_type())?);
        let kind = Kind {
            client_streaming: method.proto().client_streaming(),
            server_streaming: method.proto().server_streaming(),
        };
        let path = format!("/{}/{}", method.service().full_name(), method.name());
        let call = self.call(node, (full, path), kind, (request, response))?;
        let expected = self.expected(node, &call, &version.types)?;
        Ok(Interaction {
            consumer: consumer.to_owned(),
            name: name.to_owned(),
            release: version.name.clone(),
            state: state.map(str::to_owned),
            call,
            expected,
            file: self.file.to_owned(),
            node: node.clone(),
        })
    }

    fn call(
        &self,
        node: &'r Node,
        (method, path): (String, String),
        kind: Kind,
        (request, response): (MessageType, MessageType),
    ) -> Checked<Call> {
        let sent = node.get("request");
        let requests = match sent {
            None if kind.client_streaming => Vec::new(),
            None => vec![MessageValue::new()],
            Some(sent) => {
                self.keys(sent, &["metadata", "deadline", "cancel_after", "message", "messages"])?;
                self.requests(sent, kind, &request)?
            }
        };
        let pairs = sent.and_then(|sent| sent.get("metadata"));
        pairs.map(|pairs| self.mapping(pairs)).transpose()?;
        let metadata = pairs.map_or(&[][..], Node::entries).iter().map(|(key, at, value)| {
            let text = value.text().ok_or_else(|| {
                self.problem(*at, "a value of metadata is a string")
            })?;
            let is_name = !key.is_empty()
                && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b));
            if key.ends_with("-bin") {
                let message = format!("{key:?} is metadata in bytes, which interactions cannot send");
                return Err(self.problem(*at, message));
            }
            if !is_name || key.starts_with("grpc-") {
                let message = format!(
                    "{key:?} is no key of metadata: write lower case, and nothing that begins with grpc-"
                );
                return Err(self.problem(*at, message));
            }
            Ok((key.clone(), text.to_owned()))
        });
        let metadata = metadata.collect::<Checked<_>>()?;
        let deadline = sent.map(|sent| self.time(sent, "deadline")).transpose()?.flatten();
        let cancel_after = sent.and_then(|sent| sent.get("cancel_after"));
        let cancel_after = cancel_after.map(|count| match count.json().as_u64() {
            Some(0) => Err(self.problem(count.at, "the client reads at least 1 response")),
            Some(number) if number > MAX_MESSAGES => {
                Err(self.problem(count.at, format!("at most {MAX_MESSAGES} responses are read")))
            }
            Some(number) if kind.server_streaming => Ok(number as usize),
            Some(_) => Err(self.problem(count.at, "the response is not a stream")),
            None => Err(self.problem(count.at, "`cancel_after` is a number of responses")),
        });
        Ok(Call {
            method,
            path,
            kind,
            request,
            response,
            metadata,
            deadline,
            cancel_after: cancel_after.transpose()?,
            requests,
        })
    }

    fn requests(&self, sent: &Node, kind: Kind, of: &MessageType) -> Checked<Vec<MessageValue>> {
        let read = |node: &Node| {
            of.read_json(&node.json())
                .map_err(|error| self.problem(node.locate(&error.path), error.to_string()))
        };
        match (sent.get("message"), sent.get("messages")) {
            (Some(_), Some(both)) => {
                Err(self.problem(both.at, "write `message` or `messages`, not both"))
            }
            (Some(message), None) if kind.client_streaming => {
                Err(self.problem(message.at, "the request is a stream: write `messages`, a list"))
            }
            (Some(message), None) => Ok(vec![read(message)?]),
            (None, Some(messages)) if !kind.client_streaming => {
                Err(self.problem(messages.at, "the request is not a stream: write `message`"))
            }
            (None, Some(messages)) => {
                let items = messages.items();
                let items =
                    items.ok_or_else(|| self.problem(messages.at, "`messages` is a list"))?;
                items.iter().map(read).collect()
            }
            (None, None) if kind.client_streaming => Ok(Vec::new()),
            (None, None) => Ok(vec![MessageValue::new()]),
        }
    }

    /// Reads a time: `2s`, `500ms`.
    fn time(&self, node: &Node, key: &str) -> Checked<Option<Duration>> {
        let Some(found) = node.get(key) else { return Ok(None) };
        let parsed = found.text().and_then(|text| {
            let (number, unit) = match text.strip_suffix("ms") {
                Some(number) => (number, 1),
                None => (text.strip_suffix('s')?, 1000),
            };
            let time = number.parse::<u32>().ok()?.checked_mul(unit)?;
            // gRPC has at most eight digits for a deadline.
            (time < 100_000_000).then_some(Duration::from_millis(time.into()))
        });
        let wrong = || self.problem(found.at, format!("`{key}` is a time: 2s, 500ms"));
        parsed.map(Some).ok_or_else(wrong)
    }

    fn expected(&self, node: &'r Node, call: &Call, types: &Types) -> Checked<Expected> {
        let mut expected = Expected {
            code: 0,
            message: None,
            details: Vec::new(),
            headers: Vec::new(),
            trailers: Vec::new(),
            messages: Messages::default(),
            within: None,
        };
        let Some(response) = node.get("response") else {
            return Err(self.problem(node.at, "`response` is missing"));
        };
        self.keys(
            response,
            &["status", "headers", "trailers", "message", "messages", "stream", "within"],
        )?;
        if let Some(status) = response.get("status") {
            self.status(status, types, &mut expected)?;
        }
        expected.within = self.time(response, "within")?;
        expected.headers = self.texts(response.get("headers"))?;
        expected.trailers = self.texts(response.get("trailers"))?;
        expected.messages = self.messages(response, call, expected.code)?;
        Ok(expected)
    }

    fn status(&self, node: &'r Node, types: &Types, expected: &mut Expected) -> Checked<()> {
        let name = match node.text() {
            Some(name) => name,
            None => {
                self.keys(node, &["code", "message", "details"])?;
                self.required(node, "code")?
            }
        };
        let code = CODES.iter().position(|known| *known == name);
        let code = code.ok_or_else(|| {
            self.problem(node.at, format!("{name:?} is no status; there are {}", CODES.join(", ")))
        })?;
        expected.code = code as i32;
        expected.message = node.get("message").map(|text| self.text_matcher(text)).transpose()?;
        let details = node.get("details").map(|details| {
            details.items().ok_or_else(|| self.problem(details.at, "`details` is a list"))
        });
        for detail in details.transpose()?.unwrap_or_default() {
            let url = self.required(detail, "@type")?;
            let name = url.rsplit('/').next().unwrap_or(url).to_owned();
            let pattern = types.message(&name).map(|of| {
                let mut json = detail.json();
                json.as_object_mut().map(|object| object.remove("@type"));
                of.read_pattern(&json).map_err(|error| self.wrong(detail, &error))
            });
            if pattern.is_none() && detail.entries().len() > 1 {
                let message = format!("the schema has no message {name:?}: write `@type` alone");
                return Err(self.problem(detail.at, message));
            }
            expected.details.push((name, pattern.transpose()?));
        }
        Ok(())
    }

    fn wrong(&self, node: &Node, error: &JsonError) -> Box<Finding> {
        self.problem(node.locate(&error.path), error.to_string())
    }

    fn text_matcher(&self, node: &Node) -> Checked<Text> {
        if let Some(text) = node.text() {
            return Ok(Text::Equal(text.to_owned()));
        }
        self.keys(node, &["$regex"])?;
        let regex = node.get("$regex").and_then(Node::text).map(Regex::new);
        match regex {
            Some(Ok(regex)) => Ok(Text::Regex(regex)),
            Some(Err(error)) => Err(self.problem(node.at, error.to_string())),
            None => Err(self.problem(node.at, "write a string, or {$regex: …}")),
        }
    }

    /// Reads headers or trailers; `{$absent: true}` is none.
    fn texts(&self, node: Option<&'r Node>) -> Checked<Vec<(String, Option<Text>)>> {
        node.map(|node| self.mapping(node)).transpose()?;
        let entries = node.map_or(&[][..], Node::entries).iter().map(|(key, _, value)| {
            let is_absent =
                value.get("$absent").is_some_and(|node| node.json() == Json::Bool(true));
            let text = if is_absent { None } else { Some(self.text_matcher(value)?) };
            Ok((key.to_lowercase(), text))
        });
        entries.collect()
    }

    fn messages(&self, response: &'r Node, call: &Call, code: i32) -> Checked<Messages> {
        let read = |node: &Node| {
            call.response.read_pattern(&node.json()).map_err(|error| self.wrong(node, &error))
        };
        let keys = ["message", "messages", "stream"];
        let given: Vec<(&str, &Node)> =
            keys.iter().filter_map(|key| Some((*key, response.get(key)?))).collect();
        let any = (0, None);
        match given.as_slice() {
            [] => Ok(Messages {
                count: match (call.kind.server_streaming, code) {
                    (true, 0) => any,
                    (false, 0) => (1, Some(1)),
                    _ => (0, None),
                },
                ..Messages::default()
            }),
            [(_, _), (_, second), ..] => {
                Err(self.problem(second.at, "write one of `message`, `messages` and `stream`"))
            }
            [("message", node)] if call.kind.server_streaming => {
                Err(self.problem(node.at, "the response is a stream: write `messages` or `stream`"))
            }
            [("message", node)] if code != 0 => {
                let message = "a call that fails has no response: write `status` alone";
                Err(self.problem(node.at, message))
            }
            [("message", node)] => {
                Ok(Messages { exact: Some(vec![read(node)?]), count: any, ..Messages::default() })
            }
            [(key, node)] if !call.kind.server_streaming => Err(self
                .problem(node.at, format!("the response is not a stream: `message`, not `{key}`"))),
            [("messages", node)] => {
                let items = node.items();
                let items = items.ok_or_else(|| self.problem(node.at, "`messages` is a list"))?;
                let exact: Vec<Pattern> = items.iter().map(read).collect::<Checked<_>>()?;
                if let Some(count) = call.cancel_after.filter(|count| *count < exact.len()) {
                    let message =
                        format!("the client cancels after {count} responses, and sees no more");
                    return Err(self.problem(node.at, message));
                }
                Ok(Messages { exact: Some(exact), count: any, ..Messages::default() })
            }
            [(_, node)] => {
                self.keys(node, &["each", "first", "last", "count"])?;
                let part = |key: &str| node.get(key).map(read).transpose();
                let count = match node.get("count") {
                    None => any,
                    Some(count) => self.count(count)?,
                };
                let (each, first, last) = (part("each")?, part("first")?, part("last")?);
                Ok(Messages { exact: None, each, first, last, count })
            }
        }
    }

    /// Reads a number of messages: `3`, `[1, 100]`, `[1, null]`.
    fn count(&self, node: &Node) -> Checked<(u64, Option<u64>)> {
        let json = node.json();
        let least = json.as_u64().or_else(|| json.get(0)?.as_u64());
        if least.is_some_and(|least| least > MAX_MESSAGES) {
            return Err(self.problem(node.at, format!("at most {MAX_MESSAGES} messages are read")));
        }
        if let Some(count) = json.as_u64() {
            return Ok((count, Some(count)));
        }
        match json.as_array().map(Vec::as_slice) {
            Some([min, max]) if min.is_u64() && (max.is_null() || max.as_u64() >= min.as_u64()) => {
                Ok((min.as_u64().unwrap_or(0), max.as_u64()))
            }
            _ => Err(self.problem(node.at, "write a number of messages: 3, or [1, 100]")),
        }
    }
}

/// What a server answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) code: i32,
    pub(super) message: String,
    /// The encoded `google.rpc.Status`; empty if there is none.
    pub(super) details: Vec<u8>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) trailers: Vec<(String, String)>,
    pub(super) messages: Vec<Vec<u8>>,
    pub(super) took: Duration,
    /// Whether the client cancelled the call, so that there is no status.
    pub(super) is_cancelled: bool,
}

impl Interaction {
    /// Returns the location of the interaction.
    pub fn place(&self) -> Place {
        place(&self.file, self.node.at)
    }

    /// Returns a finding about the part at `path` of the interaction.
    pub(super) fn finding(&self, path: &[&str], rest: &[Step], message: &str) -> Finding {
        let mut steps: Vec<Step> = Vec::new();
        for part in path {
            steps.push(match part.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key((*part).to_owned()),
            });
        }
        steps.extend_from_slice(rest);
        let at = self.node.place(&self.file, &steps);
        let message = format!("{} ({}), {}: {message}", self.call.method, self.release, self.name);
        let change = json_path(&steps);
        finding(at, &format!("{}: {}", self.consumer, self.name), message, &change)
    }

    /// Returns the headers that a provider sends.
    pub(super) fn example_headers(&self) -> Vec<(String, String)> {
        examples(&self.expected.headers)
    }

    /// Returns the status that a provider ends the call with.
    pub(super) fn example_status(&self) -> Ended {
        let Expected { code, message, details, trailers, .. } = &self.expected;
        let mut status = Vec::new();
        if !details.is_empty() {
            use prost::encoding::{WireType, encode_key, encode_varint};
            let field = |number: u32, bytes: &[u8], out: &mut Vec<u8>| {
                encode_key(number, WireType::LengthDelimited, out);
                encode_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            };
            encode_key(1, WireType::Varint, &mut status);
            encode_varint(u64::from(code.unsigned_abs()), &mut status);
            // Clients refuse details whose message is not that of the status.
            let text = message.as_ref().map(Text::example).unwrap_or_default();
            if !text.is_empty() {
                field(2, text.as_bytes(), &mut status);
            }
            for (name, pattern) in details {
                let mut any = Vec::new();
                field(1, format!("type.googleapis.com/{name}").as_bytes(), &mut any);
                if let Some(pattern) = pattern {
                    field(2, &pattern.of().encode(&pattern.example(0)), &mut any);
                }
                field(3, &any, &mut status);
            }
        }
        Ended {
            code: *code,
            message: message.as_ref().map(Text::example).unwrap_or_default(),
            details: status,
            trailers: examples(trailers),
        }
    }

    /// Returns the responses that a provider sends.
    pub(super) fn example_messages(&self) -> Vec<MessageValue> {
        let Messages { exact, each, first, last, count } = &self.expected.messages;
        if let Some(patterns) = exact {
            let examples = patterns.iter().enumerate();
            return examples.map(|(index, pattern)| pattern.example(index as u64)).collect();
        }
        let is_ok = self.expected.code == 0;
        let least = match self.call.kind.server_streaming {
            true if last.is_some() || first.is_some() => count.0.max(1),
            true => count.0,
            false => u64::from(is_ok),
        };
        let number =
            least.max(self.call.cancel_after.unwrap_or(0) as u64).min(count.1.unwrap_or(u64::MAX));
        let one = |position: u64| {
            let mut message = self.call.response.empty();
            let is_last = position + 1 == number;
            let parts = [
                each.as_ref(),
                first.as_ref().filter(|_| position == 0),
                last.as_ref().filter(|_| is_last),
            ];
            for pattern in parts.into_iter().flatten() {
                let example = pattern.example(position);
                example.fields().for_each(|(number, value)| message.set(number, value.clone()));
            }
            message
        };
        (0..number).map(one).collect()
    }

    /// Compares what a server answered with what is expected.
    pub(super) fn compare(&self, answer: &Answer) -> Vec<Finding> {
        let mut found = Vec::new();
        let expected = &self.expected;
        if answer.is_cancelled {
            self.compare_messages(answer, &mut found);
            return found;
        }
        let code = |code: i32| CODES.get(code as usize).copied().unwrap_or("no status");
        if answer.code != expected.code {
            let message = format!(
                "the status is {}{DETAIL}expected: {}{DETAIL}found: {}{}",
                code(answer.code),
                code(expected.code),
                code(answer.code),
                if answer.message.is_empty() {
                    String::new()
                } else {
                    format!(": {}", answer.message)
                },
            );
            found.push(self.finding(&["response", "status"], &[], &message));
            // The rest of an answer with another status says nothing.
            return found;
        }
        if let Some(pattern) = expected.message.as_ref().filter(|it| !it.matches(&answer.message)) {
            let message = mismatch(
                "the status message",
                &pattern.described(),
                &format!("{:?}", answer.message),
            );
            found.push(self.finding(&["response", "status", "message"], &[], &message));
        }
        self.compare_details(answer, &mut found);
        for (part, expected, all) in [
            ("headers", &expected.headers, &answer.headers),
            ("trailers", &expected.trailers, &answer.trailers),
        ] {
            for (key, text) in expected {
                let values: Vec<&str> =
                    all.iter().filter(|(name, _)| name == key).map(|(_, value)| &**value).collect();
                let is_match = match text {
                    None => values.is_empty(),
                    Some(text) => values.iter().any(|value| text.matches(value)),
                };
                if !is_match {
                    let expected = text.as_ref().map_or("nothing".to_owned(), Text::described);
                    let shown = if values.is_empty() {
                        "nothing".to_owned()
                    } else {
                        format!("{values:?}")
                    };
                    let name = part.trim_end_matches('s');
                    let message = mismatch(&format!("the {name} `{key}`"), &expected, &shown);
                    found.push(self.finding(
                        &["response", part],
                        &[Step::Key(key.clone())],
                        &message,
                    ));
                }
            }
        }
        self.compare_messages(answer, &mut found);
        if let Some(limit) = expected.within.filter(|limit| answer.took > *limit) {
            let message = mismatch(
                "the time of the answer",
                &format!("at most {} ms", limit.as_millis()),
                &format!("{} ms", answer.took.as_millis()),
            );
            found.push(self.finding(&["response", "within"], &[], &message));
        }
        found
    }

    fn compare_details(&self, answer: &Answer, found: &mut Vec<Finding>) {
        let details = any_details(&answer.details);
        for (position, (name, pattern)) in self.expected.details.iter().enumerate() {
            let index = position.to_string();
            let path = ["response", "status", "details", &index];
            let of_type: Vec<&Vec<u8>> =
                details.iter().filter(|(known, _)| known == name).map(|(_, bytes)| bytes).collect();
            // Of several details of a type the first expectation is about the first.
            let before = &self.expected.details[..position];
            let before = before.iter().filter(|(known, _)| known == name).count();
            let Some(bytes) = of_type.get(before) else {
                let names: Vec<&str> = details.iter().map(|(name, _)| &**name).collect();
                let shown = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                found.push(self.finding(
                    &path,
                    &[],
                    &mismatch("the type of the status details", name, &shown),
                ));
                continue;
            };
            let Some(pattern) = pattern else { continue };
            match pattern.of().decode(bytes) {
                Ok(message) => {
                    for mismatch in pattern.mismatches(&message, 0) {
                        found.push(self.mismatch(&path, &mismatch, ""));
                    }
                }
                Err(error) => found.push(self.finding(&path, &[], &error.to_string())),
            }
        }
    }

    fn compare_messages(&self, answer: &Answer, found: &mut Vec<Finding>) {
        let expected = &self.expected.messages;
        let of = &self.call.response;
        let mut messages = Vec::new();
        for (index, bytes) in answer.messages.iter().enumerate() {
            match of.decode(bytes) {
                Ok(message) => messages.push(message),
                Err(error) => {
                    let what = format!("{} cannot read response {index}: {error}", self.release);
                    found.push(self.finding(&["response"], &[], &what));
                    return;
                }
            }
        }
        let is_stream = self.call.kind.server_streaming;
        if let Some(count) = self.call.cancel_after.filter(|count| *count > messages.len()) {
            let message = format!(
                "the stream ended after {} of the {count} responses after which the client cancels",
                messages.len()
            );
            found.push(self.finding(&["request", "cancel_after"], &[], &message));
        }
        if let Some(patterns) = &expected.exact {
            for (index, (pattern, message)) in patterns.iter().zip(&messages).enumerate() {
                let number = index.to_string();
                let path: &[&str] = if is_stream {
                    &["response", "messages", &number]
                } else {
                    &["response", "message"]
                };
                for mismatch in pattern.mismatches(message, index as u64) {
                    let what =
                        if is_stream { format!("response {index}: ") } else { String::new() };
                    found.push(self.mismatch(path, &mismatch, &what));
                }
            }
            // A client that cancels has not seen the end.
            if patterns.len() != messages.len()
                && !answer.is_cancelled
                && (is_stream || self.expected.code == 0)
            {
                let message = mismatch(
                    "the number of responses",
                    &patterns.len().to_string(),
                    &messages.len().to_string(),
                );
                found.push(self.finding(&["response", "messages"], &[], &message));
            }
            return;
        }
        let (min, max) = expected.count;
        let count = messages.len() as u64;
        if !answer.is_cancelled && (count < min || max.is_some_and(|max| count > max)) {
            let range = match max {
                Some(max) if max == min => min.to_string(),
                Some(max) => format!("{min} to {max}"),
                None => format!("at least {min}"),
            };
            let message = mismatch("the number of responses", &range, &count.to_string());
            found.push(self.finding(&["response", "stream", "count"], &[], &message));
        }
        for (index, message) in messages.iter().enumerate() {
            let is_last = index + 1 == messages.len() && !answer.is_cancelled;
            let parts = [
                ("each", expected.each.as_ref()),
                ("first", expected.first.as_ref().filter(|_| index == 0)),
                ("last", expected.last.as_ref().filter(|_| is_last)),
            ];
            for (key, pattern) in parts {
                let Some(pattern) = pattern else { continue };
                for mismatch in pattern.mismatches(message, index as u64) {
                    let what = format!("response {index}: ");
                    found.push(self.mismatch(&["response", "stream", key], &mismatch, &what));
                }
            }
            // What is expected of the last response alone ends the stream.
            let ends_early = !is_last
                && !answer.is_cancelled
                && expected
                    .last
                    .as_ref()
                    .is_some_and(|last| last.mismatches(message, index as u64).is_empty());
            if ends_early {
                let message = format!(
                    "response {index} of {count} already matches `last`, which only the last one may"
                );
                found.push(self.finding(&["response", "stream", "last"], &[], &message));
            }
        }
        let misses_last = messages.is_empty() && expected.last.is_some() && !answer.is_cancelled;
        if misses_last && min == 0 {
            found.push(self.finding(&["response", "stream", "last"], &[], "there is no response"));
        }
    }

    fn mismatch(&self, path: &[&str], found: &Mismatch, what: &str) -> Finding {
        let Mismatch { path: rest, expected, found } = found;
        let message = mismatch(&format!("{what}`{}`", json_path(rest)), expected, found);
        self.finding(path, rest, &message)
    }
}

fn mismatch(what: &str, expected: &str, found: &str) -> String {
    format!("{what} differs{DETAIL}expected: {expected}{DETAIL}found: {found}")
}

/// Returns the type names and the bytes of the messages in an encoded `google.rpc.Status`
/// (<https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>).
fn any_details(status: &[u8]) -> Vec<(String, Vec<u8>)> {
    use crate::schema::wire::{last_bytes, records};
    let details = records(status).filter(|record| record.number == 3);
    details
        .filter_map(|record| {
            let any = record.value.bytes();
            let url = String::from_utf8_lossy(last_bytes(any, 1)?).into_owned();
            let name = url.rsplit('/').next().unwrap_or(&url).to_owned();
            Some((name, last_bytes(any, 2).unwrap_or_default().to_vec()))
        })
        .collect()
}

//! Reads interactions from YAML, and checks them against the schema of their release.

use std::time::Duration;

use regex_lite::Regex;
use serde_json::Value as Json;

use super::{
    CODES, Call, Expected, Interaction, Kind, Loaded, MAX_MESSAGES, Messages, Text, Version,
};
use crate::contract::finding;
use crate::contract::node::{Node, place};
use crate::error::Result;
use crate::finding::Finding;
use crate::value::{JsonError, MessageType, MessageValue, Pattern, Types};

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
            pause: None,
        };
        let Some(response) = node.get("response") else {
            return Err(self.problem(node.at, "`response` is missing"));
        };
        self.keys(
            response,
            &["status", "headers", "trailers", "message", "messages", "stream", "within", "pause"],
        )?;
        if let Some(status) = response.get("status") {
            self.status(status, types, &mut expected)?;
        }
        expected.within = self.time(response, "within")?;
        expected.pause = self.time(response, "pause")?;
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
            let text = match value.get("$absent").map(|node| (node.at, node.json())) {
                None => Some(self.text_matcher(value)?),
                Some((_, Json::Bool(true))) => None,
                Some((at, other)) => {
                    return Err(self.problem(at, format!("write {{$absent: true}}, not {other}")));
                }
            };
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
                // A client that cancels does not see the last response.
                let has_others = count.1 != Some(1) && call.cancel_after.is_none();
                let is_implied = |last: &Pattern| last.is_implied_by(each.as_ref());
                if has_others && last.as_ref().is_some_and(is_implied) {
                    let at = node.get("last").map_or(node.at, |last| last.at);
                    let message = "every response matches `last`, which only the last one may: \
                                   require more of it than of each";
                    return Err(self.problem(at, message));
                }
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

//! Interactions: a consumer's examples of calls, each for the schema of a release.

mod compare;
mod example;
mod read;

use std::time::Duration;

use regex_lite::Regex;

pub(super) use self::compare::any_details;
pub use self::read::{load, reject_duplicates};
use super::finding;
use super::node::{Node, place};
use crate::finding::{Finding, Place, fnv1a};
use crate::schema::Schema;
use crate::value::{MessageType, MessageValue, Pattern, Step, Types, json_path};

/// The name of the working tree in `release`.
pub(super) const UNRELEASED: &str = "unreleased";

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

impl Interaction {
    /// Returns a digest of what is written, wherever it stands: another one if it changes.
    pub(super) fn digest(&self) -> String {
        format!("{:016x}", fnv1a([&*self.node.json().to_string()]))
    }
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
    /// The time that a mock waits before each response.
    pub pause: Option<Duration>,
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

/// The interactions of some files, and what is wrong with others.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The sound interactions.
    pub interactions: Vec<Interaction>,
    /// The findings about the others.
    pub findings: Vec<Finding>,
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
}

//! The model, which repeats what it was told; the tools; and the search, which counts words.

use agent_contract::agent::v2::comparison::Operator;
use agent_contract::agent::v2::{Comparison, Filter, ToolEffect};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::Status;

use crate::checks::invalid;

/// The model, unless a request names another one.
pub const MODEL: &str = "echo-1";

/// Returns the answer to a message.
pub fn answer(message: &str) -> String {
    format!("You said: \"{message}\"")
}

/// Returns the tokens of a text: its words, each with the space that follows.
pub fn tokens(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

/// Returns the first `most` tokens of an answer, and whether there are more. `most` is the option
/// `max_output_tokens`.
pub fn limited(text: &str, most: Option<i32>) -> Result<(Vec<String>, bool), Status> {
    let mut tokens = tokens(text);
    let most = match most.map(usize::try_from) {
        None => tokens.len(),
        Some(Ok(most)) if most > 0 => most,
        Some(_) => return Err(invalid("max_output_tokens", "is not positive")),
    };
    let is_cut = most < tokens.len();
    tokens.truncate(most);
    Ok((tokens, is_cut))
}

/// Returns the two numbers of a message like "What is 2 + 3?".
pub fn sum(message: &str) -> Option<(f64, f64)> {
    let (before, after) = message.split_once('+')?;
    let after = after.split_whitespace().next()?.trim_end_matches(|c: char| !c.is_ascii_digit());
    Some((before.split_whitespace().last()?.parse().ok()?, after.parse().ok()?))
}

/// Returns how well a text matches a query: the share of the words of the query that it contains.
/// Words of less than four letters do not count.
pub fn relevance(query: &str, text: &str) -> f32 {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3);
        words.map(str::to_lowercase).collect()
    };
    let (query, text) = (words(query), words(text));
    let found = query.iter().filter(|word| text.contains(word)).count();
    found as f32 / query.len().max(1) as f32
}

/// Checks a filter.
pub fn check_filter(filter: &Filter) -> Result<(), Status> {
    if !(1..=100).contains(&filter.comparisons.len()) {
        return Err(invalid("filter.comparisons", "has to have 1 to 100 items"));
    }
    let is_set = |it: &Comparison| it.operator() != Operator::Unspecified && it.value.is_some();
    if filter.comparisons.iter().all(is_set) {
        return Ok(());
    }
    Err(invalid("filter.comparisons", "has one without an operator or a value"))
}

/// Returns whether metadata fulfils all comparisons of a filter.
pub fn passes(filter: &Filter, metadata: &Struct) -> bool {
    filter.comparisons.iter().all(|comparison| {
        let mut keys = comparison.key.split('.');
        let first = keys.next().and_then(|key| metadata.fields.get(key));
        let found = keys.fold(first, |value, key| match value?.kind.as_ref()? {
            Kind::StructValue(inner) => inner.fields.get(key),
            _ => None,
        });
        let (Some(found), Some(wanted)) = (found, &comparison.value) else { return false };
        let order = match (&found.kind, &wanted.kind) {
            (Some(Kind::NumberValue(a)), Some(Kind::NumberValue(b))) => a.partial_cmp(b),
            (Some(Kind::StringValue(a)), Some(Kind::StringValue(b))) => Some(a.cmp(b)),
            _ => None,
        };
        match comparison.operator() {
            Operator::Unspecified => false,
            Operator::Equal => found == wanted,
            Operator::Less => order.is_some_and(|order| order.is_lt()),
            Operator::LessOrEqual => order.is_some_and(|order| order.is_le()),
            Operator::Greater => order.is_some_and(|order| order.is_gt()),
            Operator::GreaterOrEqual => order.is_some_and(|order| order.is_ge()),
            Operator::In => match &wanted.kind {
                Some(Kind::ListValue(list)) => list.values.contains(found),
                _ => false,
            },
        }
    })
}

/// A tool.
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// The JSON Schema of the arguments.
    pub schema: &'static str,
    pub effect: ToolEffect,
    /// Actions that need permission.
    pub required_actions: &'static [&'static str],
}

const NUMBERS: &str = r#"{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"]}"#;
const EMAIL: &str = r#"{"type":"object","properties":{"to":{"type":"string"},"text":{"type":"string"}},"required":["to","text"]}"#;

/// All tools, ordered by name.
pub const TOOLS: [Tool; 3] = [
    Tool {
        name: "add",
        description: "Adds two numbers.",
        schema: NUMBERS,
        effect: ToolEffect::Reads,
        required_actions: &[],
    },
    Tool {
        name: "divide",
        description: "Divides a by b.",
        schema: NUMBERS,
        effect: ToolEffect::Reads,
        required_actions: &[],
    },
    Tool {
        name: "send_email",
        description: "Sends an e-mail. Use it only when the user asks for it.",
        schema: EMAIL,
        effect: ToolEffect::Destructive,
        required_actions: &["tools.execute"],
    },
];

/// Returns a tool.
pub fn tool(name: &str) -> Result<&'static Tool, Status> {
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    tool.ok_or_else(|| Status::not_found(format!("there is no tool {name:?}")))
}

impl Tool {
    /// Runs the tool. The inner error is that of a tool that ran and failed.
    pub fn run(&self, arguments: &Struct) -> Result<Result<String, String>, Status> {
        let argument = |name: &str| arguments.fields.get(name).and_then(|it| it.kind.clone());
        let number = |name: &str| match argument(name) {
            Some(Kind::NumberValue(number)) => Ok(number),
            _ => Err(invalid(&format!("arguments.{name}"), "is not a number")),
        };
        let text = |name: &str| match argument(name) {
            Some(Kind::StringValue(text)) => Ok(text),
            _ => Err(invalid(&format!("arguments.{name}"), "is not a string")),
        };
        match self.name {
            "add" => Ok(Ok((number("a")? + number("b")?).to_string())),
            "divide" if number("b")? == 0.0 => Ok(Err("division by zero".to_owned())),
            "divide" => Ok(Ok((number("a")? / number("b")?).to_string())),
            _ => text("text").and(text("to")).map(|to| Ok(format!("sent to {to}"))),
        }
    }
}

/// Returns an object.
pub fn object<const N: usize>(entries: [(&str, Kind); N]) -> Struct {
    let entry = |(key, kind): (&str, Kind)| (key.to_owned(), Value { kind: Some(kind) });
    Struct { fields: entries.into_iter().map(entry).collect() }
}

//! The tools that come with the program.

use std::sync::Arc;

use agent_contract::agent::v2::{self, ToolEffect};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::Status;

use crate::call::Call;
use crate::checks::invalid;

/// A tool.
#[tonic::async_trait]
pub trait Tool: Send + Sync {
    /// Returns its name, its description for the model, the JSON Schema of its arguments, and what
    /// its use requires.
    fn about(&self) -> v2::Tool;

    /// Runs it with arguments that its schema accepts. The error is a sentence for the model.
    async fn run(&self, call: &Call, arguments: &Struct) -> Result<String, String>;
}

/// The tools of a system, ordered by name.
#[derive(Clone)]
pub struct Registry(Arc<Vec<Box<dyn Tool>>>);

impl Default for Registry {
    fn default() -> Self {
        Registry::new(vec![Box::new(Add), Box::new(Divide), Box::new(SendEmail)])
    }
}

impl Registry {
    /// Returns a registry of `tools`.
    pub fn new(mut tools: Vec<Box<dyn Tool>>) -> Self {
        tools.sort_by_key(|tool| tool.about().name);
        Registry(Arc::new(tools))
    }

    /// Returns all tools.
    pub fn all(&self) -> impl Iterator<Item = &dyn Tool> {
        self.0.iter().map(|tool| &**tool)
    }

    /// Returns a tool.
    pub fn get(&self, name: &str) -> Option<&dyn Tool> {
        self.all().find(|tool| tool.about().name == name)
    }

    /// Checks arguments against the schema of a tool.
    ///
    /// # Errors
    ///
    /// INVALID_ARGUMENT, with the name of the argument.
    pub fn check(&self, tool: &dyn Tool, arguments: &Struct) -> Result<(), Status> {
        let schema: serde_json::Value =
            serde_json::from_str(&tool.about().input_schema_json).unwrap_or_default();
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(|name| name.as_str()) {
            let kind = arguments.fields.get(name).and_then(|value| value.kind.as_ref());
            let is_right = match schema["properties"][name]["type"].as_str() {
                Some("number") => matches!(kind, Some(Kind::NumberValue(_))),
                Some("string") => matches!(kind, Some(Kind::StringValue(_))),
                _ => kind.is_some(),
            };
            if !is_right {
                let kind = schema["properties"][name]["type"].as_str().unwrap_or("value");
                let field = format!("arguments.{name}");
                return Err(invalid(&field, &format!("has to be a {kind}")));
            }
        }
        Ok(())
    }
}

fn about(name: &str, description: &str, schema: &str, effect: ToolEffect) -> v2::Tool {
    let required_actions = match effect {
        ToolEffect::Reads => Vec::new(),
        _ => vec!["tools.execute".to_owned()],
    };
    v2::Tool {
        name: name.to_owned(),
        description: description.to_owned(),
        input_schema_json: schema.to_owned(),
        effect: effect.into(),
        max_duration: Some(prost_types::Duration { seconds: 10, nanos: 0 }),
        required_actions,
    }
}

const NUMBERS: &str = r#"{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"]}"#;
const EMAIL: &str = r#"{"type":"object","properties":{"to":{"type":"string"},"text":{"type":"string"}},"required":["to","text"]}"#;

fn number(arguments: &Struct, name: &str) -> f64 {
    match arguments.fields.get(name).and_then(|value| value.kind.as_ref()) {
        Some(Kind::NumberValue(number)) => *number,
        _ => 0.0,
    }
}

struct Add;

#[tonic::async_trait]
impl Tool for Add {
    fn about(&self) -> v2::Tool {
        about("add", "Adds two numbers.", NUMBERS, ToolEffect::Reads)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        Ok((number(arguments, "a") + number(arguments, "b")).to_string())
    }
}

struct Divide;

#[tonic::async_trait]
impl Tool for Divide {
    fn about(&self) -> v2::Tool {
        about("divide", "Divides a by b.", NUMBERS, ToolEffect::Reads)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        match number(arguments, "b") {
            0.0 => Err("division by zero".to_owned()),
            by => Ok((number(arguments, "a") / by).to_string()),
        }
    }
}

/// Stands for a tool with an effect. Nothing is sent: there is no mail server.
struct SendEmail;

#[tonic::async_trait]
impl Tool for SendEmail {
    fn about(&self) -> v2::Tool {
        let description = "Sends an e-mail. Use it only when the user asks for it.";
        about("send_email", description, EMAIL, ToolEffect::Destructive)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        match arguments.fields.get("to").and_then(|value| value.kind.as_ref()) {
            Some(Kind::StringValue(to)) => Ok(format!("not sent to {to}: there is no mail server")),
            _ => Err("`to` is not a string".to_owned()),
        }
    }
}

/// Returns an object.
pub fn object<const N: usize>(entries: [(&str, Kind); N]) -> Struct {
    let entry = |(key, kind): (&str, Kind)| (key.to_owned(), Value { kind: Some(kind) });
    Struct { fields: entries.into_iter().map(entry).collect() }
}

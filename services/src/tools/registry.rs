//! The tools that come with the program.

use std::sync::Arc;

use agent_contract::agent::v2::{self, ToolEffect};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use tonic::Status;

use super::calculator::calculate;
use super::fetch::Fetch;
use crate::call::Call;
use crate::checks::invalid;
use crate::config::BaseUrl;
use crate::links::Links;

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

impl Registry {
    /// Returns the tools that come with the program. One of them searches `collections` by `links`;
    /// one gets pages, if `allowed` has any.
    ///
    /// # Errors
    ///
    /// There can be no HTTP client.
    pub fn built_in(
        links: &Links,
        collections: &[String],
        allowed: &[BaseUrl],
    ) -> Result<Self, String> {
        let mut tools: Vec<Box<dyn Tool>> = vec![
            Box::new(Calculator),
            Box::new(CurrentTime),
            Box::new(SearchDocuments { links: links.clone(), collections: collections.to_vec() }),
            Box::new(SendEmail),
        ];
        if !allowed.is_empty() {
            tools.push(Box::new(Fetch::new(allowed)?));
        }
        Ok(Registry::new(tools))
    }

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
        let about = tool.about();
        let schema = serde_json::from_str(&about.input_schema_json).unwrap_or_default();
        let validator = jsonschema::validator_for(&schema)
            .map_err(|error| Status::internal(format!("the schema of {}: {error}", about.name)))?;
        let arguments = to_json(&Kind::StructValue(arguments.clone()));
        let Some(error) = validator.iter_errors(&arguments).next() else { return Ok(()) };
        let path = error.instance_path().to_string().replace('/', ".");
        Err(invalid(&format!("arguments{path}"), &format!("is wrong: {error}")))
    }
}

/// Returns a value as JSON.
pub fn to_json(kind: &Kind) -> serde_json::Value {
    let value = |value: &Value| value.kind.as_ref().map_or(serde_json::Value::Null, to_json);
    match kind {
        Kind::NullValue(_) => serde_json::Value::Null,
        Kind::NumberValue(number) => (*number).into(),
        Kind::StringValue(text) => text.as_str().into(),
        Kind::BoolValue(flag) => (*flag).into(),
        Kind::ListValue(list) => list.values.iter().map(value).collect(),
        Kind::StructValue(object) => {
            object.fields.iter().map(|(key, it)| (key.clone(), value(it))).collect()
        }
    }
}

/// Returns JSON as a value.
pub fn from_json(json: serde_json::Value) -> Kind {
    let value = |json| Value { kind: Some(from_json(json)) };
    match json {
        serde_json::Value::Null => Kind::NullValue(0),
        serde_json::Value::Bool(flag) => Kind::BoolValue(flag),
        serde_json::Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        serde_json::Value::String(text) => Kind::StringValue(text),
        serde_json::Value::Array(items) => Kind::ListValue(prost_types::ListValue {
            values: items.into_iter().map(value).collect(),
        }),
        serde_json::Value::Object(object) => Kind::StructValue(Struct {
            fields: object.into_iter().map(|(key, json)| (key, value(json))).collect(),
        }),
    }
}

pub(super) fn about(name: &str, description: &str, schema: &str, effect: ToolEffect) -> v2::Tool {
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

/// Returns an argument that is a string; its schema has required it.
pub(super) fn text<'a>(arguments: &'a Struct, name: &str) -> &'a str {
    match arguments.fields.get(name).and_then(|value| value.kind.as_ref()) {
        Some(Kind::StringValue(text)) => text,
        _ => "",
    }
}

struct Calculator;

#[tonic::async_trait]
impl Tool for Calculator {
    fn about(&self) -> v2::Tool {
        let schema = r#"{"type":"object","properties":{"expression":{"type":"string","description":"for example (2 + 3) * 4"}},"required":["expression"],"additionalProperties":false}"#;
        let description = "Calculates an expression with + - * / ^ and brackets.";
        about("calculator", description, schema, ToolEffect::Reads)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        calculate(text(arguments, "expression")).map(|value| value.to_string())
    }
}

struct CurrentTime;

#[tonic::async_trait]
impl Tool for CurrentTime {
    fn about(&self) -> v2::Tool {
        let schema = r#"{"type":"object","properties":{},"additionalProperties":false}"#;
        about("current_time", "Returns the time, in UTC.", schema, ToolEffect::Reads)
    }

    async fn run(&self, _: &Call, _: &Struct) -> Result<String, String> {
        // The text of a Timestamp is that of RFC 3339.
        Ok(prost_types::Timestamp::from(std::time::SystemTime::now()).to_string())
    }
}

struct SearchDocuments {
    links: Links,
    collections: Vec<String>,
}

#[tonic::async_trait]
impl Tool for SearchDocuments {
    fn about(&self) -> v2::Tool {
        let schema = r#"{"type":"object","properties":{"query":{"type":"string","minLength":1}},"required":["query"],"additionalProperties":false}"#;
        let description = "Searches the documents, and returns the best passages.";
        about("search_documents", description, schema, ToolEffect::Reads)
    }

    async fn run(&self, call: &Call, arguments: &Struct) -> Result<String, String> {
        let mut passages = Vec::new();
        for collection in &self.collections {
            let request = v2::RetrieveRequest {
                collection: collection.clone(),
                query: text(arguments, "query").to_owned(),
                top_k: 3,
                ..v2::RetrieveRequest::default()
            };
            let found = self.links.rag().retrieve(call.request(request)).await;
            passages
                .extend(found.map_err(|status| status.message().to_owned())?.into_inner().passages);
        }
        passages.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        let shown = passages.iter().map(|it| format!("{}: {}", it.title, it.text));
        Ok(shown.collect::<Vec<_>>().join("\n\n"))
    }
}

const EMAIL: &str = r#"{"type":"object","properties":{"to":{"type":"string"},"text":{"type":"string"}},"required":["to","text"]}"#;

/// An example of a tool with an effect. Nothing is sent: there is no mail server.
struct SendEmail;

#[tonic::async_trait]
impl Tool for SendEmail {
    fn about(&self) -> v2::Tool {
        let description = "Sends an e-mail. Use it only when the user asks for it.";
        about("send_email", description, EMAIL, ToolEffect::Destructive)
    }

    async fn run(&self, _: &Call, arguments: &Struct) -> Result<String, String> {
        Ok(format!("not sent to {}: there is no mail server", text(arguments, "to")))
    }
}

/// Returns an object.
pub fn object<const N: usize>(entries: [(&str, Kind); N]) -> Struct {
    let entry = |(key, kind): (&str, Kind)| (key.to_owned(), Value { kind: Some(kind) });
    Struct { fields: entries.into_iter().map(entry).collect() }
}

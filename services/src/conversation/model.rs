//! Models: what writes answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent_contract::agent::v2::{Memory, Message, Passage, Tool, ToolResult, tool_result};
use prost_types::Struct;
use prost_types::value::Kind;
use tokio::sync::mpsc;

use crate::tools::{find_expression, object};

/// What a model is given.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// The user's message.
    pub message: String,
    /// Earlier messages of the conversation, oldest first.
    pub history: Vec<Message>,
    /// What is remembered of the user.
    pub memories: Vec<Memory>,
    /// The passages that were retrieved, best first.
    pub passages: Vec<Passage>,
    /// The tools that can be called.
    pub tools: Vec<Tool>,
    /// The results of the tools that were called, in their order.
    pub results: Vec<ToolResult>,
}

/// What a model wants when it stops writing.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing: the answer is complete.
    Done,
    /// The result of a tool.
    CallTool {
        /// Its name.
        name: String,
        /// Its arguments.
        arguments: Struct,
    },
}

/// A model.
#[tonic::async_trait]
pub trait Model: Send + Sync {
    /// Returns its name, as responses show it.
    fn name(&self) -> &str;

    /// Writes tokens to `tokens` until it is done, or needs a tool. It stops when nobody reads them.
    async fn write(&self, prompt: &Prompt, tokens: mpsc::Sender<String>) -> Result<Next, String>;
}

/// A model that comes with the program and knows nothing: it quotes the best passage that was
/// retrieved, and calculates with the tool `calculator`. It needs no network, and shows how a turn works.
#[derive(Clone, Default)]
pub struct Extractive {
    /// Milliseconds for each token.
    pace: Arc<AtomicU64>,
}

impl Extractive {
    /// Sets the time for each token.
    pub fn set_pace(&self, pace: Duration) {
        let millis = u64::try_from(pace.as_millis()).unwrap_or(u64::MAX);
        self.pace.store(millis, Ordering::Relaxed);
    }

    fn text(&self, prompt: &Prompt) -> String {
        let result = prompt.results.last().and_then(|result| result.outcome.as_ref());
        match (result, prompt.passages.first()) {
            (Some(tool_result::Outcome::Output(output)), _) => {
                format!("The result is {}.", output.text)
            }
            (Some(tool_result::Outcome::Problem(problem)), _) => {
                format!("The tool failed: {}.", problem.message)
            }
            (None, Some(best)) => match &*best.title {
                "" => format!("A document says: \"{}\"", best.text),
                title => format!("The document \"{title}\" says: \"{}\"", best.text),
            },
            (None, None) => format!("I found nothing about \"{}\".", prompt.message),
        }
    }
}

#[tonic::async_trait]
impl Model for Extractive {
    fn name(&self) -> &str {
        "extractive-1"
    }

    async fn write(&self, prompt: &Prompt, tokens: mpsc::Sender<String>) -> Result<Next, String> {
        let can_calculate = prompt.tools.iter().any(|tool| tool.name == "calculator");
        if can_calculate
            && prompt.results.is_empty()
            && let Some(expression) = find_expression(&prompt.message)
        {
            let arguments = object([("expression", Kind::StringValue(expression))]);
            return Ok(Next::CallTool { name: "calculator".to_owned(), arguments });
        }
        for token in split(&self.text(prompt)) {
            tokio::time::sleep(Duration::from_millis(self.pace.load(Ordering::Relaxed))).await;
            if tokens.send(token).await.is_err() {
                break;
            }
        }
        Ok(Next::Done)
    }
}

/// Returns the tokens of a text as this model counts them: its words, each with the space that
/// follows.
pub fn split(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

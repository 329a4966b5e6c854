//! Models: what writes answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent_contract::agent::v2::{
    Citation, Memory, Message, Passage, Tool, ToolCall, ToolResult, Usage, tool_result,
};
use prost_types::Struct;
use prost_types::value::Kind;
use tokio::sync::mpsc;
use tonic::Status;

use crate::call::Call;
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
    /// The calls of tools so far, in their order.
    pub rounds: Vec<Round>,
    /// The most tokens that the client still wants.
    pub max_tokens: Option<i32>,
}

/// What a model wrote until it needed tools, and what these answered.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// The text.
    pub text: String,
    /// The calls.
    pub calls: Vec<(ToolCall, ToolResult)>,
}

/// What a model wants when it stops writing.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing: the answer is complete. The text since the last call of a tool has these citations.
    Done(Vec<Citation>),
    /// Nothing: the answer is as long as it may be, and not complete.
    Length,
    /// Nothing: a filter withheld the rest of the answer.
    Filtered,
    /// The results of tools, which run in this order.
    CallTools(Vec<Wanted>),
}

/// A call of a tool that a model wants.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The name of the tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Struct,
}

/// What a model says at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// What it wants.
    pub next: Next,
    /// The tokens that it counted, if it counts them.
    pub usage: Option<Usage>,
}

impl From<Next> for Written {
    fn from(next: Next) -> Self {
        Written { next, usage: None }
    }
}

/// A model.
#[tonic::async_trait]
pub trait Model: Send + Sync {
    /// Returns its name, as responses show it.
    fn name(&self) -> &str;

    /// Writes tokens to `tokens` until it is done, or needs tools. It stops when nobody reads them, or
    /// when it is dropped.
    ///
    /// # Errors
    ///
    /// What is written is no answer: the model failed. UNAVAILABLE and RESOURCE_EXHAUSTED if another
    /// attempt can help.
    async fn write(
        &self,
        call: &Call,
        prompt: &Prompt,
        tokens: mpsc::Sender<String>,
    ) -> Result<Written, Status>;
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

    /// Returns an answer, and the passage that it quotes.
    fn text<'p>(&self, prompt: &'p Prompt) -> (String, Option<&'p Passage>) {
        let last = prompt.rounds.last().and_then(|round| round.calls.last());
        let result = last.and_then(|(_, result)| result.outcome.as_ref());
        match (result, prompt.passages.first()) {
            (Some(tool_result::Outcome::Output(output)), _) => {
                (format!("The result is {}.", output.text), None)
            }
            (Some(tool_result::Outcome::Problem(problem)), _) => {
                (format!("The tool failed: {}.", problem.message), None)
            }
            (None, Some(best)) => {
                let source = match &*best.title {
                    "" => "A document".to_owned(),
                    title => format!("The document \"{title}\""),
                };
                (format!("{source} says: \"{}\"", best.text), Some(best))
            }
            (None, None) => (format!("I found nothing about \"{}\".", prompt.message), None),
        }
    }
}

#[tonic::async_trait]
impl Model for Extractive {
    fn name(&self) -> &str {
        "extractive-1"
    }

    async fn write(
        &self,
        _: &Call,
        prompt: &Prompt,
        tokens: mpsc::Sender<String>,
    ) -> Result<Written, Status> {
        let can_calculate = prompt.tools.iter().any(|tool| tool.name == "calculator");
        if can_calculate
            && prompt.rounds.is_empty()
            && let Some(expression) = find_expression(&prompt.message)
        {
            let arguments = object([("expression", Kind::StringValue(expression))]);
            let wanted = Wanted { name: "calculator".to_owned(), arguments };
            return Ok(Next::CallTools(vec![wanted]).into());
        }
        let (text, quoted) = self.text(prompt);
        for token in split(&text) {
            tokio::time::sleep(Duration::from_millis(self.pace.load(Ordering::Relaxed))).await;
            if tokens.send(token).await.is_err() {
                break;
            }
        }
        let citations = quoted.map(|passage| Citation {
            start: 0,
            end: i32::try_from(text.chars().count()).unwrap_or(i32::MAX),
            passage_id: passage.id.clone(),
            document_id: passage.document_id.clone(),
        });
        Ok(Next::Done(citations.into_iter().collect()).into())
    }
}

/// Returns the tokens of a text as this model counts them: its words, each with the space that
/// follows.
pub fn split(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use agent_contract::agent::v2::ToolOutput;
    use tonic::metadata::MetadataMap;

    use super::*;

    #[tokio::test]
    async fn only_a_quote_is_cited() {
        let call = Call::of(&MetadataMap::new(), None).expect("there is time");
        let passage = Passage { text: "Größe".to_owned(), ..Passage::default() };
        let mut prompt = Prompt { passages: vec![passage], ..Prompt::default() };
        let next = async |prompt: &Prompt| {
            let (tokens, mut written) = mpsc::channel(100);
            let next = Extractive::default().write(&call, prompt, tokens).await.expect("it writes");
            let mut text = String::new();
            while let Some(token) = written.recv().await {
                text += &token;
            }
            (next.next, text)
        };
        let (Next::Done(citations), text) = next(&prompt).await else { panic!("it is done") };
        let ranges: Vec<_> = citations.iter().map(|it| (it.start, it.end)).collect();
        assert_eq!((&*text, &*ranges), ("A document says: \"Größe\"", &[(0, 24)][..]));
        let output = ToolOutput { text: "5".to_owned(), truncated: false };
        let outcome = Some(tool_result::Outcome::Output(output));
        let result = ToolResult { outcome, ..ToolResult::default() };
        prompt.rounds =
            vec![Round { text: String::new(), calls: vec![(ToolCall::default(), result)] }];
        let expected = (Next::Done(Vec::new()), "The result is 5.".to_owned());
        assert_eq!(next(&prompt).await, expected);
    }
}

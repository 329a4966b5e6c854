//! Turns of `agent.v2`. The model has its answer at once: a turn is a list of events, which has
//! ended when the first event is sent. So it does not matter to it when its call ends, and a
//! repeated request gets the same events again. Only a state can have an active turn.

use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::{
    Citation, ConversationId, FinishReason, Message, MessageId, Part, PassagesRetrieved, Role,
    TextPart, TokenChunk, ToolCall, ToolCallId, ToolOutput, ToolResult, Turn, TurnId, TurnInput,
    TurnOptions, TurnStarted, Usage, part, tool_result,
};
use prost_types::value::Kind as ValueKind;
use tonic::Status;

use crate::store::{Store, time_in};
use crate::{checks, model};

/// A turn and its events. The last one is `finished`, unless the turn is active.
pub struct Events {
    conversation_id: Option<ConversationId>,
    turn: Turn,
    pub events: Vec<Kind>,
}

impl Store {
    /// Begins a turn: stores the user's message, and makes the turn the active one.
    pub fn begin_turn(
        &mut self,
        turn_id: &TurnId,
        conversation_id: &Option<ConversationId>,
        input: &TurnInput,
    ) -> Result<(), Status> {
        checks::text("input.text", &input.text)?;
        let message_id = MessageId { value: self.new_id("message") };
        let thread = self.conversation(conversation_id)?;
        if let Some(active) = &thread.about.active_turn_id {
            let mut status = Status::failed_precondition("the conversation has an active turn");
            if let Ok(id) = active.value.parse() {
                status.metadata_mut().insert("active-turn-id", id);
            }
            return Err(status);
        }
        let parts = vec![text_part(input.text.clone())];
        thread.about.active_turn_id = Some(turn_id.clone());
        thread.add(Message {
            id: Some(message_id.clone()),
            role: Role::User.into(),
            parts,
            turn_id: Some(turn_id.clone()),
            create_time: time_in(Duration::ZERO),
        });
        let started = TurnStarted {
            turn_id: Some(turn_id.clone()),
            input_message_id: Some(message_id.clone()),
        };
        let usage = Usage { input_tokens: count(&input.text), model_calls: 1, ..Usage::default() };
        let turn = Turn {
            id: Some(turn_id.clone()),
            input_message_id: Some(message_id),
            usage: Some(usage),
            model: model::MODEL.to_owned(),
            ..Turn::default()
        };
        let conversation_id = conversation_id.clone();
        let events = Events { conversation_id, turn, events: vec![Kind::Started(started)] };
        self.turns.insert(turn_id.value.clone(), events);
        Ok(())
    }

    /// Begins a turn, does its work and ends it.
    pub fn run_turn(
        &mut self,
        turn_id: &TurnId,
        conversation_id: &Option<ConversationId>,
        input: &TurnInput,
        options: &TurnOptions,
    ) -> Result<(), Status> {
        let sum = model::sum(&input.text).filter(|_| {
            let allowed = &options.allowed_tool_names;
            allowed.is_empty() || allowed.iter().any(|name| name == "add")
        });
        let text = match sum {
            Some((a, b)) => format!("The sum is {}", a + b),
            None => model::answer(&input.text),
        };
        let (mut tokens, is_cut) = model::limited(&text, options.max_output_tokens)?;
        let given = input.context_document_ids.iter();
        let given: Vec<&str> = given.map(|id| &*id.value).collect();
        let passages = self.passages(&input.text, &given)?;
        let pace = self.pace;
        self.begin_turn(turn_id, conversation_id, input)?;
        let events = self.events(turn_id)?;
        if !options.model.is_empty() {
            events.turn.model = options.model.clone();
        }
        if !passages.is_empty() {
            let found = PassagesRetrieved { query: input.text.clone(), passages };
            events.events.push(Kind::PassagesRetrieved(found));
        }
        if sum.is_some() && options.max_tool_calls.is_some_and(|most| most <= 0) {
            self.finish_turn(turn_id, FinishReason::ToolLimit)?;
            return Ok(());
        }
        events.events.extend(sum.into_iter().flat_map(tool_call));
        let mut reason = if is_cut { FinishReason::Length } else { FinishReason::Stop };
        if let Some(deadline) = options.deadline {
            let deadline = SystemTime::try_from(deadline).unwrap_or(SystemTime::UNIX_EPOCH);
            let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
            let in_time = |tokens: &Vec<String>| pace * tokens.len() as u32 <= left;
            while !tokens.is_empty() && (left.is_zero() || !in_time(&tokens)) {
                tokens.pop();
                reason = FinishReason::Deadline;
            }
        }
        events.write(tokens);
        self.finish_turn(turn_id, reason)?;
        Ok(())
    }

    /// Ends a turn, unless it has ended before. Returns it.
    pub fn finish_turn(&mut self, id: &TurnId, reason: FinishReason) -> Result<Turn, Status> {
        let message_id = Some(MessageId { value: self.new_id("message") });
        let events = self.events(id)?;
        if let Some(Kind::Finished(turn)) = events.events.last() {
            return Ok(turn.clone());
        }
        let mut turn = Turn { finish_reason: reason.into(), ..events.turn.clone() };
        let parts = parts(&events.events, reason == FinishReason::Stop);
        if !parts.is_empty() {
            turn.answer = Some(Message {
                id: message_id,
                role: Role::Agent.into(),
                parts,
                turn_id: Some(id.clone()),
                create_time: time_in(Duration::ZERO),
            });
        }
        events.events.push(Kind::Finished(turn.clone()));
        let conversation_id = events.conversation_id.clone();
        let thread = self.conversation(&conversation_id)?;
        thread.about.active_turn_id = None;
        turn.answer.iter().for_each(|answer| thread.add(answer.clone()));
        Ok(turn)
    }

    /// Returns the events of a turn.
    pub fn events(&mut self, id: &TurnId) -> Result<&mut Events, Status> {
        let found = self.turns.get_mut(&id.value);
        found.ok_or_else(|| Status::not_found(format!("there is no turn {:?}", id.value)))
    }
}

impl Events {
    /// Adds a text, one chunk per token.
    pub fn write(&mut self, tokens: Vec<String>) {
        let usage = self.turn.usage.get_or_insert_default();
        usage.output_tokens = tokens.len() as i64;
        usage.model_calls =
            1 + i32::from(self.events.iter().any(|it| matches!(it, Kind::ToolCall(_))));
        let chunks = (0..).zip(tokens);
        let chunks = chunks.map(|(sequence_number, text)| TokenChunk { sequence_number, text });
        self.events.extend(chunks.map(Kind::TokenChunk));
    }
}

fn count(text: &str) -> i64 {
    model::tokens(text).len() as i64
}

fn text_part(text: String) -> Part {
    Part { kind: Some(part::Kind::Text(TextPart { text, citations: Vec::new() })) }
}

/// Returns a call of the tool `add` and its result.
fn tool_call((a, b): (f64, f64)) -> [Kind; 2] {
    let id = Some(ToolCallId { value: "call-1".to_owned() });
    let arguments = [("a", ValueKind::NumberValue(a)), ("b", ValueKind::NumberValue(b))];
    let arguments = Some(model::object(arguments));
    let call = ToolCall { id: id.clone(), tool_name: "add".to_owned(), arguments };
    let output = ToolOutput { text: (a + b).to_string(), truncated: false };
    let result = ToolResult {
        tool_call_id: id,
        run_time: Some(prost_types::Duration::default()),
        outcome: Some(tool_result::Outcome::Output(output)),
    };
    [Kind::ToolCall(call), Kind::ToolResult(result)]
}

/// Returns the parts of the answer that the events form. A complete one cites the best passage.
fn parts(events: &[Kind], is_complete: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut text, mut citations) = (String::new(), Vec::new());
    let mut best = None;
    for event in events {
        match event {
            Kind::PassagesRetrieved(found) => best = found.passages.first(),
            Kind::ToolCall(call) => {
                parts.push(Part { kind: Some(part::Kind::ToolCall(call.clone())) });
            }
            Kind::ToolResult(result) => {
                parts.push(Part { kind: Some(part::Kind::ToolResult(result.clone())) });
            }
            Kind::TokenChunk(chunk) => text += &chunk.text,
            _ => {}
        }
    }
    if let Some(passage) = best.filter(|_| is_complete) {
        citations.push(Citation {
            start: 0,
            end: text.chars().count() as i32,
            passage_id: passage.id.clone(),
            document_id: passage.document_id.clone(),
        });
    }
    if !text.is_empty() {
        parts.push(Part { kind: Some(part::Kind::Text(TextPart { text, citations })) });
    }
    parts
}

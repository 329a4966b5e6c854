//! The role `conversation`: conversations, their messages, and turns.

mod deletion;
mod model;
mod openai;
mod turn;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use agent_contract::agent::v2::conversation_service_server::ConversationService;
use agent_contract::agent::v2::turn_event::Kind;
use agent_contract::agent::v2::*;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

pub use self::model::{Extractive, Model, Next, Prompt, Round, Wanted, Written, split};
pub use self::openai::OpenAi;
use self::turn::{Log, Work, text_part};
use crate::Stream;
use crate::call::Call;
use crate::checks::{
    count, invalid, key_of, page, principal, reaches, request_id, required, text, time_to_live,
};
use crate::limits::busy;
use crate::links::Links;
use crate::problem::problem;
use crate::records::{DAY, Records, at_most, is_past, time_in};

/// The kinds of the records.
const CONVERSATION: &str = "conversation";
const TURN: &str = "turn";

/// The most documents that a message can name.
const MAX_DOCUMENTS: usize = 20;

/// The service of conversations.
#[derive(Clone)]
pub struct Conversations {
    records: Records,
    links: Links,
    model: Arc<dyn Model>,
    collections: Arc<[String]>,
    /// The most turns that run at once: they can outlive the calls that began them.
    most: usize,
    /// The turns that run.
    running: Arc<Mutex<HashMap<String, Log>>>,
    /// Held while a conversation whose client chose the id is created, and while an expired one is
    /// deleted: they may have the same id.
    chosen: Arc<tokio::sync::Mutex<()>>,
}

/// A conversation and its messages.
#[derive(Clone, PartialEq, prost::Message)]
struct Thread {
    #[prost(message, optional, tag = "1")]
    about: Option<Conversation>,
    #[prost(message, repeated, tag = "2")]
    messages: Vec<Message>,
    #[prost(message, optional, tag = "3")]
    time_to_live: Option<prost_types::Duration>,
}

/// A turn that has ended.
#[derive(Clone, PartialEq, prost::Message)]
struct Ended {
    #[prost(message, repeated, tag = "1")]
    events: Vec<TurnEvent>,
    #[prost(message, optional, tag = "2")]
    conversation_id: Option<ConversationId>,
}

impl Thread {
    /// Adds a message, and postpones the end of the conversation.
    fn add(&mut self, message: Message) {
        let expire_time = time_in(at_most(30 * DAY, self.time_to_live));
        if let Some(about) = &mut self.about {
            about.update_time = message.create_time;
            about.expire_time = expire_time;
        }
        self.messages.push(message);
    }

    fn active_turn(&self) -> Option<&TurnId> {
        self.about.as_ref()?.active_turn_id.as_ref()
    }

    fn is_expired(&self) -> bool {
        let about = self.about.as_ref();
        is_past(about.and_then(|about| about.expire_time.as_ref()))
    }

    fn owner(&self) -> Option<&PrincipalId> {
        self.about.as_ref()?.principal_id.as_ref()
    }
}

impl Conversations {
    /// Returns the service of the conversations in `records`. Answers are written by `model`, about
    /// the documents in `collections`.
    pub fn new(
        records: Records,
        links: Links,
        model: Arc<dyn Model>,
        collections: &[String],
        most: usize,
    ) -> Self {
        let (running, chosen) = (Arc::default(), Arc::default());
        let collections = collections.into();
        Conversations { records, links, model, collections, most, running, chosen }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Log>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a conversation, unless it has expired.
    fn found(&self, id: &str) -> Result<Option<Thread>, Status> {
        let found = self.records.get::<Thread>(CONVERSATION, id)?;
        Ok(found.filter(|thread| !thread.is_expired()))
    }

    /// Returns a conversation that the caller may see: its own one.
    fn thread(&self, call: &Call, id: &Option<ConversationId>) -> Result<Thread, Status> {
        let id = required("conversation_id", id)?;
        let found = self.found(id)?.filter(|thread| {
            reaches(&call.principal, thread.owner().map_or("", |owner| &owner.value))
        });
        found.ok_or_else(|| Status::not_found(format!("there is no conversation {id:?}")))
    }

    fn put(&self, thread: &Thread) -> Result<(), Status> {
        let id = thread.about.as_ref().and_then(|about| about.id.clone()).unwrap_or_default();
        self.records.put(CONVERSATION, &id.value, thread)
    }

    /// Creates a conversation.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub fn create(
        &self,
        id: &str,
        owner: &str,
        title: String,
        time_to_live: Option<prost_types::Duration>,
    ) -> Result<Conversation, Status> {
        let create_time = time_in(Duration::ZERO);
        let about = Conversation {
            id: Some(ConversationId { value: id.to_owned() }),
            principal_id: Some(PrincipalId { value: owner.to_owned() }),
            title,
            create_time,
            update_time: create_time,
            expire_time: time_in(at_most(30 * DAY, time_to_live)),
            active_turn_id: None,
        };
        let thread = Thread { about: Some(about.clone()), messages: Vec::new(), time_to_live };
        self.put(&thread)?;
        Ok(about)
    }

    /// Begins a turn: stores the user's message, and makes the turn the active one.
    ///
    /// # Errors
    ///
    /// FAILED_PRECONDITION: another turn is active. NOT_FOUND: there is no such conversation.
    fn begin(
        &self,
        call: &Call,
        turn_id: &TurnId,
        conversation_id: &Option<ConversationId>,
        input: &TurnInput,
    ) -> Result<(Thread, Log), Status> {
        text("input.text", &input.text)?;
        // Nobody else begins a turn meanwhile.
        let mut running = self.running();
        let mut thread = self.thread(call, conversation_id)?;
        // One that nobody works on has ended, and could not be stored.
        if let Some(active) = thread.active_turn()
            && running.contains_key(&active.value)
        {
            let mut status = Status::failed_precondition("the conversation has an active turn");
            if let Ok(id) = active.value.parse() {
                status.metadata_mut().insert("active-turn-id", id);
            }
            return Err(status);
        }
        if running.len() >= self.most {
            return Err(busy("the server has too many turns"));
        }
        let message_id = MessageId { value: self.records.new_id("message")? };
        if let Some(about) = &mut thread.about {
            about.active_turn_id = Some(turn_id.clone());
        }
        let before = thread.clone();
        thread.add(Message {
            id: Some(message_id.clone()),
            role: Role::User.into(),
            parts: vec![Part { kind: Some(text_part(input.text.clone())) }],
            turn_id: Some(turn_id.clone()),
            create_time: time_in(Duration::ZERO),
        });
        self.put(&thread)?;
        let started =
            TurnStarted { turn_id: Some(turn_id.clone()), input_message_id: Some(message_id) };
        let conversation_id = conversation_id.clone().unwrap_or_default();
        let log = Log::new(conversation_id, vec![Kind::Started(started)]);
        running.insert(turn_id.value.clone(), log.clone());
        Ok((before, log))
    }

    /// Begins a turn and works on it, also when the call ends.
    pub(crate) fn start(
        &self,
        call: &Call,
        conversation_id: &Option<ConversationId>,
        input: TurnInput,
        options: TurnOptions,
    ) -> Result<Running, Status> {
        if options.max_output_tokens.is_some_and(|most| most <= 0) {
            return Err(invalid("options.max_output_tokens", "is not positive"));
        }
        if options.max_tool_calls.is_some_and(|most| most < 0) {
            return Err(invalid("options.max_tool_calls", "is negative"));
        }
        if !["", self.model.name()].contains(&&*options.model) {
            return Err(invalid("options.model", "is not the model of this server"));
        }
        let turn_id = TurnId { value: self.records.new_id(TURN)? };
        let (thread, log) = self.begin(call, &turn_id, conversation_id, &input)?;
        let about = thread.about.clone().unwrap_or_default();
        let work = Work {
            call: call.detached(),
            links: self.links.clone(),
            model: self.model.clone(),
            collections: self.collections.clone(),
            turn_id: turn_id.clone(),
            conversation_id: conversation_id.clone(),
            principal_id: about.principal_id.unwrap_or_default(),
            input,
            options,
            history: thread.messages,
            log: log.clone(),
        };
        let own = self.clone();
        // A task of its own, so that a panic ends the turn, too.
        let work = tokio::spawn(work.run());
        tokio::spawn(async move {
            let turn = work.await.unwrap_or_else(|_| Turn {
                id: Some(turn_id.clone()),
                finish_reason: FinishReason::Failed.into(),
                problem: Some(problem(&Status::internal("the turn broke off"))),
                model: own.model.name().to_owned(),
                ..Turn::default()
            });
            own.finish(&turn_id, turn);
        });
        Ok(Running { log })
    }

    /// Waits until no turn of a conversation is active.
    pub(crate) async fn idle(
        &self,
        conversation_id: &Option<ConversationId>,
    ) -> Result<(), Status> {
        let id = required("conversation_id", conversation_id)?;
        while let Some(thread) = self.found(id)?
            && let Some(active) = thread.active_turn()
        {
            let Some(log) = self.running().get(&active.value).cloned() else { break };
            log.finished().await;
        }
        Ok(())
    }

    /// Ends a turn: stores its answer and its events, unless the conversation was deleted.
    fn finish(&self, turn_id: &TurnId, mut turn: Turn) {
        // Nobody else changes the conversation meanwhile.
        let mut running = self.running();
        let Some(log) = running.remove(&turn_id.value) else { return };
        let stored = self.add_answer(&log, turn_id, &mut turn);
        if let Err(status) = &stored {
            turn.finish_reason = FinishReason::Failed.into();
            turn.problem = Some(problem(status));
        }
        log.push(Kind::Finished(turn));
        if !matches!(stored, Ok(false)) {
            // Without its record the turn is over all the same; who repeats its request is told so.
            let _ = self.put_ended(turn_id, &log);
        }
    }

    /// Adds the answer of a turn to its conversation. Returns whether there is one.
    fn add_answer(&self, log: &Log, turn_id: &TurnId, turn: &mut Turn) -> Result<bool, Status> {
        if let Some(Kind::Started(started)) = log.events().first() {
            turn.input_message_id = started.input_message_id.clone();
        }
        if let Some(answer) = &mut turn.answer {
            answer.id = Some(MessageId { value: self.records.new_id("message")? });
            answer.role = Role::Agent.into();
            answer.turn_id = Some(turn_id.clone());
            answer.create_time = time_in(Duration::ZERO);
        }
        let Some(mut thread) = self.found(&log.conversation_id().value)? else { return Ok(false) };
        if let Some(about) = &mut thread.about {
            about.active_turn_id = None;
        }
        turn.answer.iter().for_each(|answer| thread.add(answer.clone()));
        self.put(&thread)?;
        Ok(true)
    }

    fn put_ended(&self, turn_id: &TurnId, log: &Log) -> Result<(), Status> {
        let events = log.events().into_iter().map(|kind| TurnEvent { kind: Some(kind) });
        let conversation_id = Some(log.conversation_id().clone());
        let ended = Ended { events: events.collect(), conversation_id };
        self.records.put(TURN, &turn_id.value, &ended)
    }

    /// Ends the turns that were active when the process ended before.
    ///
    /// # Errors
    ///
    /// INTERNAL: the database fails.
    pub(crate) fn end_lost_turns(&self) -> Result<(), Status> {
        for (id, mut thread) in self.records.all::<Thread>(CONVERSATION)? {
            let active = thread.about.as_mut().and_then(|about| about.active_turn_id.take());
            let Some(turn_id) = active else { continue };
            let input_message_id = thread.messages.last().and_then(|message| message.id.clone());
            let started = TurnStarted {
                turn_id: Some(turn_id.clone()),
                input_message_id: input_message_id.clone(),
            };
            let lost = Status::unavailable("the server ended before the turn did");
            let turn = Turn {
                id: Some(turn_id.clone()),
                input_message_id,
                finish_reason: FinishReason::Failed.into(),
                problem: Some(problem(&lost)),
                model: self.model.name().to_owned(),
                ..Turn::default()
            };
            let events = vec![Kind::Started(started), Kind::Finished(turn)];
            self.put_ended(&turn_id, &Log::new(ConversationId { value: id }, events))?;
            self.put(&thread)?;
        }
        Ok(())
    }

    fn log(&self, turn_id: &TurnId) -> Result<Log, Status> {
        if let Some(log) = self.running().get(&turn_id.value) {
            return Ok(log.clone());
        }
        match self.records.get::<Ended>(TURN, &turn_id.value)? {
            Some(Ended { events, conversation_id }) => Ok(Log::new(
                conversation_id.unwrap_or_default(),
                events.into_iter().filter_map(|event| event.kind).collect(),
            )),
            None => Err(no_turn(turn_id)),
        }
    }

    /// Returns the turn of a request, or of an earlier request with the same key.
    async fn turn(&self, call: &Call, request: StreamTurnRequest) -> Result<Running, Status> {
        required("conversation_id", &request.conversation_id)?;
        let key = key_of(call, request_id(&request.request_id)?);
        self.thread(call, &request.conversation_id)?;
        let encoded = request.encode_to_vec();
        let make = async {
            let input = request.input.ok_or_else(|| invalid("input", "is required"))?;
            if input.context_document_ids.len() > MAX_DOCUMENTS {
                return Err(invalid("input.context_document_ids", "has more than 20 items"));
            }
            let options = request.options.unwrap_or_default();
            let running = self.start(call, &request.conversation_id, input, options)?;
            match running.log.events().first() {
                Some(Kind::Started(started)) => Ok(started.turn_id.clone().unwrap_or_default()),
                _ => Err(Status::internal("the turn did not start")),
            }
        };
        let id = self.records.once(("Turn", &key), encoded, make).await?;
        Ok(Running { log: self.log(&id)? })
    }

    /// Makes a turn active that nobody works on: a state that contract tests ask for.
    ///
    /// # Errors
    ///
    /// As of a turn that begins.
    pub(crate) fn begin_idle(&self, turn_id: &str, conversation_id: &str) -> Result<(), Status> {
        let id = Some(ConversationId { value: conversation_id.to_owned() });
        let input = TurnInput { text: "Hello".to_owned(), ..TurnInput::default() };
        let turn_id = TurnId { value: turn_id.to_owned() };
        let call = Call::of(&MetadataMap::new(), None)?;
        let (_, log) = self.begin(&call, &turn_id, &id, &input)?;
        let own = self.clone();
        tokio::spawn(async move {
            log.cancel_requested().await;
            let turn = Turn {
                id: Some(turn_id.clone()),
                finish_reason: FinishReason::Cancelled.into(),
                model: own.model.name().to_owned(),
                ..Turn::default()
            };
            own.finish(&turn_id, turn);
        });
        Ok(())
    }

    /// Ends such a turn with an answer.
    pub(crate) fn finish_idle(&self, turn_id: &str, answer: &str) {
        let parts = vec![Part { kind: Some(text_part(answer.to_owned())) }];
        let id = TurnId { value: turn_id.to_owned() };
        let turn = Turn {
            id: Some(id.clone()),
            answer: Some(Message { parts, ..Message::default() }),
            finish_reason: FinishReason::Stop.into(),
            model: self.model.name().to_owned(),
            ..Turn::default()
        };
        self.finish(&id, turn);
    }

    /// Stops all turns that run.
    pub(crate) fn stop_all(&self) {
        self.running().drain().for_each(|(_, log)| log.cancel());
    }
}

fn no_turn(id: &TurnId) -> Status {
    Status::not_found(format!("there is no turn {:?}", id.value))
}

/// Cancels a turn when it is dropped; one that has ended stays as it is.
pub(crate) struct CancelOnDrop(Log);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// A turn that runs or has ended.
pub(crate) struct Running {
    log: Log,
}

impl Running {
    /// Returns what cancels it when the call that waits for it ends early, if that is wanted.
    pub(crate) fn bound(&self, cancel_on_disconnect: bool) -> Option<CancelOnDrop> {
        cancel_on_disconnect.then(|| CancelOnDrop(self.log.clone()))
    }

    /// Returns its events as they happen.
    pub(crate) fn events(&self, cancel_on_disconnect: bool) -> Stream<Kind> {
        let log = self.log.clone();
        // The turn does not wait for a slow reader; it has its events.
        let (sender, receiver) = mpsc::channel(1);
        let bound = self.bound(cancel_on_disconnect);
        tokio::spawn(async move {
            let _bound = bound;
            for index in 0.. {
                let event = tokio::select! {
                    event = log.event(index) => event,
                    () = sender.closed() => None,
                };
                let Some(event) = event else { break };
                if sender.send(Ok(event)).await.is_err() {
                    break;
                }
            }
        });
        Box::pin(ReceiverStream::new(receiver))
    }

    /// Waits for its end.
    pub(crate) async fn finished(&self) -> Turn {
        self.log.finished().await
    }

    /// Returns the passages that were retrieved for it.
    pub(crate) fn passages(&self) -> Vec<Passage> {
        let events = self.log.events().into_iter();
        let found = events.filter_map(|event| match event {
            Kind::PassagesRetrieved(found) => Some(found.passages),
            _ => None,
        });
        found.flatten().collect()
    }
}

#[tonic::async_trait]
impl ConversationService for Conversations {
    type StreamTurnStream = Stream<StreamTurnResponse>;

    async fn create_conversation(
        &self,
        request: Request<CreateConversationRequest>,
    ) -> Result<Response<CreateConversationResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let owner = principal(&request.principal_id, &call.principal)?;
        time_to_live(request.time_to_live.as_ref())?;
        let key = key_of(&call, request_id(&request.request_id)?);
        let encoded = request.encode_to_vec();
        let make = async {
            let id = self.records.new_id(CONVERSATION)?;
            let created = self.create(&id, &owner, request.title, request.time_to_live)?;
            Ok(CreateConversationResponse { conversation: Some(created) })
        };
        let response = self.records.once(("CreateConversation", &key), encoded, make).await?;
        Ok(Response::new(response))
    }

    async fn get_conversation(
        &self,
        request: Request<GetConversationRequest>,
    ) -> Result<Response<GetConversationResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let thread = self.thread(&call, &request.into_inner().conversation_id)?;
        Ok(Response::new(GetConversationResponse { conversation: thread.about }))
    }

    async fn delete_conversation(
        &self,
        request: Request<DeleteConversationRequest>,
    ) -> Result<Response<DeleteConversationResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let thread = self.thread(&call, &request.into_inner().conversation_id)?;
        self.delete(&call, &thread).await?;
        Ok(Response::new(DeleteConversationResponse {}))
    }

    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let thread = self.thread(&call, &request.conversation_id)?;
        let size = count("page_size", request.page_size, 50, 200)?;
        let (messages, next_page_token) = page(thread.messages, size, &request.page_token)?;
        Ok(Response::new(ListMessagesResponse { messages, next_page_token }))
    }

    async fn run_turn(
        &self,
        request: Request<RunTurnRequest>,
    ) -> Result<Response<RunTurnResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let RunTurnRequest { conversation_id, request_id, input, options } = request.into_inner();
        let is_bound = options.as_ref().is_some_and(|it| it.cancel_on_disconnect);
        let request = StreamTurnRequest { conversation_id, request_id, input, options };
        let running = self.turn(&call, request).await?;
        let _bound = running.bound(is_bound);
        let turn = call.in_time(running.finished()).await?;
        Ok(Response::new(RunTurnResponse { turn: Some(turn) }))
    }

    async fn stream_turn(
        &self,
        request: Request<StreamTurnRequest>,
    ) -> Result<Response<Self::StreamTurnStream>, Status> {
        use tokio_stream::StreamExt as _;
        let call = Call::of(request.metadata(), None)?;
        let request = request.into_inner();
        let is_bound = request.options.as_ref().is_some_and(|it| it.cancel_on_disconnect);
        let events = self.turn(&call, request).await?.events(is_bound);
        let events = events
            .map(|event| Ok(StreamTurnResponse { event: Some(TurnEvent { kind: Some(event?) }) }));
        Ok(Response::new(Box::pin(events)))
    }

    async fn cancel_turn(
        &self,
        request: Request<CancelTurnRequest>,
    ) -> Result<Response<CancelTurnResponse>, Status> {
        let call = Call::of(request.metadata(), None)?;
        let CancelTurnRequest { turn_id, reason } = request.into_inner();
        let id = TurnId { value: required("turn_id", &turn_id)?.to_owned() };
        let log = self.log(&id)?;
        self.thread(&call, &Some(log.conversation_id().clone())).map_err(|_| no_turn(&id))?;
        tracing::info!(target: "agentd", turn_id = id.value, reason, "turn cancelled");
        log.cancel();
        let turn = call.in_time(log.finished()).await?;
        Ok(Response::new(CancelTurnResponse { turn: Some(turn) }))
    }
}

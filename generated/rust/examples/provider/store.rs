//! The data of the provider, and the states that tests can request.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use agent_contract::agent::v2::{
    Access, Conversation, ConversationId, Document, DocumentId, FinishReason, Grant, GrantId,
    IngestOutcome, Memory, MemoryId, MemoryKind, MemoryScope, Message, Passage, PassageId,
    PrincipalId, Scope, TurnId, TurnInput, scope,
};
use prost_types::Timestamp;
use prost_types::value::Kind;
use tonic::Status;
use tonic::codegen::tokio_stream;

use crate::turns::Events;
use crate::{checks, model};

/// A stream of responses.
pub type Stream<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

/// Collections that the operator has set up.
const COLLECTIONS: [&str; 2] = ["evaluation", "handbook"];

/// A day.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// The provider: implements the services of both packages.
#[derive(Clone, Default)]
pub struct Provider(Arc<Mutex<Store>>);

/// All data.
#[derive(Default)]
pub struct Store {
    last_id: u64,
    /// The time that the model takes for a token.
    pub pace: Duration,
    pub conversations: BTreeMap<String, Thread>,
    pub turns: BTreeMap<String, Events>,
    /// Documents by collection and id.
    pub documents: BTreeMap<(String, String), Stored>,
    pub memories: Vec<Memory>,
    pub grants: BTreeMap<String, Grant>,
    /// Requests and their responses, both encoded, by method and key.
    answered: BTreeMap<(&'static str, String), [Vec<u8>; 2]>,
}

/// A conversation and its messages.
pub struct Thread {
    pub about: Conversation,
    pub messages: Vec<Message>,
    pub time_to_live: Duration,
}

impl Thread {
    /// Adds a message, and postpones the end of the conversation.
    pub fn add(&mut self, message: Message) {
        self.about.update_time = message.create_time;
        self.about.expire_time = time_in(self.time_to_live);
        self.messages.push(message);
    }
}

/// A document, its text and its passages.
pub struct Stored {
    pub about: Document,
    text: String,
    pub passages: Vec<Passage>,
}

/// Returns the time in `after` from now.
pub fn time_in(after: Duration) -> Option<Timestamp> {
    Some((SystemTime::now() + after).into())
}

/// Returns whether a time is set and has passed.
pub fn is_past(time: &Option<Timestamp>) -> bool {
    let seconds = |time: &Timestamp| (time.seconds, time.nanos);
    time.as_ref().is_some_and(|time| seconds(time) <= seconds(&SystemTime::now().into()))
}

/// Returns a time to live: `most` if it is unset, negative or longer.
pub fn at_most(most: Duration, given: Option<prost_types::Duration>) -> Duration {
    given.and_then(|given| given.try_into().ok()).map_or(most, |given: Duration| given.min(most))
}

impl Provider {
    /// Returns the data, locked.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes all data and sets up a state. Returns false if the state is unknown.
    pub fn set_state(&self, name: &str) -> bool {
        // Ids go on: none is assigned twice.
        let mut store = Store { last_id: self.store().last_id, ..Store::default() };
        match name {
            "nothing is stored" => {}
            "the handbook is stored" => store.add_handbook(),
            "conversation c-1 of anna" => store.add_conversation(),
            "conversation c-1 of anna, and the handbook is stored" => {
                store.add_conversation();
                store.add_handbook();
            }
            "conversation c-1 of anna has an active turn t-1" => drop(store.add_turn()),
            "conversation c-1 of anna has a finished turn t-1" => {
                let id = store.add_turn();
                let events = store.events(&id).expect("the turn was added");
                events.write(model::tokens(&model::answer("Hello")));
                store.finish_turn(&id, FinishReason::Stop).expect("the turn was added");
            }
            "conversation c-1 of anna, and the model is slow" => {
                store.add_conversation();
                store.pace = Duration::from_millis(100);
            }
            "the model is slow" => store.pace = Duration::from_millis(100),
            "anna may send e-mail by grant g-1" => store.add_grant(),
            "anna has memories" => store.add_memories(),
            _ => return false,
        }
        *self.store() = store;
        true
    }
}

impl Store {
    fn add_handbook(&mut self) {
        for (id, title, year, text) in [
            (
                "vacation",
                "Vacation",
                2025.0,
                "Employees have 30 vacation days a year.\n\nRequest vacation two weeks ahead.",
            ),
            (
                "travel",
                "Travel",
                2023.0,
                "Book trains before flights. Hotels cost 120 euros at most.",
            ),
        ] {
            let document = Document {
                id: Some(DocumentId { value: id.to_owned() }),
                title: title.to_owned(),
                uri: format!("https://handbook.example/{id}"),
                metadata: Some(model::object([
                    ("language", Kind::StringValue("en".to_owned())),
                    ("year", Kind::NumberValue(year)),
                ])),
                ..Document::default()
            };
            self.put_document("handbook", &document, text).expect("the document is valid");
        }
    }

    fn add_conversation(&mut self) {
        let (id, anna) = ("c-1".to_owned(), PrincipalId { value: "anna".to_owned() });
        self.new_conversation(id, anna, "Vacation".to_owned(), 30 * DAY);
    }

    fn add_turn(&mut self) -> TurnId {
        self.add_conversation();
        let id = TurnId { value: "t-1".to_owned() };
        let input = TurnInput { text: "Hello".to_owned(), ..TurnInput::default() };
        let conversation = Some(ConversationId { value: "c-1".to_owned() });
        self.begin_turn(&id, &conversation, &input).expect("there is no active turn");
        id
    }

    fn add_grant(&mut self) {
        let anna = Some(PrincipalId { value: "anna".to_owned() });
        let scope = Scope {
            action: "tools.*".to_owned(),
            resource_type: "tool".to_owned(),
            resources: Some(scope::Resources::ResourceId("send_email".to_owned())),
        };
        let grant = Grant {
            id: Some(GrantId { value: "g-1".to_owned() }),
            principal_id: anna.clone(),
            scopes: vec![scope],
            granted_by: anna,
            create_time: time_in(Duration::ZERO),
            expire_time: time_in(DAY),
            ..Grant::default()
        };
        self.grants.insert("g-1".to_owned(), grant);
    }

    fn add_memories(&mut self) {
        for (id, kind, text) in [
            ("m-1", MemoryKind::Fact, "Anna works in Berlin."),
            ("m-2", MemoryKind::Preference, "Anna prefers short answers."),
            ("m-3", MemoryKind::Preference, "Anna prefers trains for travel."),
        ] {
            self.memories.push(Memory {
                id: Some(MemoryId { value: id.to_owned() }),
                scope: Some(MemoryScope {
                    principal_id: Some(PrincipalId { value: "anna".to_owned() }),
                    conversation_id: None,
                }),
                kind: kind.into(),
                text: text.to_owned(),
                create_time: time_in(Duration::ZERO),
                expire_time: time_in(DAY),
                ..Memory::default()
            });
        }
    }

    /// Returns an id that was not assigned before.
    pub fn new_id(&mut self, kind: &str) -> String {
        self.last_id += 1;
        format!("{kind}-{}", self.last_id)
    }

    /// Answers a request with a key once: a repeated request gets the first response. `request` is
    /// what must not differ, encoded.
    pub fn once<T: prost::Message + Default>(
        &mut self,
        (method, key): (&'static str, &str),
        request: Vec<u8>,
        make: impl FnOnce(&mut Self) -> Result<T, Status>,
    ) -> Result<T, Status> {
        let key = (method, key.to_owned());
        if let Some([first, response]) = self.answered.get(&key) {
            if *first != request {
                return Err(checks::invalid("request_id", "is that of a different request"));
            }
            return T::decode(&**response).map_err(|error| Status::internal(error.to_string()));
        }
        let response = make(self)?;
        self.answered.insert(key, [request, response.encode_to_vec()]);
        Ok(response)
    }

    /// Creates a conversation.
    pub fn new_conversation(
        &mut self,
        id: String,
        owner: PrincipalId,
        title: String,
        time_to_live: Duration,
    ) -> Conversation {
        let about = Conversation {
            id: Some(ConversationId { value: id.clone() }),
            principal_id: Some(owner),
            title,
            create_time: time_in(Duration::ZERO),
            update_time: time_in(Duration::ZERO),
            expire_time: time_in(time_to_live),
            active_turn_id: None,
        };
        let thread = Thread { about: about.clone(), messages: Vec::new(), time_to_live };
        self.conversations.insert(id, thread);
        about
    }

    /// Returns a conversation.
    pub fn conversation(&mut self, id: &Option<ConversationId>) -> Result<&mut Thread, Status> {
        let id = checks::required("conversation_id", id)?;
        let found = self.conversations.get_mut(id);
        found.ok_or_else(|| Status::not_found(format!("there is no conversation {id:?}")))
    }

    /// Stores or replaces a document. Its passages are its paragraphs.
    pub fn put_document(
        &mut self,
        collection: &str,
        document: &Document,
        text: &str,
    ) -> Result<(IngestOutcome, i32), Status> {
        check_collection(collection)?;
        let id = checks::required("document.id", &document.id)?.to_owned();
        if text.trim().is_empty() {
            return Err(checks::invalid("text", "is empty"));
        }
        if !["", "text/plain", "text/markdown"].contains(&&*document.media_type) {
            return Err(checks::invalid("document.media_type", "is not supported"));
        }
        let key = (collection.to_owned(), id);
        let before = self.documents.get(&key);
        let create_time = before.and_then(|it| it.about.create_time).or(time_in(Duration::ZERO));
        let given = |document: &Document| Document {
            passage_count: 0,
            create_time: None,
            update_time: None,
            ..document.clone()
        };
        let outcome = match before {
            None => IngestOutcome::Created,
            Some(before) if given(&before.about) == given(document) && before.text == text => {
                return Ok((IngestOutcome::Unchanged, before.about.passage_count));
            }
            Some(_) => IngestOutcome::Replaced,
        };
        let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
        let passages = paragraphs.map(|text| Passage {
            id: Some(PassageId { value: self.new_id("passage") }),
            document_id: document.id.clone(),
            text: text.to_owned(),
            relevance: 0.0,
            title: document.title.clone(),
            uri: document.uri.clone(),
            metadata: document.metadata.clone(),
        });
        let passages: Vec<Passage> = passages.collect();
        let passage_count = i32::try_from(passages.len()).unwrap_or(i32::MAX);
        let update_time = time_in(Duration::ZERO);
        let about = Document { passage_count, create_time, update_time, ..document.clone() };
        self.documents.insert(key, Stored { about, text: text.to_owned(), passages });
        Ok((outcome, passage_count))
    }

    /// Returns the passages of a collection, or of all of them, that match a query, best first.
    pub fn search(&self, collection: Option<&str>, query: &str) -> Vec<Passage> {
        let documents = self.documents.iter().filter(|((name, _), stored)| {
            collection.is_none_or(|collection| collection == name)
                && !is_past(&stored.about.expire_time)
        });
        let mut found: Vec<Passage> = documents
            .flat_map(|(_, stored)| &stored.passages)
            .map(|passage| {
                let searched = format!("{} {}", passage.title, passage.text);
                Passage { relevance: model::relevance(query, &searched), ..passage.clone() }
            })
            .filter(|passage| passage.relevance > 0.0)
            .collect();
        let id = |passage: &Passage| passage.id.clone().unwrap_or_default().value;
        found.sort_by(|a, b| b.relevance.total_cmp(&a.relevance).then_with(|| id(a).cmp(&id(b))));
        found
    }

    /// Returns the passages for an answer: those that match the message, and all of some documents.
    pub fn passages(&self, message: &str, documents: &[&str]) -> Result<Vec<Passage>, Status> {
        let mut passages = self.search(None, message);
        for id in documents {
            let missing = || Status::not_found(format!("there is no document {id:?}"));
            let stored = self.documents.iter().find(|((_, known), _)| known == id);
            for passage in &stored.ok_or_else(missing)?.1.passages {
                if !passages.iter().any(|found| found.id == passage.id) {
                    passages.push(passage.clone());
                }
            }
        }
        Ok(passages)
    }

    /// Returns the grant that allows an action.
    pub fn grant_for(
        &self,
        principal: &str,
        access: &Access,
        conversation: Option<&str>,
    ) -> Option<&Grant> {
        let covers = |scope: &Scope| {
            let is_action = match scope.action.strip_suffix('*') {
                Some(prefix) => access.action.starts_with(prefix),
                None => access.action == scope.action,
            };
            let is_resource = match &scope.resources {
                Some(scope::Resources::ResourceId(id)) => *id == access.resource_id,
                Some(scope::Resources::AnyResource(_)) => true,
                None => false,
            };
            is_action && is_resource && scope.resource_type == access.resource_type
        };
        self.grants.values().find(|grant| {
            let counts_in = grant.conversation_id.as_ref().map(|id| &*id.value);
            grant.principal_id.as_ref().is_some_and(|id| id.value == principal)
                && counts_in.is_none_or(|id| Some(id) == conversation)
                && grant.revoke_time.is_none()
                && !is_past(&grant.expire_time)
                && grant.scopes.iter().any(covers)
        })
    }

    /// Returns whether a principal may use a tool.
    pub fn may_use(&self, tool: &model::Tool, principal: &str, conversation: Option<&str>) -> bool {
        tool.required_actions.iter().all(|action| {
            let access = Access {
                action: (*action).to_owned(),
                resource_type: "tool".to_owned(),
                resource_id: tool.name.to_owned(),
            };
            self.grant_for(principal, &access, conversation).is_some()
        })
    }
}

/// Checks the name of a collection.
pub fn check_collection(name: &str) -> Result<(), Status> {
    checks::text("collection", name)?;
    if COLLECTIONS.contains(&name) {
        return Ok(());
    }
    Err(Status::not_found(format!("there is no collection {name:?}")))
}

//! The states that contract tests ask for, set up through HTTP: a hook for `wireproof contract`.

use std::time::Duration;

use agent_contract::agent::v2::{
    Document, DocumentId, Grant, GrantId, Memory, MemoryId, MemoryKind, MemoryScope, PrincipalId,
    Scope, scope,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use prost_types::value::Kind;
use tonic::Status;

use crate::conversation::{Conversations, Extractive};
use crate::memory::Memories;
use crate::permission::Permissions;
use crate::rag::Rag;
use crate::records::{DAY, Records, time_in};
use crate::tools::object;

/// Sets up states.
#[derive(Clone)]
pub struct States {
    pub(crate) records: Records,
    pub(crate) conversations: Conversations,
    pub(crate) memories: Memories,
    pub(crate) permissions: Permissions,
    pub(crate) rag: Rag,
    pub(crate) model: Extractive,
}

impl States {
    /// Returns the hook: `POST /` with `{"consumer": …, "state": …}`.
    pub fn router(self) -> Router {
        Router::new()
            .route(
                "/",
                post(async |State(states): State<States>, body: Bytes| {
                    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
                    let Some(state) = body["state"].as_str() else {
                        return StatusCode::BAD_REQUEST;
                    };
                    match states.set(state).await {
                        Ok(true) => StatusCode::OK,
                        Ok(false) => StatusCode::NOT_FOUND,
                        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
                    }
                }),
            )
            .with_state(self)
    }

    /// Deletes all data and sets up a state. Returns false if the state is unknown.
    async fn set(&self, name: &str) -> Result<bool, Status> {
        self.conversations.stop_all();
        self.records.clear()?;
        self.rag.clear()?;
        self.model.set_pace(Duration::ZERO);
        let slow = Duration::from_millis(100);
        match name {
            "nothing is stored" => {}
            "the handbook is stored" => self.add_handbook().await?,
            "conversation c-1 of anna" => self.add_conversation()?,
            "conversation c-1 of anna, and the handbook is stored" => {
                self.add_conversation()?;
                self.add_handbook().await?;
            }
            "conversation c-1 of anna has an active turn t-1" => {
                self.add_conversation()?;
                self.conversations.begin_idle("t-1", "c-1")?;
            }
            "conversation c-1 of anna has a finished turn t-1" => {
                self.add_conversation()?;
                self.conversations.begin_idle("t-1", "c-1")?;
                self.conversations.finish_idle("t-1", "Good morning.");
            }
            "conversation c-1 of anna, and the model is slow" => {
                self.add_conversation()?;
                self.model.set_pace(slow);
            }
            "the model is slow" => self.model.set_pace(slow),
            "anna may send e-mail by grant g-1" => self.add_grant()?,
            "anna has memories" => self.add_memories()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn add_handbook(&self) -> Result<(), Status> {
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
                metadata: Some(object([
                    ("language", Kind::StringValue("en".to_owned())),
                    ("year", Kind::NumberValue(year)),
                ])),
                ..Document::default()
            };
            self.rag.put_document("handbook", &document, text).await?;
        }
        Ok(())
    }

    fn add_conversation(&self) -> Result<(), Status> {
        self.conversations.create("c-1", "anna", "Vacation".to_owned(), None).map(drop)
    }

    fn add_grant(&self) -> Result<(), Status> {
        let anna = Some(PrincipalId { value: "anna".to_owned() });
        let scope = Scope {
            action: "tools.*".to_owned(),
            resource_type: "tool".to_owned(),
            resources: Some(scope::Resources::ResourceId("send_email".to_owned())),
        };
        self.permissions.put(&Grant {
            id: Some(GrantId { value: "g-1".to_owned() }),
            principal_id: anna.clone(),
            scopes: vec![scope],
            granted_by: anna,
            create_time: time_in(Duration::ZERO),
            expire_time: time_in(DAY),
            ..Grant::default()
        })
    }

    fn add_memories(&self) -> Result<(), Status> {
        for (id, kind, text) in [
            ("m-1", MemoryKind::Fact, "Anna works in Berlin."),
            ("m-2", MemoryKind::Preference, "Anna prefers short answers."),
            ("m-3", MemoryKind::Preference, "Anna prefers trains for travel."),
        ] {
            self.memories.put(&Memory {
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
            })?;
        }
        Ok(())
    }
}

//! The agent system: a conversation service that answers users, and the services that it calls to do
//! so. One program, `agentd`, runs all roles together or some of them apart.
//!
//! - `conversation`: conversations and turns; begin with `turn.rs`
//! - `memory`, `permission`, `rag`, `tools`: the roles that a turn calls
//! - `gateway`: REST with JSON, for clients outside
//! - `v1`: package `agent`, served by the same code
//! - `links`: how a role reaches the others; `call`: what is passed on; `tls`: certificates
//! - `served`: what every call goes through: `telemetry` (traces, metrics and lines) and `limits`
//! - `endpoint`: how servers outside of the system are called
//! - `system`: what runs where; `config`: as the user wants it
//! - `records`: the data

#![warn(missing_docs)]

pub mod call;
mod checks;
pub mod config;
pub mod conversation;
mod endpoint;
pub mod gateway;
pub mod ingest;
pub mod limits;
pub mod links;
pub mod memory;
mod methods;
pub mod permission;
mod problem;
pub mod rag;
pub mod records;
mod served;
pub mod states;
pub mod system;
pub mod telemetry;
pub mod tls;
pub mod tools;
pub mod v1;
mod watched;

use std::pin::Pin;

use tonic::Status;

/// A stream of responses.
pub type Stream<T> = Pin<Box<dyn tokio_stream::Stream<Item = Result<T, Status>> + Send>>;

//! Code generation: a compiled schema becomes plugin requests, and the files of the responses are
//! compared with the output folders, or written to them.

mod built_in;
mod environment;
pub mod filter;
mod insertion;
pub mod managed;
mod manifest;
mod merge;
mod plugins;
mod protoc;
mod protocol;
mod request;
mod response;
mod retention;
pub mod write;

/// The rule id of a generated file that is modified, missing or stale.
pub const STALE_STUB: &str = "STALE_STUB";

pub use built_in::answer;
pub use environment::Environment;
pub use plugins::generate;
pub(crate) use protoc::BUILT_IN as PROTOC_HAS;
pub use request::in_order;
pub use response::{Files, GeneratedFile, GeneratedOutputs, MissingPlugin};

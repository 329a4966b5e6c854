//! Stubs: plugins are asked, with requests made from the compiled schema, and what they answer
//! becomes files, which are compared with those that are there, or written.

mod adding;
mod built_in;
pub mod filter;
mod insertion;
pub mod managed;
mod manifest;
mod plugins;
mod protoc;
mod protocol;
mod request;
mod response;
mod retention;
pub mod write;

/// The rule id of a stub that is not what would be made.
pub const STALE_STUB: &str = "STALE_STUB";

pub use built_in::answer;
pub use plugins::{Environment, generate};
pub(crate) use protoc::BUILT_IN as PROTOC_HAS;
pub use request::in_order;
pub use response::{Files, GeneratedFile, Lacking, Made};

//! Code generation: a compiled schema becomes plugin requests, and the files of the responses are
//! compared with the output folders, or written to them.

mod built_in;
mod environment;
mod filter;
mod insertion;
pub mod managed;
mod manifest;
mod merge;
mod plugins;
mod prepare;
mod protoc;
mod protocol;
mod request;
mod response;
mod retention;
mod roots;
mod stale;
mod template;
pub mod write;

pub use built_in::answer;
pub use environment::Environment;
pub use plugins::generate;
pub use prepare::{TypeSelection, prepare};
pub(crate) use protoc::BUILT_IN as PROTOC_HAS;
pub use response::{Files, GeneratedFile, GeneratedOutputs, MissingPlugin};
pub use roots::Roots;
pub use stale::{stale, stale_in_index};
pub use template::{FoundTemplate, TEMPLATE_NAME};

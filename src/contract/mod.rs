//! Contract tests: a consumer writes interactions, examples of calls, and a provider is verified
//! against them.
//!
//! - `interaction` reads `contracts/interactions/<consumer>/*.yaml` and checks them against the
//!   release that they name. No server is needed.
//! - `verify` calls a running server and compares what it answers.

mod deploy;
mod interaction;
mod matrix;
mod mock;
mod node;
mod probe;
mod record;
mod reflection;
mod server;
mod standard;
mod states;
mod tls;
mod transport;
mod verify;
mod yaml;

pub use self::deploy::{Answer, Environment, Results, can_i_deploy};
pub use self::interaction::{
    Call, Expected, Interaction, Kind, Loaded, Messages, Version, load, reject_duplicates,
};
pub use self::matrix::{Broken, Cell, Matrix, matrix, page};
pub use self::mock::mock;
pub use self::record::{Recorded, Recording, record};
pub use self::states::States;
pub use self::tls::Tls;
pub use self::verify::{Endpoint, Questions, Verified, verify};
pub use self::yaml::yaml;
use crate::error::{Error, Result};
use crate::finding::{CONTRACT, Finding, Place};

/// A finding between two versions. The change that causes it may be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BetweenVersions {
    /// The finding, with the older releases.
    pub finding: Finding,
    /// The elements that it is about, by full name; none if it happens within a version, too.
    pub elements: Vec<String>,
    /// The full name of the message that was sent; empty if none was.
    pub message: String,
    /// The path from this message to the field.
    pub path: String,
}

/// Starts the runtime of servers and clients.
fn runtime() -> Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_all().build();
    runtime.map_err(|error| Error::new(format!("the runtime did not start: {error}")))
}

/// Returns a finding of [`CONTRACT`] at a location of an interaction.
fn finding(place: Place, element: &str, message: String, change: &str) -> Finding {
    Finding {
        rule: CONTRACT,
        element: element.to_owned(),
        change: change.to_owned(),
        ..Finding::compile(place, message)
    }
}

//! Load shedding: calls beyond a limit are refused at once, instead of waiting until nobody wants
//! their answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::ValueEnum as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use crate::config::Role;
use crate::methods;
use crate::problem::PUSHBACK;
use crate::watched::Watch;

/// When a client can try again, in milliseconds.
const RETRY_AFTER: &str = "500";

/// Returns the error RESOURCE_EXHAUSTED, with the time to wait before another try.
pub(crate) fn busy(message: &str) -> Status {
    let mut status = Status::resource_exhausted(message);
    if let Ok(value) = RETRY_AFTER.parse() {
        status.metadata_mut().insert(PUSHBACK, value);
    }
    status
}

/// Lets each role have a number of calls at once, whether they come over the network or from this
/// process. So a role that calls another one in its process is limited as if they ran apart. A stream
/// runs until its end; tower's own limit counts it until its headers only.
#[derive(Clone)]
pub struct Limit(Arc<BTreeMap<Option<Role>, Arc<Semaphore>>>);

impl Limit {
    /// Returns a limit of `most` calls for each role.
    pub fn new(most: usize) -> Self {
        let roles = Role::value_variants().iter().copied().map(Some).chain([None]);
        let slots = || Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Limit(Arc::new(roles.map(|role| (role, slots())).collect()))
    }

    /// Takes a slot for the call of a path; none if all are taken.
    pub(crate) fn take(&self, path: &str) -> Option<Slot> {
        self.0.get(&methods::role_of(path))?.clone().try_acquire_owned().ok().map(Slot)
    }
}

/// A slot, which is free again when it is dropped.
pub(crate) struct Slot(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Watch for Slot {}

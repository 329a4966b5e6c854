//! Load shedding: calls beyond a limit are refused at once, instead of waiting until nobody wants
//! their answers.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use clap::ValueEnum as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use crate::config::Role;
use crate::methods;
use crate::problem::PUSHBACK;
use crate::watched::{Watch, Watched};

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
    fn take(&self, path: &str) -> Option<Slot> {
        self.0.get(&methods::role_of(path))?.clone().try_acquire_owned().ok().map(Slot)
    }
}

/// A slot, which is free again when it is dropped.
struct Slot(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Watch for Slot {}

impl<S> Layer<S> for Limit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, limit: self.clone() }
    }
}

/// A service with a [`Limit`].
#[derive(Clone)]
pub struct Limited<S> {
    inner: S,
    limit: Limit,
}

impl<S, B> Service<Request<B>> for Limited<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Some(slot) = self.limit.take(request.uri().path()) else {
            let status = busy("the server has too many calls");
            return Box::pin(async move { Ok(status.into_http()) });
        };
        let answer = self.inner.call(request);
        Box::pin(
            async move { Ok(answer.await?.map(|body| Body::new(Watched { body, watch: slot }))) },
        )
    }
}

//! Load shedding: calls beyond a limit are refused at once, instead of waiting until nobody wants
//! their answers.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

/// When a client can try again, in milliseconds
/// (<https://github.com/grpc/proposal/blob/master/A6-client-retries.md>).
const PUSHBACK: (&str, &str) = ("grpc-retry-pushback-ms", "500");

/// Lets a number of calls run at once. A stream runs until its end; tower's own limit counts it until
/// its headers only.
#[derive(Clone)]
pub struct Limit {
    slots: Arc<Semaphore>,
}

impl Limit {
    /// Returns a limit of `most` calls.
    pub fn new(most: usize) -> Self {
        Limit { slots: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))) }
    }
}

impl<S> Layer<S> for Limit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, slots: self.slots.clone() }
    }
}

/// A service with a [`Limit`].
#[derive(Clone)]
pub struct Limited<S> {
    inner: S,
    slots: Arc<Semaphore>,
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
        let Ok(slot) = self.slots.clone().try_acquire_owned() else {
            let mut status = Status::resource_exhausted("the server has too many calls");
            if let Ok(value) = PUSHBACK.1.parse() {
                status.metadata_mut().insert(PUSHBACK.0, value);
            }
            return Box::pin(async move { Ok(status.into_http()) });
        };
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(answer.await?.map(|body| Body::new(Held { body, _slot: slot }))) })
    }
}

/// A body that holds its slot until it is sent or dropped.
struct Held {
    body: Body,
    _slot: OwnedSemaphorePermit,
}

impl http_body::Body for Held {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

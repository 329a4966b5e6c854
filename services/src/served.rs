//! What every call to a server goes through, over the network or in this process: it is watched, and
//! counts in the limit of its role.

use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::Service;

use crate::limits::{Limit, busy};
use crate::telemetry::rpc::Rpc;
use crate::watched::Watched;

/// A service whose calls are watched and limited.
#[derive(Clone)]
pub(crate) struct Served<S> {
    pub(crate) inner: S,
    pub(crate) limit: Limit,
}

impl<S, B> Service<Request<B>> for Served<S>
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

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let rpc = Rpc::served(&mut request);
        let Some(slot) = self.limit.take(request.uri().path()) else {
            let refused = rpc.watch(busy("the server has too many calls").into_http());
            return Box::pin(async move { Ok(refused) });
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?.map(|body| Body::new(Watched { body, watch: slot }));
            Ok(rpc.watch(response))
        })
    }
}

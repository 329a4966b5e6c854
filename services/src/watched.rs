//! A body that is watched until it is sent or given up.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use tonic::codegen::http::HeaderMap;

/// What watches a body. It is dropped with the body.
pub(crate) trait Watch: Unpin {
    /// Sees the trailers, and may add to them.
    fn trailers(&mut self, _: &mut HeaderMap) {}

    /// Sees that the body broke off.
    fn broken(&mut self) {}
}

/// A body, and what watches it.
pub(crate) struct Watched<B, W> {
    pub(crate) body: B,
    pub(crate) watch: W,
}

impl<B: Body + Unpin, W: Watch> Body for Watched<B, W> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(context);
        match &mut polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_mut() {
                    self.watch.trailers(trailers);
                }
            }
            Poll::Ready(Some(Err(_))) => self.watch.broken(),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

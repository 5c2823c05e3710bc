//! A long response that ends when its key is weakened.
//!
//! A client that reads slowly would otherwise complete a success after the revocation was answered.
//! The body is given to the connection in pieces, so that little of it is in buffers that nobody
//! can take back.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use engine::Engine;
use engine::keys::AuthenticatedRequest;
use hyper::body::{Frame, SizeHint};
use listener::EndsWith;

/// The size of a piece, and the size up to which a body is sent at once, in bytes.
const PIECE: usize = 16 * 1024;

type Waiting<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Keeps the request registered until its response has been sent, unless the response is short.
pub fn guard(mut response: Response, engine: &Engine, admitted: AuthenticatedRequest) -> Response {
    let is_short = response
        .body()
        .size_hint()
        .upper()
        .is_some_and(|size| size <= PIECE as u64);
    if is_short {
        return response;
    }
    let admitted = Arc::new(admitted);
    let request = admitted.clone();
    let unread = admitted.clone();
    response
        .extensions_mut()
        .insert(EndsWith::new(move || {
            let request = unread.clone();
            Box::pin(async move { request.guard.cancelled().await })
        }));
    response.map(|body| {
        Body::new(GuardedBody {
            body,
            rest: Bytes::new(),
            engine: engine.clone(),
            admitted,
            cancelled: Box::pin(async move { request.guard.cancelled().await }),
            rechecking: None,
            is_aborted: false,
        })
    })
}

struct GuardedBody {
    body: Body,
    /// What was taken from the body and not given to the connection yet.
    rest: Bytes,
    engine: Engine,
    admitted: Arc<AuthenticatedRequest>,
    cancelled: Waiting<()>,
    /// Reads the key again, because this node has no lease.
    rechecking: Option<Waiting<engine::Result<()>>>,
    is_aborted: bool,
}

impl GuardedBody {
    /// Whether the next piece may be given to the connection.
    fn poll_admitted(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        if self.cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(axum::Error::new(
                "the key was weakened while the response was sent",
            )));
        }
        if self.rechecking.is_none() && self.engine.is_still_admitted(&self.admitted) {
            return Poll::Ready(Ok(()));
        }
        let rechecking = self.rechecking.get_or_insert_with(|| {
            let (engine, admitted) = (self.engine.clone(), self.admitted.clone());
            Box::pin(async move { engine.recheck_key(&admitted).await })
        });
        let rechecked = ready!(rechecking.as_mut().poll(cx));
        self.rechecking = None;
        Poll::Ready(rechecked.map_err(axum::Error::new))
    }

    fn next_piece(&mut self) -> Frame<Bytes> {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        Frame::data(piece)
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.is_aborted {
            return Poll::Ready(None);
        }
        if let Err(error) = ready!(self.poll_admitted(cx)) {
            self.is_aborted = true;
            return Poll::Ready(Some(Err(error)));
        }
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.next_piece())));
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            return Poll::Ready(frame);
        };
        match frame.into_data() {
            Ok(data) => {
                self.rest = data;
                Poll::Ready(Some(Ok(self.next_piece())))
            }
            Err(trailers) => Poll::Ready(Some(Ok(trailers))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let hint = self.body.size_hint();
        let mut size = SizeHint::new();
        size.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            size.set_upper(upper + rest);
        }
        size
    }
}

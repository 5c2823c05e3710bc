//! What the fast path knows of traces: where each request begins and ends. What records the spans is
//! in the server, and only in builds with the feature `otlp`.

use std::fmt;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;

/// Starts spans.
pub trait StartSpan: Send + Sync {
    /// Starts the span of a request, and puts the span in its `traceparent`. None if the trace is not
    /// recorded.
    fn start(&self, request: &mut Request) -> Option<Box<dyn RequestSpan>>;
}

/// The span of a request. Dropping it ends the span of a request without a response.
pub trait RequestSpan: Send {
    /// Ends the span.
    fn end(self: Box<Self>, response: &Response);
}

/// Records requests as spans. Cheap to clone.
#[derive(Clone)]
pub struct Tracer(Arc<dyn StartSpan>);

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}

impl Tracer {
    /// A tracer that starts its spans so.
    pub fn new(start: impl StartSpan + 'static) -> Self {
        Self(Arc::new(start))
    }

    /// Starts to record a request.
    pub(crate) fn begin(&self, request: &mut Request) -> Option<Box<dyn RequestSpan>> {
        self.0.start(request)
    }
}

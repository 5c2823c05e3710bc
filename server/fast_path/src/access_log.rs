//! The log lines of requests.

use axum::http::StatusCode;
use domain::Moment;
use engine::Engine;
use engine::ctx::TraceId;

domain::closed_set! {
    /// The requests that are logged.
    pub enum AccessLog {
        /// Every request.
        All = "all",
        /// Only requests that failed.
        Errors = "errors",
        /// None.
        None = "none",
    }
}

/// A request, as its log line shows it.
#[derive(Clone, Copy, Debug)]
pub struct LoggedRequest<'a> {
    /// Its id.
    pub id: &'a str,
    /// The trace that it belongs to.
    pub trace_id: Option<TraceId>,
    /// The method, without secrets.
    pub method: &'a str,
    /// The path, without secrets.
    pub path: &'a str,
    /// When it began.
    pub started_at: Moment,
}

impl AccessLog {
    /// Whether a request with this status is logged.
    fn covers(self, status: StatusCode) -> bool {
        match self {
            Self::All => true,
            Self::Errors => status.is_client_error() || status.is_server_error(),
            Self::None => false,
        }
    }

    /// Logs a request that is complete, if this covers it.
    pub fn completed(self, engine: &Engine, request: LoggedRequest<'_>, status: StatusCode) {
        if self.covers(status) {
            let (status, now) = (status.as_u16(), engine.runtime().now());
            let took_ms = now.0 - request.started_at.0;
            tracing::info!(
                request_id = request.id,
                trace_id = TraceId::field(request.trace_id),
                method = request.method,
                path = request.path,
                status,
                took_ms,
                "request completed"
            );
        }
    }
}

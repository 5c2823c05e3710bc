//! The log lines of requests.

use axum::http::StatusCode;
use domain::Moment;
use engine::Engine;

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
    pub fn completed(
        self,
        engine: &Engine,
        request_id: &str,
        method: &str,
        path: &str,
        status: StatusCode,
        started_at: Moment,
    ) {
        if self.covers(status) {
            let (status, now) = (status.as_u16(), engine.runtime().now());
            let took_ms = now.0 - started_at.0;
            tracing::info!(
                request_id,
                method,
                path,
                status,
                took_ms,
                "request completed"
            );
        }
    }
}

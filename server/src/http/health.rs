//! Liveness and readiness checks.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::AppState;

/// `/healthz` succeeds while the process runs, `/readyz` only while the database can be read and
/// written, and not when the server is about to stop.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .with_state(state)
}

async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    if state.stopping.has_begun() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the server is about to stop",
        );
    }
    match state.engine.ready().await {
        Ok(()) => (StatusCode::OK, "ready"),
        Err(engine::Error::OnHold) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "an audit log was altered: see the log of the server",
        ),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is unavailable",
        ),
    }
}

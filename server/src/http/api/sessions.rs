//! `/api/v1/sessions`: the browser sessions of a person. Keys are rejected.

use super::description::Access;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::view::SessionView;
use engine::ctx::Origin;
use serde::Serialize;
use utoipa::ToSchema;

use super::authentication::SignedInPerson;
use super::input::id;
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// Sessions of a person.
#[derive(Serialize, ToSchema)]
pub struct SessionsBody {
    /// The sessions. The most recently used one comes first.
    sessions: Vec<SessionView>,
}

/// The result of revoking the other sessions.
#[derive(Serialize, ToSchema)]
pub struct EndedBody {
    /// The number of revoked sessions.
    #[schema(example = 2)]
    ended: usize,
}

/// List your sessions
///
/// The browsers that you are signed in with. The most recently used one comes first.
#[utoipa::path(get, path = "/sessions", operation_id = "list_sessions", tag = "Me",
    extensions(("x-needs" = json!(Access::Person))),
    responses((status = 200, body = SessionsBody)))]
pub async fn list_sessions(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
) -> ApiResult<Json<SessionsBody>> {
    Ok(Json(SessionsBody {
        sessions: state.engine.list_sessions(&caller).await?,
    }))
}

/// Revoke a session
///
/// Signs you out in that browser immediately, and revokes the tokens that were issued there.
#[utoipa::path(delete, path = "/sessions/{session_id}", operation_id = "end_session", tag = "Me",
    extensions(("x-needs" = json!(Access::Person))),
    params(("session_id" = String, Path, description = "The ID of the session", example = "ses_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn end_session(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
    Extension(origin): Extension<Origin>,
    session: Path<String>,
) -> ApiResult<StatusCode> {
    state
        .engine
        .revoke_session(&caller, &id(session)?, &origin)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke all other sessions
///
/// Revokes all sessions except the one that the token of the request was issued for. With a token
/// of another issuer, revokes all sessions.
#[utoipa::path(delete, path = "/sessions", operation_id = "end_other_sessions", tag = "Me",
    extensions(("x-needs" = json!(Access::Person))),
    responses((status = 200, body = EndedBody)))]
pub async fn end_other_sessions(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
    Extension(origin): Extension<Origin>,
) -> ApiResult<Json<EndedBody>> {
    Ok(Json(EndedBody {
        ended: state
            .engine
            .revoke_other_sessions(&caller, &origin)
            .await?,
    }))
}

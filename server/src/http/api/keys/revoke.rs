//! `DELETE /api/v1/keys/{key_id}`.

use axum::Json;
use axum::extract::{Path, State};
use domain::KeyId;
use domain::command::RevokeKey;
use domain::key::RevokeReason;
use domain::policy::Action;
use domain::view::Stopped;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::id;
use crate::http::problem::{ApiResult, ProblemBody};

/// The revoked key.
#[derive(Serialize, ToSchema)]
pub struct RevokedBody {
    /// `revoked`.
    #[schema(example = "revoked")]
    status: &'static str,
    /// The ID of the key.
    #[schema(example = 2, value_type = i64)]
    key_id: KeyId,
    /// Where the key has stopped: when this response is sent, no node accepts it.
    stopped: Stopped,
}

/// Revoke a key
///
/// Takes effect immediately and cannot be undone. When the response is sent, no node accepts the key,
/// and running requests with it have failed. Revoking a revoked key has no effect and returns the
/// same response. Every key can revoke itself.
#[utoipa::path(delete, path = "/keys/{key_id}", operation_id = "revoke_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::RevokeKey))),
    params(("key_id" = i64, Path, description = "The ID of the key", example = 2)),
    responses((status = 200, body = RevokedBody), (status = 404, body = ProblemBody)))]
pub async fn revoke_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
) -> ApiResult<Json<RevokedBody>> {
    let command = RevokeKey {
        key: id(key)?,
        reason: RevokeReason::NoLongerNeeded,
    };
    let revoked = state.engine.revoke_key(&ctx, command).await?;
    Ok(Json(RevokedBody {
        status: "revoked",
        key_id: revoked.view.key_id,
        stopped: revoked.stopped,
    }))
}

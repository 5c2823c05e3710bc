//! `DELETE /api/v1/keys/{key_id}`.

use axum::Json;
use axum::extract::{Path, State};
use domain::KeyId;
use domain::command::RevokeKey;
use domain::key::RevokeReason;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::id;
use crate::http::problem::{ApiResult, ProblemBody};

/// What revoking a key answers.
#[derive(Serialize, ToSchema)]
pub struct RevokedBody {
    /// `revoked`.
    #[schema(example = "revoked")]
    status: &'static str,
    /// The key's id.
    #[schema(example = 2, value_type = i64)]
    key_id: KeyId,
}

/// Revoke a key
///
/// At once and for good: requests that run with it fail, and nothing brings it back. Revoking it again changes nothing
/// and answers the same. Any key may revoke itself.
#[utoipa::path(delete, path = "/keys/{key_id}", operation_id = "revoke_key", tag = "Keys",
    params(("key_id" = i64, Path, description = "The key's id", example = 2)),
    responses((status = 200, body = RevokedBody), (status = 404, body = ProblemBody)))]
pub async fn revoke_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
) -> ApiResult<Json<RevokedBody>> {
    let command = RevokeKey { key: id(key)?, reason: RevokeReason::NoLongerNeeded };
    let revoked = state.engine.revoke_key(&ctx, command).await?;
    Ok(Json(RevokedBody { status: "revoked", key_id: revoked.view.key_id }))
}

//! `PATCH /api/v1/keys/{key_id}`.

use axum::Json;
use axum::extract::{Path, State};
use domain::command::{ChangeKey, Expiry, KeyChanges};
use domain::policy::Action;
use domain::view::KeyLine;
use serde::Deserialize;
use utoipa::ToSchema;

use super::as_label;
use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::{Body, id};
use crate::http::problem::{ApiResult, ProblemBody};

/// Changes of a key. Fields that are absent do not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// The new name, 1 to 100 characters.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// What it is for, at most 500 characters. An empty text removes the description.
    #[schema(example = "Deploys the website from CI.", max_length = 500)]
    description: Option<String>,
    /// The remaining scopes. None can be added.
    #[schema(example = json!(["workspaces:read"]))]
    scopes: Option<Vec<String>>,
    /// When it expires, no later than before.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Where it can be used from: all of at most 50 IP addresses or blocks of them. An empty list
    /// means everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// Change a key
///
/// Renames or describes a key, removes scopes, lets it expire earlier, or changes where it can be
/// used from. Scopes cannot be added, and a key cannot be made to last longer. A key with full
/// access has no scopes to remove.
#[utoipa::path(patch, path = "/keys/{key_id}", operation_id = "change_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::ChangeKey))),
    request_body = KeyChange,
    params(("key_id" = i64, Path, description = "The ID of the key", example = 2)),
    responses((status = 200, body = KeyLine), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn change_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
    Body(change): Body<KeyChange>,
) -> ApiResult<Json<KeyLine>> {
    let changes = KeyChanges {
        name: change.label.as_deref(),
        description: change.description.as_deref(),
        scopes: change.scopes.as_deref(),
        expires_at: change.expires_at.as_deref().map(Expiry::At),
        allowed_ips: change.allowed_ips.as_deref(),
    };
    let command = ChangeKey::read(id(key)?, &changes, ctx.now()).map_err(as_label)?;
    Ok(Json(state.engine.change_key(&ctx, command).await?))
}

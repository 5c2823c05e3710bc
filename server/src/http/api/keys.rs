//! `/api/v1/keys`: looking at keys, changing and ending them. Making them is in `new_keys`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::KeyId;
use domain::command::{ChangeKey, RevokeKey};
use domain::key::RevokeReason;
use domain::policy::Action;
use domain::view::{KeyDetail, KeyLine, KeyView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Body, Caller, id, labelled};
use super::paging::{KeyPaging, KeysQuery};
use crate::http::AppState;
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

/// What is to change of a key. What is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Its name from now on, 1 to 100 characters.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// What is left of its scopes; none may be added.
    #[schema(example = json!(["workspaces:read"]))]
    scopes: Option<Vec<String>>,
}

/// List keys
///
/// Owners and admins see every key of the organization, members their own, newest first; a test key sees test keys only.
/// A `Link` header leads to the next page.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "Keys",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(KeysQuery),
    responses((status = 200, body = Vec<KeyView>), (status = 422, body = ProblemBody)))]
pub async fn list_keys(State(state): State<AppState>, Caller(ctx): Caller, paging: KeyPaging) -> ApiResult<Response> {
    let page = state.engine.list_keys(&ctx, &paging.query, paging.page.limit).await?;
    let keys: Vec<KeyView> = page.rows.into_iter().map(|line| line.key).collect();
    Ok(paging.page.answer(&state, "/api/v1/keys", page.next, Json(keys)))
}

/// Get a key
///
/// With what is known of its use in the last 30 days.
#[utoipa::path(get, path = "/keys/{key_id}", operation_id = "get_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(("key_id" = i64, Path, description = "The key's id", example = 2)),
    responses((status = 200, body = KeyDetail), (status = 404, body = ProblemBody)))]
pub async fn get_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    key: Path<String>,
) -> ApiResult<Json<KeyDetail>> {
    Ok(Json(state.engine.get_key_detail(&ctx, id(key)?).await?))
}

/// Change a key
///
/// Gives it another name, or takes scopes from it; scopes cannot be added. A key with full access has none to take.
#[utoipa::path(patch, path = "/keys/{key_id}", operation_id = "change_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::ChangeKey))),
    request_body = KeyChange,
    params(("key_id" = i64, Path, description = "The key's id", example = 2)),
    responses((status = 200, body = KeyLine), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn change_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    key: Path<String>,
    Body(change): Body<KeyChange>,
) -> ApiResult<Json<KeyLine>> {
    let command = ChangeKey::read(id(key)?, change.label.as_deref(), change.scopes.as_deref()).map_err(labelled)?;
    Ok(Json(state.engine.change_key(&ctx, command).await?))
}

/// Revoke a key
///
/// At once and for good: requests that run with it fail, and nothing brings it back. Revoking it again changes nothing
/// and answers the same. Any key may revoke itself.
#[utoipa::path(delete, path = "/keys/{key_id}", operation_id = "revoke_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::RevokeKey))),
    params(("key_id" = i64, Path, description = "The key's id", example = 2)),
    responses((status = 200, body = RevokedBody), (status = 404, body = ProblemBody)))]
pub async fn revoke_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    key: Path<String>,
) -> ApiResult<Json<RevokedBody>> {
    let command = RevokeKey { key: id(key)?, reason: RevokeReason::NoLongerNeeded };
    let revoked = state.engine.revoke_key(&ctx, command).await?;
    Ok(Json(RevokedBody { status: "revoked", key_id: revoked.view.key_id }))
}

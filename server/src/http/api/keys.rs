//! `/api/v1/keys`.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::KeyId;
use domain::command::{KeyQuery, RevokeKey, StatusFilter};
use domain::key::RevokeReason;
use domain::view::KeyView;
use serde::Serialize;
use utoipa::ToSchema;

use super::HouseState;
use super::input::{Caller, PageQuery, Paging, id};
use crate::http::problem::{Answer, ProblemBody};

/// A key, as it is listed. Neither the key nor a hash of it is ever in it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `domain::view::KeyView`, which knows nothing of API descriptions")]
pub struct KeyBody {
    /// Its id.
    #[schema(example = 1)]
    key_id: i64,
    /// The actor it belongs to.
    #[schema(example = 14)]
    actor_id: i64,
    /// That actor's name.
    #[schema(example = "rootsbuilder")]
    actor_name: String,
    /// Its public leading part.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    key_prefix: String,
    /// Its masked form.
    #[schema(example = "rt_sk_****************************a1b2")]
    preview: String,
    /// Its name.
    #[schema(example = "CI/CD Pipeline")]
    label: String,
    /// `production` or `test`.
    #[schema(example = "production")]
    environment: String,
    /// What it may do; `*` means all that its role allows.
    #[schema(example = json!(["*"]))]
    scopes: Vec<String>,
    /// The most it may ever do.
    #[schema(example = "admin")]
    role: String,
    /// Whether it opens doors now.
    is_active: bool,
    /// When it was made; UTC.
    #[schema(example = "2026-04-08T19:51:19Z")]
    created_at: String,
    /// Who made it; null when the caller may not see it.
    #[schema(example = "Olivia Owens")]
    created_by: Option<String>,
    /// When a request last passed with it, true to the minute; null before the first.
    #[schema(example = "2026-04-10T00:45:23Z")]
    last_used: Option<String>,
    /// When it ends by itself; null for never.
    expires_at: Option<String>,
    /// When it was revoked; null while it was not.
    revoked_at: Option<String>,
}

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

/// List keys
///
/// Owners and admins see every key of the organization, members their own, newest first. A `Link` header leads to the
/// next page.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "Keys", params(PageQuery),
    security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, body = Vec<KeyBody>), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn list_keys(State(house): HouseState, Caller(ctx): Caller, paging: Paging) -> Answer<Response> {
    let status = paging.active.then_some(StatusFilter::Active);
    let query = KeyQuery { status, after: paging.before.map(KeyId), ..KeyQuery::default() };
    let page = house.engine.list_keys(&ctx, &query, paging.limit).await?;
    let keys: Vec<KeyView> = page.rows.into_iter().map(|line| line.key).collect();
    Ok(paging.answer(&house, "/api/v1/keys", page.next, Json(keys)))
}

/// Revoke a key
///
/// At once and for good: requests that run with it fail, and nothing brings it back. Revoking it again changes nothing
/// and answers the same.
#[utoipa::path(delete, path = "/keys/{key_id}", operation_id = "revoke_key", tag = "Keys",
    params(("key_id" = i64, Path, description = "The key's id", example = 2)),
    security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, body = RevokedBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 503, body = ProblemBody)))]
pub async fn revoke_key(State(house): HouseState, Caller(ctx): Caller, key: Path<String>) -> Answer<Json<RevokedBody>> {
    let command = RevokeKey { key: id(key)?, reason: RevokeReason::NoLongerNeeded };
    let revoked = house.engine.revoke_key(&ctx, command).await?;
    Ok(Json(RevokedBody { status: "revoked", key_id: revoked.view.key_id }))
}

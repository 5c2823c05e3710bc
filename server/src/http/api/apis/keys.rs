//! `/api/v1/apis/{slug}/keys`: keys for an API (D34).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::command::{ApiKeyDraft, CreateApiKey, Expiry};
use domain::policy::Action;
use domain::view::KeyView;
use domain::{ActorId, Environment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::slug;
use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::{Body, IdempotencyKeyHeader, SentIdempotencyKey, whole};
use crate::http::api::keys::{NewKeyBody, as_label};
use crate::http::api::paging::{KeyPaging, KeysQuery};
use crate::http::problem::{ApiResult, ProblemBody};

/// The key to create.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// The owner, often a consumer: the caller by default.
    #[schema(example = 16)]
    #[serde(default, deserialize_with = "whole")]
    actor_id: Option<i64>,
    /// The name, 1 to 100 characters. The default is `API key`.
    #[schema(example = "Initech production", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// What it is for, at most 500 characters.
    #[schema(example = "For their order import.", max_length = 500)]
    description: Option<String>,
    /// The environment. The default is production.
    #[schema(value_type = Option<Environment>)]
    environment: Option<String>,
    /// Scopes of the API. Without scopes, the key is valid and nothing more.
    #[schema(example = json!(["orders:read"]))]
    scopes: Option<Vec<String>>,
    /// The expiration time. By default the key does not expire.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Where it can be used from: at most 50 IP addresses or blocks of them. The default is
    /// everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// List keys for an API
///
/// The keys for one API, like `GET /api/v1/keys`.
#[utoipa::path(get, path = "/apis/{slug}/keys", operation_id = "list_api_keys", tag = "APIs",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(("slug" = String, Path, description = "The slug of the API", example = "orders"), KeysQuery),
    responses((status = 200, body = Vec<KeyView>), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list_api_keys(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    api: Path<String>,
    paging: KeyPaging,
) -> ApiResult<Response> {
    let api = slug(api)?;
    let page = state
        .engine
        .list_api_keys(&ctx, &api, &paging.query, paging.page.limit)
        .await?;
    let keys: Vec<KeyView> = page
        .rows
        .into_iter()
        .map(|line| line.key)
        .collect();
    let path = format!("/api/v1/apis/{api}/keys");
    Ok(paging
        .page
        .answer(&state, &path, page.next, Json(keys)))
}

/// Create a key for an API
///
/// Only this response contains the key. The key has no access to Roundtable: check it with
/// `POST /api/v1/keys/verify`. Its owner is a consumer, a service account or the caller.
#[utoipa::path(post, path = "/apis/{slug}/keys", operation_id = "create_api_key", tag = "APIs",
    extensions(("x-needs" = json!(Action::CreateApiKey))),
    request_body = NewApiKey,
    params(("slug" = String, Path, description = "The slug of the API", example = "orders"), IdempotencyKeyHeader),
    responses((status = 201, body = NewKeyBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create_api_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    api: Path<String>,
    sent_idempotency_key: SentIdempotencyKey,
    Body(new): Body<NewApiKey>,
) -> ApiResult<(StatusCode, Json<NewKeyBody>)> {
    let api = slug(api)?;
    let idempotency_key = sent_idempotency_key.for_operation(&format!("create {api}"), &new);
    let draft = ApiKeyDraft {
        name: new.label.as_deref().unwrap_or("API key"),
        description: new.description.as_deref().unwrap_or_default(),
        owner: new.actor_id.map(ActorId),
        environment: new.environment.as_deref(),
        scopes: new.scopes.as_deref().unwrap_or_default(),
        expires_at: new
            .expires_at
            .as_deref()
            .map_or(Expiry::Never, Expiry::At),
        allowed_ips: new.allowed_ips.as_deref(),
    };
    let command = CreateApiKey::read(api, &draft, ctx.now()).map_err(as_label)?;
    let made = state
        .engine
        .create_api_key(&ctx, command, idempotency_key.as_ref())
        .await?;
    Ok((StatusCode::CREATED, Json(NewKeyBody::from(&made))))
}

//! `POST /api/v1/keys`. The response contains the key, which is shown only once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::command::{CreateKey, Expiry, KeyDraft};
use domain::policy::Action;
use domain::{ActorId, Environment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NewKeyBody, as_label};
use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::{Body, IdempotencyKeyHeader, SentIdempotencyKey, whole};
use crate::http::problem::{ApiResult, ProblemBody};

/// The key to create.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyRequest {
    /// The owner: the caller by default. Admins and owners can also name a service account.
    #[schema(example = 14)]
    #[serde(default, deserialize_with = "whole")]
    actor_id: Option<i64>,
    /// The name, 1 to 100 characters. The default is `API key`.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// What it is for, at most 500 characters.
    #[schema(example = "Deploys the website from CI.", max_length = 500)]
    description: Option<String>,
    /// The environment. The default is production.
    #[schema(value_type = Option<Environment>)]
    environment: Option<String>,
    /// The scopes. Without scopes and template, a production key has full access, and a test key
    /// has none.
    #[schema(example = json!(["workspaces:read", "runs:write"]))]
    scopes: Option<Vec<String>>,
    /// A predefined set of scopes, instead of `scopes`.
    #[schema(example = json!(null))]
    template: Option<String>,
    /// The expiration time. By default the key does not expire.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Where it can be used from: at most 50 IP addresses or blocks of them. The default is
    /// everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// Create a key
///
/// Only this response contains the key. A key cannot create a key with more access than its own: no
/// other scopes, no higher role, no production key by a test key, no later expiration, and no other
/// IP addresses. A service account has one active key unless it allows several. You can create keys
/// for yourself and for service accounts, but not for other people.
#[utoipa::path(post, path = "/keys", operation_id = "create_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::CreateKey))),
    request_body = NewKeyRequest,
    params(IdempotencyKeyHeader),
    responses((status = 201, body = NewKeyBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    sent_idempotency_key: SentIdempotencyKey,
    Body(new): Body<NewKeyRequest>,
) -> ApiResult<(StatusCode, Json<NewKeyBody>)> {
    let draft = KeyDraft {
        name: new.label.as_deref().unwrap_or("API key"),
        description: new.description.as_deref().unwrap_or_default(),
        owner: new.actor_id.map(ActorId),
        environment: new.environment.as_deref(),
        template: new.template.as_deref(),
        scopes: new.scopes.as_deref(),
        expires_at: new
            .expires_at
            .as_deref()
            .map_or(Expiry::Never, Expiry::At),
        allowed_ips: new.allowed_ips.as_deref(),
    };
    let command = CreateKey::draft(&draft, ctx.now()).map_err(as_label)?;
    let idempotency_key = sent_idempotency_key.for_operation("create", &new);
    let made = state
        .engine
        .create_key_once(&ctx, command, idempotency_key.as_ref())
        .await?;
    Ok((StatusCode::CREATED, Json(NewKeyBody::from(&made))))
}

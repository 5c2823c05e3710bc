//! `POST /api/v1/keys` and the two rotations: answers that hold a key, once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::command::{CreateKey, Expiry, KeyDraft, RotateKey};
use domain::policy::Action;
use domain::view::{NewKey, Rotated};
use domain::{ActorId, Environment, KeyId, Moment};
use engine::ctx::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::description::Access;
use super::input::{Body, Caller, MaybeBody, Presented, RepeatHeader, Repeatable, id, labelled, whole};
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

const STORE: &str = "Store this API key securely — it cannot be retrieved again";
const STORE_AND_LOSS: &str = "Store this API key securely. Old messages are now undecryptable.";

/// A key, once.
#[derive(Serialize, ToSchema)]
pub struct NewKeyBody {
    /// Its id.
    #[schema(example = 1)]
    key_id: i64,
    /// The actor it belongs to.
    #[schema(example = 1)]
    actor_id: i64,
    /// The key itself. It begins with `key_prefix`.
    api_key: String,
    /// Its public leading part.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    key_prefix: String,
    /// Public half of the key pair derived from the key, in hex.
    public_key_hex: String,
    /// What to do with it now.
    #[schema(example = "Store this API key securely — it cannot be retrieved again")]
    warning: &'static str,
}

impl From<&NewKey> for NewKeyBody {
    fn from(new: &NewKey) -> Self {
        Self {
            key_id: new.view.key_id.0,
            actor_id: new.view.actor_id.0,
            api_key: new.plain.expose().to_owned(),
            key_prefix: new.view.key_prefix.clone(),
            public_key_hex: new.public_key_hex.clone(),
            warning: STORE,
        }
    }
}

/// A successor, once.
#[derive(Serialize, ToSchema)]
pub struct RotatedBody {
    #[serde(flatten)]
    new: NewKeyBody,
    /// How many messages and notes can no longer be read.
    #[schema(example = 0)]
    messages_orphaned: i64,
    /// When the old key ends; UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-04-08T19:51:19Z")]
    old_key_ends_at: Moment,
}

impl From<&Rotated> for RotatedBody {
    fn from(rotated: &Rotated) -> Self {
        let warning = if rotated.messages_orphaned > 0 { STORE_AND_LOSS } else { STORE };
        Self {
            new: NewKeyBody { warning, ..NewKeyBody::from(&rotated.new) },
            messages_orphaned: rotated.messages_orphaned,
            old_key_ends_at: rotated.old_ends_at,
        }
    }
}

/// A key to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKeyRequest {
    /// Whose it is: the caller's own if not given, or a service account's, for admins and owners.
    #[schema(example = 14)]
    #[serde(default, deserialize_with = "whole")]
    actor_id: Option<i64>,
    /// Its name, 1 to 100 characters; `API key` if not given.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// Where its data lives; production if not given.
    #[schema(value_type = Option<Environment>)]
    environment: Option<String>,
    /// What it may do. Neither this nor a template: everything its owner's role allows in production, nothing in test.
    #[schema(example = json!(["workspaces:read", "runs:write"]))]
    scopes: Option<Vec<String>>,
    /// A ready-made set of scopes, instead of single ones.
    #[schema(example = json!(null))]
    template: Option<String>,
    /// When it ends by itself, in the future; never if not given.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
}

/// How the calling key is replaced.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateItself {
    /// Says that messages and notes sealed to the old key may become unreadable for good. Needed if there are any.
    #[serde(default)]
    confirm_message_loss: bool,
    /// Hands what the old key opens over to the new one instead.
    #[serde(default)]
    carry_over: bool,
    /// The new key's name.
    #[schema(example = "rotated-2026-04", default = "rotated key", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
}

/// How a key is replaced.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateById {
    /// How long both keys work, 0 to 604800 seconds; 0 if not given.
    #[schema(example = 86400, minimum = 0, maximum = 604800)]
    #[serde(default, deserialize_with = "whole")]
    overlap_seconds: Option<i64>,
    /// The new key's name; as the old one's if not given.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// When the new key ends by itself; after the same lifetime as the old one if not given, and never after the key of
    /// the request.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Says that messages and notes sealed to the old key may become unreadable for good. Needed if there are any.
    #[serde(default)]
    confirm_message_loss: bool,
}

/// Create a key
///
/// The key is in this answer and nowhere else. A key never makes one stronger than itself: no other scopes, no higher
/// role, not for production from the sandbox, no later end. A service account has one active key, unless it may have
/// several. Only for oneself and for service accounts: nobody makes keys in another person's name.
#[utoipa::path(post, path = "/keys", operation_id = "create_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::CreateKey))),
    request_body = NewKeyRequest,
    params(RepeatHeader),
    responses((status = 201, body = NewKeyBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    repeatable: Repeatable,
    Body(new): Body<NewKeyRequest>,
) -> ApiResult<(StatusCode, Json<NewKeyBody>)> {
    let draft = KeyDraft {
        name: new.label.as_deref().unwrap_or("API key"),
        owner: new.actor_id.map(ActorId),
        environment: new.environment.as_deref(),
        template: new.template.as_deref(),
        scopes: new.scopes.as_deref(),
        expires_at: new.expires_at.as_deref().map_or(Expiry::Never, Expiry::At),
    };
    let command = CreateKey::draft(&draft, ctx.now()).map_err(labelled)?;
    let once = repeatable.once("create", &new);
    let made = state.engine.create_key_once(&ctx, command, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(NewKeyBody::from(&made))))
}

/// Rotate the calling key
///
/// Puts a new key with the same scopes in its place; the calling key ends at once. What is sealed to it is lost, unless
/// it is carried over: without either word, and with something to lose, the answer is 409 and nothing changes. Any key
/// may rotate itself.
#[utoipa::path(post, path = "/keys/rotate", operation_id = "rotate_calling_key", tag = "Keys",
    extensions(("x-needs" = json!(Access::AnyKey))),
    request_body(content = Option<RotateItself>),
    params(RepeatHeader),
    responses((status = 201, body = RotatedBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_calling_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    Presented(plain): Presented,
    repeatable: Repeatable,
    MaybeBody(asked): MaybeBody<RotateItself>,
) -> ApiResult<(StatusCode, Json<RotatedBody>)> {
    let Credential::Key { id: key, .. } = *ctx.credential() else { return Err(ApiError::anonymous()) };
    let label = asked.label.as_deref().unwrap_or("rotated key");
    let command = RotateKey::read(key, None, Some(label), Expiry::Never, ctx.now())?;
    let command = RotateKey { confirm_message_loss: asked.confirm_message_loss, ..command };
    let once = repeatable.once(&format!("rotate {key}"), &asked);
    let rotated = state.engine.rotate_calling_key(&ctx, &plain, command, asked.carry_over, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(RotatedBody::from(&rotated))))
}

/// Rotate a key
///
/// Puts a new key with the same scopes in its place. Both work until the overlap is over; then the old one ends by
/// itself, never later than it would have anyway. For the key's owner and for admins.
#[utoipa::path(post, path = "/keys/{key_id}/rotate", operation_id = "rotate_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::RotateKey))),
    request_body(content = Option<RotateById>),
    params(("key_id" = i64, Path, description = "The key's id", example = 2),
        RepeatHeader),
    responses((status = 201, body = RotatedBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_key(
    State(state): State<AppState>,
    Caller(ctx): Caller,
    key: Path<String>,
    repeatable: Repeatable,
    MaybeBody(asked): MaybeBody<RotateById>,
) -> ApiResult<(StatusCode, Json<RotatedBody>)> {
    let key: KeyId = id(key)?;
    let end = asked.expires_at.as_deref().map_or(Expiry::Never, Expiry::At);
    let command = RotateKey::read(key, asked.overlap_seconds, asked.label.as_deref(), end, ctx.now())?;
    let command = RotateKey { confirm_message_loss: asked.confirm_message_loss, ..command };
    let once = repeatable.once(&format!("rotate {key}"), &asked);
    let rotated = state.engine.rotate_key(&ctx, command, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(RotatedBody::from(&rotated))))
}

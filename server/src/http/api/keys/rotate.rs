//! `POST /api/v1/keys/rotate` and `POST /api/v1/keys/{key_id}/rotate`. The response contains the new key, which is shown
//! only once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::command::{Expiry, RotateKey};
use domain::view::Rotated;
use domain::{KeyId, Moment};
use engine::ctx::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NewKeyBody, STORE};
use crate::http::AppState;
use crate::http::api::authentication::{Authenticated, PresentedKey};
use crate::http::api::input::{MaybeBody, RepeatHeader, Repeatable, id, whole};
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

const STORE_AND_LOSS: &str = "Store this API key securely. Old messages are now undecryptable.";

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
    label: Option<String>,
    /// When the new key ends by itself; after the same lifetime as the old one if not given, and never after the key of
    /// the request.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Says that messages and notes sealed to the old key may become unreadable for good. Needed if there are any.
    #[serde(default)]
    confirm_message_loss: bool,
}

/// Rotate the calling key
///
/// Puts a new key with the same scopes in its place; the calling key ends at once. What is sealed to it is lost, unless
/// it is carried over: without either word, and with something to lose, the answer is 409 and nothing changes. Any key
/// may rotate itself.
#[utoipa::path(post, path = "/keys/rotate", operation_id = "rotate_calling_key", tag = "Keys",
    request_body(content = Option<RotateItself>),
    params(RepeatHeader),
    responses((status = 201, body = RotatedBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_calling_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(plain): PresentedKey,
    repeatable: Repeatable,
    MaybeBody(asked): MaybeBody<RotateItself>,
) -> ApiResult<(StatusCode, Json<RotatedBody>)> {
    let Credential::Key { id: key, .. } = *ctx.credential() else { return Err(ApiError::anonymous()) };
    let label = asked.label.as_deref().unwrap_or("rotated key");
    let command = RotateKey::read(key, None, Some(label), Expiry::Never, ctx.now())?;
    let command = RotateKey { confirm_message_loss: asked.confirm_message_loss, ..command };
    let once = repeatable.once(&format!("rotate {key}"), &asked);
    let rotated = state.engine.rotate_itself(&ctx, &plain, command, asked.carry_over, once.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(RotatedBody::from(&rotated))))
}

/// Rotate a key
///
/// Puts a new key with the same scopes in its place. Both work until the overlap is over; then the old one ends by
/// itself, never later than it would have anyway. For the key's owner and for admins.
#[utoipa::path(post, path = "/keys/{key_id}/rotate", operation_id = "rotate_key", tag = "Keys",
    request_body(content = Option<RotateById>),
    params(("key_id" = i64, Path, description = "The key's id", example = 2),
        RepeatHeader),
    responses((status = 201, body = RotatedBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
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

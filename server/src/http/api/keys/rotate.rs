//! `POST /api/v1/keys/rotate` and `POST /api/v1/keys/{key_id}/rotate`. The response contains the
//! new key, which is shown only once.

use std::borrow::Cow;

use crate::http::api::description::Access;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::command::{Expiry, RotateKey};
use domain::policy::Action;
use domain::view::Rotated;
use domain::{KeyId, Moment, SealedCounts, SealedKind};
use engine::ctx::Credential;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{NewKeyBody, STORE};
use crate::http::AppState;
use crate::http::api::authentication::{Authenticated, PresentedKey};
use crate::http::api::input::{IdempotencyKeyHeader, MaybeBody, SentIdempotencyKey, id, whole};
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

const STORE_AND_LOSS: &str = "Store this API key securely. Old messages are now undecryptable.";

/// What the response warns of: to store the key, and what became unreadable.
fn warning(orphaned: SealedCounts) -> Cow<'static, str> {
    let others = orphaned.with(SealedKind::Inbox, 0).list();
    match (orphaned.messages() > 0, others.is_empty()) {
        (false, true) => STORE.into(),
        (true, true) => STORE_AND_LOSS.into(),
        (false, false) => format!("{STORE}. Now undecryptable: {others}.").into(),
        (true, false) => format!("{STORE_AND_LOSS} Also undecryptable: {others}.").into(),
    }
}

/// The successor of a key. It is shown only once.
#[derive(Serialize, ToSchema)]
pub struct RotatedBody {
    #[serde(flatten)]
    new: NewKeyBody,
    /// The number of inbox messages that can no longer be decrypted.
    #[schema(example = 0)]
    messages_orphaned: i64,
    /// The number of notes, sessions, todos and activities that can no longer be decrypted.
    #[schema(example = 0)]
    items_orphaned: i64,
    /// The time in UTC when the old key expires.
    #[schema(value_type = String, format = DateTime, example = "2026-04-08T19:51:19Z")]
    old_key_ends_at: Moment,
}

impl From<&Rotated> for RotatedBody {
    fn from(rotated: &Rotated) -> Self {
        Self {
            new: NewKeyBody {
                warning: warning(rotated.orphaned),
                ..NewKeyBody::from(&rotated.new)
            },
            messages_orphaned: rotated.orphaned.messages(),
            items_orphaned: rotated.orphaned.items(),
            old_key_ends_at: rotated.old_ends_at,
        }
    }
}

/// How to rotate the calling key.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateItself {
    /// Confirms that inbox messages that are encrypted for the old key become unreadable. Required
    /// if there are any.
    #[serde(default)]
    confirm_message_loss: bool,
    /// Lets the new key decrypt the items of all kinds that the old key decrypts.
    #[serde(default)]
    carry_over: bool,
    /// The name of the new key.
    #[schema(
        example = "rotated-2026-04",
        default = "rotated key",
        min_length = 1,
        max_length = 100
    )]
    #[serde(alias = "name")]
    label: Option<String>,
}

/// How to rotate a key.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateById {
    /// The grace period in which both keys work, 0 to 604800 seconds. The default is 0.
    #[schema(example = 86400, minimum = 0, maximum = 604800)]
    #[serde(default, deserialize_with = "whole")]
    overlap_seconds: Option<i64>,
    /// The name of the new key. The default is the name of the old key.
    #[schema(example = "CI/CD Pipeline", min_length = 1, max_length = 100)]
    #[serde(alias = "name")]
    label: Option<String>,
    /// The expiration time of the new key. By default it has the same lifetime as the old key. It
    /// cannot be later than the expiration of the calling key.
    #[schema(example = "2099-12-31T23:59:59Z", format = DateTime)]
    expires_at: Option<String>,
    /// Confirms that inbox messages that are encrypted for the old key become unreadable. Required
    /// if there are any.
    #[serde(default)]
    confirm_message_loss: bool,
}

/// Rotate the calling key
///
/// Replaces the calling key with a new key with the same scopes. The calling key is revoked
/// immediately. Sealed items of every kind that are encrypted for it are lost unless they are
/// carried over. If inbox messages are among them, and neither option is set, the response is 409
/// and nothing changes. Every key can rotate itself.
#[utoipa::path(post, path = "/keys/rotate", operation_id = "rotate_calling_key", tag = "Keys",
    extensions(("x-needs" = json!(Access::AnyKey))),
    request_body(content = Option<RotateItself>),
    params(IdempotencyKeyHeader),
    responses((status = 201, body = RotatedBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_calling_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(plain): PresentedKey,
    sent_idempotency_key: SentIdempotencyKey,
    MaybeBody(rotation): MaybeBody<RotateItself>,
) -> ApiResult<(StatusCode, Json<RotatedBody>)> {
    let Credential::Key { id: key, .. } = *ctx.credential() else {
        return Err(ApiError::anonymous());
    };
    let label = rotation.label.as_deref().unwrap_or("rotated key");
    let command = RotateKey::read(key, None, Some(label), Expiry::Never, ctx.now())?;
    let command = RotateKey {
        confirm_message_loss: rotation.confirm_message_loss,
        ..command
    };
    let idempotency_key = sent_idempotency_key.for_operation(&format!("rotate {key}"), &rotation);
    let rotated = state
        .engine
        .rotate_calling_key(
            &ctx,
            &plain,
            command,
            rotation.carry_over,
            idempotency_key.as_ref(),
        )
        .await?;
    Ok((StatusCode::CREATED, Json(RotatedBody::from(&rotated))))
}

/// Rotate a key
///
/// Replaces a key with a new key with the same scopes. Both keys work until the grace period is
/// over. Then the old key expires, but never later than before. For the owner of the key and for
/// admins.
#[utoipa::path(post, path = "/keys/{key_id}/rotate", operation_id = "rotate_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::RotateKey))),
    request_body(content = Option<RotateById>),
    params(("key_id" = i64, Path, description = "The ID of the key", example = 2),
        IdempotencyKeyHeader),
    responses((status = 201, body = RotatedBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn rotate_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
    sent_idempotency_key: SentIdempotencyKey,
    MaybeBody(rotation): MaybeBody<RotateById>,
) -> ApiResult<(StatusCode, Json<RotatedBody>)> {
    let key: KeyId = id(key)?;
    let end = rotation
        .expires_at
        .as_deref()
        .map_or(Expiry::Never, Expiry::At);
    let command = RotateKey::read(
        key,
        rotation.overlap_seconds,
        rotation.label.as_deref(),
        end,
        ctx.now(),
    )?;
    let command = RotateKey {
        confirm_message_loss: rotation.confirm_message_loss,
        ..command
    };
    let idempotency_key = sent_idempotency_key.for_operation(&format!("rotate {key}"), &rotation);
    let rotated = state
        .engine
        .rotate_key(&ctx, command, idempotency_key.as_ref())
        .await?;
    Ok((StatusCode::CREATED, Json(RotatedBody::from(&rotated))))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RO-28, RO-31, RO-36: the warning names what else is lost, by kind and number.
    #[test]
    fn the_warning_names_what_was_lost() {
        let counts = |messages, notes, todos| {
            SealedCounts::NONE
                .with(SealedKind::Inbox, messages)
                .with(SealedKind::Notebook, notes)
                .with(SealedKind::Todos, todos)
        };
        let cases = [
            (
                counts(0, 0, 0),
                "Store this API key securely — it cannot be retrieved again",
            ),
            (
                counts(2, 0, 0),
                "Store this API key securely. Old messages are now undecryptable.",
            ),
            (
                counts(0, 1, 2),
                "Store this API key securely — it cannot be retrieved again. Now undecryptable: 1 note and 2 todos.",
            ),
            (
                counts(1, 0, 1),
                "Store this API key securely. Old messages are now undecryptable. Also undecryptable: 1 todo.",
            ),
        ];
        for (lost, text) in cases {
            assert_eq!(warning(lost), text);
        }
    }
}

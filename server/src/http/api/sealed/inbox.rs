//! `/api/v1/inbox` and `/api/v1/actors/{actor_id}/inbox`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::SealedKind;
use domain::policy::Action;
use domain::view::{Opened, Sealed};
use serde::Serialize;
use utoipa::ToSchema;

use super::{NewText, read_without_done};
use crate::http::AppState;
use crate::http::api::authentication::{Authenticated, PresentedKey};
use crate::http::api::input::{Body, id};
use crate::http::problem::{ApiResult, ProblemBody};

/// The messages that the key of the request can decrypt.
#[derive(Serialize, ToSchema)]
pub struct InboxBody {
    /// The newest messages, at most 200.
    messages: Vec<Opened>,
    /// The number of items that are encrypted for other keys.
    unreadable: i64,
}

/// Send a message
///
/// Encrypts the message for the key of the recipient. Only that key can decrypt it, or a successor
/// that the message was carried over to. If the recipient has no active key, the response is 409.
#[utoipa::path(post, path = "/actors/{actor_id}/inbox", operation_id = "send_message", tag = "Inbox",
    extensions(("x-needs" = json!(Action::SendMessage))),
    request_body = NewText, params(("actor_id" = i64, Path, description = "The actor ID of the recipient", example = 14)),
    responses((status = 201, body = Sealed), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn send_message(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
    Body(new): Body<NewText>,
) -> ApiResult<(StatusCode, Json<Sealed>)> {
    let sealed = state
        .engine
        .send_message(&ctx, id(actor)?, new.read()?)
        .await?;
    Ok((StatusCode::CREATED, Json(sealed)))
}

/// Read the inbox
///
/// Decrypts the items in memory with the key of the request. An ID token gets 403.
#[utoipa::path(get, path = "/inbox", operation_id = "read_inbox", tag = "Inbox",
    extensions(("x-needs" = json!(Action::ReadInbox))),
    responses((status = 200, body = InboxBody)))]
pub async fn read_inbox(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(key): PresentedKey,
) -> ApiResult<Json<InboxBody>> {
    let (messages, unreadable) = read_without_done(&state, &ctx, &key, SealedKind::Inbox).await?;
    Ok(Json(InboxBody {
        messages,
        unreadable,
    }))
}

/// Delete a message
#[utoipa::path(delete, path = "/inbox/{id}", operation_id = "delete_message", tag = "Inbox",
    extensions(("x-needs" = json!(Action::DeleteMessage))),
    params(("id" = String, Path, description = "The ID of the message", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn delete_message(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    item: Path<String>,
) -> ApiResult<StatusCode> {
    state
        .engine
        .delete_item(&ctx, SealedKind::Inbox, &id(item)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

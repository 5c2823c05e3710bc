//! Messages and notes that only a key can decrypt (D16).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::command::SealText;
use domain::policy::Action;
use domain::view::{Items, Opened, Sealed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::{Authenticated, PresentedKey};
use super::input::{Body, id};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// The maximum number of messages or notes in a response.
const MAX_ITEMS: i64 = 200;

/// The text to encrypt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewText {
    /// The text, 1 to 10,000 characters.
    #[schema(example = "The deploy is done.", value_type = String, min_length = 1, max_length = 10000)]
    text: Option<String>,
}

impl NewText {
    fn read(self) -> ApiResult<SealText> {
        Ok(SealText::read(&self.text.unwrap_or_default())?)
    }
}

/// The messages that the key of the request can decrypt.
#[derive(Serialize, ToSchema)]
pub struct InboxBody {
    /// The newest messages, at most 200.
    messages: Vec<Opened>,
    /// The number of items that are encrypted for other keys.
    unreadable: i64,
}

/// The notes that the key of the request can decrypt.
#[derive(Serialize, ToSchema)]
pub struct NotebookBody {
    /// The newest notes, at most 200.
    notes: Vec<Opened>,
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
    let Items { items, unreadable } = state
        .engine
        .read_inbox(&ctx, &key, MAX_ITEMS)
        .await?;
    Ok(Json(InboxBody {
        messages: items,
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
        .delete_message(&ctx, &id(item)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Write a note
///
/// Encrypts the note for the key of the request. An ID token gets 403.
#[utoipa::path(post, path = "/notebook", operation_id = "write_note", tag = "Notebook",
    extensions(("x-needs" = json!(Action::WriteNotebook))),
    request_body = NewText,
    responses((status = 201, body = Sealed)))]
pub async fn write_note(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    _key: PresentedKey,
    Body(new): Body<NewText>,
) -> ApiResult<(StatusCode, Json<Sealed>)> {
    Ok((
        StatusCode::CREATED,
        Json(state.engine.write_note(&ctx, new.read()?).await?),
    ))
}

/// Read the notebook
///
/// Decrypts the items in memory with the key of the request. An ID token gets 403.
#[utoipa::path(get, path = "/notebook", operation_id = "read_notebook", tag = "Notebook",
    extensions(("x-needs" = json!(Action::ReadNotebook))),
    responses((status = 200, body = NotebookBody)))]
pub async fn read_notebook(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(key): PresentedKey,
) -> ApiResult<Json<NotebookBody>> {
    let Items { items, unreadable } = state
        .engine
        .read_notebook(&ctx, &key, MAX_ITEMS)
        .await?;
    Ok(Json(NotebookBody {
        notes: items,
        unreadable,
    }))
}

/// Delete a note
#[utoipa::path(delete, path = "/notebook/{id}", operation_id = "delete_note", tag = "Notebook",
    extensions(("x-needs" = json!(Action::WriteNotebook))),
    params(("id" = String, Path, description = "The ID of the note", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn delete_note(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    item: Path<String>,
) -> ApiResult<StatusCode> {
    state.engine.delete_note(&ctx, &id(item)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

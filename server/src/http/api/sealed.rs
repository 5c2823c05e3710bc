//! Messages and notes that only a key can decrypt (D16).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::command::SealText;
use domain::view::{Items, Opened, Sealed};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::{Authenticated, PresentedKey};
use super::bodies::{OpenedBody, SealedBody};
use super::input::{Body, id};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// The maximum number of messages or notes in a response.
const MAX_ITEMS: i64 = 200;

/// A text to be sealed.
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

/// An inbox, as far as the key of the request opens it.
#[derive(Serialize, ToSchema)]
pub struct InboxBody {
    /// The messages, newest first; at most 200.
    #[schema(value_type = Vec<OpenedBody>)]
    messages: Vec<Opened>,
    /// How many are sealed to other keys.
    unreadable: i64,
}

/// A notebook, as far as the key of the request opens it.
#[derive(Serialize, ToSchema)]
pub struct NotebookBody {
    /// The notes, newest first; at most 200.
    #[schema(value_type = Vec<OpenedBody>)]
    notes: Vec<Opened>,
    /// How many are sealed to other keys.
    unreadable: i64,
}

/// Send a message
///
/// Sealed to the receiver's key; from then on only that key, or one that it was carried over to, opens it. A receiver
/// without an active key answers 409.
#[utoipa::path(post, path = "/actors/{actor_id}/inbox", operation_id = "send_message", tag = "Inbox",
    request_body = NewText, params(("actor_id" = i64, Path, description = "Who gets it", example = 14)),
    responses((status = 201, body = SealedBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn send_message(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
    Body(new): Body<NewText>,
) -> ApiResult<(StatusCode, Json<Sealed>)> {
    let sealed = state.engine.send_message(&ctx, id(actor)?, new.read()?).await?;
    Ok((StatusCode::CREATED, Json(sealed)))
}

/// Read the inbox
///
/// Opened with the key of the request, in memory, for this answer alone. An ID token opens nothing: 403.
#[utoipa::path(get, path = "/inbox", operation_id = "read_inbox", tag = "Inbox",
    responses((status = 200, body = InboxBody)))]
pub async fn read_inbox(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(key): PresentedKey,
) -> ApiResult<Json<InboxBody>> {
    let Items { items, unreadable } = state.engine.read_inbox(&ctx, &key, MAX_ITEMS).await?;
    Ok(Json(InboxBody { messages: items, unreadable }))
}

/// Delete a message
#[utoipa::path(delete, path = "/inbox/{id}", operation_id = "delete_message", tag = "Inbox",
    params(("id" = String, Path, description = "The message's id", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn delete_message(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    item: Path<String>,
) -> ApiResult<StatusCode> {
    state.engine.delete_message(&ctx, &id(item)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Write a note
///
/// Sealed to the key of the request, so it takes a key: an ID token answers 403.
#[utoipa::path(post, path = "/notebook", operation_id = "write_note", tag = "Notebook", request_body = NewText,
    responses((status = 201, body = SealedBody)))]
pub async fn write_note(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    _key: PresentedKey,
    Body(new): Body<NewText>,
) -> ApiResult<(StatusCode, Json<Sealed>)> {
    Ok((StatusCode::CREATED, Json(state.engine.write_note(&ctx, new.read()?).await?)))
}

/// Read the notebook
///
/// Opened with the key of the request, in memory, for this answer alone. An ID token opens nothing: 403.
#[utoipa::path(get, path = "/notebook", operation_id = "read_notebook", tag = "Notebook",
    responses((status = 200, body = NotebookBody)))]
pub async fn read_notebook(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(key): PresentedKey,
) -> ApiResult<Json<NotebookBody>> {
    let Items { items, unreadable } = state.engine.read_notebook(&ctx, &key, MAX_ITEMS).await?;
    Ok(Json(NotebookBody { notes: items, unreadable }))
}

/// Delete a note
#[utoipa::path(delete, path = "/notebook/{id}", operation_id = "delete_note", tag = "Notebook",
    params(("id" = String, Path, description = "The note's id", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn delete_note(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    item: Path<String>,
) -> ApiResult<StatusCode> {
    state.engine.delete_note(&ctx, &id(item)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `/api/v1/notebook`.

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

/// The notes that the key of the request can decrypt.
#[derive(Serialize, ToSchema)]
pub struct NotebookBody {
    /// The newest notes, at most 200.
    notes: Vec<Opened>,
    /// The number of items that are encrypted for other keys.
    unreadable: i64,
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
    let sealed = state
        .engine
        .write_item(&ctx, SealedKind::Notebook, new.read()?)
        .await?;
    Ok((StatusCode::CREATED, Json(sealed)))
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
    let (notes, unreadable) = read_without_done(&state, &ctx, &key, SealedKind::Notebook).await?;
    Ok(Json(NotebookBody { notes, unreadable }))
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
    state
        .engine
        .delete_item(&ctx, SealedKind::Notebook, &id(item)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

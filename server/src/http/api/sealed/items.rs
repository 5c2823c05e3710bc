//! `/api/v1/sealed/{kind}`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::policy::Action;
use domain::view::{Items, Sealed, TodoState};
use domain::{Code, Fault, FieldFault, ItemId, SealedKind};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{MAX_ITEMS, NewText};
use crate::http::AppState;
use crate::http::api::authentication::{Authenticated, PresentedKey};
use crate::http::api::input::{Body, id};
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

/// Whether a todo is done.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TodoChange {
    /// Whether it is done.
    #[schema(example = true, value_type = bool)]
    done: Option<bool>,
}

impl TodoChange {
    fn read(&self) -> ApiResult<bool> {
        let missing = || vec![FieldFault::new("done", Fault::Missing)];
        Ok(self.done.ok_or_else(missing)?)
    }
}

/// List sealed items
///
/// Decrypts the items in memory with the key of the request, the newest first. An ID token gets
/// 403. The kind `inbox` needs the scope `inbox:read` instead, and the kind `notebook` needs
/// `notebook:read`.
#[utoipa::path(get, path = "/sealed/{kind}", operation_id = "read_sealed", tag = "Sealed items",
    extensions(("x-needs" = json!(Action::ReadSealed))),
    params(("kind" = inline(SealedKind), Path, description = "The kind of the items", example = "todos")),
    responses((status = 200, body = Items), (status = 404, body = ProblemBody)))]
pub async fn read_sealed(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    PresentedKey(key): PresentedKey,
    kind: Path<String>,
) -> ApiResult<Json<Items>> {
    let items = state
        .engine
        .read_items(&ctx, &key, id(kind)?, MAX_ITEMS)
        .await?;
    Ok(Json(items))
}

/// Write a sealed item
///
/// Encrypts the item for the key of the request. An ID token gets 403. An item of the kind `inbox`
/// is a message to yourself. That kind needs the scope `inbox:write` instead, and the kind
/// `notebook` needs `notebook:write`. To send a message to someone else, use
/// `POST /api/v1/actors/{actor_id}/inbox`.
#[utoipa::path(post, path = "/sealed/{kind}", operation_id = "write_sealed", tag = "Sealed items",
    extensions(("x-needs" = json!(Action::WriteSealed))),
    request_body = NewText,
    params(("kind" = inline(SealedKind), Path, description = "The kind of the item", example = "todos")),
    responses((status = 201, body = Sealed), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn write_sealed(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    _key: PresentedKey,
    kind: Path<String>,
    Body(new): Body<NewText>,
) -> ApiResult<(StatusCode, Json<Sealed>)> {
    let sealed = state
        .engine
        .write_item(&ctx, id(kind)?, new.read()?)
        .await?;
    Ok((StatusCode::CREATED, Json(sealed)))
}

/// Mark a todo as done
///
/// Or as not done. The kind is always `todos`, because no other item has `done`. `done` is not
/// encrypted.
#[utoipa::path(patch, path = "/sealed/{kind}/{id}", operation_id = "change_todo", tag = "Sealed items",
    extensions(("x-needs" = json!(Action::WriteSealed))),
    request_body = TodoChange,
    params(("kind" = inline(SealedKind), Path, description = "`todos`", example = "todos"),
        ("id" = String, Path, description = "The ID of the todo", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 200, body = TodoState), (status = 404, body = ProblemBody)))]
pub async fn change_todo(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    place: Path<(String, String)>,
    Body(change): Body<TodoChange>,
) -> ApiResult<Json<TodoState>> {
    let (kind, item) = kind_and_id(place)?;
    if kind != SealedKind::Todos {
        return Err(ApiError::new(Code::NotFound, "not a todo"));
    }
    let todo = state
        .engine
        .change_todo(&ctx, &item, change.read()?)
        .await?;
    Ok(Json(todo))
}

/// Delete a sealed item
///
/// The kind `inbox` needs the scope `inbox:write` instead, and the kind `notebook` needs
/// `notebook:write`.
#[utoipa::path(delete, path = "/sealed/{kind}/{id}", operation_id = "delete_sealed", tag = "Sealed items",
    extensions(("x-needs" = json!(Action::WriteSealed))),
    params(("kind" = inline(SealedKind), Path, description = "The kind of the item", example = "todos"),
        ("id" = String, Path, description = "The ID of the item", example = "item_5Zk0c3Yx9bQm2VtA")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn delete_sealed(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    place: Path<(String, String)>,
) -> ApiResult<StatusCode> {
    let (kind, item) = kind_and_id(place)?;
    state
        .engine
        .delete_item(&ctx, kind, &item)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The steps of the path. An unknown kind is treated like an item that does not exist.
fn kind_and_id(Path((kind, item)): Path<(String, String)>) -> ApiResult<(SealedKind, ItemId)> {
    Ok((id(Path(kind))?, id(Path(item))?))
}

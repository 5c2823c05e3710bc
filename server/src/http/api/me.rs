//! `/api/v1/me`.

use super::description::Access;
use axum::Json;
use axum::extract::State;
use domain::view::Me;

use super::authentication::Authenticated;
use crate::http::AppState;
use crate::http::problem::ApiResult;

/// Get the caller
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "Me",
    extensions(("x-needs" = json!(Access::AnyKey))),
    responses((status = 200, body = Me)))]
pub async fn me(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
) -> ApiResult<Json<Me>> {
    Ok(Json(state.engine.me(&ctx)))
}

//! `/api/v1/me`.

use axum::Json;
use axum::extract::State;
use domain::view::Me;

use super::description::Access;
use super::input::Caller;
use crate::http::AppState;
use crate::http::problem::ApiResult;

/// Who am I
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "Me",
    extensions(("x-needs" = json!(Access::AnyKey))),
    responses((status = 200, body = Me)))]
pub async fn me(State(state): State<AppState>, Caller(ctx): Caller) -> ApiResult<Json<Me>> {
    Ok(Json(state.engine.me(&ctx)))
}

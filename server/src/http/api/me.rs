//! `/api/v1/me`.

use axum::Json;
use axum::extract::State;
use domain::view::Me;

use super::authentication::Authenticated;
use super::bodies::MeBody;
use crate::http::AppState;
use crate::http::problem::ApiResult;

/// Who am I
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "Me",
    responses((status = 200, body = MeBody)))]
pub async fn me(State(state): State<AppState>, Authenticated(ctx): Authenticated) -> ApiResult<Json<Me>> {
    Ok(Json(state.engine.me(&ctx)))
}

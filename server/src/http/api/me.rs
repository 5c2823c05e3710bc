//! `/api/v1/me`.

use axum::Json;
use axum::extract::State;
use domain::view::Me;

use super::HouseState;
use super::bodies::MeBody;
use super::input::Caller;
use crate::http::problem::Answer;

/// Who am I
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "Me",
    responses((status = 200, body = MeBody)))]
pub async fn me(State(house): HouseState, Caller(ctx): Caller) -> Answer<Json<Me>> {
    Ok(Json(house.engine.me(&ctx)))
}

//! `GET /api/v1/keys/{key_id}`.

use axum::Json;
use axum::extract::{Path, State};
use domain::policy::Action;
use domain::view::KeyDetail;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::id;
use crate::http::problem::{ApiResult, ProblemBody};

/// Get a key
///
/// Returns a key with its usage in the last 30 days.
#[utoipa::path(get, path = "/keys/{key_id}", operation_id = "get_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(("key_id" = i64, Path, description = "The ID of the key", example = 2)),
    responses((status = 200, body = KeyDetail), (status = 404, body = ProblemBody)))]
pub async fn get_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
) -> ApiResult<Json<KeyDetail>> {
    Ok(Json(
        state
            .engine
            .get_key_detail(&ctx, id(key)?)
            .await?,
    ))
}

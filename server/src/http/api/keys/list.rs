//! `GET /api/v1/keys`.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::policy::Action;
use domain::view::KeyView;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::paging::{KeyPaging, KeysQuery};
use crate::http::problem::{ApiResult, ProblemBody};

/// List keys
///
/// Owners and admins see all keys of the organization, members see their own keys. A test key sees
/// only test keys. The newest keys come first. The `Link` header contains the URL of the next page.
#[utoipa::path(get, path = "/keys", operation_id = "list_keys", tag = "Keys",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(KeysQuery),
    responses((status = 200, body = Vec<KeyView>), (status = 422, body = ProblemBody)))]
pub async fn list_keys(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: KeyPaging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_keys(&ctx, &paging.query, paging.page.limit)
        .await?;
    let keys: Vec<KeyView> = page
        .rows
        .into_iter()
        .map(|line| line.key)
        .collect();
    Ok(paging
        .page
        .answer(&state, "/api/v1/keys", page.next, Json(keys)))
}

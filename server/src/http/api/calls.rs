//! Calls with the keys of an API or of an owner, or with one key: `…/calls`.

use axum::Json;
use axum::extract::{Path, State};
use domain::policy::Action;
use domain::view::Calls;

use super::apis::slug;
use super::authentication::Authenticated;
use super::input::id;
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// Get the calls of an API
///
/// Returns the calls with its keys, by the hour for 48 hours and by the day for 90 days, and the
/// refused requests by their cause. Only admins and owners see them.
#[utoipa::path(get, path = "/apis/{slug}/calls", operation_id = "get_api_calls", tag = "APIs",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(("slug" = String, Path, description = "The slug of the API", example = "orders")),
    responses((status = 200, body = Calls), (status = 404, body = ProblemBody)))]
pub async fn get_api_calls(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    api: Path<String>,
) -> ApiResult<Json<Calls>> {
    let calls = state
        .engine
        .get_api_calls(&ctx, &slug(api)?)
        .await?;
    Ok(Json(calls))
}

/// Get the calls of a consumer
///
/// Returns the calls with its keys, as for an API.
#[utoipa::path(get, path = "/consumers/{actor_id}/calls", operation_id = "get_consumer_calls", tag = "Consumers",
    extensions(("x-needs" = json!(Action::ListConsumers))),
    params(("actor_id" = i64, Path, description = "The ID of the consumer", example = 16)),
    responses((status = 200, body = Calls), (status = 404, body = ProblemBody)))]
pub async fn get_consumer_calls(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
) -> ApiResult<Json<Calls>> {
    let calls = state
        .engine
        .get_consumer_calls(&ctx, id(actor)?)
        .await?;
    Ok(Json(calls))
}

/// Get the calls of a service account
///
/// Returns the calls with its keys, as for an API.
#[utoipa::path(get, path = "/service-accounts/{actor_id}/calls", operation_id = "get_service_account_calls", tag = "Service accounts",
    extensions(("x-needs" = json!(Action::ListServiceAccounts))),
    params(("actor_id" = i64, Path, description = "The ID of the service account", example = 15)),
    responses((status = 200, body = Calls), (status = 404, body = ProblemBody)))]
pub async fn get_service_account_calls(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
) -> ApiResult<Json<Calls>> {
    let calls = state
        .engine
        .get_service_account_calls(&ctx, id(actor)?)
        .await?;
    Ok(Json(calls))
}

/// Get the calls of a key
///
/// Returns the calls with the key, as for an API.
#[utoipa::path(get, path = "/keys/{key_id}/calls", operation_id = "get_key_calls", tag = "Keys",
    extensions(("x-needs" = json!(Action::ListKeys))),
    params(("key_id" = i64, Path, description = "The ID of the key", example = 2)),
    responses((status = 200, body = Calls), (status = 404, body = ProblemBody)))]
pub async fn get_key_calls(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    key: Path<String>,
) -> ApiResult<Json<Calls>> {
    Ok(Json(
        state.engine.get_key_calls(&ctx, id(key)?).await?,
    ))
}

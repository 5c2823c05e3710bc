//! `/api/v1/consumers`: the users of the organization's APIs (D33).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::IpBlocks;
use domain::command::{ChangeConsumer, CreateConsumer};
use domain::policy::Action;
use domain::view::ConsumerView;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, id};
use super::paging::{ConsumerPaging, ConsumersQuery};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of consumers.
#[derive(Serialize, ToSchema)]
pub struct ConsumersBody {
    /// The consumers, newest first.
    consumers: Vec<ConsumerView>,
}

/// The consumer to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsumer {
    /// Its ID in your own systems: 1 to 128 visible ASCII characters. It never changes.
    #[schema(example = "customer_42", value_type = String, min_length = 1, max_length = 128)]
    external_id: Option<String>,
    /// Its name, 1 to 100 characters. The default is `external_id`.
    #[schema(example = "Initech", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// A JSON object of at most 4,096 bytes. Each verification of a key of the consumer returns it.
    #[schema(example = json!({ "plan": "pro" }), value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Where its keys can be used from: at most 50 IP addresses or blocks of them. The default is
    /// everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// Changes of a consumer. Fields that are absent do not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumerChange {
    /// The new name.
    #[schema(example = "Initech", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// A JSON object in place of the earlier one.
    #[schema(example = json!({ "plan": "pro" }), value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Whether its keys are refused.
    #[schema(example = false)]
    paused: Option<bool>,
    /// Where its keys can be used from: all of at most 50 IP addresses or blocks of them. An empty list
    /// means everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// List consumers
///
/// The newest consumers come first. The `Link` header contains the URL of the next page.
#[utoipa::path(get, path = "/consumers", operation_id = "list_consumers", tag = "Consumers",
    extensions(("x-needs" = json!(Action::ListConsumers))),
    params(ConsumersQuery),
    responses((status = 200, body = ConsumersBody), (status = 422, body = ProblemBody)))]
pub async fn list_consumers(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    ConsumerPaging { query, page }: ConsumerPaging,
) -> ApiResult<Response> {
    let found = state
        .engine
        .list_consumers(&ctx, &query, page.limit)
        .await?;
    let body = Json(ConsumersBody {
        consumers: found.rows,
    });
    Ok(page.answer(&state, "/api/v1/consumers", found.next, body))
}

/// Create a consumer
///
/// A consumer owns keys for your APIs and has no access to Roundtable. Create its keys with
/// `POST /api/v1/apis/{slug}/keys` and its `actor_id`.
#[utoipa::path(post, path = "/consumers", operation_id = "create_consumer", tag = "Consumers",
    extensions(("x-needs" = json!(Action::ManageConsumers))),
    request_body = NewConsumer,
    responses((status = 201, body = ConsumerView), (status = 409, body = ProblemBody)))]
pub async fn create_consumer(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(new): Body<NewConsumer>,
) -> ApiResult<(StatusCode, Json<ConsumerView>)> {
    let command = CreateConsumer::read(
        new.external_id.as_deref().unwrap_or_default(),
        new.name.as_deref(),
        new.metadata.unwrap_or_default(),
    );
    let (command, allowed_ips) = IpBlocks::read_with(new.allowed_ips.as_deref(), command)?;
    let command = CreateConsumer {
        allowed_ips: allowed_ips.unwrap_or_default(),
        ..command
    };
    let consumer = state
        .engine
        .create_consumer(&ctx, command)
        .await?;
    Ok((StatusCode::CREATED, Json(consumer)))
}

/// Get a consumer
#[utoipa::path(get, path = "/consumers/{actor_id}", operation_id = "get_consumer", tag = "Consumers",
    extensions(("x-needs" = json!(Action::ListConsumers))),
    params(("actor_id" = i64, Path, description = "The ID of the consumer", example = 16)),
    responses((status = 200, body = ConsumerView), (status = 404, body = ProblemBody)))]
pub async fn get_consumer(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
) -> ApiResult<Json<ConsumerView>> {
    Ok(Json(
        state
            .engine
            .get_consumer(&ctx, id(actor)?)
            .await?,
    ))
}

/// Change a consumer
///
/// Pausing it takes effect immediately: when the response arrives, its keys are refused on every
/// node. Resuming it makes the keys work again.
#[utoipa::path(patch, path = "/consumers/{actor_id}", operation_id = "change_consumer", tag = "Consumers",
    extensions(("x-needs" = json!(Action::ManageConsumers))),
    request_body = ConsumerChange,
    params(("actor_id" = i64, Path, description = "The ID of the consumer", example = 16)),
    responses((status = 200, body = ConsumerView), (status = 404, body = ProblemBody)))]
pub async fn change_consumer(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
    Body(change): Body<ConsumerChange>,
) -> ApiResult<Json<ConsumerView>> {
    let command = ChangeConsumer::read(
        id(actor)?,
        change.name.as_deref(),
        change.metadata,
        change.paused,
    );
    let (command, allowed_ips) = IpBlocks::read_with(change.allowed_ips.as_deref(), command)?;
    let command = ChangeConsumer {
        allowed_ips,
        ..command
    };
    Ok(Json(
        state
            .engine
            .change_consumer(&ctx, command)
            .await?,
    ))
}

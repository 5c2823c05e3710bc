//! `/api/v1/apis`: the APIs that the organization protects with keys (D32).

pub mod import;
pub mod keys;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::api::{ApiScope, KeyHeader};
use domain::command::{ApiDraft, ChangeApi, CreateApi};
use domain::policy::Action;
use domain::view::ApiView;
use domain::{Code, Environment, Slug};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::Body;
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult, ProblemBody};

/// A list of APIs.
#[derive(Serialize, ToSchema)]
pub struct ApisBody {
    /// The APIs, newest first.
    apis: Vec<ApiView>,
}

/// The API to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApi {
    /// Its name, 1 to 100 characters.
    #[schema(example = "Orders", value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Its name in URLs: 2 to 40 lower-case letters, digits and single hyphens. It never changes.
    #[schema(example = "orders", value_type = String, min_length = 2, max_length = 40)]
    slug: Option<String>,
    /// The first word of its keys: 2 to 12 lower-case letters and digits. The default is the slug without hyphens, up to 12 characters.
    /// It never changes.
    #[schema(example = "orders", min_length = 2, max_length = 12)]
    key_prefix: Option<String>,
    /// The header that carries its keys. The default is `any`.
    #[schema(value_type = Option<KeyHeader>)]
    key_header: Option<String>,
    /// The environments that it has keys for. The default is both.
    #[schema(value_type = Option<Vec<Environment>>)]
    environments: Option<Vec<String>>,
    /// Its scopes, at most 100.
    scopes: Option<Vec<ApiScope>>,
    /// Where its keys can be used from: at most 50 IP addresses or blocks of them. The default is
    /// everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
    /// Whether its gate signs an assertion for each request that passes. The default is false.
    #[schema(example = true)]
    signed_assertion: Option<bool>,
}

/// Changes of an API. Fields that are absent do not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiChange {
    /// The new name.
    #[schema(example = "Orders", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The header that carries its keys.
    #[schema(value_type = Option<KeyHeader>)]
    key_header: Option<String>,
    /// The environments that it has keys for. Keys that exist stay valid.
    #[schema(value_type = Option<Vec<Environment>>)]
    environments: Option<Vec<String>>,
    /// All of its scopes, at most 100. Keys lose the scopes that are missing here.
    scopes: Option<Vec<ApiScope>>,
    /// Whether it is archived.
    #[schema(example = false)]
    archived: Option<bool>,
    /// Where its keys can be used from: all of at most 50 IP addresses or blocks of them. An empty list
    /// means everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
    /// Whether its gate signs an assertion for each request that passes.
    #[schema(example = true)]
    signed_assertion: Option<bool>,
}

/// List APIs
///
/// The newest APIs come first, including archived APIs. The `Link` header contains the URL of the
/// next page.
#[utoipa::path(get, path = "/apis", operation_id = "list_apis", tag = "APIs",
    extensions(("x-needs" = json!(Action::ListApis))),
    params(PageQuery),
    responses((status = 200, body = ApisBody), (status = 422, body = ProblemBody)))]
pub async fn list_apis(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_apis(&ctx, paging.before, paging.limit)
        .await?;
    let body = Json(ApisBody { apis: page.rows });
    Ok(paging.answer(&state, "/api/v1/apis", page.next, body))
}

/// Register an API
///
/// Register an API of your own to protect it with keys. Choose the scopes that its keys can have. A
/// scope includes another scope only if you say so.
#[utoipa::path(post, path = "/apis", operation_id = "create_api", tag = "APIs",
    extensions(("x-needs" = json!(Action::ManageApis))),
    request_body = NewApi, responses((status = 201, body = ApiView), (status = 422, body = ProblemBody)))]
pub async fn create_api(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(new): Body<NewApi>,
) -> ApiResult<(StatusCode, Json<ApiView>)> {
    let command = CreateApi::read(ApiDraft {
        name: new.name.as_deref(),
        slug: new.slug.as_deref().unwrap_or_default(),
        key_prefix: new.key_prefix.as_deref(),
        key_header: new.key_header.as_deref(),
        environments: new.environments.as_deref(),
        scopes: new.scopes,
        allowed_ips: new.allowed_ips.as_deref(),
        signed_assertion: new.signed_assertion,
    })?;
    let api = state.engine.create_api(&ctx, command).await?;
    Ok((StatusCode::CREATED, Json(api)))
}

/// Get an API
#[utoipa::path(get, path = "/apis/{slug}", operation_id = "get_api", tag = "APIs",
    extensions(("x-needs" = json!(Action::ListApis))),
    params(("slug" = String, Path, description = "The slug of the API", example = "orders")),
    responses((status = 200, body = ApiView), (status = 404, body = ProblemBody)))]
pub async fn get_api(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    api: Path<String>,
) -> ApiResult<Json<ApiView>> {
    Ok(Json(state.engine.get_api(&ctx, &slug(api)?).await?))
}

/// Change an API
///
/// A change takes effect immediately: when the response arrives, the keys of an archived API, and
/// removed scopes, are refused on every node. Restoring the API makes its keys work again.
#[utoipa::path(patch, path = "/apis/{slug}", operation_id = "change_api", tag = "APIs",
    extensions(("x-needs" = json!(Action::ManageApis))),
    request_body = ApiChange,
    params(("slug" = String, Path, description = "The slug of the API", example = "orders")),
    responses((status = 200, body = ApiView), (status = 404, body = ProblemBody)))]
pub async fn change_api(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    api: Path<String>,
    Body(change): Body<ApiChange>,
) -> ApiResult<Json<ApiView>> {
    let draft = ApiDraft {
        name: change.name.as_deref(),
        key_header: change.key_header.as_deref(),
        environments: change.environments.as_deref(),
        scopes: change.scopes,
        allowed_ips: change.allowed_ips.as_deref(),
        signed_assertion: change.signed_assertion,
        ..ApiDraft::default()
    };
    let command = ChangeApi::read(slug(api)?, draft, change.archived)?;
    Ok(Json(state.engine.change_api(&ctx, command).await?))
}

/// The slug in a URL.
pub(super) fn slug(Path(text): Path<String>) -> ApiResult<Slug> {
    text.parse()
        .map_err(|_| ApiError::new(Code::NotFound, "not a slug"))
}

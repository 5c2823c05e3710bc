//! The REST API under `/api/v1`. Each handler reads, calls the engine and answers; each stands in the description with
//! its schemas and errors.

mod bootstrap;
mod input;
mod keys;
mod me;
mod members;
mod workspaces;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Code;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{ProblemBody, Refusal};
use super::{House, caller};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roundtable API",
        description = "Everything a script may do in its organization. Send the key as `Authorization: Bearer …` or `X-API-Key: …`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody)),
    servers((url = "/")),
)]
struct Root;

/// The routes that need a credential.
fn guarded() -> OpenApiRouter<House> {
    OpenApiRouter::new()
        .routes(routes!(keys::list_keys))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(workspaces::list_workspaces, workspaces::create_workspace))
        .routes(routes!(workspaces::get_workspace, workspaces::delete_workspace))
        .routes(routes!(members::remove_member))
        .routes(routes!(me::me))
}

/// Routes beside `/v1`, for scripts written against the same API elsewhere.
fn beside() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(workspaces::list_projects))
}

fn open() -> OpenApiRouter<House> {
    OpenApiRouter::new().routes(routes!(bootstrap::bootstrap))
}

/// Everything under `/api`.
pub fn router(house: House) -> Router {
    let (guarded, _) = OpenApiRouter::new().nest("/v1", guarded()).merge(beside()).split_for_parts();
    let (open, _) = OpenApiRouter::new().nest("/v1", open()).split_for_parts();
    guarded
        .route_layer(from_fn_with_state(house.clone(), caller::admit))
        .merge(open)
        .route("/v1/openapi.json", get(|| async { Json(description()) }))
        .fallback(|| async { Refusal::new(Code::NotFound, "no such address") })
        .method_not_allowed_fallback(|| async { Refusal::new(Code::MethodNotAllowed, "no such method") })
        .layer(from_fn(no_key_in_query))
        .layer(from_fn(environment))
        .with_state(house)
}

/// `POST /bootstrap`, the short address of `POST /api/v1/bootstrap`.
pub fn bootstrap_alias(house: House) -> Router {
    Router::new().route("/bootstrap", post(bootstrap::bootstrap)).with_state(house)
}

/// The description of the API, made from the code.
pub fn description() -> Description {
    let paths = OpenApiRouter::with_openapi(Root::openapi())
        .nest("/api", OpenApiRouter::new().nest("/v1", guarded().merge(open())).merge(beside()));
    let mut description = paths.into_openapi();
    let components = description.components.get_or_insert_with(Default::default);
    let bearer =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API key or an ID token")).build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key"))));
    description
}

/// Refuses a key in the query (decision D8): addresses end up in logs and histories.
async fn no_key_in_query(request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let names = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default().to_ascii_lowercase());
    if names.into_iter().any(|name| ["token", "api_key", "apikey", "access_token", "key"].contains(&name.as_str())) {
        return Refusal::new(Code::KeyInQuery, "a key in the query").into_response();
    }
    next.run(request).await
}

/// Names the environment of every answer (decision D7); all data is production data today.
async fn environment(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("x-environment", axum::http::HeaderValue::from_static("production"));
    response
}

/// Keeps the state in the signature of handlers short.
type HouseState = State<House>;

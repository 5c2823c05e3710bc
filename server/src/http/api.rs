//! The REST API under `/api/v1`. Each handler reads, calls the engine and answers; each stands in the description with
//! its schemas and errors.

mod audit;
mod bootstrap;
mod description;
mod input;
mod invitations;
mod keys;
mod me;
mod members;
mod new_keys;
mod organization;
mod organizations;
mod paging;
mod runs;
mod sealed;
mod service_accounts;
mod sessions;
mod tokens;
mod workspaces;

use axum::extract::{Request, State};
use axum::http::header::REFERER;
use axum::http::{HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Code;
use domain::command::{ActionFilter, ExportFormat};
use domain::token::PlainKey;
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{ApiError, ApiResult, ProblemBody};
use super::{AppState, caller, sieve};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roundtable API",
        description = "Everything a script may do in its organization. Send the key as `Authorization: Bearer …` or `X-API-Key: …`.\n\nThe key decides the environment: a test key sees and makes test data only, every other key production data only. Each operation says its scope, which a key needs unless it has full access, and its cost. Lists come newest first, a page at a time; the `Link` header leads to the next page. Every refusal has the same shape: decide by its `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody, ActionFilter, ExportFormat)),
    servers((url = "/")),
)]
struct Root;

/// The routes that need a credential.
fn guarded() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(keys::list_keys, new_keys::create_key))
        .routes(routes!(new_keys::rotate_calling_key))
        .routes(routes!(keys::get_key, keys::change_key, keys::revoke_key))
        .routes(routes!(new_keys::rotate_key))
        .routes(routes!(workspaces::list_workspaces, workspaces::create_workspace))
        .routes(routes!(workspaces::get_workspace, workspaces::delete_workspace))
        .routes(routes!(runs::list_runs, runs::create_run))
        .routes(routes!(runs::create_run_by_hook))
        .routes(routes!(service_accounts::list_service_accounts, service_accounts::create_service_account))
        .routes(routes!(service_accounts::get_service_account, service_accounts::change_service_account))
        .routes(routes!(sealed::send_message))
        .routes(routes!(sealed::read_inbox))
        .routes(routes!(sealed::delete_message))
        .routes(routes!(sealed::read_notebook, sealed::write_note))
        .routes(routes!(sealed::delete_note))
        .routes(routes!(organization::see_organization, organization::change_organization))
        .routes(routes!(members::list_members))
        .routes(routes!(members::get_member, members::change_member, members::remove_member))
        .routes(routes!(members::offboard_member))
        .routes(routes!(members::leave_organization))
        .routes(routes!(invitations::list_invitations, invitations::create_invitation))
        .routes(routes!(invitations::revoke_invitation))
        .routes(routes!(invitations::accept_invitation))
        .routes(routes!(organizations::list_organizations, organizations::create_organization))
        .routes(routes!(audit::read_audit_log))
        .routes(routes!(audit::export_audit_log))
        .routes(routes!(me::me))
        .routes(routes!(sessions::list_sessions, sessions::end_other_sessions))
        .routes(routes!(sessions::end_session))
}

/// Routes beside `/v1`, for scripts written against the same API elsewhere.
fn beside() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(workspaces::list_projects))
}

/// Routes for whoever is signed in in a browser.
fn in_browser() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(tokens::issue_token))
}

fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(bootstrap::bootstrap))
}

/// Everything under `/api`.
pub fn router(state: AppState) -> Router {
    let (guarded, _) = OpenApiRouter::new().nest("/v1", guarded()).merge(beside()).split_for_parts();
    let (in_browser, _) = OpenApiRouter::new().nest("/v1", in_browser()).split_for_parts();
    let (open, _) = OpenApiRouter::new().nest("/v1", open()).split_for_parts();
    guarded
        .route_layer(from_fn_with_state(state.clone(), caller::admit))
        .merge(tokens::in_browser(&state, in_browser))
        .merge(open)
        .route("/v1/openapi.json", get(|| async { Json(description()) }))
        .fallback(|| async { ApiError::new(Code::NotFound, "no such address") })
        .method_not_allowed_fallback(|| async { ApiError::new(Code::MethodNotAllowed, "no such method") })
        .layer(from_fn_with_state(state.clone(), no_key_in_address))
        .layer(from_fn(account))
        .with_state(state)
}

/// `POST /bootstrap`, the short address of `POST /api/v1/bootstrap`.
pub fn bootstrap_alias(state: AppState) -> Router {
    Router::new()
        .route("/bootstrap", post(bootstrap::bootstrap))
        .route_layer(from_fn_with_state(state.clone(), no_key_in_address))
        .route_layer(from_fn(account))
        .with_state(state)
}

/// The description of the API, made from the code.
pub fn description() -> Description {
    description::complete(described())
}

/// What the handlers say of themselves.
fn described() -> Description {
    let current = OpenApiRouter::new().nest("/v1", guarded().merge(in_browser()).merge(open()));
    OpenApiRouter::with_openapi(Root::openapi()).nest("/api", current.merge(beside())).into_openapi()
}

/// The names under which the one address takes a key in its query (decision D8); nothing anywhere else.
pub(super) fn names_of_key(request: &Request) -> &'static [&'static str] {
    if *request.method() == Method::POST && is_hook(request) { &["token", "api_key"] } else { &[] }
}

fn is_hook(request: &Request) -> bool {
    let workspace = request.uri().path().strip_prefix("/v1/hooks/").and_then(|rest| rest.strip_suffix("/runs"));
    workspace.is_some_and(|workspace| !workspace.contains('/'))
}

/// Refuses a key in the address (decision D8), and marks it: addresses end up in logs and histories.
async fn no_key_in_address(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match Exposed::of(&request).mark(&state).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Keys in the address of a request, and in that of the page it was sent from.
struct Exposed {
    keys: Vec<PlainKey>,
    refused: bool,
    origin: Origin,
}

impl Exposed {
    /// Whoever takes a key for its id puts it into the path, and whoever follows a link may bring one in the `Referer`.
    fn of(request: &Request) -> Self {
        let origin = request.extensions().get::<Origin>().cloned().unwrap_or_default();
        let (uri, taken) = (request.uri(), names_of_key(request));
        let mut keys = sieve::keys_in(uri.path());
        keys.extend(uri.authority().into_iter().flat_map(|authority| sieve::keys_in(authority.as_str())));
        let mut named = false;
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if taken.contains(&&*name) {
                continue;
            }
            named |= !is_hook(request) && KEY_NAMES.contains(&name.to_ascii_lowercase().as_str());
            keys.extend(sieve::keys_in(&name));
            keys.extend(sieve::keys_in(&value));
        }
        let refused = named || !keys.is_empty();
        let sent_from = request.headers().get(REFERER).and_then(|page| page.to_str().ok());
        keys.extend(sent_from.into_iter().flat_map(sieve::keys_in));
        Self { keys, refused, origin }
    }

    /// Marks them, and refuses those in the address.
    async fn mark(self, state: &AppState) -> ApiResult<()> {
        // Whoever writes a thousand keys into one address does not get a thousand looks at the database for it.
        for key in self.keys.iter().take(MOST_LOOKS) {
            match expose(state, key, &self.origin).await {
                // A request that is fine but for the page it came from is not held up by the failures of others.
                Err(engine::Error::TooManyAttempts { .. }) if !self.refused => break,
                marked => marked?,
            }
        }
        if self.refused { Err(ApiError::new(Code::KeyInQuery, "a key in the address")) } else { Ok(()) }
    }
}

/// Answers what was meant for the API and misses its address, such as `//api/v1/me` or `/API/v1/keys`: a script gets no
/// page. Everything else goes on to the pages.
pub async fn misspelled(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !means_api(request.uri().path()) {
        return next.run(request).await;
    }
    let refusal = match Exposed::of(&request).mark(&state).await {
        Ok(()) => ApiError::new(Code::NotFound, "an address that resembles one of the API"),
        Err(refusal) => refusal,
    };
    accounted(refusal.into_response(), 0)
}

fn means_api(path: &str) -> bool {
    let path = sieve::decoded(path).replace('\\', "/");
    let first = path.split('/').map(str::trim).find(|step| !step.is_empty() && !step.starts_with('.'));
    first.is_some_and(|first| first.eq_ignore_ascii_case("api") || first.eq_ignore_ascii_case("bootstrap"))
}

/// Marks a key that works, unless too many from the same address did not.
async fn expose(state: &AppState, key: &PlainKey, origin: &Origin) -> engine::Result<()> {
    let attempt = state.engine.attempts().begin(Kind::Key, Client::of(origin), key.expose().as_bytes()).await?;
    match state.engine.expose_key(key, origin).await {
        Ok(true) => attempt.passed(),
        Ok(false) => attempt.failed(),
        Err(error) => {
            attempt.settle(Some(error.code()));
            return Err(error);
        }
    }
    Ok(())
}

/// Keys of one address that are looked up and marked.
const MOST_LOOKS: usize = 3;

/// Names that a key goes by in a query.
const KEY_NAMES: [&str; 5] = ["token", "api_key", "apikey", "access_token", "key"];

/// Names the environment of every answer (decision D7) and what it cost (decision D19). What was refused costs nothing.
async fn account(request: Request, next: Next) -> Response {
    let cost = cost(request.method());
    accounted(next.run(request).await, cost)
}

fn accounted(mut response: Response, cost: i64) -> Response {
    let cost = if response.status().is_success() { cost } else { 0 };
    response.headers_mut().insert("x-cost", HeaderValue::from(cost));
    response.headers_mut().entry("x-environment").or_insert(HeaderValue::from_static("production"));
    response
}

/// What an operation costs: nothing to look, one to change (RO-43).
pub fn cost(method: &Method) -> i64 {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) { 0 } else { 1 }
}

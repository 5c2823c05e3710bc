//! The REST API under `/api/v1`. Each handler parses the request, calls the engine and returns the
//! result. The OpenAPI description is generated from the handlers.

mod apis;
mod audit;
pub mod authentication;
mod bootstrap;
mod calls;
mod consumers;
mod cost;
mod credentials;
mod description;
mod guarded_body;
mod input;
mod introspect;
mod invitations;
pub mod keys;
mod me;
mod members;
mod organization;
mod organizations;
mod paging;
mod runs;
mod sealed;
mod service_accounts;
mod sessions;
mod tokens;
pub mod workers;
mod workspaces;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Code;
use domain::command::{ActionFilter, ExportFormat};
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{ApiError, ProblemBody};
use super::{AppState, oauth};

pub use credentials::misspelled;
pub use input::{is_form, whole_body};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roundtable API",
        description = "Manage keys, workspaces, members and the audit log of an organization. Send the key as `Authorization: Bearer …` or `X-API-Key: …`.\n\nThe key determines the environment: a test key reads and writes only test data, every other key only production data. Each operation states its cost and its scope, which a key needs unless it has full access. Lists are paginated with the newest rows first. The `Link` header contains the URL of the next page. All errors have the same format. Use the `code` to distinguish them.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody, ActionFilter, ExportFormat)),
    servers((url = "/")),
)]
struct Root;

/// The routes that need a key or a token.
fn guarded() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(
            keys::list::list_keys,
            keys::create::create_key
        ))
        .routes(routes!(keys::rotate::rotate_calling_key))
        .routes(routes!(keys::verify::verify_key))
        .routes(routes!(keys::verify::verify_keys))
        .routes(routes!(introspect::introspect_token))
        .routes(routes!(
            keys::get::get_key,
            keys::change::change_key,
            keys::revoke::revoke_key
        ))
        .routes(routes!(keys::rotate::rotate_key))
        .routes(routes!(
            workspaces::list_workspaces,
            workspaces::create_workspace
        ))
        .routes(routes!(
            workspaces::get_workspace,
            workspaces::change_workspace,
            workspaces::delete_workspace
        ))
        .routes(routes!(runs::list_runs, runs::create_run))
        .routes(routes!(runs::create_run_by_hook))
        .routes(routes!(runs::find_runs))
        .routes(routes!(runs::get_run))
        .routes(routes!(runs::cancel_run))
        .routes(routes!(workers::claim_run))
        .routes(routes!(workers::extend_lease))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(workers::complete_run))
                .layer(DefaultBodyLimit::max(workers::REPORT_LIMIT)),
        )
        .routes(routes!(
            service_accounts::list_service_accounts,
            service_accounts::create_service_account
        ))
        .routes(routes!(
            service_accounts::get_service_account,
            service_accounts::change_service_account
        ))
        .routes(routes!(apis::list_apis, apis::create_api))
        .routes(routes!(apis::get_api, apis::change_api))
        .routes(routes!(
            apis::keys::list_api_keys,
            apis::keys::create_api_key
        ))
        .routes(routes!(
            consumers::list_consumers,
            consumers::create_consumer
        ))
        .routes(routes!(
            consumers::get_consumer,
            consumers::change_consumer
        ))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(apis::import::import_keys))
                .layer(DefaultBodyLimit::max(apis::import::FILE_LIMIT)),
        )
        .routes(routes!(calls::get_api_calls))
        .routes(routes!(calls::get_consumer_calls))
        .routes(routes!(calls::get_service_account_calls))
        .routes(routes!(calls::get_key_calls))
        .routes(routes!(sealed::inbox::send_message))
        .routes(routes!(sealed::inbox::read_inbox))
        .routes(routes!(sealed::inbox::delete_message))
        .routes(routes!(
            sealed::notebook::read_notebook,
            sealed::notebook::write_note
        ))
        .routes(routes!(sealed::notebook::delete_note))
        .routes(routes!(
            sealed::items::read_sealed,
            sealed::items::write_sealed
        ))
        .routes(routes!(
            sealed::items::change_todo,
            sealed::items::delete_sealed
        ))
        .routes(routes!(
            organization::see_organization,
            organization::change_organization
        ))
        .routes(routes!(members::list_members))
        .routes(routes!(
            members::get_member,
            members::change_member,
            members::remove_member
        ))
        .routes(routes!(members::offboard_member))
        .routes(routes!(members::leave_organization))
        .routes(routes!(
            invitations::list_invitations,
            invitations::create_invitation
        ))
        .routes(routes!(invitations::revoke_invitation))
        .routes(routes!(invitations::accept_invitation))
        .routes(routes!(
            organizations::list_organizations,
            organizations::create_organization
        ))
        .routes(routes!(audit::read_audit_log))
        .routes(routes!(audit::export_audit_log))
        .routes(routes!(me::me))
        .routes(routes!(
            sessions::list_sessions,
            sessions::end_other_sessions
        ))
        .routes(routes!(sessions::end_session))
}

/// Routes outside of `/v1`, for scripts that were written for another product with the same API.
fn unversioned() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(workspaces::list_projects))
}

/// Routes that need a browser session.
fn in_browser() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(tokens::issue_token))
}

/// Routes that need no credential.
fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(bootstrap::bootstrap))
}

/// All routes under `/api`.
pub fn router(state: AppState) -> Router {
    let (guarded, _) = OpenApiRouter::new()
        .nest("/v1", guarded())
        .merge(unversioned())
        .split_for_parts();
    let (in_browser, _) = OpenApiRouter::new()
        .nest("/v1", in_browser())
        .split_for_parts();
    let (open, _) = OpenApiRouter::new()
        .nest("/v1", open())
        .split_for_parts();
    guarded
        .route_layer(from_fn_with_state(
            state.clone(),
            authentication::authenticate,
        ))
        .merge(tokens::in_browser(&state, in_browser))
        .merge(open)
        .merge(oauth::operations())
        .route(
            "/v1/openapi.json",
            get(|| async { Json(description()) }),
        )
        .fallback(|| async { ApiError::new(Code::NotFound, "no such URL") })
        .method_not_allowed_fallback(|| async {
            ApiError::new(Code::MethodNotAllowed, "no such method")
        })
        .layer(from_fn_with_state(
            state.clone(),
            credentials::reject_key_in_url,
        ))
        .layer(from_fn(cost::add_headers))
        .with_state(state)
}

/// `POST /bootstrap`, the short URL of `POST /api/v1/bootstrap`.
pub fn bootstrap_alias(state: AppState) -> Router {
    Router::new()
        .route("/bootstrap", post(bootstrap::bootstrap))
        .route_layer(from_fn_with_state(
            state.clone(),
            credentials::reject_key_in_url,
        ))
        .route_layer(from_fn(cost::add_headers))
        .with_state(state)
}

/// The OpenAPI description, generated from the handlers.
pub fn description() -> Description {
    description::complete(described())
}

/// The description as the handlers give it.
fn described() -> Description {
    let current = OpenApiRouter::new().nest("/v1", guarded().merge(in_browser()).merge(open()));
    OpenApiRouter::with_openapi(Root::openapi())
        .nest("/api", current.merge(unversioned()))
        .into_openapi()
}

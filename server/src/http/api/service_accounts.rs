//! `/api/v1/service-accounts`: managed by admins and owners (D4).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::IpBlocks;
use domain::command::{ChangeServiceAccount, CreateServiceAccount};
use domain::policy::Action;
use domain::view::ServiceAccount;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, id};
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of service accounts.
#[derive(Serialize, ToSchema)]
pub struct ServiceAccountsBody {
    /// The service accounts, newest first.
    service_accounts: Vec<ServiceAccount>,
}

/// The service account to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewServiceAccount {
    /// Its name, 1 to 100 characters.
    #[schema(example = "Deploy bot", value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The role of its keys, `member` or `admin`. The default is `member`.
    #[schema(example = "member")]
    role: Option<String>,
    /// Whether it can have several active keys.
    #[serde(default)]
    allow_overlap: bool,
    /// Where its keys can be used from: at most 50 IP addresses or blocks of them. The default is
    /// everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// Changes of a service account. Fields that are absent do not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountChange {
    /// The new name.
    #[schema(example = "Deploy bot", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The new role of its keys, `member` or `admin`.
    #[schema(example = "member")]
    role: Option<String>,
    /// Whether its keys are rejected.
    #[schema(example = false)]
    disabled: Option<bool>,
    /// Whether it can have several active keys.
    #[schema(example = true)]
    allow_overlap: Option<bool>,
    /// Where its keys can be used from: all of at most 50 IP addresses or blocks of them. An empty list
    /// means everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    allowed_ips: Option<Vec<String>>,
}

/// List service accounts
///
/// The newest service accounts come first. The `Link` header contains the URL of the next page.
#[utoipa::path(get, path = "/service-accounts", operation_id = "list_service_accounts", tag = "Service accounts",
    extensions(("x-needs" = json!(Action::ListServiceAccounts))),
    params(PageQuery),
    responses((status = 200, body = ServiceAccountsBody), (status = 422, body = ProblemBody)))]
pub async fn list_service_accounts(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_service_accounts(&ctx, paging.before, paging.limit)
        .await?;
    let body = Json(ServiceAccountsBody {
        service_accounts: page.rows,
    });
    Ok(paging.answer(&state, "/api/v1/service-accounts", page.next, body))
}

/// Create a service account
///
/// A service account owns keys independently of a person. Create its key with `POST /api/v1/keys`
/// and its `actor_id`.
#[utoipa::path(post, path = "/service-accounts", operation_id = "create_service_account", tag = "Service accounts",
    extensions(("x-needs" = json!(Action::ManageServiceAccounts))),
    request_body = NewServiceAccount, responses((status = 201, body = ServiceAccount)))]
pub async fn create_service_account(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(new): Body<NewServiceAccount>,
) -> ApiResult<(StatusCode, Json<ServiceAccount>)> {
    let name = new.name.unwrap_or_default();
    let command = CreateServiceAccount::read(&name, new.role.as_deref(), new.allow_overlap);
    let (command, allowed_ips) = IpBlocks::read_with(new.allowed_ips.as_deref(), command)?;
    let command = CreateServiceAccount {
        allowed_ips: allowed_ips.unwrap_or_default(),
        ..command
    };
    Ok((
        StatusCode::CREATED,
        Json(
            state
                .engine
                .create_service_account(&ctx, command)
                .await?,
        ),
    ))
}

/// Get a service account
#[utoipa::path(get, path = "/service-accounts/{actor_id}", operation_id = "get_service_account", tag = "Service accounts",
    extensions(("x-needs" = json!(Action::ListServiceAccounts))),
    params(("actor_id" = i64, Path, description = "The ID of the service account", example = 15)),
    responses((status = 200, body = ServiceAccount), (status = 404, body = ProblemBody)))]
pub async fn get_service_account(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
) -> ApiResult<Json<ServiceAccount>> {
    Ok(Json(
        state
            .engine
            .get_service_account(&ctx, id(actor)?)
            .await?,
    ))
}

/// Change a service account
///
/// Disabling it takes effect immediately: its keys are rejected and their running requests are
/// canceled. Enabling it makes the keys work again.
#[utoipa::path(patch, path = "/service-accounts/{actor_id}", operation_id = "change_service_account",
    extensions(("x-needs" = json!(Action::ManageServiceAccounts))),
    tag = "Service accounts", request_body = ServiceAccountChange,
    params(("actor_id" = i64, Path, description = "The ID of the service account", example = 15)),
    responses((status = 200, body = ServiceAccount), (status = 404, body = ProblemBody)))]
pub async fn change_service_account(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    actor: Path<String>,
    Body(change): Body<ServiceAccountChange>,
) -> ApiResult<Json<ServiceAccount>> {
    let name = change.name.as_deref();
    let role = change.role.as_deref();
    let command = ChangeServiceAccount::read(
        id(actor)?,
        name,
        role,
        change.disabled,
        change.allow_overlap,
    );
    let (command, allowed_ips) = IpBlocks::read_with(change.allowed_ips.as_deref(), command)?;
    let command = ChangeServiceAccount {
        allowed_ips,
        ..command
    };
    Ok(Json(
        state
            .engine
            .change_service_account(&ctx, command)
            .await?,
    ))
}

//! `/api/v1/organization`: the organization of the caller.

use axum::Json;
use axum::extract::State;
use domain::command::{ChangeOrganization, OrganizationDraft};
use domain::policy::Action;
use domain::view::OrganizationView;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, whole};
use crate::http::AppState;
use crate::http::problem::ApiResult;

/// Changes of the organization. Fields that are absent do not change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationChange {
    /// The maximum lifetime of new keys, 1 to 3650 days, or null for no limit.
    #[schema(example = 365, minimum = 1, maximum = 3650, value_type = Option<i64>)]
    #[serde(default, deserialize_with = "given")]
    max_key_days: Option<Option<i64>>,
    /// The expiration that forms for new keys preselect: 1 to 3650 days, at most the maximum
    /// lifetime, or null for no expiration.
    #[schema(example = 90, minimum = 1, maximum = 3650, value_type = Option<i64>)]
    #[serde(default, deserialize_with = "given")]
    default_key_days: Option<Option<i64>>,
    /// The new name.
    #[schema(example = "Acme Labs", min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Who can create keys, `members` or `admins`.
    #[schema(example = "members")]
    key_makers: Option<String>,
    /// Whether keys can create keys.
    #[schema(example = true)]
    keys_make_keys: Option<bool>,
}

/// Distinguishes null from an absent field.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    whole(deserializer).map(Some)
}

/// Get the organization
#[utoipa::path(get, path = "/organization", operation_id = "see_organization", tag = "Organization",
    extensions(("x-needs" = json!(Action::SeeOrganization))),
    responses((status = 200, body = OrganizationView)))]
pub async fn see_organization(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
) -> ApiResult<Json<OrganizationView>> {
    Ok(Json(state.engine.get_organization(&ctx).await?))
}

/// Change the organization
///
/// For admins and owners. Existing keys keep their expiration. A `default_key_days` beyond a new
/// `max_key_days` is lowered to it. Only people can change `key_makers`
/// and `keys_make_keys`. A key that changes them gets 403.
#[utoipa::path(patch, path = "/organization", operation_id = "change_organization", tag = "Organization",
    extensions(("x-needs" = json!(Action::ChangeOrganization))),
    request_body = OrganizationChange, responses((status = 200, body = OrganizationView)))]
pub async fn change_organization(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(change): Body<OrganizationChange>,
) -> ApiResult<Json<OrganizationView>> {
    let command = ChangeOrganization::read(&OrganizationDraft {
        name: change.name.as_deref(),
        max_key_days: change.max_key_days,
        default_key_days: change.default_key_days,
        key_makers: change.key_makers.as_deref(),
        keys_make_keys: change.keys_make_keys,
    })?;
    Ok(Json(
        state
            .engine
            .change_organization(&ctx, command)
            .await?,
    ))
}

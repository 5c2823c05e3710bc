//! `/api/v1/organizations`: the organizations of the signed-in person.

use super::description::Access;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::OrganizationId;
use domain::command::CreateOrganization;
use domain::view::Membership;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::SignedInPerson;
use super::input::{Body, Sender};
use crate::http::AppState;
use crate::http::problem::ApiResult;

/// A list of organizations.
#[derive(Serialize, ToSchema)]
pub struct OrganizationsBody {
    /// The organizations that the person is a member of, oldest membership first.
    organizations: Vec<Membership>,
}

/// The organization to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// Its name, 1 to 100 characters.
    #[schema(example = "Acme Labs", value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
}

/// The new organization.
#[derive(Serialize, ToSchema)]
pub struct NewOrganizationBody {
    /// Its id.
    #[schema(value_type = String, example = "org_a1B2c3D4e5F6g7H8")]
    organization: OrganizationId,
}

/// List my organizations
///
/// For people only. To act in one of them, send its ID in the `X-Organization` header.
#[utoipa::path(get, path = "/organizations", operation_id = "list_organizations", tag = "Organization",
    extensions(("x-needs" = json!(Access::Person))),
    responses((status = 200, body = OrganizationsBody)))]
pub async fn list_organizations(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
) -> ApiResult<Json<OrganizationsBody>> {
    Ok(Json(OrganizationsBody {
        organizations: state
            .engine
            .list_organizations(caller.person)
            .await?,
    }))
}

/// Create an organization
///
/// For people who are already a member of an organization. You become its owner.
#[utoipa::path(post, path = "/organizations", operation_id = "create_organization", tag = "Organization",
    extensions(("x-needs" = json!(Access::Person))),
    request_body = NewOrganization, responses((status = 201, body = NewOrganizationBody)))]
pub async fn create_organization(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
    Sender(origin): Sender,
    Body(new): Body<NewOrganization>,
) -> ApiResult<(StatusCode, Json<NewOrganizationBody>)> {
    let command = CreateOrganization::read(new.name.as_deref().unwrap_or_default())?;
    let organization = state
        .engine
        .create_organization(&caller, &command, origin)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(NewOrganizationBody { organization }),
    ))
}

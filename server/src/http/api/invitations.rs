//! `/api/v1/invitations`: single-use links that add a member.

use super::description::Access;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::OrganizationId;
use domain::command::InviteMember;
use domain::policy::Action;
use domain::view::InvitationView;
use engine::attempts::Kind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::{Authenticated, SignedInPerson};
use super::input::{Body, Sender, id};
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of invitations.
#[derive(Serialize, ToSchema)]
pub struct InvitationsBody {
    /// The open invitations. The newest come first.
    invitations: Vec<InvitationView>,
}

/// The user to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitationRequest {
    /// The email. Only a user who signs in with this email can accept the invitation.
    #[schema(example = "ada@example.com", value_type = String)]
    email: Option<String>,
    /// The role, `member`, `admin` or `owner`. The default is `member`.
    #[schema(example = "member")]
    role: Option<String>,
}

/// A new invitation. Its link is shown only once.
#[derive(Serialize, ToSchema)]
pub struct NewInvitationBody {
    #[serde(flatten)]
    view: InvitationView,
    /// The link to send. It works once.
    #[schema(example = "https://keys.example.com/join/…")]
    url: String,
}

/// The invitation to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The last part of the link.
    token: String,
}

/// The organization that the caller has joined.
#[derive(Serialize, ToSchema)]
pub struct JoinedBody {
    /// The organization.
    #[schema(value_type = String, example = "org_a1B2c3D4e5F6g7H8")]
    organization: OrganizationId,
}

/// List invitations
///
/// For admins and owners. Returns the open invitations. The `Link` header contains the URL of the
/// next page.
#[utoipa::path(get, path = "/invitations", operation_id = "list_invitations", tag = "Members",
    extensions(("x-needs" = json!(Action::SeeAddresses))),
    params(PageQuery),
    responses((status = 200, body = InvitationsBody), (status = 422, body = ProblemBody)))]
pub async fn list_invitations(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state
        .engine
        .list_invitations(&ctx, paging.before, paging.limit)
        .await?;
    let body = Json(InvitationsBody {
        invitations: page.rows,
    });
    Ok(paging.answer(&state, "/api/v1/invitations", page.next, body))
}

/// Invite someone
///
/// For admins and owners. Only people who are owners can invite owners. Inviting an admin or owner
/// requires a sign-in in the last 10 minutes. No email is sent: send the `url` yourself. It works
/// once, for seven days, and only for a user who signs in with the email. An older invitation for
/// the same email is revoked.
#[utoipa::path(post, path = "/invitations", operation_id = "create_invitation", tag = "Members",
    extensions(("x-needs" = json!(Action::ManageMembers))),
    request_body = NewInvitationRequest,
    responses((status = 201, body = NewInvitationBody), (status = 409, body = ProblemBody)))]
pub async fn create_invitation(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(new): Body<NewInvitationRequest>,
) -> ApiResult<(StatusCode, Json<NewInvitationBody>)> {
    let command = InviteMember::read(
        new.email.as_deref().unwrap_or_default(),
        new.role.as_deref(),
    )?;
    let made = state
        .engine
        .create_invitation(&ctx, command)
        .await?;
    let url = format!("{}/join/{}", state.site_config.public_url, made.token);
    Ok((
        StatusCode::CREATED,
        Json(NewInvitationBody {
            view: made.view,
            url,
        }),
    ))
}

/// Revoke an invitation
///
/// For admins and owners. An invitation that is no longer open does not change.
#[utoipa::path(delete, path = "/invitations/{invitation_id}", operation_id = "revoke_invitation", tag = "Members",
    extensions(("x-needs" = json!(Action::ManageMembers))),
    params(("invitation_id" = String, Path, description = "The ID of the invitation", example = "inv_a1B2c3D4e5F6g7H8")),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn revoke_invitation(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    invitation: Path<String>,
) -> ApiResult<StatusCode> {
    state
        .engine
        .revoke_invitation(&ctx, &id(invitation)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Accept an invitation
///
/// For people only. You must have signed in with the invited email.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "accept_invitation", tag = "Members",
    extensions(("x-needs" = json!(Access::Person))),
    request_body = Acceptance,
    responses((status = 200, body = JoinedBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn accept_invitation(
    State(state): State<AppState>,
    SignedInPerson(caller): SignedInPerson,
    Sender(origin): Sender,
    Body(acceptance): Body<Acceptance>,
) -> ApiResult<Json<JoinedBody>> {
    let token = acceptance.token.trim();
    let accept = state
        .engine
        .accept_invitation(&caller, token, origin.clone());
    let organization = state
        .engine
        .attempt(Kind::Invitation, &origin, token.as_bytes(), accept)
        .await?;
    Ok(Json(JoinedBody { organization }))
}

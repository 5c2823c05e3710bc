//! `/api/v1/members`: every member sees the list; admins and owners manage it.

use super::description::Access;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::closed_set::UnknownWord;
use domain::command::{KeyDisposition, MemberQuery, RemoveMember};
use domain::policy::Action;
use domain::view::MemberView;
use domain::{ActorId, Fault, FieldFault, KeyId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, id, known, whole};
use super::keys::NewKeyBody;
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of members.
#[derive(Serialize, ToSchema)]
pub struct MembersBody {
    /// The members. The newest come first.
    members: Vec<MemberView>,
}

/// Changes of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// The new role, `member`, `admin` or `owner`.
    #[schema(example = "admin")]
    role: String,
}

/// What happens to the keys of a removed member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offboarding {
    /// The active keys to revoke or to hand over. A key that is not listed stays as it is and gets
    /// 403.
    #[schema(max_items = 100)]
    keys: Vec<KeyLeftBehind>,
}

/// A key of a removed member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLeftBehind {
    /// The ID of the key.
    #[schema(example = 3, value_type = i64)]
    #[serde(default, deserialize_with = "whole")]
    key_id: Option<i64>,
    /// `end` to revoke the key, or `hand_over` to rotate it to a service account.
    #[schema(example = "hand_over")]
    then: String,
    /// The service account. By default a new one is created with the name of the key.
    #[schema(example = 15)]
    #[serde(default, deserialize_with = "whole")]
    actor_id: Option<i64>,
}

/// The successors of the keys.
#[derive(Serialize, ToSchema)]
pub struct OffboardedBody {
    /// The successors in the order of the request. They are shown only once.
    keys: Vec<NewKeyBody>,
}

/// List members
///
/// The newest members come first. The `Link` header contains the URL of the next page. Only admins
/// and owners see emails and the number of keys.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "Members",
    extensions(("x-needs" = json!(Action::ListMembers))),
    params(PageQuery),
    responses((status = 200, body = MembersBody), (status = 422, body = ProblemBody)))]
pub async fn list_members(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let query = MemberQuery {
        before: paging.before.map(ActorId),
        ..MemberQuery::default()
    };
    let page = state
        .engine
        .list_members(&ctx, &query, paging.limit)
        .await?;
    Ok(paging.answer(
        &state,
        "/api/v1/members",
        page.next,
        Json(MembersBody { members: page.rows }),
    ))
}

/// Get a member
#[utoipa::path(get, path = "/members/{actor_id}", operation_id = "get_member", tag = "Members",
    extensions(("x-needs" = json!(Action::ListMembers))),
    params(("actor_id" = i64, Path, description = "The actor ID of the member", example = 14)),
    responses((status = 200, body = MemberView), (status = 404, body = ProblemBody)))]
pub async fn get_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
) -> ApiResult<Json<MemberView>> {
    Ok(Json(
        state.engine.get_member(&ctx, id(member)?).await?,
    ))
}

/// Change a member's role
///
/// For admins and owners. Only people who are owners can add and remove owners, and an organization
/// keeps at least one owner. Adding an admin or owner, and removing an owner, requires a sign-in in
/// the last 10 minutes. A lower role applies immediately to all keys of the member. A higher role
/// requires a new key.
#[utoipa::path(patch, path = "/members/{actor_id}", operation_id = "change_member", tag = "Members",
    extensions(("x-needs" = json!(Action::ManageMembers))),
    request_body = MemberChange,
    params(("actor_id" = i64, Path, description = "The actor ID of the member", example = 14)),
    responses((status = 200, body = MemberView),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn change_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
    Body(change): Body<MemberChange>,
) -> ApiResult<Json<MemberView>> {
    let member = id(member)?;
    let role: Role = change
        .role
        .parse()
        .map_err(|unknown: UnknownWord| vec![FieldFault::new("role", unknown.into())])?;
    state
        .engine
        .change_member(&ctx, member, role)
        .await?;
    Ok(Json(state.engine.get_member(&ctx, member).await?))
}

/// Remove a member
///
/// For admins and owners. Only a person who is an owner and has signed in in the last 10 minutes
/// can remove an owner. The keys of the member get 403 afterwards. An organization keeps at least
/// one owner.
#[utoipa::path(delete, path = "/members/{actor_id}", operation_id = "remove_member", tag = "Members",
    extensions(("x-needs" = json!(Action::ManageMembers))),
    params(("actor_id" = i64, Path, description = "The actor ID of the member", example = 14)),
    responses((status = 204),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
) -> ApiResult<StatusCode> {
    state
        .engine
        .remove_member(&ctx, id(member)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a member and revoke or transfer their keys
///
/// Removes a member like `DELETE`, and revokes each listed key or rotates it to a service account
/// with the same scopes. If one step fails, nothing changes. Several keys, or a key with the access
/// of an admin, require a sign-in in the last 10 minutes. A calling key also needs the scope
/// `keys:write`. It can hand over keys only if keys can create keys, and no successor expires later
/// than the calling key.
#[utoipa::path(post, path = "/members/{actor_id}/offboard", operation_id = "offboard_member", tag = "Members",
    extensions(("x-needs" = json!(Action::ManageMembers))),
    request_body = Offboarding,
    params(("actor_id" = i64, Path, description = "The actor ID of the member", example = 14)),
    responses((status = 200, body = OffboardedBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn offboard_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
    Body(offboarding): Body<Offboarding>,
) -> ApiResult<Json<OffboardedBody>> {
    let member = id(member)?;
    let keys = offboarding
        .keys
        .into_iter()
        .map(disposition)
        .collect::<Result<_, _>>()?;
    let successors = state
        .engine
        .offboard_member(&ctx, RemoveMember { member, keys })
        .await?;
    Ok(Json(OffboardedBody {
        keys: successors.iter().map(NewKeyBody::from).collect(),
    }))
}

fn disposition(key: KeyLeftBehind) -> Result<(KeyId, KeyDisposition), Vec<FieldFault>> {
    let missing = || vec![FieldFault::new("key_id", Fault::Missing)];
    let id = KeyId(key.key_id.ok_or_else(missing)?);
    match (key.then.as_str(), key.actor_id) {
        ("end", None) => Ok((id, KeyDisposition::End)),
        ("hand_over", Some(actor)) => Ok((id, KeyDisposition::HandOver(ActorId(actor)))),
        ("hand_over", None) => Ok((id, KeyDisposition::HandOverToNew)),
        _ => Err(known("then", "end without actor_id, hand_over")),
    }
}

/// Leave the organization
///
/// For people only. Your keys in the organization get 403 afterwards. The last owner cannot leave.
#[utoipa::path(post, path = "/organization/leave", operation_id = "leave_organization", tag = "Organization",
    extensions(("x-needs" = json!(Access::Person))),
    responses((status = 204), (status = 409, body = ProblemBody)))]
pub async fn leave_organization(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
) -> ApiResult<StatusCode> {
    state.engine.leave_organization(&ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}

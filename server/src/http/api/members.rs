//! `/api/v1/members`: every member sees the list; admins and owners manage it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::command::{KeyDisposition, RemoveMember};
use domain::view::MemberView;
use domain::{ActorId, Fault, FieldFault, KeyId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::bodies::MemberBody;
use super::input::{Body, id, known, whole};
use super::keys::NewKeyBody;
use super::paging::{PageQuery, Paging};
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// A list of members.
#[derive(Serialize, ToSchema)]
pub struct MembersBody {
    /// The members, newest first.
    #[schema(value_type = Vec<MemberBody>)]
    members: Vec<MemberView>,
}

/// What is to change of a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// Their role from now on, `member`, `admin` or `owner`.
    #[schema(example = "admin")]
    role: String,
}

/// A member who goes, and what becomes of their keys.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Offboarding {
    /// Their active keys that end or get a successor. One that is not named stays as it is, and answers 403.
    #[schema(max_items = 100)]
    keys: Vec<KeyLeftBehind>,
}

/// A key whose owner goes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyLeftBehind {
    /// Which.
    #[schema(example = 3, value_type = i64)]
    #[serde(default, deserialize_with = "whole")]
    key_id: Option<i64>,
    /// `end`, or `hand_over` to a service account by rotation.
    #[schema(example = "hand_over")]
    then: String,
    /// The service account that takes it over; a new one, named after the key, if not given.
    #[schema(example = 15)]
    #[serde(default, deserialize_with = "whole")]
    actor_id: Option<i64>,
}

/// What became of the keys.
#[derive(Serialize, ToSchema)]
pub struct OffboardedBody {
    /// The successors, once, in the order in which the keys were named.
    keys: Vec<NewKeyBody>,
}

/// List members
///
/// Newest first. A `Link` header leads to the next page. Addresses and numbers of keys are for admins and owners.
#[utoipa::path(get, path = "/members", operation_id = "list_members", tag = "Members",
    params(PageQuery),
    responses((status = 200, body = MembersBody), (status = 422, body = ProblemBody)))]
pub async fn list_members(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    paging: Paging,
) -> ApiResult<Response> {
    let page = state.engine.list_members(&ctx, paging.before, paging.limit).await?;
    Ok(paging.answer(&state, "/api/v1/members", page.next, Json(MembersBody { members: page.rows })))
}

/// Get a member
#[utoipa::path(get, path = "/members/{actor_id}", operation_id = "get_member", tag = "Members",
    params(("actor_id" = i64, Path, description = "The member's actor id", example = 14)),
    responses((status = 200, body = MemberBody), (status = 404, body = ProblemBody)))]
pub async fn get_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
) -> ApiResult<Json<MemberView>> {
    Ok(Json(state.engine.get_member(&ctx, id(member)?).await?))
}

/// Change a member's role
///
/// For admins and owners; only owners make and unmake owners, in person, and an organization keeps at least one. Making an
/// admin or owner, or unmaking an owner, takes a sign-in of the last 10 minutes. A lower role counts at once in every key
/// of the member; a higher one needs a new key.
#[utoipa::path(patch, path = "/members/{actor_id}", operation_id = "change_member", tag = "Members",
    request_body = MemberChange,
    params(("actor_id" = i64, Path, description = "The member's actor id", example = 14)),
    responses((status = 200, body = MemberBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn change_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
    Body(change): Body<MemberChange>,
) -> ApiResult<Json<MemberView>> {
    let member = id(member)?;
    let role: Role = change.role.parse().map_err(|()| known("role", &Role::ALL.map(Role::as_str).join(", ")))?;
    state.engine.change_role(&ctx, member, role).await?;
    Ok(Json(state.engine.get_member(&ctx, member).await?))
}

/// Remove a member
///
/// For admins and owners; an owner is removed by an owner only, in person, and with a sign-in of the last 10 minutes. From
/// then on the member's keys answer 403. An organization keeps at least one owner.
#[utoipa::path(delete, path = "/members/{actor_id}", operation_id = "remove_member", tag = "Members",
    params(("actor_id" = i64, Path, description = "The member's actor id", example = 14)),
    responses((status = 204),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
) -> ApiResult<StatusCode> {
    state.engine.remove_member(&ctx, id(member)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a member and settle their keys
///
/// As removing a member; each key named ends, or a service account gets a successor with the same scopes in its place.
/// All of it happens, or nothing. Settling several keys, or handing over one with the power of an admin, takes a sign-in
/// of the last 10 minutes. A key that asks needs the scope `keys:write` besides, hands over only where keys may make keys,
/// and no successor outlives it.
#[utoipa::path(post, path = "/members/{actor_id}/offboard", operation_id = "offboard_member", tag = "Members",
    request_body = Offboarding,
    params(("actor_id" = i64, Path, description = "The member's actor id", example = 14)),
    responses((status = 200, body = OffboardedBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn offboard_member(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    member: Path<String>,
    Body(offboarding): Body<Offboarding>,
) -> ApiResult<Json<OffboardedBody>> {
    let member = id(member)?;
    let keys = offboarding.keys.into_iter().map(disposition).collect::<Result<_, _>>()?;
    let successors = state.engine.remove_member_and_keys(&ctx, RemoveMember { member, keys }).await?;
    Ok(Json(OffboardedBody { keys: successors.iter().map(NewKeyBody::from).collect() }))
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
/// In person: the keys you made there answer 403 from then on. The last owner cannot leave.
#[utoipa::path(post, path = "/organization/leave", operation_id = "leave_organization", tag = "Organization",
    responses((status = 204), (status = 409, body = ProblemBody)))]
pub async fn leave_organization(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
) -> ApiResult<StatusCode> {
    state.engine.leave(&ctx).await?;
    Ok(StatusCode::NO_CONTENT)
}

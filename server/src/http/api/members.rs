//! `/api/v1/members`: for admins and owners (RA-30).

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::HouseState;
use super::input::{Caller, id};
use crate::http::problem::{Answer, ProblemBody};

/// Remove a member
///
/// For admins and owners. From then on the member's keys answer 403. An organization keeps at least one owner.
#[utoipa::path(delete, path = "/members/{actor_id}", operation_id = "remove_member", tag = "Members",
    params(("actor_id" = i64, Path, description = "The member's actor id", example = 14)),
    responses((status = 204),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove_member(State(house): HouseState, Caller(ctx): Caller, member: Path<String>) -> Answer<StatusCode> {
    house.engine.remove_member(&ctx, id(member)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

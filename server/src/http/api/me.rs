//! `/api/v1/me`.

use axum::Json;
use axum::extract::State;
use domain::view::Me;
use utoipa::ToSchema;

use super::HouseState;
use super::input::Caller;
use crate::http::problem::{Answer, ProblemBody};

/// Who the caller is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes `domain::view::Me`, which knows nothing of API descriptions")]
pub struct MeBody {
    /// The caller's actor.
    #[schema(example = 14)]
    actor_id: i64,
    /// Its name.
    #[schema(example = "Olivia Owens")]
    name: String,
    /// `member` or `service`.
    #[schema(example = "member")]
    kind: String,
    /// The role that counts in this request.
    #[schema(example = "owner")]
    role: String,
    /// The organization.
    #[schema(example = "org_a1B2c3D4e5F6g7H8")]
    organization: String,
    /// `api_key` or `id_token`.
    #[schema(example = "api_key")]
    credential: String,
    /// The key the request was made with; null with an ID token.
    #[schema(example = 1)]
    key_id: Option<i64>,
}

/// Who am I
#[utoipa::path(get, path = "/me", operation_id = "me", tag = "Me",
    security(("bearer" = []), ("api_key" = [])),
    responses((status = 200, body = MeBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn me(State(house): HouseState, Caller(ctx): Caller) -> Answer<Json<Me>> {
    Ok(Json(house.engine.me(&ctx)))
}

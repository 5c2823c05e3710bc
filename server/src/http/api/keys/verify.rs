//! `POST /api/v1/keys/verify` and `POST /api/v1/keys/verify-batch`.

use axum::Json;
use axum::extract::State;
use domain::command::VerifyKeys;
use domain::policy::Action;
use domain::view::Verdict;
use fast_path::verify::KeyToVerify;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::Body;
use crate::http::problem::{ApiResult, ProblemBody};

/// Keys that others have presented to the caller.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeysToVerify {
    /// 1 to 100 keys.
    #[schema(min_items = 1, max_items = 100)]
    keys: Vec<KeyToVerify>,
}

/// A verdict on each key.
#[derive(Serialize, ToSchema)]
pub struct VerdictsBody {
    /// The verdicts, in the order of the keys.
    verdicts: Vec<Verdict>,
}

/// Verify a key
///
/// Says whether a key of the organization is valid now, and has the required scopes. The status is
/// always 200; the verdict is in the body. Use it in an API that accepts keys of the organization.
/// A revoked key is invalid from the moment the revocation is answered.
#[utoipa::path(post, path = "/keys/verify", operation_id = "verify_key", tag = "Keys",
    extensions(("x-needs" = json!(Action::VerifyKey))),
    request_body = KeyToVerify,
    responses((status = 200, body = Verdict)))]
pub async fn verify_key(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(body): Body<KeyToVerify>,
) -> ApiResult<Json<Verdict>> {
    let command = body.command()?;
    Ok(Json(state.engine.verify_key(&ctx, &command).await?))
}

/// Verify several keys
///
/// Like `POST /api/v1/keys/verify`, for up to 100 keys. A field that is invalid has the index of its
/// key, such as `keys[3].scopes`. Then no key is verified.
#[utoipa::path(post, path = "/keys/verify-batch", operation_id = "verify_keys", tag = "Keys",
    extensions(("x-needs" = json!(Action::VerifyKey))),
    request_body = KeysToVerify,
    responses((status = 200, body = VerdictsBody), (status = 422, body = ProblemBody)))]
pub async fn verify_keys(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    Body(body): Body<KeysToVerify>,
) -> ApiResult<Json<VerdictsBody>> {
    let command = VerifyKeys::read(body.keys.iter().map(KeyToVerify::command))?;
    let verdicts = state.engine.verify_keys(&ctx, &command).await?;
    Ok(Json(VerdictsBody { verdicts }))
}

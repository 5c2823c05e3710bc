//! `POST /api/v1/keys/verify`.

use axum::Json;
use axum::extract::State;
use domain::policy::Action;
use domain::view::Verdict;
use fast_path::verify::KeyToVerify;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::Body;
use crate::http::problem::ApiResult;

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

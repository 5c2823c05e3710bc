//! `POST /api/v1/keys/verify`.

use axum::Json;
use axum::extract::State;
use domain::FieldFault;
use domain::command::VerifyKey;
use domain::policy::Action;
use domain::view::Verdict;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::AppState;
use crate::http::api::authentication::Authenticated;
use crate::http::api::input::Body;
use crate::http::problem::ApiResult;

/// A key that someone has presented to the caller.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyToVerify {
    /// The whole key.
    key: String,
    /// The scopes that it must have.
    #[schema(example = json!(["workspaces:read"]))]
    scopes: Option<Vec<String>>,
    /// Whether the use of the key is not counted.
    #[serde(default)]
    dry_run: bool,
}

impl KeyToVerify {
    /// The command.
    ///
    /// # Errors
    /// Every invalid field.
    pub fn command(&self) -> Result<VerifyKey, Vec<FieldFault>> {
        VerifyKey::read(&self.key, self.scopes.as_deref(), self.dry_run)
    }
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

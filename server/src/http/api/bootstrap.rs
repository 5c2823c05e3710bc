//! `/api/v1/bootstrap`: creates the first organization, its owner and a first key (D18).

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::command::FoundOrganization;
use domain::{Code, Fault, FieldFault};
use engine::attempts::Kind;
use engine::ctx::Origin;
use serde::Deserialize;
use utoipa::ToSchema;

use super::description::Access;
use super::input::Body;
use super::keys::NewKeyBody;
use crate::http::AppState;
use crate::http::problem::{ApiResult, ProblemBody};

/// The first organization and its owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// The setup token that the server has printed, or that the operator has set.
    #[schema(value_type = String)]
    setup_token: Option<String>,
    /// The name of the organization.
    #[schema(example = "Acme", value_type = String, min_length = 1, max_length = 100)]
    organization: Option<String>,
    /// The name of the owner.
    #[schema(example = "Olivia Owens", value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The email of the owner. The first user who signs in with this verified email becomes the
    /// owner.
    #[schema(example = "olivia@acme.example", value_type = String)]
    email: Option<String>,
}

/// Set up the installation
///
/// Works only while no organization exists. The setup token is the only credential.
#[utoipa::path(post, path = "/bootstrap", operation_id = "bootstrap", tag = "Setup",
    extensions(("x-needs" = json!(Access::SetupToken))),
    request_body = Bootstrap, security(()),
    responses((status = 201, body = NewKeyBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn bootstrap(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    Body(body): Body<Bootstrap>,
) -> ApiResult<(StatusCode, Json<NewKeyBody>)> {
    let token = body.setup_token.unwrap_or_default();
    state
        .engine
        .attempt(
            Kind::SetupToken,
            &origin,
            token.as_bytes(),
            check(&state, &token),
        )
        .await?;
    let text = |field: Option<String>| field.unwrap_or_default();
    let command = FoundOrganization::read(
        &text(body.organization),
        &text(body.name),
        &text(body.email),
    )?;
    let new = state.engine.bootstrap(&command, origin).await?;
    Ok((StatusCode::CREATED, Json(NewKeyBody::from(&new))))
}

/// Checks that no organization exists and that the setup token is correct.
async fn check(state: &AppState, token: &str) -> engine::Result<()> {
    if state.engine.is_bootstrapped().await? {
        return Err(engine::Error::conflict(Code::AlreadyBootstrapped));
    }
    if !(state.site_config.check_setup_token)(token) {
        return Err(vec![FieldFault::new("setup_token", Fault::WrongSetupToken)].into());
    }
    Ok(())
}

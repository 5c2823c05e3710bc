//! `/api/v1/bootstrap`: the first organization, its owner and a first key, once (decision D18).

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::command::FoundOrganization;
use domain::view::NewKey;
use domain::{Fault, FieldFault};
use engine::ctx::Origin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::HouseState;
use super::input::Body;
use crate::http::problem::{Answer, ProblemBody};

/// The first organization and its owner.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    /// The token that the server printed at its start, or the one it was given.
    #[schema(value_type = String)]
    setup_token: Option<String>,
    /// The organization's name.
    #[schema(example = "Acme", value_type = String)]
    organization: Option<String>,
    /// The owner's name.
    #[schema(example = "Olivia Owens", value_type = String)]
    name: Option<String>,
    /// The owner's e-mail; whoever first signs in with it, verified, is the owner.
    #[schema(example = "olivia@acme.example", value_type = String)]
    email: Option<String>,
}

/// A key, once.
#[derive(Serialize, ToSchema)]
pub struct NewKeyBody {
    /// Its id.
    #[schema(example = 1)]
    key_id: i64,
    /// The actor it belongs to.
    #[schema(example = 1)]
    actor_id: i64,
    /// The key itself. It begins with `key_prefix`.
    api_key: String,
    /// Its public leading part.
    #[schema(example = "rt_sk_Ab3dE9xQ")]
    key_prefix: String,
    /// Public half of the key pair derived from the key, in hex.
    public_key_hex: String,
    /// What to do with it now.
    #[schema(example = "Store this API key securely — it cannot be retrieved again")]
    warning: &'static str,
}

impl From<&NewKey> for NewKeyBody {
    fn from(new: &NewKey) -> Self {
        Self {
            key_id: new.view.key_id.0,
            actor_id: new.view.actor_id.0,
            api_key: new.plain.expose().to_owned(),
            key_prefix: new.view.key_prefix.clone(),
            public_key_hex: new.public_key_hex.clone(),
            warning: "Store this API key securely — it cannot be retrieved again",
        }
    }
}

/// Set the installation up
///
/// Works once, while no organization exists, and needs no credential but the setup token.
#[utoipa::path(post, path = "/bootstrap", operation_id = "bootstrap", tag = "Setup", request_body = Bootstrap, security(()),
    responses((status = 201, body = NewKeyBody), (status = 400, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 413, body = ProblemBody), (status = 415, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn bootstrap(
    State(house): HouseState,
    Extension(origin): Extension<Origin>,
    Body(body): Body<Bootstrap>,
) -> Answer<(StatusCode, Json<NewKeyBody>)> {
    if house.engine.is_founded().await? {
        return Err(engine::Error::Conflict(
            domain::Code::AlreadyBootstrapped,
            domain::Code::AlreadyBootstrapped.sentence(),
        )
        .into());
    }
    if !(house.installation.check_setup_token)(&body.setup_token.unwrap_or_default()) {
        return Err(vec![FieldFault::new("setup_token", Fault::WrongSetupToken)].into());
    }
    let text = |field: Option<String>| field.unwrap_or_default();
    let command = FoundOrganization::read(&text(body.organization), &text(body.name), &text(body.email))?;
    let new = house.engine.bootstrap(&command, origin).await?;
    Ok((StatusCode::CREATED, Json(NewKeyBody::from(&new))))
}

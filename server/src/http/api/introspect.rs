//! `POST /api/v1/introspect` (RFC 7662).

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use domain::command::VerifyKey;
use domain::policy::Action;
use domain::view::Introspection;
use domain::{Code, Fault, FieldFault};
use serde::Deserialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::authentication::Authenticated;
use super::input::{Body, is_form, whole_body};
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult};

/// The parameters of an introspection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenToIntrospect {
    /// The whole key.
    token: String,
    /// The slug of the API that it must be for. Without it, the key must be one of Roundtable
    /// itself.
    #[schema(example = "orders")]
    api: Option<String>,
    /// The IP address of the client that presented it. A key that can be used only from some IP
    /// addresses is inactive without it.
    #[schema(example = "203.0.113.7")]
    ip: Option<String>,
    /// What the caller takes the token for. It makes no difference.
    #[expect(dead_code, reason = "libraries send it")]
    token_type_hint: Option<String>,
}

/// Reads a form, as RFC 7662 requires, or a JSON object, as all other operations.
impl<S: Send + Sync> FromRequest<S> for TokenToIntrospect {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_form(request.headers()) {
            return Body::from_request(request, state)
                .await
                .map(|Body(parameters)| parameters);
        }
        let (_, bytes) = whole_body(request, state).await?;
        // Other parameters are ignored (RFC 6749, 3.1).
        let token = parameter(&bytes, "token")?;
        Ok(Self {
            token: token.ok_or_else(|| vec![FieldFault::new("token", Fault::Missing)])?,
            api: parameter(&bytes, "api")?,
            ip: parameter(&bytes, "ip")?,
            token_type_hint: None,
        })
    }
}

/// A parameter of a form, which stands there once at most (RFC 6749, 3.1).
fn parameter(form: &[u8], name: &str) -> Result<Option<String>, ApiError> {
    let mut found = form_urlencoded::parse(form).filter(|(known, _)| known == name);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(ApiError::with_details(
            Code::BadRequest,
            "The form has a parameter more than once",
        )),
        (first, _) => Ok(first.map(|(_, value)| value.into_owned())),
    }
}

/// Introspect a token
///
/// Says whether a key of the organization is valid now, in the form of RFC 7662, for libraries and
/// gateways that speak it. `POST /api/v1/keys/verify` says more. The use of the key is counted.
#[utoipa::path(post, path = "/introspect", operation_id = "introspect_token", tag = "Keys",
    extensions(("x-needs" = json!(Action::VerifyKey))),
    request_body(content(
        (TokenToIntrospect = "application/x-www-form-urlencoded"),
        (TokenToIntrospect = "application/json"),
    )),
    responses((status = 200, body = Introspection)))]
pub async fn introspect_token(
    State(state): State<AppState>,
    Authenticated(ctx): Authenticated,
    parameters: TokenToIntrospect,
) -> ApiResult<Json<Introspection>> {
    let command = VerifyKey::read(
        &parameters.token,
        parameters.api.as_deref(),
        None,
        parameters.ip.as_deref(),
        false,
    )?;
    let verdict = state.engine.verify_key(&ctx, &command).await?;
    Ok(Json(verdict.into()))
}

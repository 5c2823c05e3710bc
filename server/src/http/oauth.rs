//! `/api/v1/oauth`: tokens for devices that a person has allowed (RFC 6749, RFC 7009, RFC 7636,
//! RFC 8628), and the metadata about it (RFC 8414).
//!
//! Requests are forms and errors have the format of these RFCs, because libraries expect that. Every
//! client is public: it has no secret.

mod form;
mod refusal;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use domain::device::DeviceClient;
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use engine::devices::{DeviceTokens, GrantRefusal, Granted};
use serde_json::json;

use self::form::OauthForm;
use self::refusal::OauthRefusal;
use super::AppState;
use super::problem::ApiResult;

const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CACHED: &str = "public, max-age=300";

/// The operations, below `/api`.
pub fn operations() -> Router<AppState> {
    Router::new()
        .route("/v1/oauth/device_authorization", post(start_device))
        .route("/v1/oauth/token", post(issue_tokens))
        .route("/v1/oauth/revoke", post(revoke))
}

/// The route of the metadata.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(
            "/.well-known/oauth-authorization-server",
            get(metadata),
        )
        .with_state(state)
}

/// Gives a device its codes. Each call stores a row until it expires, so it counts as a failed
/// attempt until the device is signed in.
async fn start_device(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    form: OauthForm,
) -> ApiResult<Response> {
    let client = match client(&form) {
        Ok(client) => client,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let attempt = state
        .engine
        .attempts()
        .begin(Kind::SignIn, Client::of(&origin), &[])
        .await?;
    let started = match state.engine.start_device(client, &origin).await {
        Ok(started) => started,
        Err(error) => {
            attempt.undecided();
            return Err(error.into());
        }
    };
    attempt.failed();
    let page = format!("{}/device", state.site_config.public_url);
    let complete = format!("{page}?user_code={}", started.user_code);
    let body = json!({
        "device_code": started.device_code.as_str(),
        "user_code": started.user_code.to_string(),
        "verification_uri": page,
        "verification_uri_complete": complete,
        "expires_in": started.expires_in,
        "interval": started.interval,
    });
    Ok(no_store(Json(body)))
}

async fn issue_tokens(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    form: OauthForm,
) -> ApiResult<Response> {
    let request = match client(&form).and_then(|client| TokenRequest::read(client, &form)) {
        Ok(request) => request,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    let attempt = state
        .engine
        .attempts()
        .begin(
            Kind::Token,
            Client::of(&origin),
            request.secret().as_bytes(),
        )
        .await?;
    let granted = match grant(&state, &request, &origin).await {
        Ok(granted) => granted,
        Err(error) => {
            attempt.undecided();
            return Err(error.into());
        }
    };
    match granted {
        Ok(tokens) => {
            attempt.spent();
            if !matches!(request.grant, Grant::Refresh(_)) {
                state
                    .engine
                    .attempts()
                    .refund(Kind::SignIn, Client::of(&origin));
            }
            Ok(no_store(Json(body_of(&tokens))))
        }
        Err(refusal) => {
            match refusal {
                GrantRefusal::Invalid => attempt.failed(),
                _ => attempt.undecided(),
            }
            Ok(OauthRefusal::from(refusal).into_response())
        }
    }
}

/// Revokes a refresh token. An unknown one is no error (RFC 7009, 2.2).
async fn revoke(
    State(state): State<AppState>,
    Extension(origin): Extension<Origin>,
    form: OauthForm,
) -> ApiResult<Response> {
    let read = client(&form).and_then(|client| Ok((client, form.required("token")?)));
    let (client, token) = match read {
        Ok(read) => read,
        Err(refusal) => return Ok(refusal.into_response()),
    };
    state
        .engine
        .sign_out_device(client, &token, &origin)
        .await?;
    Ok(no_store(StatusCode::OK))
}

async fn metadata(State(state): State<AppState>) -> Response {
    let url = &state.site_config.public_url;
    let body = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/api/v1/oauth/token"),
        "device_authorization_endpoint": format!("{url}/api/v1/oauth/device_authorization"),
        "revocation_endpoint": format!("{url}/api/v1/oauth/revoke"),
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", DEVICE_CODE_GRANT, "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
    });
    ([(CACHE_CONTROL, CACHED)], Json(body)).into_response()
}

/// A request for tokens.
struct TokenRequest {
    client: DeviceClient,
    grant: Grant,
}

enum Grant {
    AuthorizationCode {
        code: String,
        verifier: String,
        redirect_uri: String,
    },
    DeviceCode(String),
    Refresh(String),
}

impl TokenRequest {
    fn read(client: DeviceClient, form: &OauthForm) -> Result<Self, OauthRefusal> {
        let grant = match form.required("grant_type")?.as_str() {
            "authorization_code" => Grant::AuthorizationCode {
                code: form.required("code")?,
                verifier: form.required("code_verifier")?,
                redirect_uri: form.required("redirect_uri")?,
            },
            DEVICE_CODE_GRANT => Grant::DeviceCode(form.required("device_code")?),
            "refresh_token" => Grant::Refresh(form.required("refresh_token")?),
            _ => return Err(OauthRefusal::UnsupportedGrantType),
        };
        Ok(Self { client, grant })
    }

    /// What the client has to guess.
    fn secret(&self) -> &str {
        match &self.grant {
            Grant::AuthorizationCode { code: secret, .. }
            | Grant::DeviceCode(secret)
            | Grant::Refresh(secret) => secret,
        }
    }
}

async fn grant(
    state: &AppState,
    request: &TokenRequest,
    origin: &Origin,
) -> engine::Result<Granted> {
    let parties = state.site_config.parties();
    let (engine, client) = (&state.engine, request.client);
    match &request.grant {
        Grant::AuthorizationCode {
            code,
            verifier,
            redirect_uri,
        } => {
            engine
                .exchange_authorization_code(client, code, verifier, redirect_uri, &parties, origin)
                .await
        }
        Grant::DeviceCode(code) => {
            engine
                .exchange_device_code(client, code, &parties, origin)
                .await
        }
        Grant::Refresh(token) => {
            engine
                .refresh_device(client, token, &parties, origin)
                .await
        }
    }
}

fn client(form: &OauthForm) -> Result<DeviceClient, OauthRefusal> {
    form.required("client_id")?
        .parse()
        .map_err(|_| OauthRefusal::InvalidClient)
}

fn body_of(tokens: &DeviceTokens) -> serde_json::Value {
    json!({
        "access_token": tokens.access.token.as_str(),
        "token_type": "Bearer",
        "expires_in": tokens.access.expires_in,
        "refresh_token": tokens.refresh.as_str(),
    })
}

fn no_store(body: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], body).into_response()
}

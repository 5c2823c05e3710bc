//! `/.well-known/jwks.json`: the public keys of the tokens that this installation issues, for
//! services that verify them.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::tokens::VerifyingKey;
use serde_json::{Value, json};

use super::AppState;
use super::problem::ApiResult;

/// Five minutes. A key is published as soon as it signs, and clients fetch the set again for an
/// unknown key.
const CACHED: &str = "public, max-age=300";

/// The route of the key set.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(state)
}

async fn jwks(State(state): State<AppState>) -> ApiResult<Response> {
    let keys: Vec<_> = state
        .engine
        .verifying_keys()
        .await?
        .iter()
        .map(jwk)
        .collect();
    Ok((
        [(CACHE_CONTROL, CACHED)],
        Json(json!({ "keys": keys })),
    )
        .into_response())
}

fn jwk(key: &VerifyingKey) -> Value {
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id,
        "n": URL_SAFE_NO_PAD.encode(&key.modulus), "e": URL_SAFE_NO_PAD.encode(&key.exponent),
    })
}

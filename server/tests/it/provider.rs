//! A configurable OpenID provider.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use oidc::testing::{Signer, serve};
use serde_json::{Value, json};

/// The provider, on a free port.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    signer: Arc<Signer>,
    state: Arc<Mutex<Responses>>,
}

#[derive(Clone, Default)]
struct Responses {
    claims: Value,
    broken: bool,
}

impl Provider {
    pub async fn start() -> Self {
        let provider = Self {
            issuer: String::new(),
            signer: Arc::new(Signer::new("idp")),
            state: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/jwks", get(jwks))
            .route("/token", post(token));
        // The document contains the port, which is only known after binding, so it is read from the
        // request.
        let issuer = format!(
            "http://{}",
            serve(router.with_state(provider.clone())).await
        );
        Self { issuer, ..provider }
    }

    /// Sets the claims of the next ID tokens.
    pub fn will_say(&self, claims: Value) {
        self.responses().claims = claims;
    }

    /// Switches between server errors and normal responses.
    pub fn breaks(&self, broken: bool) {
        self.responses().broken = broken;
    }

    fn responses(&self) -> std::sync::MutexGuard<'_, Responses> {
        self.state.lock().expect("not poisoned")
    }
}

async fn document(State(provider): State<Provider>, headers: axum::http::HeaderMap) -> Response {
    if provider.responses().broken {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let issuer = format!("http://{}", headers["host"].to_str().expect("a host"));
    let at = |path: &str| format!("{issuer}/{path}");
    let urls = json!({
        "issuer": issuer, "authorization_endpoint": at("authorize"), "token_endpoint": at("token"), "jwks_uri": at("jwks"),
    });
    Json(urls).into_response()
}

async fn jwks(State(provider): State<Provider>) -> Json<Value> {
    Json(provider.signer.jwks())
}

async fn token(State(provider): State<Provider>) -> Response {
    let Responses { claims, broken } = provider.responses().clone();
    if broken {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let id_token = provider.signer.sign(&claims);
    Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token }))
        .into_response()
}

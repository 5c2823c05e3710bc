//! An API that checks its keys with Roundtable.

use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use reqwest::{Client, redirect};
use serde::Deserialize;
use serde_json::{Value, json};

/// Asks Roundtable about keys.
#[derive(Clone)]
pub struct Roundtable {
    client: Client,
    url: String,
    api_key: String,
}

#[derive(Clone, Deserialize)]
struct Owner {
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct Verdict {
    valid: bool,
    code: String,
    owner: Option<Owner>,
}

type Scopes = &'static [&'static str];

impl Roundtable {
    /// `api_key` is a key of Roundtable with the scope `keys:read`.
    pub fn new(url: String, api_key: String) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(Duration::from_secs(3))
            .redirect(redirect::Policy::none())
            .build()?;
        Ok(Self {
            client,
            url,
            api_key,
        })
    }

    async fn verify(&self, key: &str, scopes: Scopes) -> Result<Verdict, reqwest::Error> {
        self.client
            .post(format!("{}/api/v1/keys/verify", self.url))
            .bearer_auth(&self.api_key)
            .json(&json!({ "key": key, "api": "orders", "scopes": scopes }))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    }
}

fn key_in(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        return key.to_str().ok();
    }
    let (scheme, key) = headers
        .get("authorization")?
        .to_str()
        .ok()?
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(key)
}

async fn needs(
    State((roundtable, scopes)): State<(Roundtable, Scopes)>,
    mut request: Request,
    next: Next,
) -> Response {
    let unauthorized = || {
        let challenge = [(WWW_AUTHENTICATE, "Bearer realm=\"orders\"")];
        let body = Json(json!({ "code": "unauthorized" }));
        (StatusCode::UNAUTHORIZED, challenge, body).into_response()
    };
    let Some(key) = key_in(request.headers()) else {
        return unauthorized();
    };
    match roundtable.verify(key, scopes).await {
        Ok(Verdict {
            valid: true,
            owner: Some(owner),
            ..
        }) => {
            request.extensions_mut().insert(owner);
            next.run(request).await
        }
        Ok(verdict) if verdict.code == "missing_scope" => {
            let body = Json(json!({ "code": "missing_scope" }));
            (StatusCode::FORBIDDEN, body).into_response()
        }
        Ok(_) => unauthorized(),
        Err(error) => {
            tracing::error!("Roundtable cannot check keys: {error}");
            let retry = [(RETRY_AFTER, "2")];
            let body = Json(json!({ "code": "unavailable" }));
            (StatusCode::SERVICE_UNAVAILABLE, retry, body).into_response()
        }
    }
}

async fn orders(Extension(owner): Extension<Owner>) -> Json<Value> {
    Json(json!({ "customer": owner.external_id }))
}

/// The routes, each with the scopes that it needs.
pub fn api(roundtable: Roundtable) -> Router {
    let scopes: Scopes = &["orders:read"];
    let check = middleware::from_fn_with_state((roundtable, scopes), needs);
    Router::new().route("/orders", get(orders).layer(check))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("ROUNDTABLE_URL")?;
    let api_key = std::env::var("ROUNDTABLE_API_KEY")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, api(Roundtable::new(url, api_key)?)).await?;
    Ok(())
}

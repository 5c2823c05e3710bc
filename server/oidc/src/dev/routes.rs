//! The endpoints of the provider.

use std::sync::{Arc, PoisonError};

use axum::{
    Form, Json,
    extract::{Query, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL},
    },
    response::{Html, IntoResponse, Redirect, Response},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    DevProvider, Person,
    codes::Grant,
    form::{Exchange, Request, Submission},
    page,
};

const LIFETIME_SECONDS: i64 = 3600;
const NO_STORE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

type Shared = State<Arc<DevProvider>>;

pub(super) async fn configuration(State(provider): Shared) -> Json<Value> {
    let at = |path: &str| format!("{}/{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("jwks"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_post", "client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

pub(super) async fn jwks(State(provider): Shared) -> Result<Json<Value>, StatusCode> {
    let jwks = provider.key.jwks();
    jwks.map(Json)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// The page to choose a user. If the request names one, the response is that of the page.
pub(super) async fn choose(State(provider): Shared, Query(request): Query<Request>) -> Response {
    if let Some(words) = request.fault(&provider) {
        return refuse(page::refusal(&provider, words));
    }
    let chosen = provider
        .people
        .iter()
        .find(|person| person.subject == request.login_hint);
    match chosen.cloned() {
        Some(person) => sign_in(&provider, request, person),
        None => (
            NO_STORE,
            Html(page::choose(&provider, &request, None)),
        )
            .into_response(),
    }
}

pub(super) async fn chosen(
    State(provider): Shared,
    Form(Submission { request, choice }): Form<Submission>,
) -> Response {
    if let Some(words) = request.fault(&provider) {
        return refuse(page::refusal(&provider, words));
    }
    match choice.person(&provider) {
        Some(person) => sign_in(&provider, request, person),
        None => {
            let words = "Choose a user or enter an email.";
            refuse(page::choose(&provider, &request, Some(words)))
        }
    }
}

/// Redirects to the client with a code for a user.
fn sign_in(provider: &DevProvider, request: Request, person: Person) -> Response {
    let nonce = Some(request.nonce).filter(|nonce| !nonce.is_empty());
    let grant = Grant {
        person,
        nonce,
        code_challenge: request.code_challenge,
    };
    let Some(code) = provider.grant(grant) else {
        return refuse(page::refusal(
            provider,
            "There are too many sign-ins. Wait a minute.",
        ));
    };
    let mut back = provider.redirect_uri.clone();
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &request.state)
        .append_pair("iss", &provider.issuer);
    (NO_STORE, Redirect::to(back.as_str())).into_response()
}

pub(super) async fn token(
    State(provider): Shared,
    headers: HeaderMap,
    Form(mut exchange): Form<Exchange>,
) -> Response {
    if exchange.client_id.is_empty() {
        exchange.client_id = basic_user(&headers).unwrap_or_default();
    }
    match provider.exchange(&exchange) {
        Ok(answer) => (NO_STORE, Json(answer)).into_response(),
        Err(code) => (
            StatusCode::BAD_REQUEST,
            NO_STORE,
            Json(json!({ "error": code })),
        )
            .into_response(),
    }
}

impl DevProvider {
    fn grant(&self, grant: Grant) -> Option<String> {
        let code = self.random_text();
        let mut codes = self
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if codes.keep(&code, grant, (self.clock)()) {
            Some(code)
        } else {
            None
        }
    }

    /// Returns the tokens for a code, or an OAuth error code. The code is spent in both cases.
    fn exchange(&self, exchange: &Exchange) -> Result<Value, &'static str> {
        let mut codes = self
            .codes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let grant = codes.take(&exchange.code, (self.clock)());
        drop(codes);
        if exchange.grant_type != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        if exchange.client_id != self.client_id {
            return Err("invalid_client");
        }
        let grant = grant.ok_or("invalid_grant")?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&exchange.code_verifier));
        if exchange.redirect_uri != self.redirect_uri.as_str() || challenge != grant.code_challenge
        {
            return Err("invalid_grant");
        }
        Ok(json!({
            "access_token": self.random_text(),
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "id_token": self.id_token(&grant).ok_or("server_error")?,
        }))
    }

    fn id_token(&self, grant: &Grant) -> Option<String> {
        let now = (self.clock)().div_euclid(1000);
        let mut claims = json!({
            "iss": self.issuer, "sub": grant.person.subject, "aud": self.client_id,
            "auth_time": now, "iat": now, "exp": now + LIFETIME_SECONDS,
            "email": grant.person.email, "email_verified": true, "name": grant.person.name,
        });
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        self.key
            .sign(&self.key.header().to_string(), &claims.to_string())
            .ok()
    }

    fn random_text(&self) -> String {
        let mut bytes = [0; 32];
        (self.random)(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

fn refuse(page: String) -> Response {
    (StatusCode::BAD_REQUEST, NO_STORE, Html(page)).into_response()
}

/// The client ID of an `Authorization: Basic` header, which is form-encoded (RFC 6749, 2.3.1).
fn basic_user(headers: &HeaderMap) -> Option<String> {
    let text = headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let pair = STANDARD.decode(text).ok()?;
    let user = pair.split(|byte| *byte == b':').next()?;
    url::form_urlencoded::parse(user)
        .next()
        .map(|(user, _)| user.into_owned())
}

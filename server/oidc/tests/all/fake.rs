//! A provider that says whatever a test wants, and a clock that stands still.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures_util::stream;
use oidc::{
    Client, Clock, Flow, Settings,
    testing::{Published, Signer, serve},
};
use serde_json::{Value, json};

/// The moment of the tests, in seconds.
pub const NOW: i64 = 1_800_000_000;
pub const CLIENT_ID: &str = "roundtable";
pub const NONCE: &str = "the-nonce-of-this-flow";

#[derive(Clone)]
pub struct Watch(Arc<AtomicI64>);

impl Watch {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW * 1000)))
    }

    pub fn clock(&self) -> Clock {
        let now = self.0.clone();
        Arc::new(move || now.load(Ordering::SeqCst))
    }

    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

pub fn flow() -> Flow {
    Flow {
        state: "the-state".into(),
        nonce: NONCE.into(),
        pkce_verifier: "v".repeat(43),
        fresh_since: None,
    }
}

/// A provider on loopback: discovery document, key set and token answer can each be replaced.
#[derive(Clone)]
pub struct Provider {
    pub issuer: String,
    pub keys: Published,
    pub document: Arc<Mutex<Value>>,
    token: Arc<Mutex<(u16, &'static str, String)>>,
    /// What the userinfo endpoint says, once the document names it.
    pub info: Arc<Mutex<Value>>,
}

impl Provider {
    pub async fn start(signer: &Signer) -> Self {
        let provider = Self {
            issuer: String::new(),
            keys: Published::start(&signer.jwks()).await,
            document: Arc::default(),
            token: Arc::default(),
            info: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .route("/silence", post(silence))
            .route("/drip", post(drip))
            .with_state(provider.clone());
        let issuer = format!("http://{}", serve(router).await);
        *provider.document.lock().unwrap() = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": provider.keys.url(),
        });
        Self { issuer, ..provider }
    }

    pub fn client(&self, watch: &Watch, hosted_domain: Option<&str>) -> Client {
        self.client_for(watch, hosted_domain, &[])
    }

    pub fn client_for(
        &self,
        watch: &Watch,
        hosted_domain: Option<&str>,
        email_domains: &[&str],
    ) -> Client {
        self.client_with(watch, |settings| {
            settings.hosted_domain = hosted_domain.map(str::to_owned);
            settings.allowed_email_domains = email_domains
                .iter()
                .map(|domain| (*domain).to_owned())
                .collect();
        })
    }

    pub fn client_with(&self, watch: &Watch, change: impl FnOnce(&mut Settings)) -> Client {
        let mut settings = Settings {
            issuer: self.issuer.clone(),
            client_id: CLIENT_ID.into(),
            client_secret: Some("secret".into()),
            redirect_uri: "http://127.0.0.1/return".parse().unwrap(),
            hosted_domain: None,
            allowed_email_domains: Vec::new(),
            trust_emails: false,
        };
        change(&mut settings);
        Client::new(settings, watch.clock()).unwrap()
    }

    pub fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "sub": "1234", "aud": CLIENT_ID, "azp": CLIENT_ID,
            "iat": NOW, "exp": NOW + 3600, "nonce": NONCE, "hd": "example.com",
            "email": "Ada@Example.com", "email_verified": true, "name": "Ada",
        })
    }

    pub fn set_document(&self, member: &str, value: Value) {
        self.document.lock().unwrap()[member] = value;
    }

    /// Makes the token endpoint answer with this ID token.
    pub fn give(&self, id_token: &str) {
        let answer = json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token });
        self.answer(200, "application/json", &answer.to_string());
    }

    pub fn answer(&self, status: u16, kind: &'static str, body: &str) {
        *self.token.lock().unwrap() = (status, kind, body.to_owned());
    }
}

async fn document(State(provider): State<Provider>) -> Json<Value> {
    Json(provider.document.lock().unwrap().clone())
}

/// Answers with what the test put there, to a client with the access token; null is an outage.
async fn userinfo(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    if headers
        .get("authorization")
        .is_none_or(|value| value != "Bearer a")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match provider.info.lock().unwrap().clone() {
        Value::Null => StatusCode::BAD_GATEWAY.into_response(),
        info => Json(info).into_response(),
    }
}

/// Says nothing, ever.
async fn silence() {
    std::future::pending().await
}

/// Says a letter a second, for ever.
async fn drip() -> Body {
    Body::from_stream(stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok::<_, Infallible>(" "), ()))
    }))
}

async fn token(State(provider): State<Provider>) -> Response {
    let (status, kind, body) = provider.token.lock().unwrap().clone();
    let status = StatusCode::from_u16(status).unwrap();
    (
        status,
        [("content-type", kind), ("location", "/elsewhere")],
        body,
    )
        .into_response()
}

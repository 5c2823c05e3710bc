//! Test helpers for this crate and its users: a key that signs arbitrary tokens, and a server that
//! publishes the key.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::net::TcpListener;
use url::Url;

use crate::signing::SigningKey;

/// Signs arbitrary tokens with a new RSA key.
pub struct Signer(SigningKey);

impl Signer {
    /// A key with this key ID.
    #[must_use]
    pub fn new(kid: &str) -> Self {
        Self(SigningKey::new(kid))
    }

    /// The JWK set with the public key.
    ///
    /// # Panics
    /// If the key cannot be generated.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.0
            .jwks()
            .expect("an RSA key can be generated")
    }

    /// A valid header.
    #[must_use]
    pub fn header(&self) -> Value {
        self.0.header()
    }

    /// Signs the claims with a valid header.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_text(&self.header().to_string(), &claims.to_string())
    }

    /// Signs arbitrary texts as header and claims.
    ///
    /// # Panics
    /// If signing fails.
    #[must_use]
    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        self.0
            .sign(header, claims)
            .expect("the key signs")
    }
}

/// A server on loopback with a configurable response, for example a JWK set.
#[derive(Clone)]
pub struct Published {
    address: SocketAddr,
    answer: Arc<Mutex<CannedResponse>>,
    hits: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct CannedResponse {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Published {
    /// Starts a server that answers every request with this JSON.
    pub async fn start(body: &Value) -> Self {
        let body = body.to_string();
        let answer = CannedResponse {
            status: StatusCode::OK,
            headers: Vec::new(),
            body,
        };
        let answer = Arc::new(Mutex::new(answer));
        let hits = Arc::new(AtomicUsize::new(0));
        let state = (answer.clone(), hits.clone());
        let address = serve(Router::new().fallback(reply).with_state(state)).await;
        Self {
            address,
            answer,
            hits,
        }
    }

    /// The URL of the server.
    ///
    /// # Panics
    /// Never in practice.
    #[must_use]
    pub fn url(&self) -> Url {
        format!("http://{}/keys", self.address)
            .parse()
            .expect("a URL")
    }

    /// Sets the status, the headers and the body of the response.
    pub fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        *self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = CannedResponse {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: headers.collect(),
            body: body.to_owned(),
        };
    }

    /// The number of requests so far.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.hits.load(Ordering::SeqCst)
    }
}

type Shared = (Arc<Mutex<CannedResponse>>, Arc<AtomicUsize>);

async fn reply(State((answer, hits)): State<Shared>) -> Response {
    hits.fetch_add(1, Ordering::SeqCst);
    let answer = answer
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let mut response = (answer.status, answer.body).into_response();
    for (name, value) in answer.headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Serves a router on a free loopback port until the runtime of the test is dropped.
///
/// # Panics
/// If there is no free port.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

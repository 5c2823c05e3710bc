//! A reverse proxy with its gate, which is wrong in one way.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, LOCATION, SERVER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// A valid key.
pub const GOOD: &str = "orders_live_0123456789abcdefghijklmnopqrstuvwxyz";
/// A valid key without the scope.
pub const POWERLESS: &str = "orders_live_zyxwvutsrqponmlkjihgfedcba9876543210";
const OWNER: HeaderName = HeaderName::from_static("x-roundtable-owner");
/// How many requests with a valid key pass until it is revoked: four of the checks, and three more.
const UNTIL_REVOKED: u32 = 7;

/// What the proxy does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    Nothing,
    Open,
    Answers202,
    Redirects,
    NoChallenge,
    KeepsAnswers,
    IgnoresScope,
    TakesQuery,
    HangsOnBody,
    FailsOnBody,
    RefusesAll,
    Unavailable,
    ShowsAuthorization,
    ShowsXApiKey,
    CopiesKey,
    KeepsOwner,
    LacksOwner,
    AppendsOwner,
    KeepsUnderscores,
    KeepsDots,
    KeepsOthers,
    LosesBody,
    LimitsBody,
    ChangesMethod,
    Mirrors,
    OtherApi,
    /// The key is revoked, and `again` it passes after one refusal.
    Revoked {
        again: bool,
    },
}

struct Proxy {
    wrong: Wrong,
    app: Option<SocketAddr>,
    http: reqwest::Client,
    kept: Mutex<HashSet<Uri>>,
    valid: AtomicU32,
}

/// Starts the proxy. Without `app`, it answers as the API itself.
pub async fn start(wrong: Wrong, app: Option<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let state = Arc::new(Proxy {
        wrong,
        app,
        http: reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client"),
        kept: Mutex::default(),
        valid: AtomicU32::new(0),
    });
    let router = Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn answer(State(proxy): State<Arc<Proxy>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    if proxy.wrong == Wrong::HangsOnBody && parts.method == Method::POST {
        std::future::pending::<()>().await;
    }
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let mut response = match proxy.check(&parts.method, &parts.uri, &parts.headers) {
        StatusCode::OK => {
            proxy
                .pass_on(parts.method, &parts.uri, parts.headers, body)
                .await
        }
        refusal => {
            if proxy.wrong == Wrong::Mirrors {
                proxy
                    .pass_on(parts.method, &parts.uri, parts.headers, body)
                    .await;
            }
            let mut response = refusal.into_response();
            if refusal == StatusCode::UNAUTHORIZED && proxy.wrong != Wrong::NoChallenge {
                let challenge = HeaderValue::from_static("Bearer realm=\"orders\"");
                response
                    .headers_mut()
                    .insert(WWW_AUTHENTICATE, challenge);
            }
            if refusal.is_redirection() {
                response
                    .headers_mut()
                    .insert(LOCATION, HeaderValue::from_static("/sign-in"));
            }
            response
        }
    };
    response
        .headers_mut()
        .insert(SERVER, HeaderValue::from_static("nginx/1.22.1"));
    response
}

impl Proxy {
    /// 200, or the status of the refusal.
    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> StatusCode {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        let key = bearer.or(text(HeaderName::from_static("x-api-key")));
        let in_query = self.wrong == Wrong::TakesQuery
            && uri
                .query()
                .is_some_and(|query| query.contains(GOOD));
        let is_good = key == Some(GOOD) || in_query;
        let mut kept = self.kept.lock().expect("not poisoned");
        if self.wrong == Wrong::KeepsAnswers && kept.contains(uri) {
            return StatusCode::OK;
        }
        let turn = self
            .valid
            .fetch_add(u32::from(is_good), Ordering::SeqCst);
        match self.wrong {
            Wrong::Open => StatusCode::OK,
            Wrong::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Wrong::RefusesAll => StatusCode::UNAUTHORIZED,
            Wrong::IgnoresScope if key == Some(POWERLESS) => StatusCode::OK,
            Wrong::FailsOnBody if is_good && method == Method::POST => StatusCode::GATEWAY_TIMEOUT,
            Wrong::LimitsBody if is_good && method == Method::POST => StatusCode::PAYLOAD_TOO_LARGE,
            Wrong::Revoked { again: true } if is_good && turn == UNTIL_REVOKED => {
                StatusCode::UNAUTHORIZED
            }
            Wrong::Revoked { again: false } if is_good && turn >= UNTIL_REVOKED => {
                StatusCode::UNAUTHORIZED
            }
            _ if is_good => {
                kept.insert(uri.clone());
                StatusCode::OK
            }
            Wrong::Answers202 => StatusCode::ACCEPTED,
            _ if key == Some(POWERLESS) => StatusCode::FORBIDDEN,
            Wrong::Redirects => StatusCode::FOUND,
            _ => StatusCode::UNAUTHORIZED,
        }
    }

    async fn pass_on(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Response {
        let Some(app) = self.app.filter(|_| self.wrong != Wrong::OtherApi) else {
            return "an answer of the API".into_response();
        };
        let method = match self.wrong {
            Wrong::ChangesMethod if method == Method::DELETE => Method::GET,
            _ => method,
        };
        let body = match self.wrong {
            Wrong::LosesBody => Bytes::new(),
            _ => body,
        };
        let sent = self
            .http
            .request(method, format!("http://{app}{uri}"))
            .headers(self.headers(headers))
            .body(body);
        match sent.send().await {
            Ok(answer) => answer.status().into_response(),
            Err(_) => StatusCode::BAD_GATEWAY.into_response(),
        }
    }

    /// The headers that the API gets.
    fn headers(&self, client: HeaderMap) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in client.iter().filter(|(name, _)| self.keeps(name)) {
            headers.append(name, value.clone());
        }
        let key = client
            .get(AUTHORIZATION)
            .or(client.get("x-api-key"));
        if let (Wrong::CopiesKey, Some(key)) = (self.wrong, key) {
            headers.insert("x-original-key", key.clone());
        }
        if self.wrong == Wrong::AppendsOwner && client.get_all(&OWNER).iter().count() > 1 {
            headers.append(OWNER, client[&OWNER].clone());
        }
        let is_own = self.wrong == Wrong::KeepsOwner && headers.contains_key(&OWNER);
        if self.wrong != Wrong::LacksOwner && !is_own {
            headers.append(OWNER, HeaderValue::from_static("7"));
        }
        for name in [
            "key-id",
            "environment",
            "external-id",
            "scopes",
            "expires",
            "assertion",
        ] {
            let name = HeaderName::try_from(format!("x-roundtable-{name}")).expect("a name");
            headers.insert(name, HeaderValue::from_static("1"));
        }
        headers
    }

    /// Whether a header of the client is passed on.
    fn keeps(&self, name: &HeaderName) -> bool {
        let name = name.as_str();
        match (name, self.wrong) {
            _ if name == HOST || name == CONTENT_LENGTH => false,
            ("authorization", wrong) => wrong == Wrong::ShowsAuthorization,
            ("x-api-key", wrong) => wrong == Wrong::ShowsXApiKey,
            ("x-roundtable-owner", wrong) => wrong == Wrong::KeepsOwner,
            ("x-roundtable-role" | "x-roundtable-extra", wrong) => wrong == Wrong::KeepsOthers,
            (_, wrong) if name.starts_with("x_roundtable") => wrong == Wrong::KeepsUnderscores,
            (_, wrong) if name.starts_with("x.roundtable") => wrong == Wrong::KeepsDots,
            _ => !name.starts_with("x-roundtable"),
        }
    }
}

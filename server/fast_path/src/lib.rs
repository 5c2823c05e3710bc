//! The short way of a check: `GET /api/v1/me` and `POST /api/v1/keys/verify` with a key in memory.
//!
//! Such a request needs no database, no session and none of the layers of the other routes, which
//! cost more than the check itself. Only a success is answered here, with the response that the
//! other routes would give. Everything else goes to them: an unknown key, a wrong body, a refusal.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, REFERER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use domain::Code;
use engine::ctx::Origin;
use engine::keys::AuthenticatedRequest;
use serde::Serialize;
use tower::{Service, ServiceExt};

use super::api::authentication::{X_ORGANIZATION, presented_key};
use super::api::keys::verify::KeyToVerify;
use super::layers;
use super::origin::origin;
use super::problem::Unservable;
use super::{AppState, REQUEST_TIMEOUT};

/// The largest body that is read here, in bytes.
const MAX_BODY: usize = 4096;

type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// All routes behind the short way. Cheap to clone.
#[derive(Clone)]
pub struct Lean {
    shared: Arc<Shared>,
}

struct Shared {
    state: AppState,
    /// The headers of every response.
    headers: HeaderMap,
    all: Router,
}

/// A request that a key in memory has authenticated.
struct Caller {
    request: AuthenticatedRequest,
    id: String,
}

impl Lean {
    /// Puts the short way before all routes.
    pub fn new(state: AppState, all: Router) -> Self {
        let mut headers = HeaderMap::new();
        layers::add_security_headers(&mut headers, state.is_https());
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        headers.insert("x-cost", HeaderValue::from_static("0"));
        Self {
            shared: Arc::new(Shared {
                state,
                headers,
                all,
            }),
        }
    }
}

impl Service<Request> for Lean {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answer {
        let shared = self.shared.clone();
        if is_me(&request) {
            return match shared.me(&request) {
                Some(response) => Box::pin(std::future::ready(Ok(response))),
                None => Box::pin(shared.all.clone().oneshot(request)),
            };
        }
        if is_verify(&request)
            && let Some(caller) = shared.caller(&request)
        {
            return Box::pin(async move { Ok(shared.verify(caller, request).await) });
        }
        Box::pin(shared.all.clone().oneshot(request))
    }
}

fn is_me(request: &Request) -> bool {
    request.method() == Method::GET && request.uri().path() == "/api/v1/me"
}

/// Whether this is a request to verify a key, with a short JSON body.
fn is_verify(request: &Request) -> bool {
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    request.method() == Method::POST
        && request.uri().path() == "/api/v1/keys/verify"
        && text(CONTENT_TYPE) == Some("application/json")
        && text(CONTENT_LENGTH)
            .and_then(|length| length.parse().ok())
            .is_some_and(|length: usize| length <= MAX_BODY)
}

impl Shared {
    fn me(&self, request: &Request) -> Option<Response> {
        let caller = self.caller(request)?;
        let me = self.state.engine.me(&caller.request.ctx);
        self.respond(&caller, "GET", "/api/v1/me", &me)
    }

    async fn verify(&self, caller: Caller, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let read = tokio::select! {
            biased;
            // The other routes refuse the key.
            () = caller.request.guard.cancelled() => Ok(Ok(Bytes::new())),
            read = tokio::time::timeout(REQUEST_TIMEOUT, to_bytes(body, MAX_BODY)) => read,
        };
        let bytes = match read {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => {
                parts.extensions.insert(Unservable {
                    code: Code::BadRequest,
                    details: "The body could not be read",
                });
                Bytes::new()
            }
            Err(_) => {
                parts.extensions.insert(Unservable {
                    code: Code::RequestTimeout,
                    details: "The body did not arrive in time",
                });
                Bytes::new()
            }
        };
        if let Some(response) = self.verdict(&caller, &bytes) {
            return response;
        }
        drop(caller);
        let request = Request::from_parts(parts, Body::from(bytes));
        let answered = self.all.clone().oneshot(request).await;
        answered.unwrap_or_else(|never| match never {})
    }

    fn verdict(&self, caller: &Caller, bytes: &Bytes) -> Option<Response> {
        let body: KeyToVerify = serde_json::from_slice(bytes).ok()?;
        let command = body.command().ok()?;
        let ctx = &caller.request.ctx;
        let verdict = self.state.engine.verify_cached_key(ctx, &command);
        let verdict = verdict.ok()??;
        self.respond(caller, "POST", "/api/v1/keys/verify", &verdict)
    }

    /// The caller, if it presents a key in memory and nothing that needs another route.
    fn caller(&self, request: &Request) -> Option<Caller> {
        let headers = request.headers();
        let is_plain = request.uri().query().is_none()
            && request.extensions().get::<Unservable>().is_none()
            && [X_ORGANIZATION, REFERER, CONTENT_ENCODING]
                .iter()
                .all(|name| !headers.contains_key(name));
        if !is_plain {
            return None;
        }
        let key = presented_key(headers)?;
        let engine = &self.state.engine;
        let id = engine.runtime().request_id();
        let origin: Origin = origin(request, &id, self.state.trusted_proxies);
        let request = engine.authenticate_cached_key(&key, &origin)?;
        Some(Caller { request, id })
    }

    /// The response, unless something has weakened the caller's key meanwhile.
    fn respond(
        &self,
        caller: &Caller,
        method: &'static str,
        path: &'static str,
        body: &impl Serialize,
    ) -> Option<Response> {
        let body = serde_json::to_vec(body).ok()?;
        let id = HeaderValue::from_str(&caller.id).ok()?;
        let engine = &self.state.engine;
        if !engine.is_still_admitted(&caller.request) {
            return None;
        }
        engine.count_use(&caller.request);
        let environment = caller.request.ctx.actor().environment;
        let started_at = caller.request.ctx.now();
        layers::log_completed(
            &self.state,
            &caller.id,
            method,
            path,
            StatusCode::OK,
            started_at,
        );
        let mut response = Response::new(Body::from(body));
        let headers = response.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(
            "x-environment",
            HeaderValue::from_static(environment.as_str()),
        );
        headers.insert("x-request-id", id);
        Some(response)
    }
}

//! The fast path of a check with a key in memory: `GET /api/v1/me`, `POST /api/v1/keys/verify` and
//! `/gate/{api}`.
//!
//! Such a request needs no database, no session and none of the layers of the other routes, which
//! cost more than the check itself. Only a success is answered here, with the response that the
//! other routes would give. Everything else goes to them: an unknown key, a wrong body, a refusal.
//!
//! What every response of the API has in common for pages of other origins is added here too, because
//! here is every response.
//!
//! It is a crate of its own, with what it shares with the other routes, because it is compiled for
//! speed, and the server for size.

pub mod access_log;
pub mod cors;
pub mod credential;
pub mod durations;
pub mod gate;
pub mod origin;
mod response;
pub mod security_headers;
pub mod sieve;
pub mod trace_parent;
pub mod tracer;
pub mod verify;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, REFERER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use domain::Code;
use engine::Engine;
use engine::keys::{AuthenticatedRequest, PresentedAtGate};
use listener::{Answer, Handler, Unservable};
use serde::Serialize;
use tower::Service;

use self::access_log::{AccessLog, LoggedRequest};
use self::cors::{AllowedOrigins, Sharing};
use self::credential::{AtGate, X_ORGANIZATION, at_gate, presented_key};
use self::durations::{MatchedRoute, Measured, RequestDurations};
use self::gate::{GateQuery, GateToken};
use self::origin::{origin, peer};
use self::response::Responses;
use self::trace_parent::TraceParent;
use self::tracer::{RequestSpan, Tracer};
use self::verify::KeyToVerify;

const ME: &str = "/api/v1/me";
const VERIFY: &str = "/api/v1/keys/verify";
const GATE: &str = "/gate/{*rest}";
/// The largest body that is read here, in bytes.
const MAX_BODY: usize = 4096;

/// All routes behind the fast path. Cheap to clone.
#[derive(Clone)]
pub struct FastPath {
    shared: Arc<Shared>,
}

/// The paths that are answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    /// All of them.
    All,
    /// The gates of APIs only.
    Gate,
}

/// What the responses depend on.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The paths that are answered here.
    pub paths: Paths,
    /// Whether browsers use HTTPS.
    pub is_https: bool,
    /// The number of reverse proxies that append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// The requests that are logged.
    pub access_log: AccessLog,
    /// How long a request may take, including its body.
    pub request_timeout: Duration,
    /// The origins whose pages may call the API.
    pub allowed_origins: AllowedOrigins,
    /// Records how long requests take, if that is asked for.
    pub durations: Option<RequestDurations>,
    /// Records requests as spans, if that is asked for.
    pub tracer: Option<Tracer>,
}

impl Settings {
    /// Whether the routes of requests are recorded.
    const fn are_routes_recorded(&self) -> bool {
        self.durations.is_some() || self.tracer.is_some()
    }
}

struct Shared {
    engine: Engine,
    settings: Settings,
    gate_token: Option<GateToken>,
    responses: Responses,
    all: Router,
}

impl FastPath {
    /// Puts the fast path before all routes. A request for a gate without the gate token, if there
    /// is one, is left to them.
    pub fn new(
        engine: Engine,
        settings: Settings,
        gate_token: Option<GateToken>,
        all: Router,
    ) -> Self {
        let responses = Responses::new(settings.is_https);
        Self {
            shared: Arc::new(Shared {
                engine,
                settings,
                gate_token,
                responses,
                all,
            }),
        }
    }

    /// The answer, which is recorded if that is asked for.
    fn answer(&self, mut request: Request, peer: Option<SocketAddr>) -> Answer {
        if !self.shared.settings.are_routes_recorded() {
            return self.answer_page(request, peer);
        }
        let recorded = self.shared.begin(&mut request);
        match self.answer_page(request, peer) {
            Answer::Ready(response) => {
                recorded.end(&response);
                Answer::Ready(response)
            }
            Answer::Running(work) => Answer::Running(Box::pin(async move {
                let response = work.await;
                recorded.end(&response);
                response
            })),
        }
    }

    /// The answer, with the headers for the page of another origin that asks.
    fn answer_page(&self, request: Request, peer: Option<SocketAddr>) -> Answer {
        let Some(sharing) = self.sharing(&request) else {
            return self.answer_call(request, peer);
        };
        if sharing.is_preflight {
            return Answer::Ready(self.shared.preflight(&request, sharing));
        }
        match self.answer_call(request, peer) {
            Answer::Ready(response) => Answer::Ready(sharing.of(response)),
            Answer::Running(work) => {
                Answer::Running(Box::pin(async move { sharing.of(work.await) }))
            }
        }
    }

    fn sharing(&self, request: &Request) -> Option<Sharing> {
        let settings = &self.shared.settings;
        match settings.paths {
            Paths::All => settings.allowed_origins.sharing(request),
            Paths::Gate => None,
        }
    }

    /// The answer of the fast path, or of the other routes.
    fn answer_call(&self, request: Request, peer: Option<SocketAddr>) -> Answer {
        let shared = &self.shared;
        let has_api = shared.settings.paths == Paths::All;
        let ready = if has_api && is_me(&request) {
            shared.me(&request, peer)
        } else if is_gate(&request) {
            shared.gate(&request, peer)
        } else {
            None
        };
        if let Some(response) = ready {
            return Answer::Ready(response);
        }
        if has_api
            && is_verify(&request)
            && let Some(caller) = shared.caller(&request, peer)
        {
            let shared = shared.clone();
            return Answer::Running(Box::pin(async move {
                shared.verify(caller, request, peer).await
            }));
        }
        shared.pass_on(request, peer)
    }
}

impl Handler for FastPath {
    fn handle(&self, request: Request, peer: Option<SocketAddr>) -> Answer {
        self.answer(request, peer)
    }
}

/// A request without a connection.
impl Service<Request> for FastPath {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let peer = peer(&request);
        let answer = self.answer(request, peer);
        Box::pin(async move { Ok(answer.response().await) })
    }
}

fn is_me(request: &Request) -> bool {
    request.method() == Method::GET && request.uri().path() == ME
}

/// Whether this is a request for a gate. The method and the body do not matter.
fn is_gate(request: &Request) -> bool {
    request.uri().path().starts_with("/gate/")
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
        && request.uri().path() == VERIFY
        && text(CONTENT_TYPE) == Some("application/json")
        && text(CONTENT_LENGTH)
            .and_then(|length| length.parse().ok())
            .is_some_and(|length: usize| length <= MAX_BODY)
}

/// A request that is being recorded.
struct Recorded {
    measured: Option<Measured>,
    span: Option<Box<dyn RequestSpan>>,
}

impl Recorded {
    fn end(self, response: &Response) {
        if let Some(measured) = self.measured {
            measured.end(response);
        }
        if let Some(span) = self.span {
            span.end(response);
        }
    }
}

impl Shared {
    /// Starts to record a request.
    fn begin(&self, request: &mut Request) -> Recorded {
        let settings = &self.settings;
        let durations = settings.durations.as_ref();
        let tracer = settings.tracer.as_ref();
        Recorded {
            measured: durations.map(|durations| durations.begin(request, self.engine.runtime())),
            span: tracer.and_then(|tracer| tracer.begin(request)),
        }
    }

    /// The answer to a preflight request. It is not authenticated: a browser sends it without the
    /// credential of the request that it is about.
    fn preflight(&self, request: &Request, sharing: Sharing) -> Response {
        let runtime = self.engine.runtime();
        let (id, began) = (runtime.request_id(), runtime.now());
        let response = sharing.preflight(self.responses.headers(&id));
        let logged = LoggedRequest {
            id: &id,
            trace_id: TraceParent::of(request.headers()).map(|parent| parent.trace_id),
            method: request.method().as_str(),
            path: &sieve::without_secrets(request.uri().path()),
            started_at: began,
        };
        self.settings
            .access_log
            .completed(&self.engine, logged, response.status());
        response
    }

    fn me(&self, request: &Request, peer: Option<SocketAddr>) -> Option<Response> {
        let caller = self.caller(request, peer)?;
        let me = self.engine.me(&caller.ctx);
        self.respond(&caller, "GET", ME, &me)
    }

    /// The answer to a key that passes. A refusal comes from the other routes.
    fn gate(&self, request: &Request, peer: Option<SocketAddr>) -> Option<Response> {
        let has_token = self
            .gate_token
            .as_ref()
            .is_none_or(|token| token.is_in(request.headers()));
        let is_servable = has_token && request.extensions().get::<Unservable>().is_none();
        let uri = request.uri();
        let query = GateQuery::read(uri.path(), uri.query())
            .ok()
            .filter(|_| is_servable)?;
        let AtGate::Key(key, header) = at_gate(request.headers()) else {
            return None;
        };
        let runtime = self.engine.runtime();
        let (id, began) = (runtime.request_id(), runtime.now());
        let origin = origin(
            request.headers(),
            peer,
            id,
            self.settings.trusted_proxies,
        );
        let presented = PresentedAtGate { key, header };
        let pass = self
            .engine
            .pass_cached_at_gate(&query.needs, &presented, &origin)?;
        let response = self
            .responses
            .pass(&query, &pass, &origin.request_id)?;
        let response = self.routed(response, GATE);
        let logged = LoggedRequest {
            id: &origin.request_id,
            trace_id: origin.trace_id,
            method: request.method().as_str(),
            path: request.uri().path(),
            started_at: began,
        };
        self.settings
            .access_log
            .completed(&self.engine, logged, StatusCode::OK);
        Some(response)
    }

    async fn verify(
        &self,
        caller: AuthenticatedRequest,
        request: Request,
        peer: Option<SocketAddr>,
    ) -> Response {
        let (mut parts, body) = request.into_parts();
        let read = tokio::select! {
            biased;
            // The other routes refuse the key.
            () = caller.guard.cancelled() => Ok(Ok(Bytes::new())),
            read = tokio::time::timeout(self.settings.request_timeout, to_bytes(body, MAX_BODY)) => read,
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
        self.pass_on(request, peer).response().await
    }

    fn verdict(&self, caller: &AuthenticatedRequest, bytes: &Bytes) -> Option<Response> {
        let body: KeyToVerify = serde_json::from_slice(bytes).ok()?;
        let command = body.command().ok()?;
        let verdict = self
            .engine
            .verify_cached_key(&caller.ctx, &command);
        let verdict = verdict.ok()??;
        self.respond(caller, "POST", VERIFY, &verdict)
    }

    /// The caller, if it presents a key in memory and nothing that needs another route.
    fn caller(&self, request: &Request, peer: Option<SocketAddr>) -> Option<AuthenticatedRequest> {
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
        let id = self.engine.runtime().request_id();
        let origin = origin(headers, peer, id, self.settings.trusted_proxies);
        self.engine
            .authenticate_cached_key(&key, origin)
            .ok()
    }

    /// The response, unless something has weakened the caller's key meanwhile.
    fn respond(
        &self,
        caller: &AuthenticatedRequest,
        method: &'static str,
        path: &'static str,
        body: &impl Serialize,
    ) -> Option<Response> {
        let ctx = &caller.ctx;
        let environment = ctx.actor().environment;
        let response = self
            .responses
            .json(body, environment, ctx.request_id())?;
        if !self.engine.is_still_admitted(caller) {
            return None;
        }
        self.engine.count_use(caller);
        let logged = LoggedRequest {
            id: ctx.request_id(),
            trace_id: ctx.trace_id(),
            method,
            path,
            started_at: ctx.now(),
        };
        self.settings
            .access_log
            .completed(&self.engine, logged, StatusCode::OK);
        Some(self.routed(response, path))
    }

    /// The response with its route, if that is recorded.
    fn routed(&self, mut response: Response, route: &'static str) -> Response {
        if self.settings.are_routes_recorded() {
            response
                .extensions_mut()
                .insert(MatchedRoute(route.into()));
        }
        response
    }

    fn pass_on(&self, request: Request, peer: Option<SocketAddr>) -> Answer {
        self.all.handle(request, peer)
    }
}

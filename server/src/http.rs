//! The HTTP router and the order of its layers, from the outside in: request ID and log line →
//! error format → panic to 500 → security headers → routes. The API ignores cookies, except where a
//! user requests a token. Pages ignore `Authorization`.

pub mod api;
pub mod context;
pub mod docs;
pub mod download;
pub mod gate;
pub mod health;
pub mod host;
mod identity;
pub mod jwks;
pub mod layers;
pub mod live;
pub mod metrics;
mod oauth;
pub mod problem;
pub mod sessions;
pub mod sign_in;
pub mod site;
pub mod ui;
pub mod unfinished;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::request::SiteConfig;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::run::MOST_WAIT_SECONDS;
use engine::Engine;
use engine::tokens::Parties;
use fast_path::access_log::AccessLog;
use fast_path::cors::AllowedOrigins;
use fast_path::durations::RequestDurations;
use fast_path::gate::GateToken;
use fast_path::tracer::Tracer;
use fast_path::{FastPath, Paths};
use tower_http::catch_panic::CatchPanicLayer;

/// The largest request body in bytes.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a request may take, including its body. A worker may wait for a run in addition.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The state of all handlers. Cheap to clone, because every layer and every handler clones it.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What the handlers share.
#[derive(Clone)]
pub struct Parts {
    /// The operations of the product.
    pub engine: Engine,
    /// Signs users in.
    pub oidc: oidc::Client,
    /// Verifies ID tokens on the API if a Firebase project is configured.
    pub firebase: Option<oidc::Verifier>,
    /// Verifies tokens that this installation has issued.
    pub own_tokens: oidc::OwnTokens,
    /// The configuration that pages need.
    pub site_config: Arc<SiteConfig>,
    /// The static files of the dashboard.
    pub site: site::Site,
    /// The number of reverse proxies that append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// The requests that are logged.
    pub access_log: AccessLog,
    /// The token that every request for a gate must carry, if the operator has set one.
    pub gate_token: Option<GateToken>,
    /// The origins whose pages may call the API.
    pub allowed_origins: AllowedOrigins,
    /// Records how long requests take, if metrics are served.
    pub durations: Option<RequestDurations>,
    /// Records requests as spans, if traces are exported.
    pub tracer: Option<Tracer>,
    /// Whether the server is about to stop.
    pub stopping: Stopping,
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for AppState {
    /// Changes this copy of the state only.
    fn deref_mut(&mut self) -> &mut Parts {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Parts> for AppState {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl AppState {
    /// Creates the state without a gate token, allowed origins, metrics and traces. See the fields for the
    /// parameters.
    pub fn new(
        engine: Engine,
        oidc: oidc::Client,
        firebase: Option<oidc::Verifier>,
        site_config: SiteConfig,
        site: site::Site,
        trusted_proxies: usize,
        access_log: AccessLog,
    ) -> Self {
        let runtime = engine.runtime().clone();
        let clock: oidc::Clock = Arc::new(move || runtime.now().0);
        let Parties { issuer, audience } = site_config.parties();
        engine.set_issuer(&issuer);
        let own_tokens = oidc::OwnTokens::new(&issuer, &audience, clock);
        Self::from(Parts {
            engine,
            oidc,
            firebase,
            own_tokens,
            site_config: Arc::new(site_config),
            site,
            trusted_proxies,
            access_log,
            gate_token: None,
            allowed_origins: AllowedOrigins::default(),
            durations: None,
            tracer: None,
            stopping: Stopping::default(),
        })
    }

    /// Whether browsers use HTTPS.
    pub fn is_https(&self) -> bool {
        self.site_config
            .public_url
            .starts_with("https://")
    }
}

/// All routes, and those of the development identity provider if there is one. Checks of a key in
/// memory are answered before the layers of the other routes.
pub fn router(state: &AppState, dev_provider: Option<Router>) -> FastPath {
    fast_path(state, Paths::All, all_routes(state, dev_provider))
}

/// The gates of APIs, and nothing else, for an address of their own.
pub fn gate_router(state: &AppState) -> FastPath {
    let routes = gate::router(state.clone()).fallback(gate::unknown);
    fast_path(state, Paths::Gate, with_layers(state, routes))
}

fn fast_path(state: &AppState, paths: Paths, routes: Router) -> FastPath {
    let settings = fast_path::Settings {
        paths,
        is_https: state.is_https(),
        trusted_proxies: state.trusted_proxies,
        access_log: state.access_log,
        request_timeout: REQUEST_TIMEOUT,
        allowed_origins: state.allowed_origins.clone(),
        durations: state.durations.clone(),
        tracer: state.tracer.clone(),
    };
    FastPath::new(
        state.engine.clone(),
        settings,
        state.gate_token.clone(),
        routes,
    )
}

fn all_routes(state: &AppState, dev_provider: Option<Router>) -> Router {
    let pages = ui::router()
        .merge(sign_in::router(state.clone()))
        .layer(from_fn_with_state(state.clone(), context::receive))
        .layer(sessions::layer(state))
        .layer(from_fn_with_state(state.clone(), layers::same_origin))
        .layer(from_fn(layers::page_headers))
        .layer(from_fn_with_state(
            state.clone(),
            host::redirect_to_public_url,
        ))
        .layer(from_fn_with_state(state.clone(), api::misspelled));
    let docs = docs::router(state.clone()).layer(from_fn_with_state(
        state.clone(),
        host::redirect_to_public_url,
    ));
    let pages = note_routes(state, pages);
    let mut routes = Router::new()
        .nest("/api", api::router(state.clone()))
        .merge(api::bootstrap_alias(state.clone()))
        .merge(gate::router(state.clone()))
        .merge(health::router(state.clone()))
        .merge(jwks::router(state.clone()))
        .merge(oauth::router(state.clone()))
        .merge(site::router(state.site.clone()))
        .merge(docs)
        .merge(live::router(state.clone()))
        .fallback_service(pages);
    if let Some(dev_provider) = dev_provider {
        routes = routes.nest(
            "/dev/idp",
            dev_provider.layer(from_fn(layers::page_headers)),
        );
    }
    with_layers(state, routes)
}

/// Answers 408 to a request that takes too long. A worker that waits for a run has the longest
/// waiting time in addition.
async fn end_slow_requests(request: Request, next: Next) -> Response {
    let is_waiting = request.uri().path().strip_prefix("/api") == Some(api::workers::CLAIM);
    let limit = if is_waiting {
        REQUEST_TIMEOUT + Duration::from_secs(MOST_WAIT_SECONDS.unsigned_abs())
    } else {
        REQUEST_TIMEOUT
    };
    tokio::time::timeout(limit, next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// Notes the routes of requests, if durations or spans are recorded.
fn note_routes(state: &AppState, routes: Router) -> Router {
    if state.durations.is_some() || state.tracer.is_some() {
        routes.layer(from_fn(metrics::note_route))
    } else {
        routes
    }
}

/// Adds the layers of all routes.
fn with_layers(state: &AppState, routes: Router) -> Router {
    let routes = note_routes(state, routes)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(
            unfinished::UnfinishedBodies::default(),
            unfinished::limit,
        ))
        .layer(from_fn(end_slow_requests))
        .layer(from_fn(problem::unservable))
        .layer(from_fn_with_state(state.clone(), layers::headers));
    with_error_format(routes).layer(from_fn_with_state(state.clone(), layers::log))
}

/// Gives errors their format, and turns a panic into an error.
fn with_error_format(routes: Router) -> Router {
    routes
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(problem::finish))
}

/// Whether the server is about to stop. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stopping(Arc<AtomicBool>);

impl Stopping {
    /// Lets `/readyz` fail from now on.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::{get, post};
    use tower::ServiceExt;

    use super::*;

    async fn send(path: &str, seconds: u64) -> StatusCode {
        let slow = move || tokio::time::sleep(Duration::from_secs(seconds));
        let routes = Router::new()
            .route(path, post(slow))
            .layer(from_fn(end_slow_requests));
        let request = Request::post(path)
            .body(Body::empty())
            .expect("a request");
        routes
            .oneshot(request)
            .await
            .expect("an answer")
            .status()
    }

    #[tokio::test]
    async fn the_response_after_a_panic_names_the_request() {
        let broken = async || -> StatusCode { panic!("a defect") };
        let routes = with_error_format(Router::new().route("/", get(broken)));
        let request = Request::get("/").extension(layers::RequestId("req_1".into()));
        let request = request.body(Body::empty()).expect("a request");
        let response = routes.oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 1024)
            .await
            .expect("a body");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["code"], "internal");
        assert_eq!(body["request_id"], "req_1");
        assert!(!body.to_string().contains("defect"));
    }

    // D30: a worker may wait for a run for 30 seconds.
    #[tokio::test(start_paused = true)]
    async fn only_a_worker_that_waits_may_take_longer() {
        let claim = "/api/v1/runs/claim";
        assert_eq!(send(claim, 45).await, StatusCode::OK);
        assert_eq!(send(claim, 61).await, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(send("/api/v1/keys", 29).await, StatusCode::OK);
        assert_eq!(
            send("/api/v1/keys", 31).await,
            StatusCode::REQUEST_TIMEOUT
        );
    }
}

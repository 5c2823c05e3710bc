//! All doors over HTTP, and the order of the layers around them, from the outside in:
//! request id → log line → panic to 500 → refusals in the one shape → security headers → the doors. The API ignores
//! cookies, but where a person gets a token; pages ignore `Authorization`.

pub mod api;
pub mod caller;
pub mod context;
pub mod docs;
pub mod download;
pub mod health;
pub mod host;
pub mod jwks;
pub mod layers;
pub mod listen;
pub mod live;
pub mod origin;
pub mod problem;
pub mod sessions;
pub mod sieve;
pub mod sign_in;
pub mod site;
pub mod ui;
pub mod unfinished;

use std::sync::Arc;
use std::time::Duration;

use app::server_fns::SiteConfig;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use engine::Engine;
use engine::tokens::Parties;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The most bytes a request body may have.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a request may take, its body included.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every door needs. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The operations.
    pub engine: Engine,
    /// Signs people in.
    pub oidc: oidc::Client,
    /// Checks ID tokens on the API, where a Firebase project is configured.
    pub firebase: Option<oidc::Verifier>,
    /// Checks the tokens that this installation gave out.
    pub own_tokens: oidc::OwnTokens,
    /// What pages say of this installation.
    pub site_config: Arc<SiteConfig>,
    /// Where assets lie.
    pub site: site::Site,
    /// Reverse proxies in front that append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
}

impl AppState {
    /// What every door needs, made of what there is. `firebase` checks ID tokens on the API, where a project is
    /// configured; `trusted_proxies` are in front.
    pub fn new(
        engine: Engine,
        oidc: oidc::Client,
        firebase: Option<oidc::Verifier>,
        site_config: SiteConfig,
        site: site::Site,
        trusted_proxies: usize,
    ) -> Self {
        let runtime = engine.runtime().clone();
        let clock: oidc::Clock = Arc::new(move || runtime.now().0);
        let Parties { issuer, audience } = site_config.parties();
        let own_tokens = oidc::OwnTokens::new(&issuer, &audience, clock);
        Self { engine, oidc, firebase, own_tokens, site_config: Arc::new(site_config), site, trusted_proxies }
    }

    /// Whether browsers reach us over HTTPS.
    pub fn is_https(&self) -> bool {
        self.site_config.public_url.starts_with("https://")
    }
}

/// Every door of the house, and the stand-in provider beside them if there is one.
pub fn router(state: &AppState, dev_provider: Option<Router>) -> Router {
    let pages = ui::router()
        .merge(sign_in::router(state.clone()))
        .layer(from_fn_with_state(state.clone(), context::receive))
        .layer(sessions::layer(state))
        .layer(from_fn_with_state(state.clone(), layers::same_origin))
        .layer(from_fn(layers::page_headers))
        .layer(from_fn_with_state(state.clone(), host::lead_home))
        .layer(from_fn_with_state(state.clone(), api::misspelled));
    let docs = docs::router(state.clone()).layer(from_fn_with_state(state.clone(), host::lead_home));
    let mut server_fns = Router::new()
        .nest("/api", api::router(state.clone()))
        .merge(api::bootstrap_alias(state.clone()))
        .merge(health::router(state.clone()))
        .merge(jwks::router(state.clone()))
        .merge(site::router(state.site.clone()))
        .merge(docs)
        .merge(live::router(state.clone()))
        .fallback_service(pages);
    if let Some(dev_provider) = dev_provider {
        server_fns = server_fns.nest("/dev/idp", dev_provider.layer(from_fn(layers::page_headers)));
    }
    server_fns
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn_with_state(unfinished::UnfinishedBodies::default(), unfinished::limit))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(from_fn(problem::unservable))
        .layer(from_fn_with_state(state.clone(), layers::headers))
        .layer(from_fn(problem::finish))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn_with_state(state.clone(), layers::log))
}

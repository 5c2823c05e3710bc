//! The API reference: Swagger UI with the OpenAPI description, served from our own files with its
//! own content security policy.

use app::pages::docs::{Leaf, Link, leaf};
use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{HOUR, look, pages};
use crate::http::AppState;

/// Allows our own files and inline styles, because Swagger UI sets styles from its script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; \
                      base-uri 'none'; object-src 'none'";
const BUNDLE: &[u8] = include_bytes!("swagger-ui/bundle.js.gz");
const STYLE: &[u8] = include_bytes!("swagger-ui/style.css.gz");
const START: &str = include_str!("swagger-ui/start.js");
const LICENSE: &str = include_str!("swagger-ui/LICENSE.txt");
const MARKUP: &str = include_str!("reference.html");
const JS: &str = "text/javascript; charset=utf-8";

/// The routes of the page and its files.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/docs/api", get(page))
        .route(
            "/docs/api/bundle.js",
            get(|| async { compressed(JS, BUNDLE) }),
        )
        .route(
            "/docs/api/style.css",
            get(|| async { compressed("text/css; charset=utf-8", STYLE) }),
        )
        .route(
            "/docs/api/start.js",
            get(|| async { ([(CONTENT_TYPE, JS), (CACHE_CONTROL, HOUR)], START) }),
        )
        .route(
            "/docs/api/LICENSE.txt",
            get(|| async { ([(CACHE_CONTROL, HOUR)], LICENSE) }),
        )
}

/// Its URL and title.
pub fn link() -> Link {
    Link {
        to: "/docs/api".into(),
        name: "API reference".into(),
    }
}

async fn page(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let page = Leaf {
        here: link(),
        pages: pages(),
        sections: Vec::new(),
        class: "reference",
        markup: MARKUP.into(),
        source: None,
    };
    let mut response = leaf(look(&state, None, &headers), page).into_response();
    response.headers_mut().insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    response
}

/// A file that is stored only in compressed form, which every browser accepts.
fn compressed(kind: &'static str, bytes: &'static [u8]) -> Response {
    (
        [
            (CONTENT_TYPE, kind),
            (CONTENT_ENCODING, "gzip"),
            (CACHE_CONTROL, HOUR),
        ],
        bytes,
    )
        .into_response()
}

//! The pages: one route for each screen, one for each server function, one for each file, and a
//! page for what does not exist.
//!
//! `app` loads and renders pages. This module only converts requests and responses, so neither a
//! new screen nor a new server function needs a line here.

use app::pages::{answer, refused};
use app::request::{PageContext, PageRequest};
use app::routes::Screen;
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use domain::Code;
use leptos::nonce::Nonce;
use tower_http::compression::CompressionLayer;

mod drafts;
mod exported;
mod form;
mod posted;
mod resume;

pub use form::wants_page;
pub use resume::PATH as RESUME;

/// The forms whose response is a file. They are not server functions.
pub const FILES: [&str; 1] = [exported::PATH];

/// All pages and server functions. Every request must have a [`PageContext`] in its extensions.
pub fn router() -> Router {
    let pages = Screen::PATTERNS
        .into_iter()
        .fold(Router::new(), |router, path| {
            router.route(path, get(page))
        });
    // The response to a form may contain a new key, so only pages loaded with GET are compressed.
    pages
        .layer(CompressionLayer::new())
        .route(
            "/ui/{function}",
            post(posted::receive).get(method_not_allowed),
        )
        .route(
            exported::PATH,
            post(exported::receive).get(method_not_allowed),
        )
        .route(resume::PATH, get(resume::resume))
        .fallback(page)
}

async fn page(
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    uri: Uri,
) -> Response {
    let query = form::pairs(uri.query().unwrap_or_default().as_bytes());
    let nonce = nonce.map(|Extension(nonce)| nonce);
    answer(PageRequest {
        context,
        nonce,
        path: uri.path().to_owned(),
        query,
        posted: None,
    })
    .await
    .into_response()
}

/// The response to a GET of a server function. The browser shows that URL after a refused form, so
/// people open it again.
async fn method_not_allowed(
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    headers: HeaderMap,
) -> Response {
    let allow = [(ALLOW, "POST")];
    if !wants_page(&headers) {
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let problem = context.problem(Code::MethodNotAllowed);
    (
        allow,
        refused(
            context,
            nonce.map(|Extension(nonce)| nonce),
            &problem,
            "",
        ),
    )
        .into_response()
}

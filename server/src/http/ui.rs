//! The pages: one route for each screen, one for each server function, one for each file, and a page for what does not
//! exist.
//!
//! Pages are loaded and drawn by `app`; here is only what turns a request into their terms. A new screen needs no line
//! here, a new server function neither.

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
mod posted;

pub use drafts::PATH as RESUME;
pub use posted::wants_page;

/// Forms that are answered with a file. They are no server functions, and stand beside them.
pub const FILES: [&str; 1] = [exported::PATH];

/// All pages and server functions. A [`PageContext`] must stand in the extensions of every request.
pub fn router() -> Router {
    let pages = Screen::PATTERNS.into_iter().fold(Router::new(), |router, path| router.route(path, get(page)));
    // An answer to a form may hold a new key, so only pages that are read are compressed.
    pages
        .layer(CompressionLayer::new())
        .route("/ui/{function}", post(posted::receive).get(method_not_allowed))
        .route(exported::PATH, post(exported::receive).get(method_not_allowed))
        .route(drafts::PATH, get(drafts::resume))
        .fallback(page)
}

async fn page(Extension(context): Extension<PageContext>, nonce: Option<Extension<Nonce>>, uri: Uri) -> Response {
    let query = pairs(uri.query().unwrap_or_default().as_bytes());
    let nonce = nonce.map(|Extension(nonce)| nonce);
    answer(PageRequest { context, nonce, path: uri.path().to_owned(), query, posted: None }).await.into_response()
}

/// What a form was sent to is no page, but stands in the address of a refused form, to be opened once more.
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
    (allow, refused(context, nonce.map(|Extension(nonce)| nonce), &problem, "")).into_response()
}

/// The pairs of a query or a form.
fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded).into_owned().collect()
}

//! Processes a draft after the person has signed in again.

use app::pages::{go, no_draft, refused, sign_in_path};
use app::request::PageContext;
use app::routes::Location;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;
use serde::Deserialize;

use super::drafts::{self, Draft};
use super::posted;

/// The path that processes a draft.
pub const PATH: &str = "/sign-in/resume";

/// The query of a draft.
#[derive(Deserialize)]
pub struct ResumeQuery {
    #[serde(default)]
    draft: String,
    #[serde(default)]
    return_to: String,
}

/// Processes a draft.
pub async fn resume(
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(resumed): Query<ResumeQuery>,
    headers: HeaderMap,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let page = Location::parse(&resumed.return_to);
    let Some(caller) = context.caller.clone() else {
        return go(&sign_in_path(page.as_ref())).into_response();
    };
    let back = page.map(|page| page.path()).unwrap_or_default();
    // A prefetched page must not use the draft up.
    let taken = if context.ahead {
        Ok(None)
    } else {
        drafts::take(&context, &caller, &headers, &resumed.draft).await
    };
    let draft = match taken {
        Ok(draft) => draft,
        Err(error) => {
            let problem = context.to_problem(&error);
            return refused(context, nonce, &problem, &back).into_response();
        }
    };
    let Some(draft) = draft else {
        return no_draft(context, nonce, &back).into_response();
    };
    let Some(request) = request_of(&context, &draft) else {
        return no_draft(context, nonce, &back).into_response();
    };
    let (mut parts, _) = request.into_parts();
    let form = Bytes::from(draft.form);
    parts.headers.extend(
        headers
            .get(COOKIE)
            .map(|value| (COOKIE, value.clone())),
    );
    let mut response = posted::finish(context, nonce, &draft.function, parts, form).await;
    // Prefetched pages are from before this change.
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"prefetchCache\""),
    );
    response
}

/// The request of the stored form.
fn request_of(context: &PageContext, draft: &Draft) -> Option<Request> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/ui/{}", draft.function))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::empty()).ok()?;
    request.extensions_mut().insert(context.clone());
    Some(request)
}

//! Drafts: forms that were refused because the sign-in is too old. The server stores the form, the person signs in
//! again, and the server then processes the form as if it were submitted at that moment.
//!
//! A draft can be processed once, within ten minutes, for the same person in the same browser. A separate cookie
//! identifies the browser. So an attacker with a stolen session, who tricks its owner into signing in again, does not
//! get the attacker's own form processed.

use app::pages::{confirming, go, no_draft, sign_in_path, worded};
use app::request::PageContext;
use app::routes::{Location, confirm};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use engine::drafts::DRAFT_SECONDS;
use leptos::nonce::Nonce;
use serde::{Deserialize, Serialize};

use super::posted;
use crate::http::layers::cookie;

/// The path that processes a draft.
pub const PATH: &str = "/sign-in/resume";
/// The length of the secret in the cookie of the browser.
const SECRET: usize = 43;

/// A stored form: its server function and its fields.
#[derive(Serialize, Deserialize)]
struct Draft {
    function: String,
    form: String,
}

/// The response to a form that was stored.
pub struct Stored {
    problem: Problem,
    /// The URL to sign in again.
    to: String,
    /// The cookie that identifies the browser.
    cookie: HeaderValue,
}

impl Stored {
    /// The response for an island, which goes to the sign-in by itself.
    pub fn json(self) -> Response {
        let mut body = serde_json::to_value(worded(self.problem)).unwrap_or_default();
        body["confirm_at"] = self.to.into();
        let headers = [
            (SET_COOKIE, self.cookie),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (CONTENT_TYPE, posted::JSON),
        ];
        (StatusCode::UNAUTHORIZED, headers, body.to_string()).into_response()
    }

    /// The page that says so, and goes to the sign-in by itself. It is not a redirect, because the content security
    /// policy allows forms to redirect only to this site.
    pub fn page(self, context: PageContext, nonce: Option<Nonce>) -> Response {
        let mut response = confirming(context, nonce, &self.problem, &self.to).into_response();
        response.headers_mut().append(SET_COOKIE, self.cookie);
        if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={}", self.to)) {
            response.headers_mut().insert(REFRESH, refresh);
        }
        response
    }
}

/// The secret in the cookie of the browser, if it has one.
pub fn browser(context: &PageContext, headers: &HeaderMap) -> Option<String> {
    let fits = |value: &&str| value.len() == SECRET && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    cookie(headers, cookie_name(context)).filter(fits).map(str::to_owned)
}

/// Stores a form that requires a fresh sign-in. `None` for any other problem, and if the form cannot be stored: then
/// the form shows the problem.
pub async fn save(
    context: &PageContext,
    browser: Option<String>,
    function: &str,
    form: &Bytes,
    problem: &Problem,
) -> Option<Stored> {
    let caller = context.caller.as_ref().filter(|_| problem.code == Code::FreshSignInRequired)?;
    let form = std::str::from_utf8(form).ok()?.to_owned();
    let page = posted::page_of(&super::pairs(form.as_bytes()))?;
    let secret = browser.unwrap_or_else(|| new_secret(context));
    let draft = serde_json::to_vec(&Draft { function: function.to_owned(), form }).ok()?;
    let saved = context.engine.save_draft(caller, &secret, &draft).await;
    let token = saved.inspect_err(|error| tracing::warn!(%error, "a form was not stored")).ok()?;
    let cookie = HeaderValue::from_str(&set_cookie(context, &secret)).ok()?;
    Some(Stored { problem: problem.clone(), to: confirm(&page, &token), cookie })
}

/// The query of a draft.
#[derive(Deserialize)]
pub struct Waiting {
    #[serde(default)]
    draft: String,
    #[serde(default)]
    return_to: String,
}

/// Processes a draft.
pub async fn resume(
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    Query(waiting): Query<Waiting>,
    headers: HeaderMap,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let page = Location::parse(&waiting.return_to);
    let Some(caller) = context.caller.clone() else { return go(&sign_in_path(page.as_ref())).into_response() };
    let taken = match browser(&context, &headers).filter(|_| !context.ahead) {
        Some(secret) => context.engine.take_draft(&caller, &secret, &waiting.draft).await,
        None => Ok(None),
    };
    let back = page.map(|page| page.path()).unwrap_or_default();
    let draft = match taken {
        Ok(draft) => draft.and_then(|draft| serde_json::from_slice::<Draft>(&draft).ok()),
        Err(error) => {
            let problem = context.to_problem(&error);
            return app::pages::refused(context, nonce, &problem, &back).into_response();
        }
    };
    let Some(draft) = draft else { return no_draft(context, nonce, &back).into_response() };
    let Some(request) = request_of(&context, &draft) else { return no_draft(context, nonce, &back).into_response() };
    let (mut parts, form) = (request.into_parts().0, Bytes::from(draft.form));
    parts
        .headers
        .extend(headers.get(axum::http::header::COOKIE).map(|value| (axum::http::header::COOKIE, value.clone())));
    let mut response = posted::finish(context, nonce, &draft.function, parts, form).await;
    // Prefetched pages are from before this change.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"prefetchCache\""));
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

fn new_secret(context: &PageContext) -> String {
    String::from_utf8_lossy(&context.engine.runtime().base62::<SECRET>()).into_owned()
}

fn is_https(context: &PageContext) -> bool {
    context.site_config.public_url.starts_with("https:")
}

fn cookie_name(context: &PageContext) -> &'static str {
    if is_https(context) { "__Host-rt_draft" } else { "rt_draft" }
}

fn set_cookie(context: &PageContext, secret: &str) -> String {
    let secure = if is_https(context) { "; Secure" } else { "" };
    format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={DRAFT_SECONDS}{secure}", cookie_name(context))
}

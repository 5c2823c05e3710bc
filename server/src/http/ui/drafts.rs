//! A form that was refused because its sender signed in too long ago. It is kept, the sender signs in again, and it is
//! finished when they come back, as if it had been sent only then.
//!
//! A draft is good once, for ten minutes, for the same person, in the same browser. The browser shows that by a cookie of
//! its own: whoever has a stolen session and lures its owner into signing in again does not get their own form finished.

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

/// Where a kept form is finished.
pub const PATH: &str = "/sign-in/resume";
/// The length of a browser's secret.
const SECRET: usize = 43;

/// What is kept of a form: what it called, and everything it said.
#[derive(Serialize, Deserialize)]
struct Draft {
    function: String,
    form: String,
}

/// A form that is kept.
pub struct Kept {
    problem: Problem,
    /// Where the sender signs in again.
    to: String,
    /// What makes the browser known again.
    cookie: HeaderValue,
}

impl Kept {
    /// The answer for an island, which leads on by itself.
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

    /// The page that says so and leads on by itself. It is no redirect: a browser follows those of a form to its own site
    /// only.
    pub fn page(self, context: PageContext, nonce: Option<Nonce>) -> Response {
        let mut response = confirming(context, nonce, &self.problem, &self.to).into_response();
        response.headers_mut().append(SET_COOKIE, self.cookie);
        if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={}", self.to)) {
            response.headers_mut().insert(REFRESH, refresh);
        }
        response
    }
}

/// The secret of the browser, if it has one.
pub fn browser(context: &PageContext, headers: &HeaderMap) -> Option<String> {
    let fits = |value: &&str| value.len() == SECRET && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    cookie(headers, cookie_name(context)).filter(fits).map(str::to_owned)
}

/// Keeps a form that asks for a fresh sign-in. Nothing for any other problem, and where it cannot be kept: then the
/// problem is shown with the form.
pub async fn keep(
    context: &PageContext,
    browser: Option<String>,
    function: &str,
    form: &Bytes,
    problem: &Problem,
) -> Option<Kept> {
    let caller = context.caller.as_ref().filter(|_| problem.code == Code::FreshSignInRequired)?;
    let form = std::str::from_utf8(form).ok()?.to_owned();
    let page = posted::page_of(&super::pairs(form.as_bytes()))?;
    let secret = browser.unwrap_or_else(|| draw(context));
    let draft = serde_json::to_vec(&Draft { function: function.to_owned(), form }).ok()?;
    let kept = context.engine.save_draft(caller, &secret, &draft).await;
    let token = kept.inspect_err(|error| tracing::warn!(%error, "a form was not kept")).ok()?;
    let cookie = HeaderValue::from_str(&set_cookie(context, &secret)).ok()?;
    Some(Kept { problem: problem.clone(), to: confirm(&page, &token), cookie })
}

/// What the address of a kept form says.
#[derive(Deserialize)]
pub struct Waiting {
    #[serde(default)]
    draft: String,
    #[serde(default)]
    return_to: String,
}

/// Finishes a kept form.
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
    let Some(request) = sent_now(&context, &draft) else { return no_draft(context, nonce, &back).into_response() };
    let (mut parts, form) = (request.into_parts().0, Bytes::from(draft.form));
    parts
        .headers
        .extend(headers.get(axum::http::header::COOKIE).map(|value| (axum::http::header::COOKIE, value.clone())));
    let mut response = posted::finish(context, nonce, &draft.function, parts, form).await;
    // Pages that the browser fetched ahead are from before this.
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static("\"prefetchCache\""));
    response
}

/// The request that the form would make now.
fn sent_now(context: &PageContext, draft: &Draft) -> Option<Request> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/ui/{}", draft.function))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::empty()).ok()?;
    request.extensions_mut().insert(context.clone());
    Some(request)
}

fn draw(context: &PageContext) -> String {
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

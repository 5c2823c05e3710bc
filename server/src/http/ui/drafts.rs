//! Drafts: forms that were refused because the sign-in is too old. The server stores the form, the
//! person signs in again, and the server then processes the form as if it were submitted at that
//! moment.
//!
//! A draft can be processed once, within ten minutes, for the same person in the same browser. A
//! separate cookie identifies the browser. So an attacker with a stolen session, who tricks its
//! owner into signing in again, does not get the attacker's own form processed.

use app::pages::{confirming, worded};
use app::request::PageContext;
use app::routes::confirm;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use engine::Caller;
use engine::drafts::DRAFT_SECONDS;
use leptos::nonce::Nonce;
use serde::{Deserialize, Serialize};

use super::form::{JSON, page_of, pairs};
use crate::http::layers::cookie;

/// The length of the secret in the cookie of the browser.
const SECRET: usize = 43;

/// A stored form: its server function and its fields.
#[derive(Serialize, Deserialize)]
pub struct Draft {
    /// The name of the server function.
    pub function: String,
    /// The encoded fields.
    pub form: String,
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
            (CONTENT_TYPE, JSON),
        ];
        (StatusCode::UNAUTHORIZED, headers, body.to_string()).into_response()
    }

    /// The page that says so, and goes to the sign-in by itself.
    pub fn page(self, context: PageContext, nonce: Option<Nonce>) -> Response {
        let mut response = confirming(context, nonce, &self.problem, &self.to).into_response();
        response
            .headers_mut()
            .append(SET_COOKIE, self.cookie);
        response
    }
}

/// The secret in the cookie of the browser, if it has one.
pub fn browser(context: &PageContext, headers: &HeaderMap) -> Option<String> {
    let fits = |value: &&str| {
        value.len() == SECRET
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
    };
    cookie(headers, cookie_name(context))
        .filter(fits)
        .map(str::to_owned)
}

/// Stores a form that requires a fresh sign-in. `None` for any other problem, and if the form
/// cannot be stored: then the form shows the problem.
pub async fn save(
    context: &PageContext,
    browser: Option<String>,
    function: &str,
    form: &Bytes,
    problem: &Problem,
) -> Option<Stored> {
    let caller = context
        .caller
        .as_ref()
        .filter(|_| problem.code == Code::FreshSignInRequired)?;
    let form = std::str::from_utf8(form).ok()?.to_owned();
    let page = page_of(&pairs(form.as_bytes()))?;
    let secret = browser.unwrap_or_else(|| new_secret(context));
    let draft = serde_json::to_vec(&Draft {
        function: function.to_owned(),
        form,
    })
    .ok()?;
    let saved = context
        .engine
        .save_draft(caller, &secret, &draft)
        .await;
    let token = saved
        .inspect_err(|error| {
            let trace_id = context.origin.trace_field();
            tracing::warn!(request_id = context.origin.request_id, trace_id, %error, "a form was not stored");
        })
        .ok()?;
    let cookie = HeaderValue::from_str(&set_cookie(context, &secret)).ok()?;
    Some(Stored {
        problem: problem.clone(),
        to: confirm(&page, &token),
        cookie,
    })
}

/// Takes the draft of this token out of storage, if this person stored it in this browser.
///
/// # Errors
/// If the database does not answer.
pub async fn take(
    context: &PageContext,
    caller: &Caller,
    headers: &HeaderMap,
    token: &str,
) -> engine::Result<Option<Draft>> {
    let Some(secret) = browser(context, headers) else {
        return Ok(None);
    };
    let draft = context
        .engine
        .take_draft(caller, &secret, token)
        .await?;
    Ok(draft.and_then(|draft| serde_json::from_slice(&draft).ok()))
}

fn new_secret(context: &PageContext) -> String {
    context.engine.runtime().base62_text::<SECRET>()
}

fn is_https(context: &PageContext) -> bool {
    context
        .site_config
        .public_url
        .starts_with("https:")
}

fn cookie_name(context: &PageContext) -> &'static str {
    if is_https(context) {
        "__Host-rt_draft"
    } else {
        "rt_draft"
    }
}

fn set_cookie(context: &PageContext, secret: &str) -> String {
    let secure = if is_https(context) { "; Secure" } else { "" };
    format!(
        "{}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={DRAFT_SECONDS}{secure}",
        cookie_name(context)
    )
}

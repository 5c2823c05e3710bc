//! A form that was sent. Islands ask for JSON and get it. A plain form gets a page: success leads on (and is told there,
//! once), a refusal shows the form again with everything typed, new keys and links are shown in this very answer.

use app::form_error::status;
use app::form_result::FormResult;
use app::pages::{answer, go, refused, signed_out_path, worded};
use app::request::{FormSubmission, PageContext, PageRequest};
use app::routes::Location;
use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Request};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use domain::{Code, Problem};
use leptos::nonce::Nonce;
use serde::de::DeserializeOwned;

use super::{drafts, pairs};

pub(super) const FORM_LIMIT: usize = 64 * 1024;
/// The longest answer of ours: the keys of a hundred hand-overs are far below. One that is cut loses new keys.
const ANSWER_LIMIT: usize = 4 * 1024 * 1024;
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Runs the server function of the address and answers as the sender can read it.
pub async fn receive(
    Path(function): Path<String>,
    Extension(context): Extension<PageContext>,
    nonce: Option<Extension<Nonce>>,
    request: Request,
) -> Response {
    let nonce = nonce.map(|Extension(nonce)| nonce);
    let plain = wants_page(request.headers());
    let (parts, body) = request.into_parts();
    let Ok(form) = to_bytes(body, FORM_LIMIT).await else {
        return refused(context.clone(), nonce, &context.problem(Code::TooLarge), "").into_response();
    };
    if plain {
        return finish(context, nonce, &function, parts, form).await;
    }
    let browser = drafts::browser(&context, &parts.headers);
    let (cookies, result) = run(&context, parts, form.clone()).await;
    if let Err(problem) = &result
        && let Some(kept) = drafts::keep(&context, browser, &function, &form, problem).await
    {
        return with(cookies, kept.json());
    }
    with(cookies, json(result))
}

/// Runs the server function of a plain form, and answers with a page.
pub(super) async fn finish(
    context: PageContext,
    nonce: Option<Nonce>,
    function: &str,
    parts: Parts,
    form: Bytes,
) -> Response {
    // Before anything is done: an answer without a page to stand on could lose a new key.
    let typed = pairs(&form);
    let Some(place) = page_of(&typed) else {
        return refused(context.clone(), nonce, &context.problem(Code::BadRequest), "").into_response();
    };
    let browser = drafts::browser(&context, &parts.headers);
    let (cookies, result) = run(&context, parts, form.clone()).await;
    let outcome = match result.and_then(|answer| read(&context, &answer)) {
        Ok(FormResult::Redirect { to }) => return with(cookies, go(&to).into_response()),
        Ok(result) => Ok(result),
        Err(problem) => {
            let kept = drafts::keep(&context, browser, function, &form, &problem).await;
            let response = match kept {
                Some(kept) => kept.page(context, nonce),
                None => refuse(context, nonce, true, Some((place, typed)), problem).await,
            };
            return with(cookies, response);
        }
    };
    with(cookies, show(context, nonce, place, FormSubmission { typed, outcome }).await)
}

/// The page that a form stands on, as it says.
pub(super) fn page_of(typed: &[(String, String)]) -> Option<Location> {
    typed.iter().find(|(name, _)| name == "page").and_then(|(_, page)| Location::parse(page))
}

/// A form that was refused, as the sender can read it: the page it stands on with everything that was typed, if there is
/// one to show. Whoever is not signed in is asked to.
pub(super) async fn refuse(
    context: PageContext,
    nonce: Option<Nonce>,
    plain: bool,
    page: Option<(Location, Vec<(String, String)>)>,
    problem: Problem,
) -> Response {
    match page {
        _ if !plain => json(Err(problem)),
        Some((place, _)) if problem.code == Code::Unauthorized && context.caller.is_none() => {
            go(&signed_out_path(&place)).into_response()
        }
        Some((place, typed)) => {
            show(context, nonce, place, FormSubmission { typed, outcome: Err(worded(problem)) }).await
        }
        None => refused(context, nonce, &problem, "").into_response(),
    }
}

async fn show(context: PageContext, nonce: Option<Nonce>, place: Location, posted: FormSubmission) -> Response {
    let (path, query) = (place.screen.path(), place.pairs());
    answer(PageRequest { context, nonce, path, query, posted: Some(posted) }).await.into_response()
}

fn read<T: DeserializeOwned>(context: &PageContext, json: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(json).map_err(|_| context.problem(Code::Internal))
}

/// Runs the server function as if an island had called it: cookies it sets, and what it answers.
async fn run(context: &PageContext, mut parts: Parts, form: Bytes) -> (HeaderMap, Result<Bytes, Problem>) {
    if server_fn::axum::get_server_fn_service(parts.uri.path(), parts.method.clone()).is_none() {
        return (HeaderMap::new(), Err(context.problem(Code::NotFound)));
    }
    parts.headers.insert(ACCEPT, JSON);
    let request = Request::from_parts(parts, Body::from(form));
    let (parts, body) = leptos_axum::handle_server_fns(request).await.into_response().into_parts();
    let bytes = to_bytes(body, ANSWER_LIMIT).await.unwrap_or_default();
    let result =
        if parts.status.is_success() { Ok(bytes) } else { Err(read(context, &bytes).unwrap_or_else(|broken| broken)) };
    (parts.headers, result)
}

/// The answer for an island. The framework says 500 for every refusal; the code knows better.
fn json(result: Result<Bytes, Problem>) -> Response {
    let (status, wait, body) = match result {
        Ok(bytes) => (StatusCode::OK, None, bytes),
        Err(problem) => {
            let problem = worded(problem);
            (status(problem.code), problem.retry_after, serde_json::to_vec(&problem).unwrap_or_default().into())
        }
    };
    let wait = wait.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)));
    (status, AppendHeaders(wait), [(CONTENT_TYPE, JSON), (CACHE_CONTROL, HeaderValue::from_static("no-store"))], body)
        .into_response()
}

fn with(headers: HeaderMap, mut response: Response) -> Response {
    for cookie in headers.get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response
}

/// A browser that asks for a page, or sends a form, names `text/html`; an island asks for JSON.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

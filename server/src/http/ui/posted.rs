//! Submitted forms. An island requests JSON and gets it. A form without script gets a page: success
//! redirects to a page that shows a message once, a refusal renders the form again with everything
//! typed, and new keys and links are in the response itself. A dialog shows these pages too; only
//! where a redirect leads is JSON for it.

use app::form_error::status;
use app::form_result::FormResult;
use app::pages::{answer, go, refused, signed_out_path, worded};
use app::request::{FormSubmission, PageContext, PageRequest};
use app::routes::Location;
use app::shared_view::DIALOG_HEADER;
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

use super::drafts;
use super::form::{FORM_LIMIT, JSON, page_of, pairs, wants_page};

/// The maximum size of a response. A hundred new keys are far smaller, and a truncated response
/// would lose new keys.
const RESPONSE_LIMIT: usize = 4 * 1024 * 1024;

/// Runs the server function of the path, and responds with JSON or a page.
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
        return refused(
            context.clone(),
            nonce,
            &context.problem(Code::TooLarge),
            "",
        )
        .into_response();
    };
    if plain {
        return finish(context, nonce, &function, parts, form).await;
    }
    let browser = drafts::browser(&context, &parts.headers);
    let (cookies, result) = run(&context, parts, form.clone()).await;
    if let Err(problem) = &result
        && let Some(stored) = drafts::save(&context, browser, &function, &form, problem).await
    {
        return with(cookies, stored.json());
    }
    with(cookies, json(result))
}

/// Runs the server function of a form without script, and responds with a page.
pub(super) async fn finish(
    context: PageContext,
    nonce: Option<Nonce>,
    function: &str,
    parts: Parts,
    form: Bytes,
) -> Response {
    // Checked first: without a page to render, the response could lose a new key.
    let typed = pairs(&form);
    let Some(place) = page_of(&typed) else {
        return refused(
            context.clone(),
            nonce,
            &context.problem(Code::BadRequest),
            "",
        )
        .into_response();
    };
    let browser = drafts::browser(&context, &parts.headers);
    let in_dialog = parts.headers.contains_key(DIALOG_HEADER);
    let (cookies, result) = run(&context, parts, form.clone()).await;
    let outcome = match result.and_then(|answer| read(&context, &answer)) {
        Ok(result @ FormResult::Redirect { .. }) if in_dialog => {
            let path = serde_json::to_vec(&result).unwrap_or_default();
            return with(cookies, json(Ok(path.into())));
        }
        Ok(FormResult::Redirect { to }) => return with(cookies, go(&to).into_response()),
        Ok(result) => Ok(result),
        Err(problem) => {
            let stored = drafts::save(&context, browser, function, &form, &problem).await;
            let response = match stored {
                Some(stored) if in_dialog => stored.json(),
                Some(stored) => stored.page(context, nonce),
                // These have no form to show again.
                None if in_dialog
                    && matches!(
                        problem.code,
                        Code::Unauthorized | Code::Forbidden | Code::NotFound
                    ) =>
                {
                    json(Err(problem))
                }
                None => refuse(context, nonce, true, Some((place, typed)), problem).await,
            };
            return with(cookies, response);
        }
    };
    with(
        cookies,
        show(
            context,
            nonce,
            place,
            FormSubmission { typed, outcome },
        )
        .await,
    )
}

/// The response to a refused form: JSON, or its page with everything typed, or an error page.
/// Without a sign-in, it redirects to the sign-in page.
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
            show(
                context,
                nonce,
                place,
                FormSubmission {
                    typed,
                    outcome: Err(worded(problem)),
                },
            )
            .await
        }
        None => refused(context, nonce, &problem, "").into_response(),
    }
}

async fn show(
    context: PageContext,
    nonce: Option<Nonce>,
    place: Location,
    posted: FormSubmission,
) -> Response {
    let (path, query) = (place.screen.path(), place.pairs());
    answer(PageRequest {
        context,
        nonce,
        path,
        query,
        posted: Some(posted),
    })
    .await
    .into_response()
}

fn read<T: DeserializeOwned>(context: &PageContext, json: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(json).map_err(|_| context.problem(Code::Internal))
}

/// Runs the server function as if an island had called it. Returns the headers with its cookies,
/// and the result.
async fn run(
    context: &PageContext,
    mut parts: Parts,
    form: Bytes,
) -> (HeaderMap, Result<Bytes, Problem>) {
    if server_fn::axum::get_server_fn_service(parts.uri.path(), parts.method.clone()).is_none() {
        return (HeaderMap::new(), Err(context.problem(Code::NotFound)));
    }
    parts.headers.insert(ACCEPT, JSON);
    let request = Request::from_parts(parts, Body::from(form));
    let (parts, body) = leptos_axum::handle_server_fns(request)
        .await
        .into_response()
        .into_parts();
    let bytes = to_bytes(body, RESPONSE_LIMIT)
        .await
        .unwrap_or_default();
    let result = if parts.status.is_success() {
        Ok(bytes)
    } else {
        Err(read(context, &bytes).unwrap_or_else(|broken| broken))
    };
    (parts.headers, result)
}

/// The response for an island. The framework responds with 500 to every refusal, so the status
/// comes from the code.
fn json(result: Result<Bytes, Problem>) -> Response {
    let (status, wait, body) = match result {
        Ok(bytes) => (StatusCode::OK, None, bytes),
        Err(problem) => {
            let problem = worded(problem);
            (
                status(problem.code),
                problem.retry_after,
                serde_json::to_vec(&problem)
                    .unwrap_or_default()
                    .into(),
            )
        }
    };
    let wait = wait.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds)));
    (
        status,
        AppendHeaders(wait),
        [
            (CONTENT_TYPE, JSON),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
        body,
    )
        .into_response()
}

fn with(headers: HeaderMap, mut response: Response) -> Response {
    for cookie in headers.get_all(SET_COOKIE) {
        response
            .headers_mut()
            .append(SET_COOKIE, cookie.clone());
    }
    response
}

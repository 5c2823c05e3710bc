//! Keys in URLs. One URL accepts a key in its query. Everywhere else a key in a URL is rejected and
//! marked as exposed, because URLs end up in logs, in browser histories and at proxies (D8).

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::REFERER;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Code;
use domain::token::PlainKey;
use engine::attempts::{Client, Kind};
use engine::ctx::Origin;
use fast_path::sieve;

use super::cost::with_headers;
use crate::http::AppState;
use crate::http::problem::{ApiError, ApiResult};

/// The number of keys in one URL that are looked up. More would multiply the database load of a
/// request.
const MAX_LOOKUPS: usize = 3;

/// Query parameters that are commonly used for keys.
const KEY_NAMES: [&str; 5] = ["token", "api_key", "apikey", "access_token", "key"];

/// The query parameters that may contain a key. There are none except at the webhook URL.
pub fn names_of_key(request: &Request) -> &'static [&'static str] {
    if *request.method() == Method::POST && is_hook(request) {
        &["token", "api_key"]
    } else {
        &[]
    }
}

fn is_hook(request: &Request) -> bool {
    let workspace = request
        .uri()
        .path()
        .strip_prefix("/v1/hooks/")
        .and_then(|rest| rest.strip_suffix("/runs"));
    workspace.is_some_and(|workspace| !workspace.contains('/'))
}

/// Rejects a request with a key in its URL, and marks the key as exposed.
pub async fn reject_key_in_url(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match ExposedKeys::of(&request).mark(&state).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Answers requests to URLs that resemble those of the API, such as `//api/v1/me` or
/// `/API/v1/keys`, in the format of the API: a script expects no HTML page. Passes on all other
/// requests.
pub async fn misspelled(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !resembles_api(request.uri().path()) {
        return next.run(request).await;
    }
    let error = match ExposedKeys::of(&request).mark(&state).await {
        Ok(()) => ApiError::new(Code::NotFound, "a URL that resembles one of the API"),
        Err(error) => error,
    };
    with_headers(error.into_response(), 0)
}

fn resembles_api(path: &str) -> bool {
    let path = sieve::decoded(path).replace('\\', "/");
    let first = path
        .split('/')
        .map(str::trim)
        .find(|step| !step.is_empty() && !step.starts_with('.'));
    first.is_some_and(|first| {
        first.eq_ignore_ascii_case("api") || first.eq_ignore_ascii_case("bootstrap")
    })
}

/// The keys in the URL of a request and in its `Referer`.
struct ExposedKeys {
    keys: Vec<PlainKey>,
    /// Whether the URL itself contains a key, or a query parameter that is meant for one.
    in_url: bool,
    origin: Origin,
}

impl ExposedKeys {
    /// Finds keys in the path, the host, the query and the `Referer`. A user may put a key in the
    /// path in place of its ID.
    fn of(request: &Request) -> Self {
        let origin = request
            .extensions()
            .get::<Origin>()
            .cloned()
            .unwrap_or_default();
        let uri = request.uri();
        let accepted = names_of_key(request);

        let mut keys = sieve::keys_in(uri.path());
        keys.extend(
            uri.authority()
                .into_iter()
                .flat_map(|authority| sieve::keys_in(authority.as_str())),
        );
        let mut has_key_name = false;
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        {
            if accepted.contains(&&*name) {
                continue;
            }
            has_key_name |=
                !is_hook(request) && KEY_NAMES.contains(&name.to_ascii_lowercase().as_str());
            keys.extend(sieve::keys_in(&name));
            keys.extend(sieve::keys_in(&value));
        }

        let in_url = has_key_name || !keys.is_empty();
        let referer = request
            .headers()
            .get(REFERER)
            .and_then(|page| page.to_str().ok());
        keys.extend(referer.into_iter().flat_map(sieve::keys_in));
        Self {
            keys,
            in_url,
            origin,
        }
    }

    /// Marks the keys as exposed, and fails if the URL contains one.
    async fn mark(self, state: &AppState) -> ApiResult<()> {
        for key in self.keys.iter().take(MAX_LOOKUPS) {
            match mark_exposed(state, key, &self.origin).await {
                // A valid request is not refused for a key in its `Referer` when others have used
                // up the limit.
                Err(engine::Error::TooManyAttempts { .. }) if !self.in_url => break,
                result => result?,
            }
        }
        if self.in_url {
            Err(ApiError::new(Code::KeyInQuery, "a key in the URL"))
        } else {
            Ok(())
        }
    }
}

/// Marks a key as exposed if it exists. A key that does not exist counts as a failed attempt of the
/// client.
async fn mark_exposed(state: &AppState, key: &PlainKey, origin: &Origin) -> engine::Result<()> {
    let attempt = state
        .engine
        .attempts()
        .begin(Kind::Key, Client::of(origin), key.expose().as_bytes())
        .await?;
    match state.engine.expose_key(key, origin).await {
        Ok(true) => attempt.passed(),
        Ok(false) => attempt.failed(),
        Err(error) => {
            attempt.settle(Some(error.code()));
            return Err(error);
        }
    }
    Ok(())
}

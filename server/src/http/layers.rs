//! Middleware for all requests: request ID, log line, security headers and the check for cross-site
//! requests.

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderName, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fast_path::access_log::LoggedRequest;
use fast_path::origin::{origin, peer};
use fast_path::{security_headers, sieve};
use leptos::nonce::Nonce;

use super::AppState;

/// The ID of a request, `req_…`. It appears in the log, in error responses and in the audit log.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Adds an ID and an origin to the request. If the setting `ACCESS_LOG` covers the request, logs
/// one line when it is complete. The query is never logged because it may contain keys. Keys and
/// invitation tokens in the path are redacted.
pub async fn log(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let runtime = state.engine.runtime().clone();
    let id = runtime.request_id();
    let started_at = runtime.now();
    let method = sieve::without_secrets(request.method().as_str());
    let path = without_secrets(request.uri().path());
    let origin = origin(
        request.headers(),
        peer(&request),
        id.clone(),
        state.trusted_proxies,
    );
    request
        .extensions_mut()
        .insert(RequestId(id.clone()));
    let trace_id = origin.trace_id;
    request.extensions_mut().insert(origin);
    let mut response = next.run(request).await;
    let logged = LoggedRequest {
        id: &id,
        trace_id,
        method: &method,
        path: &path,
        started_at,
    };
    state
        .access_log
        .completed(&state.engine, logged, response.status());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert("x-request-id", value);
    }
    response
}

/// Adds the security headers to every response.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    security_headers::add(response.headers_mut(), state.is_https());
    response
}

/// Adds a nonce and a content security policy that allows only our own scripts and those with the
/// nonce.
pub async fn page_headers(mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let is_read = is_safe(request.method());
    let mut response = next.run(request).await;
    if !is_read {
        // Pages that the browser has prefetched are out of date now.
        set(
            response.headers_mut(),
            "clear-site-data",
            "\"prefetchCache\"",
        );
    }
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'; object-src 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response
            .headers_mut()
            .insert("content-security-policy", value);
    }
    response
}

/// Rejects cross-site requests (CSRF). An unsafe method needs `Sec-Fetch-Site: same-origin`, or the
/// `Origin` of this installation if the browser does not send that header. A request without both
/// headers is rejected.
pub async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_ours(request.headers(), &state.site_config.public_url) {
        return next.run(request).await;
    }
    (
        StatusCode::FORBIDDEN,
        "This form was sent from another site, so nothing was changed.",
    )
        .into_response()
}

/// Whether the method only reads.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The value of a cookie of the request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The path without the secrets of keys and invitation links, even if they are malformed or
/// percent-encoded.
fn without_secrets(path: &str) -> String {
    let mut in_link = false;
    let shown = |step: &str| {
        if in_link && !step.is_empty() {
            return "…".to_owned();
        }
        in_link |= sieve::decoded(step).trim() == "join";
        sieve::without_secrets(step)
    };
    path.split('/')
        .map(shown)
        .collect::<Vec<_>>()
        .join("/")
}

/// Whether a page of this installation has sent the request.
pub fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == public_url,
        (None, None) => false,
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    );
}

#[cfg(test)]
mod tests {
    use domain::token::PlainKey;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        map
    }

    #[test]
    fn only_same_origin_requests_pass() {
        let url = "https://keys.example.com";
        let ours = |pairs: &[_]| is_ours(&headers(pairs), url);
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://keys.example.com")]));
        for other in ["same-site", "cross-site", "none", ""] {
            assert!(
                !ours(&[
                    ("sec-fetch-site", other),
                    ("origin", "https://keys.example.com")
                ]),
                "{other}"
            );
        }
        for other in [
            "https://keys.example.com.evil.test",
            "http://keys.example.com",
            "null",
            "",
        ] {
            assert!(!ours(&[("origin", other)]), "{other}");
        }
        assert!(!ours(&[]));
    }

    #[test]
    fn a_key_in_the_path_is_not_logged() {
        let brand = Default::default();
        let key = PlainKey::assemble(
            &brand,
            domain::token::KeyKind::Secret,
            b"00000000",
            &[b'a'; 43],
        );
        let key = key.expose();
        let percent: String = key
            .bytes()
            .map(|byte| format!("%{byte:02X}"))
            .collect();
        for hidden in [
            key.to_owned(),
            format!("{key}%0A"),
            format!("%22{key}%22"),
            format!("{key}x"),
            key[..40].into(),
            percent,
        ] {
            let written = without_secrets(&format!("/api/v1/keys/{hidden}/rotate"));
            assert!(
                !written.contains("aaaa") && !written.contains("%61%61"),
                "{written}"
            );
        }
        for plain in [
            "/o/org_1/settings",
            "/api/v1/keys/12",
            "/docs/api-keys",
            "/%C3%A4%",
            "/rt_sk_00000000",
        ] {
            assert_eq!(without_secrets(plain), plain);
        }
    }

    // B4
    #[test]
    fn the_token_of_an_invitation_link_is_not_logged() {
        assert_eq!(without_secrets("/join/Zk3y09"), "/join/…");
        for path in [
            "/join/Zk3y09/",
            "/join/Zk3y09/x",
            "/join//Zk3y09",
            "//join/Zk3y09",
            "/%6aoin/Zk3y09",
            "/x/join/Zk3y09",
        ] {
            assert!(!without_secrets(path).contains("Zk3y09"), "{path}");
        }
        assert_eq!(without_secrets("/join"), "/join");
        assert_eq!(
            without_secrets("/o/org_1/settings/members"),
            "/o/org_1/settings/members"
        );
    }
}

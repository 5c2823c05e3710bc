//! What happens to every request on its way in and out.

use axum::extract::{Request, State};
use axum::http::header::{COOKIE, HeaderName, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;

use super::origin::origin;
use super::{AppState, sieve};

/// The id of a request, `req_…`; in the log, in every refusal and in the audit log.
#[derive(Clone, Debug, Default)]
pub struct RequestId(pub String);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Gives the request an id and an origin, and writes one line when it is answered. The query is never written: keys
/// may be in it; and of a key in the path only its public part, of an invitation's link nothing.
pub async fn log(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let runtime = state.engine.runtime().clone();
    let id = runtime.random_id("req_");
    let begun = runtime.now();
    let method = sieve::without_secrets(request.method().as_str());
    let path = without_secrets(request.uri().path());
    let origin = origin(&request, &id, state.trusted_proxies);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(origin);
    let mut response = next.run(request).await;
    let took = runtime.now().0 - begun.0;
    tracing::info!(request_id = id, %method, path, status = response.status().as_u16(), took_ms = took, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// Headers that every answer bears.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set(headers, "x-content-type-options", "nosniff");
    set(headers, "cross-origin-opener-policy", "same-origin");
    set(headers, "cross-origin-resource-policy", "same-origin");
    set(headers, "referrer-policy", "same-origin");
    set(headers, "permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if !headers.contains_key("cache-control") {
        set(headers, "cache-control", "no-store");
    }
    if !headers.contains_key("content-security-policy") {
        set(headers, "content-security-policy", "default-src 'none'; frame-ancestors 'none'");
    }
    if state.is_https() {
        set(headers, "strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    response
}

/// Gives a page its nonce, and the policy that only scripts with it (or from here) may run.
pub async fn page_headers(mut request: Request, next: Next) -> Response {
    let nonce = Nonce::new();
    request.extensions_mut().insert(nonce.clone());
    let reads = is_safe(request.method());
    let mut response = next.run(request).await;
    if !reads {
        // Pages that the browser fetched ahead are from before this.
        set(response.headers_mut(), "clear-site-data", "\"prefetchCache\"");
    }
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'; object-src 'none'"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert("content-security-policy", value);
    }
    response
}

/// Refuses to change anything for another site: an unsafe method needs `Sec-Fetch-Site: same-origin`, or, from
/// browsers that do not send it, an `Origin` that is ours. Neither is a refusal too.
pub async fn same_origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_ours(request.headers(), &state.site_config.public_url) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "This form was sent from another site, so nothing was changed.").into_response()
}

/// Whether a request only looks.
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The value of a cookie, if the request bears it.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// A path without the secret of any key or link that may be in it, well-formed or not, however it is encoded.
fn without_secrets(path: &str) -> String {
    let mut in_link = false;
    let shown = |step: &str| {
        if in_link && !step.is_empty() {
            return "…".to_owned();
        }
        in_link |= sieve::decoded(step).trim() == "join";
        sieve::without_secrets(step)
    };
    path.split('/').map(shown).collect::<Vec<_>>().join("/")
}

/// Whether a request that changes something was sent by a page of ours.
pub fn is_ours(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin == public_url,
        (None, None) => false,
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
}

#[cfg(test)]
mod tests {
    use domain::token::PlainKey;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        let url = "https://keys.example.com";
        let ours = |pairs: &[_]| is_ours(&headers(pairs), url);
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "https://keys.example.com")]));
        for other in ["same-site", "cross-site", "none", ""] {
            assert!(!ours(&[("sec-fetch-site", other), ("origin", "https://keys.example.com")]), "{other}");
        }
        for other in ["https://keys.example.com.evil.test", "http://keys.example.com", "null", ""] {
            assert!(!ours(&[("origin", other)]), "{other}");
        }
        assert!(!ours(&[]));
    }

    #[test]
    fn a_key_in_the_path_is_not_written() {
        let brand = Default::default();
        let key = PlainKey::assemble(&brand, domain::token::KeyKind::Secret, b"00000000", &[b'a'; 43]);
        let key = key.expose();
        let percent: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for hidden in
            [key.to_owned(), format!("{key}%0A"), format!("%22{key}%22"), format!("{key}x"), key[..40].into(), percent]
        {
            let written = without_secrets(&format!("/api/v1/keys/{hidden}/rotate"));
            assert!(!written.contains("aaaa") && !written.contains("%61%61"), "{written}");
        }
        for plain in ["/o/org_1/settings", "/api/v1/keys/12", "/docs/api-keys", "/%C3%A4%", "/rt_sk_00000000"] {
            assert_eq!(without_secrets(plain), plain);
        }
    }

    // B4: whoever reads the log cannot join.
    #[test]
    fn b4_the_token_of_a_link_is_not_written() {
        assert_eq!(without_secrets("/join/Zk3y09"), "/join/…");
        for path in
            ["/join/Zk3y09/", "/join/Zk3y09/x", "/join//Zk3y09", "//join/Zk3y09", "/%6aoin/Zk3y09", "/x/join/Zk3y09"]
        {
            assert!(!without_secrets(path).contains("Zk3y09"), "{path}");
        }
        assert_eq!(without_secrets("/join"), "/join");
        assert_eq!(without_secrets("/o/org_1/settings/members"), "/o/org_1/settings/members");
    }
}

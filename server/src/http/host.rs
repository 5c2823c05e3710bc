//! Redirects browsers from other hosts to `PUBLIC_URL`. Cookies are bound to a host, so a sign-in
//! that starts at `localhost` cannot be completed at `127.0.0.1`.
//!
//! A reverse proxy that replaces `Host` makes every request seem to be for another host. So the
//! redirect has a marker: a browser that returns with the marker and still at another host is
//! behind such a proxy. It gets the page, and a cookie prevents further redirects.

use axum::extract::{Request, State};
use axum::http::header::{HOST, SET_COOKIE};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

use super::AppState;
use super::layers::cookie;
use super::ui::wants_page;

/// The marker in the query and the name of the cookie.
const MARKER: &str = "rt_host";

/// Redirects page requests to `PUBLIC_URL`. API calls, forms and files are not redirected.
pub async fn redirect_to_public_url(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let public_url = &state.site_config.public_url;
    let at_public_url = is_at(public_url, request.headers());
    let (place, marked) = without_marker(request.uri());
    if at_public_url && marked {
        return Redirect::to(&format!("{public_url}{place}")).into_response();
    }
    if at_public_url || cookie(request.headers(), MARKER).is_some() {
        return next.run(request).await;
    }
    if !marked {
        let sign = if place.contains('?') { '&' } else { '?' };
        return Redirect::to(&format!("{public_url}{place}{sign}{MARKER}=1")).into_response();
    }
    tracing::warn!(
        public_url,
        "a browser requested another host than PUBLIC_URL: configure the reverse proxy to pass on the Host header"
    );
    if let Ok(uri) = place.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(uri);
    }
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .append(SET_COOKIE, remembered(&state));
    response
}

/// Whether `Host` is the host of `PUBLIC_URL`. A request without `Host` passes, and so does one
/// without a port because some proxies drop it.
fn is_at(public_url: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    let named = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Authority>().ok());
    let (Some(named), Ok(home)) = (named, Url::parse(public_url)) else {
        return false;
    };
    let name = named.host().trim_end_matches('.');
    let same_name = home
        .host_str()
        .is_some_and(|host| host.eq_ignore_ascii_case(name));
    let port = named.port_u16();
    same_name && (port.is_none() || port == home.port_or_known_default())
}

/// The path and query without the marker, and whether it was there. The path starts with exactly
/// one slash, so that the redirect cannot lead to another site.
fn without_marker(uri: &Uri) -> (String, bool) {
    let marker = format!("{MARKER}=1");
    let query = uri.query().unwrap_or_default();
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && *pair != marker)
        .collect();
    let marked = query.split('&').any(|pair| pair == marker);
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    let place = if kept.is_empty() {
        path
    } else {
        format!("{path}?{}", kept.join("&"))
    };
    (place, marked)
}

fn remembered(state: &AppState) -> HeaderValue {
    if state.is_https() {
        HeaderValue::from_static("rt_host=1; Path=/; HttpOnly; SameSite=Lax; Secure")
    } else {
        HeaderValue::from_static("rt_host=1; Path=/; HttpOnly; SameSite=Lax")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_as_browsers_do() {
        let at = |public_url: &str, host: &'static str| {
            is_at(
                public_url,
                &HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]),
            )
        };
        for host in [
            "keys.example.com",
            "KEYS.example.com",
            "keys.example.com:443",
            "keys.example.com.",
        ] {
            assert!(at("https://keys.example.com", host), "{host}");
        }
        for host in [
            "example.com",
            "keys.example.com:80",
            "keys.example.com.evil.test",
            "127.0.0.1",
            "",
            "a b",
            "[::1",
        ] {
            assert!(!at("https://keys.example.com", host), "{host}");
        }
        assert!(
            at("http://[::1]:3000", "[::1]:3000") && at("http://127.0.0.1:3000", "127.0.0.1:3000")
        );
        assert!(!at("http://127.0.0.1:3000", "localhost:3000"));
        assert!(is_at("https://keys.example.com", &HeaderMap::new()));
    }

    #[test]
    fn only_the_marker_is_removed() {
        let read = |uri: &str| without_marker(&uri.parse().expect("a path"));
        assert_eq!(
            read("/o/org_a?q=a&rt_host=1&status=active"),
            ("/o/org_a?q=a&status=active".into(), true)
        );
        assert_eq!(read("/account?rt_host=1"), ("/account".into(), true));
        assert_eq!(
            read("/account?rt_host=12&x=rt_host"),
            ("/account?rt_host=12&x=rt_host".into(), false)
        );
        assert_eq!(read("//evil.test/x"), ("/evil.test/x".into(), false));
    }
}

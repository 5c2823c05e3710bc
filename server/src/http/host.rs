//! One address for people: a page that is asked for at another host than `PUBLIC_URL` leads to the same page there.
//! Cookies are bound to a host, so a sign-in that begins at `localhost` could not end at `127.0.0.1`.
//!
//! A reverse proxy that passes on a host of its own makes every request look like that. So the redirect bears a mark:
//! whoever comes back with the mark and still at another host is behind such a proxy. That page is shown, and a cookie
//! remembers it.

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

/// The mark in the query, and the name of the cookie.
const MARK: &str = "rt_host";

/// Leads people to `PUBLIC_URL`. Programs, forms and what is no page stay where they are.
pub async fn lead_home(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads || !wants_page(request.headers()) {
        return next.run(request).await;
    }
    let public_url = &state.site_config.public_url;
    let at_home = is_at(public_url, request.headers());
    let (place, marked) = without_mark(request.uri());
    if at_home && marked {
        return Redirect::to(&format!("{public_url}{place}")).into_response();
    }
    if at_home || cookie(request.headers(), MARK).is_some() {
        return next.run(request).await;
    }
    if !marked {
        let sign = if place.contains('?') { '&' } else { '?' };
        return Redirect::to(&format!("{public_url}{place}{sign}{MARK}=1")).into_response();
    }
    tracing::warn!(public_url, "pages are asked for at another host than PUBLIC_URL: let the proxy pass on Host");
    if let Ok(uri) = place.parse::<PathAndQuery>() {
        *request.uri_mut() = Uri::from(uri);
    }
    let mut response = next.run(request).await;
    response.headers_mut().append(SET_COOKIE, remembered(&state));
    response
}

/// Whether the request names the host of `PUBLIC_URL`. One without a host cannot be told apart, and some proxies drop
/// the port.
fn is_at(public_url: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else { return true };
    let named = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
    let (Some(named), Ok(home)) = (named, Url::parse(public_url)) else { return false };
    let name = named.host().trim_end_matches('.');
    let same_name = home.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name));
    let port = named.port_u16();
    same_name && (port.is_none() || port == home.port_or_known_default())
}

/// Path and query without the mark, and whether it was there. The path begins with one slash, so that what is put
/// behind our own address stays there.
fn without_mark(uri: &Uri) -> (String, bool) {
    let mark = format!("{MARK}=1");
    let query = uri.query().unwrap_or_default();
    let kept: Vec<_> = query.split('&').filter(|pair| !pair.is_empty() && *pair != mark).collect();
    let marked = query.split('&').any(|pair| pair == mark);
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    let place = if kept.is_empty() { path } else { format!("{path}?{}", kept.join("&")) };
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
            is_at(public_url, &HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]))
        };
        for host in ["keys.example.com", "KEYS.example.com", "keys.example.com:443", "keys.example.com."] {
            assert!(at("https://keys.example.com", host), "{host}");
        }
        for host in ["example.com", "keys.example.com:80", "keys.example.com.evil.test", "127.0.0.1", "", "a b", "[::1"]
        {
            assert!(!at("https://keys.example.com", host), "{host}");
        }
        assert!(at("http://[::1]:3000", "[::1]:3000") && at("http://127.0.0.1:3000", "127.0.0.1:3000"));
        assert!(!at("http://127.0.0.1:3000", "localhost:3000"));
        assert!(is_at("https://keys.example.com", &HeaderMap::new()));
    }

    #[test]
    fn the_mark_is_taken_out_and_nothing_else() {
        let read = |uri: &str| without_mark(&uri.parse().expect("a path"));
        assert_eq!(read("/o/org_a?q=a&rt_host=1&status=active"), ("/o/org_a?q=a&status=active".into(), true));
        assert_eq!(read("/account?rt_host=1"), ("/account".into(), true));
        assert_eq!(read("/account?rt_host=12&x=rt_host"), ("/account?rt_host=12&x=rt_host".into(), false));
        assert_eq!(read("//evil.test/x"), ("/evil.test/x".into(), false));
    }
}

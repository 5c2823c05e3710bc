//! F4: pages that are opened at another host than `PUBLIC_URL`, and proxies that hide the host.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use super::{app, cookie, get};
use crate::test_app::{TestApp, TestResponse};

const LOCAL: &str = "localhost:3000";

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).expect("request"))
        .await
}

/// Requests a page like a browser.
async fn page(app: &TestApp, host: &str, path: &str, cookies: &str) -> TestResponse {
    ask(
        app,
        Method::GET,
        path,
        &[("host", host), ("accept", "text/html"), ("cookie", cookies)],
    )
    .await
}

#[tokio::test]
async fn a_page_at_another_host_redirects_to_the_public_url() {
    let app = app().await;
    let url = app.parts.site_config.public_url.clone();
    for path in [
        "/",
        "/sign-in",
        "/sign-in/start?return_to=/account",
        "/account",
        "/docs",
        "/join/Zk3y",
        "//evil.test/x",
    ] {
        let led = page(&app, LOCAL, path, "").await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}");
        let to: url::Url = led
            .header("location")
            .parse()
            .expect("an absolute URL");
        assert_eq!(to.origin().ascii_serialization(), url, "{path}");
        assert!(
            cookie(&led, "rt_flow").is_none(),
            "no sign-in is started"
        );
        let there = get(&app, led.header("location"), "").await;
        assert_eq!(there.status, StatusCode::SEE_OTHER);
        assert_eq!(
            there.header("location"),
            format!("{url}{}", path.replace("//", "/")),
            "the marker is removed"
        );
    }
}

#[tokio::test]
async fn other_requests_are_not_redirected() {
    let app = app().await;
    let html = ("accept", "text/html");
    for (method, path, accept) in [
        (Method::GET, "/api/v1/me", html),
        (Method::GET, "/healthz", html),
        (Method::GET, "/.well-known/jwks.json", html),
        (
            Method::GET,
            "/sign-in",
            ("accept", "application/json"),
        ),
        (Method::POST, "/ui/sign_out", html),
    ] {
        let answer = ask(&app, method, path, &[("host", LOCAL), accept]).await;
        assert!(!answer.status.is_redirection(), "{path}: {answer:?}");
    }
    assert_eq!(
        ask(&app, Method::GET, "/sign-in", &[html])
            .await
            .status,
        StatusCode::OK,
        "no host, no redirect"
    );
}

// A proxy that replaces the Host header must not cause a redirect loop, with or without cookies.
#[tokio::test]
async fn a_proxy_that_replaces_the_host_is_detected() {
    let app = app().await;
    let url = app.parts.site_config.public_url.clone();
    let led = page(
        &app,
        "upstream:8080",
        "/sign-in?return_to=/account",
        "",
    )
    .await;
    let path = led
        .header("location")
        .strip_prefix(&url)
        .expect("the public URL")
        .to_owned();
    let shown = page(&app, "upstream:8080", &path, "").await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    assert!(
        shown.text.contains("return_to=/account") && !shown.text.contains("rt_host"),
        "{}",
        shown.text
    );
    let remembered = cookie(&shown, "rt_host").expect("a cookie");
    let next = page(
        &app,
        "upstream:8080",
        "/sign-in/start?return_to=/account",
        &remembered,
    )
    .await;
    assert!(
        next.header("location")
            .contains("/dev/idp/authorize"),
        "{next:?}"
    );
}

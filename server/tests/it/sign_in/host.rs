//! F4: pages that are opened at another host than `PUBLIC_URL`, and proxies that hide it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use super::{cookie, get, house};
use crate::house::{Answer, House};

const LOCAL: &str = "localhost:3000";

async fn ask(house: &House, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::empty()).expect("request")).await
}

/// A page as a browser asks for it.
async fn page(house: &House, host: &str, path: &str, cookies: &str) -> Answer {
    ask(house, Method::GET, path, &[("host", host), ("accept", "text/html"), ("cookie", cookies)]).await
}

#[tokio::test]
async fn a_page_at_another_host_leads_to_the_same_page_at_the_public_url() {
    let house = house().await;
    let url = house.parts.installation.public_url.clone();
    for path in
        ["/", "/sign-in", "/sign-in/start?return_to=/account", "/account", "/docs", "/join/Zk3y", "//evil.test/x"]
    {
        let led = page(&house, LOCAL, path, "").await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}");
        let to: url::Url = led.header("location").parse().expect("a whole address");
        assert_eq!(to.origin().ascii_serialization(), url, "{path}");
        assert!(cookie(&led, "rt_flow").is_none(), "no flow begins there");
        let there = get(&house, led.header("location"), "").await;
        assert_eq!(there.status, StatusCode::SEE_OTHER);
        assert_eq!(there.header("location"), format!("{url}{}", path.replace("//", "/")), "the mark goes");
    }
}

#[tokio::test]
async fn what_is_no_page_stays_where_it_is() {
    let house = house().await;
    let html = ("accept", "text/html");
    for (method, path, accept) in [
        (Method::GET, "/api/v1/me", html),
        (Method::GET, "/healthz", html),
        (Method::GET, "/.well-known/jwks.json", html),
        (Method::GET, "/sign-in", ("accept", "application/json")),
        (Method::POST, "/ui/sign_out", html),
    ] {
        let answer = ask(&house, method, path, &[("host", LOCAL), accept]).await;
        assert!(!answer.status.is_redirection(), "{path}: {answer:?}");
    }
    assert_eq!(ask(&house, Method::GET, "/sign-in", &[html]).await.status, StatusCode::OK, "no host, no redirect");
}

// A proxy that passes on a host of its own must not lead round in a circle, with cookies or without.
#[tokio::test]
async fn a_proxy_that_rewrites_the_host_is_noticed() {
    let house = house().await;
    let url = house.parts.installation.public_url.clone();
    let led = page(&house, "upstream:8080", "/sign-in?return_to=/account", "").await;
    let path = led.header("location").strip_prefix(&url).expect("the public address").to_owned();
    let shown = page(&house, "upstream:8080", &path, "").await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    assert!(shown.text.contains("return_to=/account") && !shown.text.contains("rt_host"), "{}", shown.text);
    let remembered = cookie(&shown, "rt_host").expect("a cookie");
    let next = page(&house, "upstream:8080", "/sign-in/start?return_to=/account", &remembered).await;
    assert!(next.header("location").contains("/dev/idp/authorize"), "{next:?}");
}

//! Sign-in with the development identity provider over a real connection.

mod again;
mod drafts;
mod host;
mod joining;
mod problems;
mod returns;
mod tabs;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use oidc::dev::DevProvider;
use server::http;
use tokio::net::TcpListener;

use crate::test_app::{TestApp, TestResponse};

/// An application whose provider listens on its own port.
pub async fn app() -> TestApp {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let url = format!("http://{}", listener.local_addr().expect("address"));
    let mut app = TestApp::with(None, |site_config| {
        site_config.public_url = url.clone();
        site_config.accounts = server::demo::accounts(&server::demo::people());
    })
    .await;
    let redirect: url::Url = format!("{url}/sign-in/callback")
        .parse()
        .expect("url");
    let runtime = app.engine.runtime().clone();
    let time = runtime.clone();
    let clock: oidc::Clock = Arc::new(move || time.now().0);
    let random: oidc::Random = Arc::new(move |bytes: &mut [u8]| runtime.fill(bytes));
    let issuer = format!("{url}/dev/idp").parse().expect("url");
    let client_id = "roundtable".to_owned();
    let provider = DevProvider::new(
        &issuer,
        client_id.clone(),
        redirect.clone(),
        server::demo::people(),
        None,
        clock.clone(),
        random,
    );
    let provider = provider.expect("a provider");
    app.engine
        .seed_demo(&server::demo::organizations(provider.issuer()))
        .await
        .expect("staged");
    let settings = oidc::Settings {
        issuer: provider.issuer().into(),
        client_id,
        client_secret: None,
        redirect_uri: redirect,
        hosted_domain: None,
        allowed_email_domains: Vec::new(),
        trust_emails: false,
    };
    app.parts.oidc = oidc::Client::new(settings, clock).expect("client");
    app.router = http::router(&app.parts, Some(provider.router()));
    tokio::spawn(listener::serve(
        listener,
        app.router.clone(),
        std::future::pending(),
    ));
    app
}

pub async fn get(app: &TestApp, url: &str, cookies: &str) -> TestResponse {
    let path = url
        .strip_prefix(&app.parts.site_config.public_url)
        .unwrap_or(url)
        .to_owned();
    let host = app
        .parts
        .site_config
        .public_url
        .trim_start_matches("http://")
        .to_owned();
    let request = Request::get(path)
        .header("host", host)
        .header("cookie", cookies)
        .header("accept", "text/html");
    app.send(request.body(Body::empty()).expect("request"))
        .await
}

pub fn cookie(answer: &TestResponse, name: &str) -> Option<String> {
    let lines = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .filter_map(|line| line.split(';').next())
        .find(|pair| pair.starts_with(name))
        .map(str::to_owned)
}

/// The problem of a failed sign-in. Checks that the request ID is shown with it.
fn problem(answer: &TestResponse) -> String {
    let query = answer
        .header("location")
        .strip_prefix("/sign-in?problem=")
        .unwrap_or_else(|| panic!("{answer:?}"));
    let (word, rest) = query
        .split_once("&request=req_")
        .expect("a request");
    assert_eq!(
        rest.split('&').next().map(str::len),
        Some(16),
        "{query}"
    );
    assert!(
        cookie(answer, "rt_session").is_none(),
        "no session was created"
    );
    word.to_owned()
}

/// Starts a sign-in and chooses a user. Returns the cookie and the redirect URL.
pub async fn leave(app: &TestApp, person: &str, return_to: &str) -> (String, String) {
    leave_as(app, person, &format!("return_to={return_to}"), "").await
}

/// Like [`leave`], with cookies and with other parameters.
async fn leave_as(app: &TestApp, person: &str, query: &str, cookies: &str) -> (String, String) {
    let started = get(app, &format!("/sign-in/start?{query}"), cookies).await;
    assert_eq!(
        started.status,
        StatusCode::SEE_OTHER,
        "{}",
        started.text
    );
    let flow = cookie(&started, "rt_flow").expect("a flow cookie");
    let choice = format!("person={person}");
    let back = choose(app, &choice, started.header("location")).await;
    (flow, back)
}

/// Sends the form of the page at a URL of the provider. Returns the redirect URL.
async fn choose(app: &TestApp, choice: &str, url: &str) -> String {
    let page = get(app, url, "").await;
    assert_eq!(page.status, StatusCode::OK);
    let public_url = &app.parts.site_config.public_url;
    let (path, query) = url
        .trim_start_matches(public_url.as_str())
        .split_once('?')
        .expect("query");
    let request = Request::post(format!("{path}?{query}"))
        .header("host", public_url.trim_start_matches("http://"));
    let request = request
        .header("origin", public_url)
        .header("sec-fetch-site", "same-origin");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let chosen = app
        .send(
            request
                .body(Body::from(format!("{query}&{choice}")))
                .expect("request"),
        )
        .await;
    assert_eq!(
        chosen.status,
        StatusCode::SEE_OTHER,
        "{}",
        chosen.text
    );
    chosen.header("location").to_owned()
}

#[tokio::test]
async fn a_sign_in_returns_to_the_requested_page() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/settings/api-keys").await;
    let done = get(&app, &back, &flow).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/settings/api-keys")
    );
    let session = cookie(&done, "rt_session").expect("session cookie");
    let line = done
        .headers
        .get_all("set-cookie")
        .iter()
        .find(|line| line.as_bytes().starts_with(b"rt_session"))
        .expect("line");
    let line = line.to_str().expect("text");
    assert!(
        line.contains("HttpOnly") && line.contains("SameSite=Lax") && !line.contains("Domain"),
        "{line}"
    );
    let page = get(&app, "/settings/api-keys", &session).await;
    assert!(
        page.header("location")
            .ends_with("/settings/api-keys")
            && page.header("location").starts_with("/o/org_"),
        "{page:?}"
    );
}

// B23, B30: the session ID changes at sign-in.
#[tokio::test]
async fn a_sign_in_works_once_and_only_in_the_browser_that_started_it() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/").await;
    let elsewhere = get(
        &app,
        &back,
        "rt_flow=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    )
    .await;
    assert_eq!(problem(&elsewhere), "expired");
    assert!(cookie(&elsewhere, "rt_session").is_none());
    let (flow_two, back_two) = leave(&app, "olivia", "/").await;
    let planted = "rt_session=AAAAAAAAAAAAAAAAAAAAAA";
    let done = get(&app, &back_two, &format!("{flow_two}; {planted}")).await;
    let session = cookie(&done, "rt_session").expect("session");
    assert_ne!(session, planted);
    assert_eq!(
        problem(&get(&app, &back_two, &flow_two).await),
        "expired"
    );
    assert_eq!(problem(&get(&app, &back, &flow).await), "expired");
}

#[tokio::test]
async fn a_rejection_by_the_provider_is_explained() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/").await;
    let state = back
        .split("state=")
        .nth(1)
        .and_then(|rest| rest.split('&').next())
        .expect("state");
    let refused = get(
        &app,
        &format!("/sign-in/callback?state={state}&error=access_denied"),
        &flow,
    )
    .await;
    assert_eq!(problem(&refused), "cancelled");
    assert_eq!(
        problem(&get(&app, "/sign-in/callback", "").await),
        "expired"
    );
}

// B21: a person with an invitation for another email can sign in as another person. Only then the
// provider asks for the account.
#[tokio::test]
async fn signing_in_as_another_person_returns_to_the_invitation() {
    let app = app().await;
    let (flow, back) = leave(&app, "olivia", "/").await;
    let olivia = cookie(&get(&app, &back, &flow).await, "rt_session").expect("session");
    let plain = get(&app, "/sign-in/start?return_to=/join/Zk3y", &olivia).await;
    assert!(
        !plain.header("location").contains("prompt="),
        "{plain:?}"
    );
    let started = get(
        &app,
        "/sign-in/start?other=1&return_to=/join/Zk3y",
        &olivia,
    )
    .await;
    assert!(
        started
            .header("location")
            .contains("&prompt=select_account"),
        "{started:?}"
    );
    let (flow, back) = leave_as(&app, "adam", "other=1&return_to=/join/Zk3y", &olivia).await;
    let done = get(&app, &back, &format!("{flow}; {olivia}")).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/join/Zk3y")
    );
    let adam = cookie(&done, "rt_session").expect("session");
    let keys = get(&app, "/settings/api-keys", &adam)
        .await
        .header("location")
        .to_owned();
    assert!(
        get(&app, &keys, &adam)
            .await
            .text
            .contains("Account menu of <bdi>Adam Adler</bdi>")
    );
}

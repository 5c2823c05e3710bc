//! Failed authentication attempts: what is limited, for which client, and what is exempt.

mod signing_in;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::token::{KeyKind, PlainKey};
use engine::attempts::Limits;
use serde_json::json;
use server::http;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::test_app::{SETUP_TOKEN, TestApp, TestResponse, cookie};

const LIMITS: Limits = Limits {
    credentials: 5,
    secrets: 3,
};

/// An application with limits behind one proxy, so that tests can choose the IP address of a
/// request.
async fn app() -> TestApp {
    limited(TestApp::new().await)
}

fn limited(mut app: TestApp) -> TestApp {
    app.engine.attempts().set_limits(LIMITS);
    app.parts.trusted_proxies = 1;
    app.router = http::router(&app.parts, None);
    app
}

/// A well-formed key that does not exist.
fn unknown_key(n: u32) -> String {
    let secret = format!("{n:0>43}");
    let secret: [u8; 43] = secret
        .as_bytes()
        .try_into()
        .expect("43 characters");
    PlainKey::assemble(
        &Default::default(),
        KeyKind::Secret,
        b"00000000",
        &secret,
    )
    .expose()
    .to_owned()
}

fn request(
    method: Method,
    path: &str,
    from: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-forwarded-for", from);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
    request.body(Body::from(body)).expect("request")
}

async fn with_key(app: &TestApp, from: &str, key: &str) -> TestResponse {
    let bearer = format!("Bearer {key}");
    app.send(request(
        Method::GET,
        "/api/v1/me",
        from,
        &[("authorization", &bearer)],
        String::new(),
    ))
    .await
}

async fn with_cookie(app: &TestApp, from: &str, cookie: &str) -> TestResponse {
    let headers = [("cookie", cookie), ("accept", "text/html")];
    app.send(request(
        Method::GET,
        "/account",
        from,
        &headers,
        String::new(),
    ))
    .await
}

/// The kinds of guesses, with the response to one that fails.
const GUESSES: [(&str, StatusCode); 9] = [
    ("key", StatusCode::UNAUTHORIZED),
    ("malformed key", StatusCode::UNAUTHORIZED),
    ("token of another issuer", StatusCode::UNAUTHORIZED),
    ("access token", StatusCode::UNAUTHORIZED),
    ("key in the URL", StatusCode::BAD_REQUEST),
    ("session", StatusCode::SEE_OTHER),
    ("callback", StatusCode::SEE_OTHER),
    ("invitation", StatusCode::NOT_FOUND),
    ("setup token", StatusCode::CONFLICT),
];

/// It is rejected without a database query.
const UNREAD: [&str; 2] = ["malformed key", "token of another issuer"];

async fn guess(app: &TestApp, kind: &str, n: u32, from: &str) -> TestResponse {
    let page = ("accept", "text/html");
    match kind {
        "key" => with_key(app, from, &unknown_key(n)).await,
        "malformed key" => with_key(app, from, &format!("{}x", unknown_key(n))).await,
        "token of another issuer" => with_key(app, from, "eyJhbGciOiJSUzI1NiJ9.e30.c2ln").await,
        "access token" => {
            let header = "eyJhbGciOiJSUzI1NiIsImtpZCI6InNpZ19hYWFhYWFhYWFhYWFhYWFhIn0";
            with_key(app, from, &format!("{header}.e30.{n:0>8}")).await
        }
        "key in the URL" => {
            let path = format!("/api/v1/keys/{}", unknown_key(n));
            app.send(request(Method::GET, &path, from, &[], String::new()))
                .await
        }
        "session" => with_cookie(app, from, &cookie(u128::from(n).to_be_bytes())).await,
        "callback" => {
            let path = format!("/sign-in/callback?state={n:0>43}&code=x");
            app.send(request(
                Method::GET,
                &path,
                from,
                &[page],
                String::new(),
            ))
            .await
        }
        "invitation" => {
            app.send(request(
                Method::GET,
                &format!("/join/{n:0>43}"),
                from,
                &[page],
                String::new(),
            ))
            .await
        }
        "setup token" => bootstrap(app, from, "setup_0000000000000000").await,
        other => panic!("{other}"),
    }
}

async fn bootstrap(app: &TestApp, from: &str, token: &str) -> TestResponse {
    let body = json!({ "setup_token": token, "organization": "Acme", "name": "Olivia", "email": "olivia@acme.example" });
    let json = [("content-type", "application/json")];
    app.send(request(
        Method::POST,
        "/api/v1/bootstrap",
        from,
        &json,
        body.to_string(),
    ))
    .await
}

fn limit_of(kind: &str) -> u32 {
    if matches!(kind, "invitation" | "setup token") {
        LIMITS.secrets
    } else {
        LIMITS.credentials
    }
}

/// Asserts that the response is the error for too many failed attempts, as JSON or as a page.
fn assert_refused(answer: &TestResponse, kind: &str) {
    assert_eq!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{kind}: {}",
        answer.text
    );
    let seconds: u64 = answer
        .header("retry-after")
        .parse()
        .unwrap_or_else(|_| panic!("{kind}: {answer:?}"));
    assert!((1..=60).contains(&seconds), "{kind}: {seconds}");
    if matches!(kind, "session" | "callback" | "invitation" | "start") {
        assert!(
            answer
                .header("content-type")
                .starts_with("text/html"),
            "{kind}"
        );
        assert!(
            answer.text.contains("Too many failed attempts"),
            "{kind}: {}",
            answer.text
        );
    } else {
        let body = answer.json();
        assert_eq!(body["code"], "too_many_attempts", "{kind}");
        assert_eq!(body["error"], "Too Many Requests", "{kind}");
        assert!(
            body["request_id"]
                .as_str()
                .is_some_and(|id| id.starts_with("req_")),
            "{kind}"
        );
        assert!(
            body.get("retry_after").is_none(),
            "{kind}: the delay is in the header"
        );
    }
}

// B10, D43: every kind is limited by IP address, and rejected attempts never reach the database.
#[tokio::test]
async fn guesses_of_every_kind_are_limited_before_any_query() {
    let app = app().await;
    for (turn, (kind, fails)) in GUESSES.into_iter().enumerate() {
        let (here, there) = (
            format!("203.0.113.{turn}"),
            format!("198.51.100.{turn}"),
        );
        for n in 0..limit_of(kind) {
            let answer = guess(&app, kind, n, &here).await;
            assert_eq!(answer.status, fails, "{kind} {n}: {}", answer.text);
        }
        for n in 100..110 {
            assert_refused(&guess(&app, kind, n, &here).await, kind);
        }
        assert_eq!(
            guess(&app, kind, 200, &there).await.status,
            fails,
            "{kind}: another IP address is not limited"
        );
    }
    // From here on every query fails.
    app.db.close().await;
    for (turn, (kind, fails)) in GUESSES.into_iter().enumerate() {
        assert_refused(
            &guess(&app, kind, 300, &format!("203.0.113.{turn}")).await,
            kind,
        );
        let asked = guess(&app, kind, 300, "192.0.2.1").await.status;
        assert_eq!(
            asked == fails && kind != "callback",
            UNREAD.contains(&kind),
            "{kind}: {asked}"
        );
    }
}

#[tokio::test]
async fn the_limit_is_lifted_after_a_minute() {
    let app = app().await;
    for (kind, fails) in GUESSES {
        let from = "203.0.113.7";
        for n in 0..limit_of(kind) {
            assert_eq!(
                guess(&app, kind, n, from).await.status,
                fails,
                "{kind}"
            );
        }
        app.clock.advance_seconds(59);
        assert_eq!(
            guess(&app, kind, 100, from)
                .await
                .header("retry-after"),
            "1",
            "{kind}"
        );
        app.clock.advance_seconds(1);
        assert_eq!(
            guess(&app, kind, 100, from).await.status,
            fails,
            "{kind}"
        );
        app.clock.advance_seconds(60);
    }
}

// B11: a known key or session is exempt from the limit of its IP address; an unknown one is not.
#[tokio::test]
async fn known_keys_and_sessions_are_exempt_from_the_limit() {
    let app = app().await;
    let from = "203.0.113.7";
    let olivia = app.someone("olivia").await;
    let (key, unseen) = (app.key("olivia").await, app.key("olivia").await);
    let token = app.own_token(&olivia).await;
    assert_eq!(
        with_key(&app, from, &key).await.status,
        StatusCode::OK
    );
    assert_eq!(
        with_key(&app, from, &token).await.status,
        StatusCode::OK
    );
    assert_eq!(
        with_cookie(&app, from, &olivia.cookie())
            .await
            .status,
        StatusCode::OK
    );
    for n in 0..LIMITS.credentials {
        guess(&app, "key", n, from).await;
    }
    for n in 100..120 {
        assert_refused(&guess(&app, "key", n, from).await, "key");
        assert_eq!(
            with_key(&app, from, &key).await.status,
            StatusCode::OK
        );
        assert_eq!(
            with_key(&app, from, &token).await.status,
            StatusCode::OK
        );
        assert_eq!(
            with_cookie(&app, from, &olivia.cookie())
                .await
                .status,
            StatusCode::OK
        );
    }
    let (bearer, page) = (
        format!("Bearer {key}"),
        format!("https://example.com/?k={}", unknown_key(200)),
    );
    let headers = [
        ("authorization", bearer.as_str()),
        ("referer", page.as_str()),
    ];
    let sent = app
        .send(request(
            Method::GET,
            "/api/v1/me",
            from,
            &headers,
            String::new(),
        ))
        .await;
    assert_eq!(
        sent.status,
        StatusCode::OK,
        "a key in the Referer does not block a valid request"
    );
    assert_refused(&with_key(&app, from, &unseen).await, "key");
    assert_eq!(
        with_key(&app, "203.0.113.8", &unseen)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        with_key(&app, from, &unseen).await.status,
        StatusCode::OK,
        "it was used from another IP address"
    );
}

// A revoked credential is no longer known and is not exempt.
#[tokio::test]
async fn a_revoked_key_is_not_exempt_from_the_limit() {
    let app = app().await;
    let from = "203.0.113.7";
    let key = app.key("olivia").await;
    assert_eq!(
        with_key(&app, from, &key).await.status,
        StatusCode::OK
    );
    app.sql("UPDATE api_keys SET expires_at = 1")
        .await;
    // No operation has made this change, so the key would stay in memory.
    app.engine.set_key_cache(0);
    for _ in 0..LIMITS.credentials {
        assert_eq!(
            with_key(&app, from, &key).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_refused(&with_key(&app, from, &key).await, "key");
}

// B11: failed attempts with the prefix of a key do not lock out its owner.
#[tokio::test]
async fn failures_from_other_ip_addresses_do_not_lock_out_the_owner() {
    let app = app().await;
    let key = app.key("olivia").await;
    let many = if std::env::var_os("ROUNDTABLE_PROVE").is_some() {
        100_000_u32
    } else {
        1_000
    };
    let mut altered = key.clone();
    altered.replace_range(
        key.len() - 1..,
        if key.ends_with('0') { "1" } else { "0" },
    );
    for n in 0..many {
        let [_, a, b, c] = n.to_be_bytes();
        // The victim's key with a typo, and a key with the same public part and a valid checksum.
        let shown = if n % 2 == 0 {
            altered.clone()
        } else {
            like(&key, n)
        };
        let answer = with_key(&app, &format!("10.{a}.{b}.{c}"), &shown).await;
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{n}: {}",
            answer.text
        );
        if n % 100 == 0 {
            assert_eq!(
                with_key(&app, "203.0.113.7", &key).await.status,
                StatusCode::OK,
                "{n}"
            );
        }
    }
    assert_eq!(
        with_key(&app, "203.0.113.7", &key).await.status,
        StatusCode::OK
    );
}

/// Another key with the same public part.
fn like(key: &str, n: u32) -> String {
    let public = domain::token::public_part(key);
    let id: [u8; 8] = public.as_bytes()[public.len() - 8..]
        .try_into()
        .expect("8 characters");
    let secret: [u8; 43] = format!("{n:0>43}")
        .as_bytes()
        .try_into()
        .expect("43 characters");
    PlainKey::assemble(&Default::default(), KeyKind::Secret, &id, &secret)
        .expose()
        .to_owned()
}

// A forged header does not change the client, and an IPv6 network counts as one client.
#[tokio::test]
async fn a_client_is_identified_by_the_address_from_the_trusted_proxy() {
    let app = app().await;
    for n in 0..LIMITS.credentials {
        guess(&app, "key", n, &format!("6.6.6.{n}, 203.0.113.7")).await;
        guess(&app, "key", n, &format!("2001:db8:0:1::{n}")).await;
    }
    for from in [
        "6.6.6.200, 203.0.113.7",
        "203.0.113.7",
        "::ffff:203.0.113.7",
        "2001:db8:0:1:ffff::9",
    ] {
        assert_refused(&guess(&app, "key", 100, from).await, "key");
    }
    for from in ["203.0.113.7, 203.0.113.8", "2001:db8:0:2::1"] {
        assert_eq!(
            guess(&app, "key", 100, from).await.status,
            StatusCode::UNAUTHORIZED,
            "{from}"
        );
    }
}

#[tokio::test]
async fn concurrent_guesses_are_looked_up_only_up_to_the_limit() {
    let app = app().await;
    let mut guesses = JoinSet::new();
    for n in 0..100 {
        let bearer = format!("Bearer {}", unknown_key(n));
        let headers = [("authorization", bearer.as_str())];
        let request = request(
            Method::GET,
            "/api/v1/me",
            "203.0.113.7",
            &headers,
            String::new(),
        );
        guesses.spawn(app.router.clone().oneshot(request));
    }
    let answers: Vec<_> = guesses
        .join_all()
        .await
        .into_iter()
        .map(|answer| answer.expect("never fails"))
        .collect();
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status() == status)
            .count()
    };
    assert_eq!(
        count(StatusCode::UNAUTHORIZED),
        LIMITS.credentials as usize
    );
    assert_eq!(
        count(StatusCode::TOO_MANY_REQUESTS),
        100 - LIMITS.credentials as usize
    );
}

// An outage does not count as a failed attempt, and neither does a request without a credential.
#[tokio::test]
async fn outages_and_missing_credentials_do_not_count() {
    let app = app().await;
    let from = "203.0.113.7";
    for _ in 0..20 {
        let anonymous = app
            .send(request(
                Method::GET,
                "/api/v1/me",
                from,
                &[],
                String::new(),
            ))
            .await;
        assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED);
    }
    app.db.close().await;
    for n in 0..20 {
        assert_eq!(
            guess(&app, "key", n, from).await.status,
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
}

// The setup token of an empty installation, over the API and with the form of the welcome page.
#[tokio::test]
async fn the_setup_token_works_again_after_the_limit() {
    let app = limited(TestApp::empty().await);
    let from = "203.0.113.7";
    for _ in 0..LIMITS.secrets {
        assert_eq!(
            bootstrap(&app, from, "setup_0000000000000000")
                .await
                .status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_refused(
        &bootstrap(&app, from, "setup_0000000000000000").await,
        "setup token",
    );
    assert_refused(
        &bootstrap(&app, from, SETUP_TOKEN).await,
        "setup token",
    );
    app.clock.advance_seconds(60);
    assert_eq!(
        bootstrap(&app, from, SETUP_TOKEN).await.status,
        StatusCode::CREATED
    );
}

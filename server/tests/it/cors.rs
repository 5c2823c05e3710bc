//! Pages of other origins (CORS): which of them may call which URLs, and what they may read.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use fast_path::cors::AllowedOrigins;
use serde_json::{Value, json};
use server::http;

use crate::operations::{Operation, Scene};
use crate::test_app::{PUBLIC_URL, TestApp, TestResponse};

const LISTED: [&str; 2] = ["https://app.example.com", "http://localhost:5173"];
const OTHERS: [&str; 8] = [
    "https://app.example.com.evil.test",
    "https://app.example.com:8443",
    "http://app.example.com",
    "https://app.example.com/",
    "https://APP.example.com",
    "null",
    "*",
    PUBLIC_URL,
];
/// The only operation that reads a cookie.
const COOKIE_ROUTE: &str = "issue_token";

/// The demo users, and an installation that allows the listed origins.
async fn app_with_origins() -> TestApp {
    let mut app = TestApp::new().await;
    app.parts.allowed_origins = AllowedOrigins::new(LISTED.map(str::to_owned).to_vec());
    app.router = http::router(&app.parts, None);
    app
}

async fn send(
    app: &TestApp,
    method: &Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> TestResponse {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match body {
        Value::Null => Body::empty(),
        body => {
            request = request.header("content-type", "application/json");
            Body::from(body.to_string())
        }
    };
    app.send(request.body(body).expect("request"))
        .await
}

/// The key for the call of an operation: a new one if the operation replaces the key of its caller.
async fn bearer_for(app: &TestApp, operation: &Operation, subject: &str, key: &str) -> String {
    match operation.id {
        "rotate_calling_key" => app.key(subject).await,
        _ => key.to_owned(),
    }
}

/// The example call of an operation from a page of this origin.
async fn call(app: &TestApp, operation: &Operation, origin: &str, bearer: &str) -> TestResponse {
    let bearer = format!("Bearer {bearer}");
    let mut headers = vec![("origin", origin)];
    if bearer != "Bearer " {
        headers.push(("authorization", &bearer));
    }
    send(
        app,
        &operation.method,
        &operation.path,
        &headers,
        &operation.body,
    )
    .await
}

/// What a browser asks before a page of this origin may send such a call.
async fn preflight(app: &TestApp, method: &Method, path: &str, origin: &str) -> TestResponse {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method.as_str()),
        (
            "access-control-request-headers",
            "authorization,content-type",
        ),
    ];
    send(app, &Method::OPTIONS, path, &headers, &Value::Null).await
}

fn cors_headers(response: &TestResponse) -> Vec<&str> {
    response
        .headers
        .keys()
        .map(|name| name.as_str())
        .filter(|name| name.starts_with("access-control-"))
        .collect()
}

fn vary(response: &TestResponse) -> bool {
    response
        .headers
        .get_all("vary")
        .iter()
        .any(|value| value == "Origin")
}

/// Asserts that pages of this origin may read the response.
fn is_shared(what: &str, response: &TestResponse, origin: &str) {
    assert_eq!(
        cors_headers(response),
        [
            "access-control-allow-origin",
            "access-control-expose-headers"
        ],
        "{what}: {response:?}"
    );
    assert_eq!(
        response.header("access-control-allow-origin"),
        origin,
        "{what}"
    );
    assert!(vary(response), "{what}: {response:?}");
}

/// Asserts that no page of another origin may read the response.
fn is_ours(what: &str, response: &TestResponse) {
    assert_eq!(
        cors_headers(response),
        [""; 0],
        "{what}: {response:?}"
    );
}

// RA-10: the listed origins, and no other, may call every operation that reads no cookie. Refusals
// can be read too: of a request without a credential, and of a stranger.
#[tokio::test]
async fn a_listed_origin_may_call_every_operation_except_that_with_the_cookie() {
    let app = app_with_origins().await;
    let scene = Scene::of(&app).await;
    let stranger = app.key("theo").await;
    let mut statuses = BTreeSet::new();
    for operation in scene.operations() {
        let is_closed = operation.id == COOKIE_ROUTE || !operation.path.starts_with("/api/v1/");
        for origin in LISTED.into_iter().chain(OTHERS) {
            let what = format!("{} from {origin}", operation.id);
            let bearer = bearer_for(&app, &operation, "theo", &stranger).await;
            let answers = [
                call(&app, &operation, origin, "").await,
                call(&app, &operation, origin, &bearer).await,
            ];
            for answer in answers {
                if is_closed || !LISTED.contains(&origin) {
                    is_ours(&what, &answer);
                } else {
                    is_shared(&what, &answer, origin);
                    statuses.insert(answer.status.as_u16());
                }
            }
        }
    }
    for status in [200, 201, 401, 403, 404] {
        assert!(statuses.contains(&status), "{status}: {statuses:?}");
    }
}

// RA-10: refusals of the router can be read too.
#[tokio::test]
async fn a_listed_origin_reads_every_refusal() {
    let app = app_with_origins().await;
    let authorization = format!("Bearer {}", app.key("olivia").await);
    let long = json!({ "name": "x".repeat(70_000) });
    for (method, path, kind, body, status) in [
        (
            Method::POST,
            "/api/v1/workspaces",
            "application/json",
            "{}".to_owned(),
            422,
        ),
        (
            Method::POST,
            "/api/v1/workspaces",
            "application/json",
            "{".to_owned(),
            400,
        ),
        (
            Method::POST,
            "/api/v1/workspaces",
            "text/plain",
            "{}".to_owned(),
            415,
        ),
        (
            Method::POST,
            "/api/v1/workspaces",
            "application/json",
            long.to_string(),
            413,
        ),
        (Method::GET, "/api/v1/nothing", "", String::new(), 404),
        (
            Method::PUT,
            "/api/v1/workspaces",
            "",
            String::new(),
            405,
        ),
        (
            Method::GET,
            "/api/v1/workspaces?token=x",
            "",
            String::new(),
            400,
        ),
    ] {
        let request = Request::builder()
            .method(&method)
            .uri(path)
            .header("origin", LISTED[0])
            .header("content-type", kind)
            .header("authorization", &authorization)
            .body(Body::from(body))
            .expect("request");
        let answer = app.send(request).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{path}: {}",
            answer.text
        );
        is_shared(path, &answer, LISTED[0]);
    }
}

// RA-10
#[tokio::test]
async fn a_preflight_request_needs_no_credential_and_only_a_listed_origin_is_allowed() {
    let app = app_with_origins().await;
    let scene = Scene::of(&app).await;
    for operation in scene.operations() {
        let Operation {
            id, method, path, ..
        } = &operation;
        let is_closed = *id == COOKIE_ROUTE || !path.starts_with("/api/v1/");
        for origin in LISTED.into_iter().chain(OTHERS) {
            let what = format!("{id} from {origin}");
            let answer = preflight(&app, method, path, origin).await;
            if is_closed || !LISTED.contains(&origin) {
                is_ours(&what, &answer);
                assert_eq!(
                    answer.status,
                    StatusCode::METHOD_NOT_ALLOWED,
                    "{what}"
                );
                continue;
            }
            assert_eq!(
                (answer.status, answer.text.as_str()),
                (StatusCode::NO_CONTENT, ""),
                "{what}"
            );
            for (name, expected) in [
                ("access-control-allow-origin", origin),
                (
                    "access-control-allow-headers",
                    "Authorization, X-API-Key, Content-Type, Idempotency-Key, X-Organization",
                ),
                ("access-control-max-age", "600"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(answer.header(name), expected, "{what}: {name}");
            }
            assert!(
                answer
                    .header("access-control-allow-methods")
                    .split(", ")
                    .any(|allowed| allowed == method.as_str()),
                "{what}: {answer:?}"
            );
            assert!(answer.header("x-request-id").starts_with("req_"));
            assert!(
                vary(&answer)
                    && !cors_headers(&answer).contains(&"access-control-allow-credentials"),
                "{what}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_no_preflight_request_is_routed_as_ever() {
    let app = app_with_origins().await;
    let path = "/api/v1/keys";
    let method = ("access-control-request-method", "POST");
    for headers in [
        vec![],
        vec![method],
        vec![("origin", LISTED[0])],
        vec![("origin", LISTED[0]), ("origin", LISTED[1]), method],
    ] {
        let answer = send(&app, &Method::OPTIONS, path, &headers, &Value::Null).await;
        assert_eq!(
            answer.status,
            StatusCode::METHOD_NOT_ALLOWED,
            "{headers:?}"
        );
    }
}

// RA-10: nothing else is for pages of other origins: no page, no form, no gate, no other spelling.
#[tokio::test]
async fn other_urls_have_no_cross_origin_headers() {
    let app = app_with_origins().await;
    let mina = app.someone("mina").await;
    let cookie = mina.cookie();
    for path in [
        "/",
        "/sign-in",
        "/account",
        "/docs",
        "/docs/llms.txt",
        "/healthz",
        "/.well-known/jwks.json",
        "/gate/orders",
        "/api",
        "/api/projects",
        "/api/v1",
        "/api/v10/keys",
        "//api/v1/keys",
        "/API/v1/keys",
        "/api/v1/token",
        "/api/v1/token?force=true",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let headers = [
                ("origin", LISTED[0]),
                ("access-control-request-method", "POST"),
                ("cookie", cookie.as_str()),
            ];
            let answer = send(&app, &method, path, &headers, &Value::Null).await;
            is_ours(&format!("{method} {path}"), &answer);
            assert_ne!(answer.status, StatusCode::NO_CONTENT, "{path}");
        }
    }
    let gates = http::gate_router(&app.parts);
    let request = Request::get("/gate/orders")
        .header("origin", LISTED[0])
        .body(Body::empty())
        .expect("request");
    let answer = tower::ServiceExt::oneshot(gates, request)
        .await
        .expect("never fails");
    assert!(
        !answer
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

// RA-10: without the setting, an origin changes no response.
#[tokio::test]
async fn without_the_setting_no_response_depends_on_the_origin() {
    let app = TestApp::new().await;
    let scene = Scene::of(&app).await;
    for operation in scene.operations() {
        for origin in [LISTED[0], OTHERS[0]] {
            let answer = call(&app, &operation, origin, "").await;
            is_ours(operation.id, &answer);
            assert_eq!(
                answer.status.as_u16(),
                operation.anonymous,
                "{}",
                operation.id
            );
            let asked = preflight(&app, &operation.method, &operation.path, origin).await;
            is_ours(operation.id, &asked);
            assert_eq!(asked.status, StatusCode::METHOD_NOT_ALLOWED);
            assert!(!vary(&answer) && !vary(&asked), "{}", operation.id);
        }
    }
}

/// Headers that browsers show to every page, those that are for browsers and caches only, and those
/// of CORS itself.
fn needs_no_exposure(name: &str) -> bool {
    name.starts_with("access-control-")
        || [
            "cache-control",
            "content-length",
            "content-type",
            "content-security-policy",
            "cross-origin-opener-policy",
            "cross-origin-resource-policy",
            "permissions-policy",
            "referrer-policy",
            "vary",
            "x-content-type-options",
        ]
        .contains(&name)
}

// RA-10: a page reads every header that a program reads.
#[tokio::test]
async fn every_header_of_the_api_is_exposed() {
    let app = app_with_origins().await;
    let scene = Scene::of(&app).await;
    let (olivia, stranger) = (app.key("olivia").await, app.key("theo").await);
    let mut found = BTreeSet::new();
    for (subject, key) in [
        ("", ""),
        ("theo", stranger.as_str()),
        ("olivia", olivia.as_str()),
    ] {
        for operation in scene.operations() {
            if operation.id == COOKIE_ROUTE || !operation.path.starts_with("/api/v1/") {
                continue;
            }
            let bearer = match subject {
                "" => String::new(),
                subject => bearer_for(&app, &operation, subject, key).await,
            };
            let answer = call(&app, &operation, LISTED[0], &bearer).await;
            let exposed = answer
                .header("access-control-expose-headers")
                .to_ascii_lowercase();
            for name in answer
                .headers
                .keys()
                .map(|name| name.as_str())
                .filter(|name| !needs_no_exposure(name))
            {
                assert!(
                    exposed.split(", ").any(|word| word == name),
                    "{} of {} is not exposed: {exposed}",
                    name,
                    operation.id
                );
                found.insert(name.to_owned());
            }
        }
    }
    for name in [
        "content-disposition",
        "www-authenticate",
        "x-cost",
        "x-environment",
        "x-request-id",
    ] {
        assert!(found.contains(name), "{name}: {found:?}");
    }
    let headers = [("origin", LISTED[0]), ("x-api-key", olivia.as_str())];
    let path = "/api/v1/audit-log?limit=1";
    let page = send(&app, &Method::GET, path, &headers, &Value::Null).await;
    let exposed = page.header("access-control-expose-headers");
    assert!(
        exposed.contains("Link") && page.headers.contains_key("link"),
        "{page:?}"
    );
}

// RA-10: a key in memory is answered before the routes, with the same headers.
#[tokio::test]
async fn the_fast_path_has_the_same_headers() {
    let app = app_with_origins().await;
    let key = app.key("olivia").await;
    let authorization = format!("Bearer {key}");
    let headers = [
        ("origin", LISTED[1]),
        ("authorization", authorization.as_str()),
    ];
    let verify = json!({ "key": key });
    let ask = async || {
        [
            send(
                &app,
                &Method::GET,
                "/api/v1/me",
                &headers,
                &Value::Null,
            )
            .await,
            send(
                &app,
                &Method::POST,
                "/api/v1/keys/verify",
                &headers,
                &verify,
            )
            .await,
        ]
    };
    for size in [0, 100] {
        app.engine.set_key_cache(size);
        ask().await;
        assert_eq!(app.engine.cached_keys() > 0, size > 0);
        for answer in ask().await {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            is_shared("a check", &answer, LISTED[1]);
        }
    }
    let stranger = [
        ("origin", OTHERS[0]),
        ("authorization", authorization.as_str()),
    ];
    let answer = send(
        &app,
        &Method::GET,
        "/api/v1/me",
        &stranger,
        &Value::Null,
    )
    .await;
    is_ours("a check", &answer);
    assert!(vary(&answer), "a cache must not mix up the two");
}

// RA-10: a cookie gives a page of a listed origin nothing.
#[tokio::test]
async fn a_cookie_of_a_page_of_another_origin_is_ignored() {
    let app = app_with_origins().await;
    let cookie = app.someone("olivia").await.cookie();
    let headers = [
        ("origin", LISTED[0]),
        ("sec-fetch-site", "same-site"),
        ("cookie", cookie.as_str()),
    ];
    let keys = send(
        &app,
        &Method::GET,
        "/api/v1/keys",
        &headers,
        &Value::Null,
    )
    .await;
    assert_eq!(keys.status, StatusCode::UNAUTHORIZED);
    let token = send(
        &app,
        &Method::POST,
        "/api/v1/token",
        &headers,
        &Value::Null,
    )
    .await;
    assert_eq!(token.status, StatusCode::FORBIDDEN);
    is_ours("the token", &token);
}

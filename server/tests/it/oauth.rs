//! The tokens of devices over HTTP, and the pages that allow them.

use axum::body::Body;
use axum::http::Request;
use engine::attempts::Limits;
use serde_json::json;

use crate::browser;
use crate::test_app::{TestApp, TestResponse};

const FORM: &str = "application/x-www-form-urlencoded";
const DEVICE: &str = "/api/v1/oauth/device_authorization";
const TOKEN: &str = "/api/v1/oauth/token";
const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
// RFC 7636, appendix B.
const AUTHORIZE: &str = "/authorize?response_type=code&client_id=roundtable-cli&redirect_uri=http://127.0.0.1:49152/callback\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state=af0ifjsldkj";

async fn post_as(app: &TestApp, path: &str, kind: &str, body: &str) -> TestResponse {
    let request = Request::post(path).header("content-type", kind);
    app.send(
        request
            .body(Body::from(body.to_owned()))
            .expect("a request"),
    )
    .await
}

async fn post(app: &TestApp, path: &str, pairs: &[(&str, &str)]) -> TestResponse {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    post_as(app, path, FORM, &body).await
}

async fn poll(app: &TestApp, code: &str) -> TestResponse {
    let form = [
        ("client_id", "roundtable-cli"),
        ("grant_type", DEVICE_CODE_GRANT),
        ("device_code", code),
    ];
    post(app, TOKEN, &form).await
}

// RFC 6749, 5.2; RFC 8628, 3.2 and 3.5
#[tokio::test]
async fn a_device_speaks_oauth() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let started = post(
        &app,
        DEVICE,
        &[("client_id", "roundtable-cli"), ("scope", "all")],
    )
    .await;
    assert_eq!(
        (
            started.status.as_u16(),
            started.header("cache-control")
        ),
        (200, "no-store"),
        "{}",
        started.text
    );
    let codes = started.json();
    let user_code = codes["user_code"].as_str().expect("a code");
    let device_code = codes["device_code"].as_str().expect("a code");
    assert_eq!(
        codes["verification_uri"],
        json!("http://127.0.0.1:3000/device")
    );
    assert_eq!(
        (&codes["interval"], &codes["expires_in"]),
        (&json!(5), &json!(600))
    );

    let pending = poll(&app, device_code).await;
    assert_eq!(
        (pending.status.as_u16(), &pending.json()["error"]),
        (400, &json!("authorization_pending"))
    );
    assert_eq!(
        poll(&app, device_code).await.json()["error"],
        json!("slow_down")
    );
    let page = format!(
        "/device?user_code={}",
        user_code.to_lowercase().replace('-', "")
    );
    let shown = browser::page(&app, &page, &olivia.cookie()).await;
    assert!(
        shown.text.contains(user_code)
            && shown
                .text
                .contains("Allow the Roundtable command line"),
        "{}",
        shown.text
    );
    let answer = browser::send(
        &app,
        "decide_device",
        &page,
        &[("decision", "allow")],
        &olivia.cookie(),
    )
    .await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (303, "/device"),
        "{}",
        answer.text
    );
    let done = browser::page(&app, "/device", &olivia.cookie()).await;
    assert!(
        done.text.contains("The device is signed in."),
        "{}",
        done.text
    );

    let granted = poll(&app, device_code).await;
    assert_eq!(
        (
            granted.status.as_u16(),
            granted.header("cache-control")
        ),
        (200, "no-store"),
        "{}",
        granted.text
    );
    let tokens = granted.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let access = tokens["access_token"].as_str().expect("a token");
    assert_eq!(
        app.get("/api/v1/me", access).await.json()["credential"],
        json!("id_token")
    );
    let sessions = app.get("/api/v1/sessions", access).await.json();
    let own = sessions["sessions"]
        .as_array()
        .expect("sessions")
        .iter()
        .find(|one| one["is_current"] == json!(true));
    assert_eq!(own.expect("its session")["kind"], json!("device"));
    assert_eq!(
        poll(&app, device_code).await.json()["error"],
        json!("invalid_grant")
    );

    let refresh = tokens["refresh_token"].as_str().expect("a token");
    let form = [
        ("client_id", "roundtable-cli"),
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
    ];
    let refreshed = post(&app, TOKEN, &form).await.json();
    let next = refreshed["refresh_token"]
        .as_str()
        .expect("a token");
    assert_ne!(next, refresh);
    let revoked = post(
        &app,
        "/api/v1/oauth/revoke",
        &[("client_id", "roundtable-cli"), ("token", next)],
    )
    .await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(app.get("/api/v1/me", access).await.status, 401);
    let unknown = post(
        &app,
        "/api/v1/oauth/revoke",
        &[("client_id", "roundtable-cli"), ("token", "x")],
    )
    .await;
    assert_eq!(unknown.status, 200, "{}", unknown.text);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused_as_oauth_says() {
    let app = TestApp::new().await;
    let cases: [(&str, &str, &str, &str, u16, &str); 9] = [
        (DEVICE, FORM, "", "client_id", 400, "invalid_request"),
        (
            DEVICE,
            FORM,
            "client_id=evil",
            "client ID",
            401,
            "invalid_client",
        ),
        (
            DEVICE,
            FORM,
            "client_id=roundtable-cli&client_id=roundtable-js",
            "once",
            400,
            "invalid_request",
        ),
        (
            DEVICE,
            "application/json",
            r#"{"client_id":"roundtable-cli"}"#,
            "form",
            400,
            "invalid_request",
        ),
        (
            TOKEN,
            FORM,
            "client_id=roundtable-cli",
            "grant_type",
            400,
            "invalid_request",
        ),
        (
            TOKEN,
            FORM,
            "client_id=roundtable-cli&grant_type=password",
            "grant type",
            400,
            "unsupported_grant_type",
        ),
        (
            TOKEN,
            FORM,
            "client_id=roundtable-cli&grant_type=refresh_token&refresh_token=",
            "refresh_token",
            400,
            "invalid_request",
        ),
        (
            TOKEN,
            FORM,
            "client_id=roundtable-cli&grant_type=refresh_token&refresh_token=x",
            "unknown",
            400,
            "invalid_grant",
        ),
        (
            TOKEN,
            FORM,
            "client_id=roundtable-cli&grant_type=authorization_code&code=x&code_verifier=y&redirect_uri=z",
            "unknown",
            400,
            "invalid_grant",
        ),
    ];
    for (path, kind, body, words, status, code) in cases {
        let answer = post_as(&app, path, kind, body).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{path} {body}: {}",
            answer.text
        );
        let problem = answer.json();
        assert_eq!(problem["error"], json!(code), "{path} {body}");
        assert!(
            problem["error_description"]
                .as_str()
                .expect("a sentence")
                .contains(words),
            "{problem}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(app.get(TOKEN, "").await.status, 405);
}

// RFC 8414
#[tokio::test]
async fn the_metadata_lists_the_endpoints() {
    let app = TestApp::new().await;
    let metadata = app
        .get("/.well-known/oauth-authorization-server", "")
        .await
        .json();
    for (name, path) in [
        ("token_endpoint", TOKEN),
        ("device_authorization_endpoint", DEVICE),
        ("authorization_endpoint", "/authorize"),
    ] {
        assert_eq!(
            metadata[name],
            json!(format!("http://127.0.0.1:3000{path}"))
        );
    }
    assert_eq!(metadata["issuer"], json!("http://127.0.0.1:3000"));
    assert_eq!(
        metadata["code_challenge_methods_supported"],
        json!(["S256"])
    );
}

// D43: guessing a user code, and starting sign-ins, is limited.
#[tokio::test]
async fn codes_cannot_be_guessed() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    app.engine.attempts().set_limits(Limits {
        credentials: 3,
        secrets: 3,
    });
    for _ in 0..3 {
        let page = browser::page(&app, "/device?user_code=BBBB-BBBB", &olivia.cookie()).await;
        assert!(
            page.text.contains("This code is not valid"),
            "{}",
            page.text
        );
    }
    let page = browser::page(&app, "/device?user_code=BBBB-BBBB", &olivia.cookie()).await;
    assert_eq!(page.status, 429, "{}", page.text);
    for _ in 0..3 {
        assert_eq!(
            post(&app, DEVICE, &[("client_id", "roundtable-cli")])
                .await
                .status,
            200
        );
    }
    assert_eq!(
        post(&app, DEVICE, &[("client_id", "roundtable-cli")])
            .await
            .status,
        429
    );
}

// B30: nothing but this computer gets a code.
#[tokio::test]
async fn a_page_that_names_no_program_here_leads_nowhere() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let good = browser::page(&app, AUTHORIZE, &olivia.cookie()).await;
    assert!(
        good.text.contains("It runs on this computer"),
        "{}",
        good.text
    );
    let hostile = [
        (
            "redirect_uri=http://127.0.0.1:49152/callback",
            "redirect_uri=https://evil.test/callback",
        ),
        (
            "redirect_uri=http://127.0.0.1:49152",
            "redirect_uri=http://127.0.0.1:49152%40evil.test",
        ),
        (
            "code_challenge_method=S256",
            "code_challenge_method=plain",
        ),
        ("client_id=roundtable-cli", "client_id=evil"),
        ("&state=af0ifjsldkj", ""),
    ];
    for (part, other) in hostile {
        let page = AUTHORIZE.replace(part, other);
        let shown = browser::page(&app, &page, &olivia.cookie()).await;
        assert_eq!(shown.status, 400, "{page}");
        assert!(!shown.text.contains("evil.test"), "{page}");
        let answer = browser::send(
            &app,
            "decide_device",
            &page,
            &[("decision", "allow")],
            &olivia.cookie(),
        )
        .await;
        assert_eq!(answer.status, 400, "{page}: {}", answer.text);
    }
    // A visitor signs in first, and comes back to the same question.
    let visitor = browser::page(&app, AUTHORIZE, "").await;
    let to = visitor.header("location");
    assert!(
        to.starts_with("/sign-in?return_to=/authorize%3F") && to.contains("49152"),
        "{to}"
    );
    let visitor = browser::page(&app, "/device?user_code=wdjb%20mjht", "").await;
    assert_eq!(
        visitor.header("location"),
        "/sign-in?return_to=/device%3Fuser_code%3DWDJB-MJHT"
    );
}

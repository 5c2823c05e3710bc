//! The sessions of a person, over the API and in the browser.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use engine::ctx::Origin;
use engine::people::Identity;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::browser;
use crate::test_app::{ISSUER, Someone, TestApp, TestResponse, cookie};

async fn end(app: &TestApp, path: &str, bearer: &str) -> TestResponse {
    app.call(Method::DELETE, path, bearer, Value::Null)
        .await
}

/// The listed sessions, and the ID of the session of the token.
async fn listed(app: &TestApp, token: &str) -> (Vec<Value>, String) {
    let body = app.get("/api/v1/sessions", token).await.json();
    let sessions = body["sessions"]
        .as_array()
        .expect("sessions")
        .clone();
    let current = sessions
        .iter()
        .find(|session| session["is_current"] == json!(true))
        .expect("the current one");
    let id = current["id"].as_str().expect("an id").to_owned();
    (sessions, id)
}

/// Sends a form as a browser without script does.
async fn form(app: &TestApp, someone: &Someone, path: &str, body: &str) -> TestResponse {
    let request = Request::post(path)
        .header("cookie", someone.cookie())
        .header("sec-fetch-site", "same-origin");
    let request = request
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded");
    app.send(
        request
            .body(Body::from(format!("page=/account&{body}")))
            .expect("request"),
    )
    .await
}

async fn account(app: &TestApp, cookie: String) -> TestResponse {
    browser::page(app, "/account", &cookie).await
}

async fn page(app: &TestApp, someone: &Someone) -> StatusCode {
    let path = format!("/o/{}/settings/api-keys", someone.organization);
    browser::page(app, &path, &someone.cookie())
        .await
        .status
}

// B22: the list, with revoke.
#[tokio::test]
async fn people_see_their_sessions_and_end_them() {
    let app = TestApp::new().await;
    let (here, there) = (app.someone("mina").await, app.someone("mina").await);
    let (token, other) = (
        app.own_token(&here).await,
        app.own_token(&there).await,
    );
    let (sessions, own) = listed(&app, &token).await;
    assert_eq!(sessions.len(), 2);
    assert!(
        sessions
            .iter()
            .all(|session| session["signed_in_at"] == json!("2026-04-08T19:51:19Z")),
        "{sessions:?}"
    );
    let (_, second) = listed(&app, &other).await;
    assert_eq!(
        end(&app, &format!("/api/v1/sessions/{second}"), &token)
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        end(&app, &format!("/api/v1/sessions/{second}"), &token)
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        app.get("/api/v1/sessions", &other).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        (page(&app, &there).await, page(&app, &here).await),
        (StatusCode::SEE_OTHER, StatusCode::OK)
    );
    assert_eq!(
        end(&app, &format!("/api/v1/sessions/{own}"), &token)
            .await
            .status,
        StatusCode::NO_CONTENT,
        "and its own"
    );
    assert_eq!(
        app.get("/api/v1/sessions", &token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

// B15: nobody else's, and no key of one's own either.
#[tokio::test]
async fn nobody_reaches_the_sessions_of_someone_else() {
    let app = TestApp::new().await;
    let (mina, olivia) = (app.someone("mina").await, app.someone("olivia").await);
    let (minas, olivias) = (
        app.own_token(&mina).await,
        app.own_token(&olivia).await,
    );
    let (_, id) = listed(&app, &minas).await;
    let foreign = end(&app, &format!("/api/v1/sessions/{id}"), &olivias).await;
    let none = end(
        &app,
        "/api/v1/sessions/ses_0000000000000000",
        &olivias,
    )
    .await;
    let malformed = end(&app, "/api/v1/sessions/%27", &olivias).await;
    for refused in [&foreign, &none, &malformed] {
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found"))
        );
    }
    assert_eq!(
        end(&app, "/api/v1/sessions", &olivias)
            .await
            .json(),
        json!({ "ended": 0 })
    );
    let key = app.key_of(&mina).await;
    for (method, path) in [
        (Method::GET, "/api/v1/sessions".to_owned()),
        (Method::DELETE, format!("/api/v1/sessions/{id}")),
    ] {
        let refused = app
            .call(method, &path, key.plain.expose(), Value::Null)
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(page(&app, &mina).await, StatusCode::OK);
}

// B22: after "sign out everywhere else", none of a hundred concurrent cookies works.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_signing_out_everywhere_no_cookie_works() {
    let app = TestApp::new().await;
    let here = app.someone("mina").await;
    let token = app.own_token(&here).await;
    let mut others = Vec::new();
    for _ in 0..100 {
        others.push(app.someone("mina").await);
    }
    assert_eq!(page(&app, &others[99]).await, StatusCode::OK);
    assert_eq!(
        end(&app, "/api/v1/sessions", &token).await.json(),
        json!({ "ended": 100 })
    );
    let path = format!("/o/{}/settings/api-keys", here.organization);
    let tries = others.iter().map(|other| {
        let request = Request::get(&path)
            .header("cookie", other.cookie())
            .header("accept", "text/html");
        let (router, request) = (
            app.router.clone(),
            request.body(Body::empty()).expect("request"),
        );
        async move {
            tower::ServiceExt::oneshot(router, request)
                .await
                .expect("never fails")
                .status()
        }
    });
    let answers = tries.collect::<JoinSet<_>>().join_all().await;
    assert_eq!(
        answers
            .iter()
            .filter(|status| **status == StatusCode::OK)
            .count(),
        0
    );
    assert!(
        answers
            .iter()
            .all(|status| *status == StatusCode::SEE_OTHER),
        "all are asked to sign in"
    );
    assert_eq!(page(&app, &here).await, StatusCode::OK);
}

#[tokio::test]
async fn the_account_page_works_without_script() {
    let app = TestApp::new().await;
    assert!(
        account(&app, String::new())
            .await
            .header("location")
            .starts_with("/sign-in")
    );
    let (here, there) = (app.someone("mina").await, app.someone("mina").await);
    let shown = account(&app, here.cookie()).await;
    assert_eq!(
        (
            shown.text.matches("This device").count(),
            shown.text.matches("/ui/revoke_session").count()
        ),
        (1, 1)
    );
    let id = shown
        .text
        .split("name=\"session_id\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("an id");
    let done = form(
        &app,
        &here,
        "/ui/revoke_session",
        &format!("session_id={id}"),
    )
    .await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/account")
    );
    assert_eq!(page(&app, &there).await, StatusCode::SEE_OTHER);
    assert!(
        account(&app, here.cookie())
            .await
            .text
            .contains("Session revoked.")
    );
    let other = app.someone("mina").await;
    form(&app, &here, "/ui/revoke_other_sessions", "").await;
    assert!(
        account(&app, here.cookie())
            .await
            .text
            .contains("1 other session revoked.")
    );
    assert_eq!(page(&app, &other).await, StatusCode::SEE_OTHER);
    let foreign = form(
        &app,
        &here,
        "/ui/revoke_session",
        "session_id=ses_0000000000000000",
    )
    .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
}

// RA-03, RA-14: a token for scripts is shown in the answer to its form, and nowhere else.
#[tokio::test]
async fn a_token_for_scripts_is_shown_once() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let shown = form(&app, &mina, "/ui/issue_token", "").await;
    assert_eq!(
        (shown.status, shown.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    assert!(
        shown.header("location").is_empty()
            && shown
                .text
                .contains("It expires at 2026-04-08 20:51:19 UTC.")
    );
    let token = shown
        .text
        .split("export ROUNDTABLE_TOKEN=")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .expect("a token");
    assert_eq!(
        app.get("/api/v1/me", token).await.json()["credential"],
        json!("id_token")
    );
    assert!(
        !account(&app, mina.cookie())
            .await
            .text
            .contains("eyJ")
    );
    let read = Request::get("/ui/issue_token")
        .header("cookie", mina.cookie())
        .body(Body::empty())
        .expect("request");
    assert_eq!(
        app.send(read).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn whoever_is_in_no_organization_has_an_account_too() {
    let app = TestApp::new().await;
    let identity = Identity {
        issuer: ISSUER.into(),
        subject: "nia".into(),
        email: None,
        name: Some("Nia Novak".into()),
    };
    let nia = app
        .engine
        .sign_in(&identity, &Origin::default())
        .await
        .expect("signed in");
    let shown = account(&app, cookie(app.session_of(nia).await)).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(
        shown.text.contains("Nia Novak") && shown.text.contains("This device"),
        "{}",
        shown.text
    );
}

//! Rate limits of sign-ins and of what a signed-in user can guess: the setup token and invitations.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use engine::Db;
use engine::attempts::Limits;
use serde_json::json;

use super::{LIMITS, assert_refused};
use crate::browser;
use crate::sign_in::{self, cookie, get, leave};
use crate::test_app::{TestApp, TestResponse};

async fn start(app: &TestApp, cookies: &str) -> TestResponse {
    get(app, "/sign-in/start", cookies).await
}

async fn flows(app: &TestApp) -> i64 {
    let Db::Sqlite { reader, .. } = &app.db else {
        panic!("these tests run on SQLite")
    };
    sqlx::query_scalar("SELECT count(*) FROM sign_in_flows")
        .fetch_one(reader.pool())
        .await
        .expect("counted")
}

// Each start inserts a row, so their number is limited; expired rows are deleted.
#[tokio::test]
async fn started_sign_ins_are_limited_and_deleted_when_they_expire() {
    let app = sign_in::app().await;
    app.engine.attempts().set_limits(LIMITS);
    for _ in 0..LIMITS.credentials {
        assert_eq!(start(&app, "").await.status, StatusCode::SEE_OTHER);
    }
    for _ in 0..20 {
        assert_refused(&start(&app, "").await, "start");
    }
    assert_eq!(flows(&app).await, i64::from(LIMITS.credentials));
    app.clock
        .advance_seconds(engine::sessions::FLOW_SECONDS + 1);
    app.engine
        .delete_expired_sessions()
        .await
        .expect("swept");
    assert_eq!(flows(&app).await, 0);
    assert_eq!(start(&app, "").await.status, StatusCode::SEE_OTHER);
}

// A user who has started a sign-in can complete it, even if others with the same IP address fail
// meanwhile. A successful sign-in does not count as a failure.
#[tokio::test]
async fn a_started_sign_in_can_be_completed_despite_failures_of_others() {
    let app = sign_in::app().await;
    app.engine.attempts().set_limits(LIMITS);
    for _ in 0..3 * LIMITS.credentials {
        let (flow, back) = leave(&app, "olivia", "/").await;
        let done = get(&app, &back, &flow).await;
        assert!(cookie(&done, "rt_session").is_some(), "{done:?}");
    }
    let (flow, back) = leave(&app, "olivia", "/").await;
    while start(&app, "").await.status == StatusCode::SEE_OTHER {}
    assert_refused(
        &get(&app, "/sign-in/callback?state=x&code=x", "").await,
        "callback",
    );
    let done = get(&app, &back, &flow).await;
    let session = cookie(&done, "rt_session").expect("signed in");
    assert_eq!(
        get(&app, "/account", &session).await.status,
        StatusCode::OK,
        "the new session is known"
    );
    // Sign-ins of a signed-in user are counted separately.
    assert_eq!(
        get(&app, "/sign-in/start?fresh=1", &session)
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    // A successful sign-in frees exactly its own slot.
    assert_eq!(start(&app, "").await.status, StatusCode::SEE_OTHER);
    assert_refused(&start(&app, "").await, "start");
}

// The form of the welcome page has the same limit for the setup token as the API.
#[tokio::test]
async fn the_setup_token_form_is_limited() {
    let app = TestApp::empty().await;
    let identity = engine::people::Identity {
        issuer: crate::test_app::ISSUER.into(),
        subject: "olivia".into(),
        email: Some("olivia@acme.example".into()),
        name: Some("Olivia".into()),
    };
    let person = app
        .engine
        .sign_in(&identity, &Default::default())
        .await
        .expect("signed in");
    let cookie = crate::test_app::cookie(app.session_of(person).await);
    app.engine.attempts().set_limits(LIMITS);
    let found = async |token: &str| {
        let fields = [
            ("organization", "Acme"),
            ("name", "Olivia"),
            ("setup_token", token),
        ];
        browser::send(
            &app,
            "found_organization",
            "/welcome",
            &fields,
            &cookie,
        )
        .await
    };
    for _ in 0..LIMITS.secrets {
        assert_eq!(
            found("setup_0000000000000000").await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let refused = found(crate::test_app::SETUP_TOKEN).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    assert!(
        refused
            .text
            .contains("Too many failed attempts from your network"),
        "{}",
        refused.text
    );
    // An island gets the same error as JSON.
    let form = "organization=Acme&name=Olivia&setup_token=x";
    let request = Request::post("/ui/found_organization")
        .header("cookie", &cookie)
        .header("accept", "application/json");
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form));
    let refused = app.send(request.expect("request")).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    assert_eq!(refused.json()["code"], "too_many_attempts");
    app.clock.advance_seconds(60);
    assert_eq!(
        found(crate::test_app::SETUP_TOKEN).await.status,
        StatusCode::SEE_OTHER
    );
}

// Accepting an invitation looks up a token as well. A known invitation stays available to its
// recipient.
#[tokio::test]
async fn accepting_invitations_is_limited() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let (owner, token) = (
        app.own_token(&olivia).await,
        app.own_token(&mina).await,
    );
    let made = app
        .post(
            "/api/v1/invitations",
            &owner,
            json!({ "email": "ada@acme.example" }),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let link = made.json()["url"]
        .as_str()
        .and_then(|url| url.rsplit('/').next())
        .expect("a link")
        .to_owned();
    let accept = async |invitation: &str| {
        app.post(
            "/api/v1/invitations/accept",
            &token,
            json!({ "token": invitation }),
        )
        .await
    };
    app.engine.attempts().set_limits(Limits {
        credentials: 0,
        ..LIMITS
    });
    assert_eq!(
        accept(&link).await.status,
        StatusCode::FORBIDDEN,
        "it exists, for another person"
    );
    for n in 0..LIMITS.secrets {
        assert_eq!(
            accept(&format!("{n:0>43}")).await.status,
            StatusCode::NOT_FOUND
        );
    }
    assert_refused(&accept(&format!("{:0>43}", 100)).await, "API");
    assert_eq!(
        accept(&link).await.status,
        StatusCode::FORBIDDEN,
        "it is known"
    );
}

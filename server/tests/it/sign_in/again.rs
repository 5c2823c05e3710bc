//! Signing in again (B22): what a stolen session must not allow, and returning as the same person.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{app, cookie, get, leave, leave_as, problem};
use crate::test_app::{Someone, TestApp, TestResponse};

const TEN_MINUTES: i64 = 600;

async fn signed_in(app: &TestApp, person: &str) -> String {
    let (flow, back) = leave(app, person, "/account").await;
    cookie(&get(app, &back, &flow).await, "rt_session").expect("a session")
}

async fn is_open(app: &TestApp, session: &str) -> bool {
    get(app, "/account", session).await.status == StatusCode::OK
}

async fn form(
    app: &TestApp,
    someone: &Someone,
    path: &str,
    page: &str,
    body: &str,
) -> TestResponse {
    let request = Request::post(path)
        .header("cookie", someone.cookie())
        .header("sec-fetch-site", "same-origin");
    let request = request
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded");
    app.send(
        request
            .body(Body::from(format!(
                "page={page}&organization={}&{body}",
                someone.organization
            )))
            .expect("request"),
    )
    .await
}

// B22
#[tokio::test]
async fn a_fresh_sign_in_replaces_the_session_and_returns() {
    let app = app().await;
    let old = signed_in(&app, "olivia").await;
    app.clock.advance_seconds(TEN_MINUTES + 1);
    let started = get(
        &app,
        "/sign-in/start?fresh=1&return_to=/account",
        &old,
    )
    .await;
    assert!(
        started
            .header("location")
            .contains("&prompt=login&max_age=0"),
        "{}",
        started.header("location")
    );
    let (flow, back) = leave_as(&app, "olivia", "fresh=1&return_to=/account", &old).await;
    let done = get(&app, &back, &format!("{flow}; {old}")).await;
    assert_eq!(
        (done.status, done.header("location")),
        (StatusCode::SEE_OTHER, "/account")
    );
    let new = cookie(&done, "rt_session").expect("a session");
    assert!(new != old && is_open(&app, &new).await && !is_open(&app, &old).await);
}

// B22
#[tokio::test]
async fn a_fresh_sign_in_must_be_completed_by_the_same_person() {
    let app = app().await;
    let own = signed_in(&app, "mina").await;
    for other in ["olivia", "theo"] {
        let (flow, back) = leave_as(&app, other, "fresh=1&return_to=/account", &own).await;
        let refused = get(&app, &back, &format!("{flow}; {own}")).await;
        assert_eq!(problem(&refused), "someone_else");
        assert!(
            refused
                .header("location")
                .ends_with("&return_to=/account"),
            "{}",
            refused.header("location")
        );
        assert!(
            is_open(&app, &own).await,
            "the session is still valid"
        );
        let page = get(&app, refused.header("location"), &own).await;
        assert!(
            page.text
                .contains("You signed in as someone else."),
            "{}",
            page.text
        );
        assert!(
            page.text
                .contains("/sign-in/start?fresh=1&amp;return_to=/account")
                && page.text.contains("Go back")
        );
    }
    // Without a session it is an ordinary sign-in.
    let (flow, back) = leave_as(&app, "olivia", "fresh=1&return_to=/account", "").await;
    assert!(cookie(&get(&app, &back, &flow).await, "rt_session").is_some());
}

// The rejected form is kept and links to the sign-in. The API responds as specified in RFC 9470.
// B22
#[tokio::test]
async fn forms_and_the_api_report_that_a_fresh_sign_in_is_required() {
    let app = TestApp::new().await;
    let adam = app.someone("adam").await;
    let (one, other) = (
        app.key_of(&adam).await.view.key_id,
        app.key_of(&adam).await.view.key_id,
    );
    let token = app.own_token(&adam).await;
    app.clock.advance_seconds(TEN_MINUTES + 1);
    let keys = format!("/o/{}/settings/api-keys", adam.organization);
    let again = |answer: &TestResponse, place: &str| {
        let back = format!(
            "&amp;return_to={}\"",
            place.replace('?', "%3F").replace('=', "%3D")
        );
        answer
            .text
            .contains("href=\"/sign-in/start?fresh=1&amp;draft=")
            && answer.text.contains(&back)
    };
    let refused = form(
        &app,
        &adam,
        "/ui/create_key",
        &format!("{keys}/new"),
        "name=Nightly+export",
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(
        again(&refused, &format!("{keys}/new")),
        "{}",
        refused.text
    );
    let bulk = format!("keys={one},{other}&reason=leaked&confirm_name=revoke+2+keys");
    let place = format!("{keys}/revoke?key={one}");
    let refused = form(
        &app,
        &adam,
        "/ui/revoke_keys",
        &place.replace('?', "%3F").replace('=', "%3D"),
        &bulk,
    )
    .await;
    assert!(
        refused.status == StatusCode::UNAUTHORIZED && again(&refused, &place),
        "{}",
        refused.text
    );
    let body = json!({ "label": "Nightly export" });
    let refused = app.post("/api/v1/keys", &token, body).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (
            StatusCode::UNAUTHORIZED,
            &json!("fresh_sign_in_required")
        )
    );
    assert!(
        refused
            .header("www-authenticate")
            .contains("insufficient_user_authentication"),
        "{}",
        refused.text
    );
    let narrow = json!({ "label": "Reader", "scopes": ["workspaces:read"] });
    assert_eq!(
        app.post("/api/v1/keys", &token, narrow)
            .await
            .status,
        StatusCode::CREATED
    );
    let revoked = app
        .call(
            Method::DELETE,
            &format!("/api/v1/keys/{one}"),
            &token,
            Value::Null,
        )
        .await;
    assert_eq!(
        revoked.status,
        StatusCode::OK,
        "a single key can always be revoked"
    );
}

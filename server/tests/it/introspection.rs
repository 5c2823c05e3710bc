//! Token introspection (RFC 7662).

use axum::body::Body;
use axum::http::{Method, Request};
use domain::scope::Scope;
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};

const INTROSPECT: &str = "/api/v1/introspect";
const FORM: &str = "application/x-www-form-urlencoded";

async fn introspect(app: &TestApp, caller: &str, kind: &str, body: &str) -> TestResponse {
    let request = Request::post(INTROSPECT)
        .header("authorization", format!("Bearer {caller}"))
        .header("content-type", kind)
        .body(Body::from(body.to_owned()));
    app.send(request.expect("a request")).await
}

// D35
#[tokio::test]
async fn a_valid_key_is_active() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let caller = app
        .narrow_key(&olivia, [Scope::KeysRead])
        .await
        .plain;
    let made = json!({ "label": "brief", "scopes": ["runs:read", "runs:write"], "expires_at": "2099-01-01T00:00:00Z" });
    let made = app
        .post("/api/v1/keys", &app.key("olivia").await, made)
        .await
        .json();
    let key = made["api_key"].as_str().expect("a key");
    let expected = json!({
        "active": true,
        "scope": "runs:read runs:write",
        "username": "Olivia Owens",
        "token_type": "Bearer",
        "exp": 4_070_908_800_i64,
        "sub": olivia.ctx.actor().id.0.to_string(),
        "key_id": made["key_id"],
        "environment": "production",
    });
    for body in [
        format!("token={key}"),
        format!("token={key}%0A"),
        format!("token={key}&token_type_hint=access_token&client_id=x"),
    ] {
        for kind in [FORM, "Application/X-WWW-Form-URLEncoded; charset=utf-8"] {
            let answer = introspect(&app, caller.expose(), kind, &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.json(), expected);
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("x-cost"), "0");
        }
    }
    let answer = app
        .post(INTROSPECT, caller.expose(), json!({ "token": key }))
        .await;
    assert_eq!(answer.json(), expected);
    let shown = app
        .get(
            &format!("/api/v1/keys/{}", made["key_id"]),
            &app.key("olivia").await,
        )
        .await;
    assert_ne!(
        shown.json()["last_used"],
        Value::Null,
        "the use is counted"
    );
}

// D35
#[tokio::test]
async fn every_other_key_is_inactive_without_a_reason() {
    let app = TestApp::new().await;
    let caller = app.key("olivia").await;
    let create = async |body: Value| {
        app.post("/api/v1/keys", &caller, body)
            .await
            .json()
    };
    let revoked = create(json!({ "label": "revoked" })).await;
    let path = format!("/api/v1/keys/{}", revoked["key_id"]);
    let done = app
        .call(Method::DELETE, &path, &caller, Value::Null)
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    let test = create(json!({ "label": "test", "environment": "test" })).await;
    let foreign = app.key("theo").await;
    for token in [
        revoked["api_key"].as_str().expect("a key"),
        test["api_key"].as_str().expect("a key"),
        &foreign,
        &caller[..40],
        "unknown",
        "",
    ] {
        let answer = introspect(&app, &caller, FORM, &format!("token={token}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json(), json!({ "active": false }));
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_refused() {
    let app = TestApp::new().await;
    let caller = app.key("olivia").await;
    for (kind, body, status) in [
        (FORM, "", 422),
        (FORM, "key=x", 422),
        (FORM, "token=a&token=b", 400),
        ("application/json", "{}", 422),
        ("application/json", "{", 400),
        ("application/json", r#"{"token":"a","key":"b"}"#, 422),
        ("text/plain", "token=a", 415),
    ] {
        let answer = introspect(&app, &caller, kind, body).await;
        assert_eq!(
            answer.status, status,
            "{kind} {body}: {}",
            answer.text
        );
        assert!(answer.json()["code"].is_string(), "{}", answer.text);
    }
    let scopeless = app
        .narrow_key(&app.someone("olivia").await, [])
        .await
        .plain;
    let answer = introspect(&app, scopeless.expose(), FORM, "token=a").await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert_eq!(answer.json()["code"], "missing_scope");
}

//! Keys with an expiration time (D17).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

const DAY: i64 = 86_400;

// RU-08, RU-26, RO-18
#[tokio::test]
async fn a_key_expires_at_the_exact_second() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let body = json!({ "label": "short", "expires_at": "2026-04-09T19:51:19Z" });
    let made = app.post("/api/v1/keys", &key, body).await.json();
    let (path, plain) = (
        format!("/api/v1/keys/{}", made["key_id"]),
        made["api_key"].as_str().expect("key"),
    );
    app.clock.advance_seconds(DAY - 1);
    assert_eq!(
        app.get("/api/v1/me", plain).await.status,
        StatusCode::OK
    );
    app.clock.advance_seconds(1);
    let refused = app.get("/api/v1/me", plain).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (401, &json!("unauthorized"))
    );
    let shown = app.get(&path, &key).await.json();
    assert_eq!(
        (&shown["is_active"], &shown["revoked_at"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(shown["expires_at"], "2026-04-09T19:51:19Z");
    assert_eq!(
        shown["usage"]["refusals"][0]["cause"], "expired",
        "its usage contains the cause"
    );
    let active = app
        .get("/api/v1/keys?active=true", &key)
        .await
        .json();
    assert!(
        active
            .as_array()
            .expect("keys")
            .iter()
            .all(|key| key["label"] != "short")
    );
}

// RK-06, RA-15
#[tokio::test]
async fn a_key_without_expiration_stays_valid() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for body in [json!({}), json!({ "expires_at": null })] {
        let made = app.post("/api/v1/keys", &key, body).await.json();
        app.clock.advance_seconds(3650 * DAY);
        let detail = app
            .get(&format!("/api/v1/keys/{}", made["key_id"]), &key)
            .await
            .json();
        assert_eq!(
            (&detail["expires_at"], &detail["is_active"]),
            (&Value::Null, &json!(true))
        );
        assert_eq!(
            app.get("/api/v1/me", made["api_key"].as_str().expect("key"))
                .await
                .status,
            StatusCode::OK
        );
    }
}

// D17: the maximum lifetime applies to new keys and successors. Existing keys keep their
// expiration.
#[tokio::test]
async fn the_maximum_lifetime_applies_to_new_keys_and_successors() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let settings = async |body| {
        app.call(Method::PATCH, "/api/v1/organization", &key, body)
            .await
    };
    let set = settings(json!({ "max_key_days": 30 })).await;
    assert_eq!(
        (set.status.as_u16(), &set.json()["max_key_days"]),
        (200, &json!(30))
    );
    assert_eq!(
        app.get("/api/v1/me", &key).await.status,
        StatusCode::OK,
        "an existing key keeps its expiration"
    );
    for body in [
        json!({}),
        json!({ "expires_at": null }),
        json!({ "expires_at": "2026-05-08T19:51:20Z" }),
    ] {
        let refused = app.post("/api/v1/keys", &key, body.clone()).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}"
        );
        let fault = refused.json()["fields"][0].clone();
        assert_eq!(
            (&fault["field"], &fault["latest"]),
            (&json!("expires_at"), &json!("2026-05-08T19:51:19Z"))
        );
    }
    let made = app
        .post(
            "/api/v1/keys",
            &key,
            json!({ "expires_at": "2026-05-08T19:51:19Z" }),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    // The successor of a key without expiration gets the latest allowed one.
    let rotated = app
        .post("/api/v1/keys/rotate", &key, json!({}))
        .await
        .json();
    let next = rotated["api_key"].as_str().expect("key");
    let detail = app
        .get(&format!("/api/v1/keys/{}", rotated["key_id"]), next)
        .await
        .json();
    assert_eq!(detail["expires_at"], "2026-05-08T19:51:19Z");
    let free = app
        .call(
            Method::PATCH,
            "/api/v1/organization",
            next,
            json!({ "max_key_days": null }),
        )
        .await;
    assert_eq!(
        (free.status.as_u16(), &free.json()["max_key_days"]),
        (200, &Value::Null)
    );
}

//! The settings of the organization, and the audit events of API calls.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

// KE-06, KE-07: every member sees the settings, owners and admins change them; absent fields do not
// change.
#[tokio::test]
async fn only_owners_and_admins_can_change_the_settings() {
    let app = TestApp::new().await;
    let (admin, member) = (app.key("adam").await, app.key("mina").await);
    let patch = async |key: &str, body: Value| {
        app.call(Method::PATCH, "/api/v1/organization", key, body)
            .await
    };
    let seen = app
        .get("/api/v1/organization", &member)
        .await
        .json();
    assert_eq!(
        (&seen["name"], &seen["max_key_days"]),
        (&json!("Acme"), &Value::Null)
    );
    assert!(
        seen["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("org_"))
    );
    assert_eq!(
        patch(&member, json!({ "max_key_days": 1 }))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        patch(&admin, json!({ "max_key_days": 365 }))
            .await
            .json()["max_key_days"],
        365
    );
    assert_eq!(
        patch(&admin, json!({})).await.json()["max_key_days"],
        365,
        "absent fields do not change"
    );
    for days in [json!(0), json!(3651), json!(-1)] {
        let refused = patch(&admin, json!({ "max_key_days": days })).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!("max_key_days"))
        );
    }
    assert_eq!(
        patch(&admin, json!({ "max_key_days": 30.0 }))
            .await
            .json()["max_key_days"],
        30,
        "the same number"
    );
    for days in [json!(30.5), json!(1e300)] {
        assert_eq!(
            patch(&admin, json!({ "max_key_days": days }))
                .await
                .status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(
        patch(&admin, json!({ "max_key_days": "30" }))
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        seen["default_key_days"], 90,
        "unless the organization changes it"
    );
    for days in [json!(31), Value::Null, json!(0), json!("7"), json!(7.5)] {
        let refused = patch(&admin, json!({ "default_key_days": days })).await;
        assert_eq!(
            refused.status.as_u16(),
            422,
            "{days}: {}",
            refused.text
        );
    }
    let lower = patch(&admin, json!({ "default_key_days": 7 })).await;
    assert_eq!(lower.json()["default_key_days"], 7);
    let free = patch(
        &admin,
        json!({ "max_key_days": null, "default_key_days": null }),
    )
    .await;
    assert_eq!(
        (&free.json()["default_key_days"], free.status.as_u16()),
        (&Value::Null, 200)
    );
    let other = app
        .get("/api/v1/organization", &app.key("theo").await)
        .await
        .json();
    assert_eq!(
        (&other["name"], &other["max_key_days"]),
        (&json!("Orbit"), &Value::Null)
    );
}

// RK-25, RK-03: the audit log records the key and the owner of each call.
#[tokio::test]
async fn calls_with_a_key_are_recorded_in_the_audit_log() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let key = app.key_of(&mina).await;
    let plain = key.plain.expose();
    let made = app
        .post(
            "/api/v1/workspaces",
            plain,
            json!({ "name": "W", "provider": "openai" }),
        )
        .await
        .json();
    app.post(
        &format!(
            "/api/v1/workspaces/{}/runs",
            made["id"].as_str().expect("id")
        ),
        plain,
        Value::Null,
    )
    .await;
    app.post("/api/v1/keys", plain, json!({ "label": "more" }))
        .await;
    app.post("/api/v1/keys/rotate", plain, Value::Null)
        .await;
    let events = app
        .engine
        .read_audit_log(&olivia.ctx, &Default::default(), 5)
        .await
        .expect("events")
        .rows;
    let actual: Vec<_> = events
        .iter()
        .map(|event| event.action.as_str())
        .collect();
    assert_eq!(
        actual,
        [
            "key.created",
            "key.rotated",
            "key.created",
            "run.created",
            "workspace.created"
        ]
    );
    for event in &events {
        assert_eq!(
            (event.actor_name.as_str(), event.via_key.as_deref()),
            ("Mina Moreau", Some(&*key.view.key_prefix))
        );
        assert!(event.request_id.starts_with("req_"));
    }
}

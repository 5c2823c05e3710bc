//! A key cannot create a key with more access than its own (D14).

use axum::http::StatusCode;
use domain::{Role, Scope};
use serde_json::json;

use crate::test_app::TestApp;

// Scopes: only those of the calling key, or none.
#[tokio::test]
async fn a_key_cannot_create_a_key_with_other_scopes() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app
        .narrow_key(&olivia, [Scope::KeysWrite, Scope::WorkspacesWrite])
        .await;
    let make = async |body| {
        app.post("/api/v1/keys", key.plain.expose(), body)
            .await
    };
    for body in [
        json!({ "scopes": ["workspaces:read"] }),
        json!({ "scopes": ["workspaces:write", "keys:read"] }),
        json!({ "template": "key_rotation" }),
        json!({ "environment": "test", "scopes": ["workspaces:write"] }),
        json!({ "scopes": [] }),
    ] {
        assert_eq!(
            make(body.clone()).await.status,
            StatusCode::CREATED,
            "{body}"
        );
    }
    for body in [
        json!({ "scopes": ["workspaces:read", "runs:read"] }),
        json!({ "template": "automation" }),
    ] {
        let refused = make(body.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (403, &json!("missing_scope")),
            "{body}"
        );
        assert!(
            refused
                .header("www-authenticate")
                .contains("scope=\"runs:read\""),
            "{body}"
        );
    }
    // Without scopes and template the new key has full access, which only a key with full access
    // can grant.
    for body in [json!({}), json!({ "template": "full_access" })] {
        assert_eq!(
            make(body.clone()).await.status,
            StatusCode::FORBIDDEN,
            "{body}"
        );
    }
    let full = format!(
        "/api/v1/keys/{}/rotate",
        app.key_of(&olivia).await.view.key_id
    );
    let refused = app
        .post(&full, key.plain.expose(), json!({}))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "the successor would have more access"
    );
}

// Role: the role of the calling key limits the new key, even if its owner has a higher role now
// (D6).
#[tokio::test]
async fn a_key_cannot_create_a_key_with_a_higher_role() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let low = app.key_of(&mina).await;
    app.engine
        .change_member(&olivia.ctx, mina.ctx.actor().id, Role::Admin)
        .await
        .expect("raised");
    let made = app
        .post(
            "/api/v1/keys",
            low.plain.expose(),
            json!({ "label": "next" }),
        )
        .await
        .json();
    let detail = app
        .get(
            &format!("/api/v1/keys/{}", made["key_id"]),
            low.plain.expose(),
        )
        .await
        .json();
    assert_eq!(detail["role"], "member");
    let rotated = app
        .post("/api/v1/keys/rotate", low.plain.expose(), json!({}))
        .await
        .json();
    let me = app
        .get(
            "/api/v1/me",
            rotated["api_key"].as_str().expect("key"),
        )
        .await
        .json();
    assert_eq!(me["role"], "member");
    let owners = format!(
        "/api/v1/keys/{}/rotate",
        app.key_of(&olivia).await.view.key_id
    );
    let refused = app
        .post(&owners, &app.key("adam").await, json!({}))
        .await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "an admin cannot rotate the key of an owner"
    );
}

// Environment
#[tokio::test]
async fn a_test_key_creates_only_test_keys() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.test_key(&olivia).await;
    let refused = app
        .post(
            "/api/v1/keys",
            key.plain.expose(),
            json!({ "scopes": ["runs:read"] }),
        )
        .await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "{}",
        refused.text
    );
    let body = json!({ "environment": "test", "template": "full_access" });
    assert_eq!(
        app.post("/api/v1/keys", key.plain.expose(), body)
            .await
            .status,
        StatusCode::CREATED
    );
    let live = app.key_of(&olivia).await;
    for path in [format!("/api/v1/keys/{}/rotate", live.view.key_id)] {
        let refused = app
            .post(&path, key.plain.expose(), json!({}))
            .await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{}",
            refused.text
        );
    }
}

// Lifetime
#[tokio::test]
async fn a_key_cannot_create_a_key_that_expires_later() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let day = json!({ "label": "a day", "expires_at": "2026-04-09T19:51:19Z" });
    let short = app
        .post("/api/v1/keys", &key, day.clone())
        .await
        .json();
    let short = short["api_key"].as_str().expect("key");
    for body in [
        json!({ "label": "for ever" }),
        json!({ "label": "longer", "expires_at": "2026-04-09T19:51:20Z" }),
    ] {
        let refused = app
            .post("/api/v1/keys", short, body.clone())
            .await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {}",
            refused.text
        );
        let fault = refused.json()["fields"][0].clone();
        assert_eq!(
            (&fault["field"], &fault["fault"]),
            (&json!("expires_at"), &json!("too_late"))
        );
        assert_eq!(fault["latest"], "2026-04-09T19:51:19Z");
    }
    assert_eq!(
        app.post("/api/v1/keys", short, day).await.status,
        StatusCode::CREATED
    );
}

// RK-03, KE-03: not even an owner
#[tokio::test]
async fn keys_cannot_be_created_for_another_person() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await.ctx.actor().id;
    for subject in ["olivia", "adam", "noor"] {
        let refused = app
            .post(
                "/api/v1/keys",
                &app.key(subject).await,
                json!({ "actor_id": mina }),
            )
            .await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (403, &json!("forbidden")),
            "{subject}"
        );
    }
    let response = app
        .post(
            "/api/v1/keys",
            &app.key("olivia").await,
            json!({ "actor_id": 999_999 }),
        )
        .await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
}

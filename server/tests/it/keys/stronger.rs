//! A key cannot create a key with more access than its own (D14).

use axum::http::StatusCode;
use domain::{Role, Scope};
use serde_json::json;

use crate::test_app::TestApp;

// Scopes: only what the key has itself, or nothing.
#[tokio::test]
async fn a_key_gives_no_scope_that_it_lacks() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.narrow_key(&olivia, [Scope::KeysWrite, Scope::WorkspacesWrite]).await;
    let make = async |body| app.post("/api/v1/keys", key.plain.expose(), body).await;
    for body in [
        json!({ "scopes": ["workspaces:read"] }),
        json!({ "scopes": ["workspaces:write", "keys:read"] }),
        json!({ "template": "key_rotation" }),
        json!({ "environment": "test", "scopes": ["workspaces:write"] }),
        json!({ "scopes": [] }),
    ] {
        assert_eq!(make(body.clone()).await.status, StatusCode::CREATED, "{body}");
    }
    for body in [json!({ "scopes": ["workspaces:read", "runs:read"] }), json!({ "template": "automation" })] {
        let refused = make(body.clone()).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("missing_scope")), "{body}");
        assert!(refused.header("www-authenticate").contains("scope=\"runs:read\""), "{body}");
    }
    // Neither scopes nor a template is everything, which only a key with full access gives.
    for body in [json!({}), json!({ "template": "full_access" })] {
        assert_eq!(make(body.clone()).await.status, StatusCode::FORBIDDEN, "{body}");
    }
    let full = format!("/api/v1/keys/{}/rotate", app.key_of(&olivia).await.view.key_id);
    let refused = app.post(&full, key.plain.expose(), json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "the successor of a stronger key is a stronger key");
}

// Role: the new key is capped by the role of the key that asks, whatever its owner is by now (D6).
#[tokio::test]
async fn a_key_gives_no_higher_role_than_its_own() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let low = app.key_of(&mina).await;
    app.engine.change_member(&olivia.ctx, mina.ctx.actor().id, Role::Admin).await.expect("raised");
    let made = app.post("/api/v1/keys", low.plain.expose(), json!({ "label": "next" })).await.json();
    let detail = app.get(&format!("/api/v1/keys/{}", made["key_id"]), low.plain.expose()).await.json();
    assert_eq!(detail["role"], "member");
    let rotated = app.post("/api/v1/keys/rotate", low.plain.expose(), json!({})).await.json();
    let me = app.get("/api/v1/me", rotated["api_key"].as_str().expect("key")).await.json();
    assert_eq!(me["role"], "member");
    let owners = format!("/api/v1/keys/{}/rotate", app.key_of(&olivia).await.view.key_id);
    let refused = app.post(&owners, &app.key("adam").await, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "an admin gets no owner's key in hand");
}

// Environment: the sandbox stays the sandbox.
#[tokio::test]
async fn a_test_key_makes_test_keys_only() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.test_key(&olivia).await;
    let refused = app.post("/api/v1/keys", key.plain.expose(), json!({ "scopes": ["runs:read"] })).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let body = json!({ "environment": "test", "template": "full_access" });
    assert_eq!(app.post("/api/v1/keys", key.plain.expose(), body).await.status, StatusCode::CREATED);
    let live = app.key_of(&olivia).await;
    for path in [format!("/api/v1/keys/{}/rotate", live.view.key_id)] {
        let refused = app.post(&path, key.plain.expose(), json!({})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    }
}

// Lifetime: no later end than its own.
#[tokio::test]
async fn a_key_makes_none_that_outlives_it() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let day = json!({ "label": "a day", "expires_at": "2026-04-09T19:51:19Z" });
    let short = app.post("/api/v1/keys", &key, day.clone()).await.json();
    let short = short["api_key"].as_str().expect("key");
    for body in [json!({ "label": "for ever" }), json!({ "label": "longer", "expires_at": "2026-04-09T19:51:20Z" })] {
        let refused = app.post("/api/v1/keys", short, body.clone()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", refused.text);
        let fault = refused.json()["fields"][0].clone();
        assert_eq!((&fault["field"], &fault["fault"]), (&json!("expires_at"), &json!("too_late")));
        assert_eq!(fault["latest"], "2026-04-09T19:51:19Z");
    }
    assert_eq!(app.post("/api/v1/keys", short, day).await.status, StatusCode::CREATED);
}

// RK-03, KE-03: nobody makes keys in another person's name, not even an owner.
#[tokio::test]
async fn nobody_makes_keys_in_anothers_name() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await.ctx.actor().id;
    for subject in ["olivia", "adam", "noor"] {
        let refused = app.post("/api/v1/keys", &app.key(subject).await, json!({ "actor_id": mina })).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("forbidden")), "{subject}");
    }
    let nobody = app.post("/api/v1/keys", &app.key("olivia").await, json!({ "actor_id": 999_999 })).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

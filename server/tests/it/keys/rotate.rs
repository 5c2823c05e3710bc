//! Rotating a key (D15, RO-29 and following).

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::Scope;
use serde_json::{Value, json};

use crate::test_app::TestApp;

// RO-29, RO-30, RO-34, RO-35, RO-40, RO-41: the calling key is revoked immediately, the new one has
// the same actor, scopes and environment, and a key pair of its own.
#[tokio::test]
async fn the_calling_key_can_rotate_itself() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    for (key, environment) in [
        (
            app.narrow_key(&olivia, [Scope::RunsRead]).await,
            "production",
        ),
        (app.test_key(&olivia).await, "test"),
    ] {
        let request = Request::post("/api/v1/keys/rotate").header("x-api-key", key.plain.expose());
        let request = request.header("content-type", "application/json");
        let body = Body::from(r#"{"confirm_message_loss": true, "label": "rotated-2026-04"}"#);
        let rotated = app
            .send(request.body(body).expect("request"))
            .await;
        assert_eq!(
            rotated.status,
            StatusCode::CREATED,
            "{}",
            rotated.text
        );
        assert_eq!(rotated.header("x-environment"), environment);
        let new = rotated.json();
        let names: Vec<_> = new
            .as_object()
            .expect("object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [
            "key_id",
            "actor_id",
            "api_key",
            "key_prefix",
            "public_key_hex",
            "messages_orphaned",
            "items_orphaned",
        ]
        .to_vec();
        expected.extend(["old_key_ends_at", "warning"]);
        expected.sort_unstable();
        assert_eq!(names, expected);
        assert_ne!(new["key_id"], key.view.key_id.0);
        assert_eq!(
            (&new["actor_id"], &new["messages_orphaned"]),
            (&json!(key.view.actor_id), &json!(0))
        );
        assert_eq!(new["old_key_ends_at"], "2026-04-08T19:51:19Z");
        assert_ne!(
            new["public_key_hex"], key.public_key_hex,
            "a new key pair"
        );
        assert_eq!(
            app.get("/api/v1/me", key.plain.expose())
                .await
                .status,
            StatusCode::UNAUTHORIZED
        );
        let plain = new["api_key"].as_str().expect("key");
        assert_eq!(
            plain.split('_').nth(1),
            key.plain.expose().split('_').nth(1),
            "the same kind"
        );
        assert_eq!(
            app.get("/api/v1/me", plain).await.json()["key_id"],
            new["key_id"]
        );
        let watcher = app.key("olivia").await;
        let shown = async |id: &Value| {
            app.get(&format!("/api/v1/keys/{id}"), &watcher)
                .await
                .json()
        };
        let (old, next) = (
            shown(&json!(key.view.key_id)).await,
            shown(&new["key_id"]).await,
        );
        assert_eq!(
            (&old["rotated_to"], &next["rotated_from"]),
            (&new["key_id"], &json!(key.view.key_id))
        );
        assert_eq!(
            (&old["is_active"], &old["revoke_reason"]),
            (&json!(false), &json!("replaced"))
        );
        assert_eq!(
            (&next["scopes"], &next["environment"]),
            (&old["scopes"], &json!(environment))
        );
        assert_eq!(next["label"], "rotated-2026-04");
    }
}

// RO-28, RO-34, RO-36: without a body
#[tokio::test]
async fn the_default_name_of_a_successor_is_rotated_key() {
    let app = TestApp::new().await;
    let key = app.key("mina").await;
    let rotated = app
        .post("/api/v1/keys/rotate", &key, Value::Null)
        .await
        .json();
    assert_eq!(
        rotated["warning"], "Store this API key securely — it cannot be retrieved again",
        "nothing was lost"
    );
    let next = rotated["api_key"].as_str().expect("key");
    assert_eq!(
        app.get("/api/v1/keys?active=true", next)
            .await
            .json()[0]["label"],
        "rotated key"
    );
    let by_id = app
        .post(
            &format!("/api/v1/keys/{}/rotate", rotated["key_id"]),
            next,
            json!({}),
        )
        .await
        .json();
    let last = by_id["api_key"].as_str().expect("key");
    assert_eq!(
        app.get("/api/v1/keys?active=true", last)
            .await
            .json()[0]["label"],
        "rotated key",
        "it carries over"
    );
}

// RK-28, RU-18: both keys work until the old one is revoked.
#[tokio::test]
async fn a_key_can_be_rotated_manually() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let old = app
        .narrow_key(&mina, [Scope::WorkspacesRead, Scope::KeysWrite])
        .await;
    let body = json!({ "label": "next", "scopes": ["workspaces:read", "keys:write"] });
    let new = app
        .post("/api/v1/keys", old.plain.expose(), body)
        .await
        .json();
    let new = new["api_key"].as_str().expect("key");
    for key in [old.plain.expose(), new] {
        assert_eq!(
            app.get("/api/v1/workspaces", key).await.status,
            StatusCode::OK
        );
    }
    let path = format!("/api/v1/keys/{}", old.view.key_id);
    assert_eq!(
        app.call(axum::http::Method::DELETE, &path, new, Value::Null)
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        app.get("/api/v1/workspaces", old.plain.expose())
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.get("/api/v1/workspaces", new).await.status,
        StatusCode::OK
    );
}

// D15
#[tokio::test]
async fn both_keys_work_until_the_grace_period_is_over() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, watcher) = (app.key_of(&olivia).await, app.key("olivia").await);
    let path = format!("/api/v1/keys/{}/rotate", key.view.key_id);
    let rotated = app
        .post(&path, &watcher, json!({ "overlap_seconds": 3600 }))
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );
    let rotated = rotated.json();
    let new = rotated["api_key"].as_str().expect("key");
    assert_eq!(rotated["old_key_ends_at"], "2026-04-08T20:51:19Z");
    let works = async |key: &str| {
        app.get("/api/v1/workspaces", key)
            .await
            .status
            .as_u16()
    };
    app.clock.advance_seconds(3599);
    assert_eq!(
        (works(key.plain.expose()).await, works(new).await),
        (200, 200)
    );
    let again = app.post(&path, &watcher, json!({})).await;
    assert_eq!(
        again.status,
        StatusCode::CONFLICT,
        "it already has a successor"
    );
    app.clock.advance_seconds(1);
    assert_eq!(
        (works(key.plain.expose()).await, works(new).await),
        (401, 200)
    );
    let old = app
        .get(&format!("/api/v1/keys/{}", key.view.key_id), &watcher)
        .await
        .json();
    assert_eq!(
        (&old["is_active"], &old["expires_at"]),
        (&json!(false), &json!("2026-04-08T20:51:19Z"))
    );
}

// D15: the successor has the lifetime of the old key.
#[tokio::test]
async fn a_grace_period_does_not_extend_the_lifetime_of_a_key() {
    let app = TestApp::new().await;
    let watcher = app.key("olivia").await;
    let made = app
        .post(
            "/api/v1/keys",
            &watcher,
            json!({ "expires_at": "2026-04-08T20:51:19Z" }),
        )
        .await
        .json();
    app.clock.advance_seconds(1800);
    let path = format!("/api/v1/keys/{}/rotate", made["key_id"]);
    let rotated = app
        .post(&path, &watcher, json!({ "overlap_seconds": 86_400 }))
        .await
        .json();
    assert_eq!(rotated["old_key_ends_at"], "2026-04-08T20:51:19Z");
    let next = app
        .get(
            &format!("/api/v1/keys/{}", rotated["key_id"]),
            &watcher,
        )
        .await
        .json();
    assert_eq!(
        next["expires_at"], "2026-04-08T21:21:19Z",
        "an hour after its creation, as before"
    );
}

// D15: the grace period is 0 to 604800 seconds.
#[tokio::test]
async fn only_the_owner_and_admins_can_rotate_a_key() {
    let app = TestApp::new().await;
    let watcher = app.key("olivia").await;
    let mina = app.key_of(&app.someone("mina").await).await;
    let path = format!("/api/v1/keys/{}/rotate", mina.view.key_id);
    for seconds in [-1, 604_801] {
        let refused = app
            .post(&path, &watcher, json!({ "overlap_seconds": seconds }))
            .await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!("overlap_seconds"))
        );
    }
    assert_eq!(
        app.post(&path, &app.key("noor").await, json!({}))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        app.post(&path, &app.key("theo").await, json!({}))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    let rotated = app
        .post(
            &path,
            &app.key("adam").await,
            json!({ "overlap_seconds": 604_800 }),
        )
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );
    assert_eq!(rotated.json()["actor_id"], mina.view.actor_id.0);
    let revoked = app.key_of(&app.someone("mina").await).await;
    let path = format!("/api/v1/keys/{}", revoked.view.key_id);
    app.call(
        axum::http::Method::DELETE,
        &path,
        &watcher,
        Value::Null,
    )
    .await;
    assert_eq!(
        app.post(&format!("{path}/rotate"), &watcher, json!({}))
            .await
            .status,
        StatusCode::CONFLICT
    );
}

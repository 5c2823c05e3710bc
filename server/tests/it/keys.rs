//! `/api/v1/keys`.

mod create;
mod expiry;
mod exposed;
mod retry;
mod rotate;
mod stronger;
mod used;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

// RO-07, RO-08, RO-09, RO-10..RO-18, RO-39, D13: a plain array without secrets.
#[tokio::test]
async fn keys_are_listed_without_secrets() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let new = app.key_of(&olivia).await;
    let key = new.plain.expose();
    let listed = app.get("/api/v1/keys", key).await;
    assert_eq!(listed.status, StatusCode::OK);
    let body = listed.json();
    let row = &body.as_array().expect("a bare array")[0];
    assert!(row["key_id"].is_i64() && row["actor_id"].is_i64());
    assert_eq!(row["actor_name"], "Olivia Owens");
    assert_eq!(row["label"], "CI/CD Pipeline");
    assert_eq!(row["key_prefix"].as_str(), key.get(..14));
    assert_eq!(row["preview"].as_str().map(str::len), Some(38));
    assert_eq!(
        (
            &row["is_active"],
            &row["expires_at"],
            &row["revoked_at"]
        ),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(
        (&row["created_at"], &row["last_used"]),
        (
            &json!("2026-04-08T19:51:19Z"),
            &json!("2026-04-08T19:51:19Z")
        )
    );
    let names: Vec<_> = row
        .as_object()
        .expect("object")
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "actor_id",
            "actor_name",
            "allowed_ips",
            "api",
            "created_at",
            "created_by",
            "environment",
            "expires_at",
            "is_active",
            "key_id",
            "key_prefix",
            "label",
            "last_used",
            "preview",
            "revoked_at",
            "role",
            "scopes"
        ]
    );
    assert!(
        !listed.text.contains(&key[14..57]),
        "the secret is in the list"
    );
    assert_eq!(
        app.get("/api/v1/keys", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

// KE-25, KE-26, KE-27, KE-24: admins see all keys and their creators.
#[tokio::test]
async fn members_see_only_their_own_keys() {
    let app = TestApp::new().await;
    let mut keys = std::collections::BTreeMap::new();
    for subject in ["olivia", "adam", "mina", "noor", "theo"] {
        keys.insert(subject, app.key(subject).await);
    }
    let owners = async |subject: &str| -> Vec<(String, bool)> {
        let list = app
            .get("/api/v1/keys", &keys[subject])
            .await
            .json();
        let row = |row: &Value| {
            (
                row["actor_name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
                row["created_by"].is_string(),
            )
        };
        list.as_array()
            .expect("array")
            .iter()
            .map(row)
            .collect()
    };
    let everyone: Vec<_> = ["نور الهاشمي", "Mina Moreau", "Adam Adler", "Olivia Owens"]
        .map(|name| (name.to_owned(), true))
        .into();
    assert_eq!(owners("olivia").await, everyone);
    assert_eq!(owners("adam").await, everyone);
    assert_eq!(
        owners("mina").await,
        [("Mina Moreau".to_owned(), false)]
    );
    assert_eq!(
        owners("theo").await,
        [("Theo Okafor".to_owned(), true)]
    );
}

// RK-23, RU-20, RA-28, RO-37, RO-38, KE-33, RK-27, D25: immediate, permanent and idempotent.
#[tokio::test]
async fn a_revoked_key_is_rejected_immediately() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (one, other) = (app.key_of(&olivia).await, app.key_of(&olivia).await);
    let path = format!("/api/v1/keys/{}", one.view.key_id);
    let revoked = app
        .call(
            Method::DELETE,
            &path,
            other.plain.expose(),
            Value::Null,
        )
        .await;
    let without_duration = |mut body: Value| {
        let took = body["stopped"]["took_ms"].take();
        assert!(took.is_u64(), "{took}");
        body
    };
    let stopped = json!({ "nodes": 1, "took_ms": null });
    let expected = json!({ "status": "revoked", "key_id": one.view.key_id.0, "stopped": stopped });
    assert_eq!(
        (revoked.status, without_duration(revoked.json())),
        (StatusCode::OK, expected.clone())
    );
    let refused = app
        .get("/api/v1/workspaces", one.plain.expose())
        .await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (StatusCode::UNAUTHORIZED, &json!("Unauthorized"))
    );
    assert_eq!(
        refused.json()["details"],
        "Missing or invalid authentication token"
    );
    let again = app
        .call(
            Method::DELETE,
            &path,
            other.plain.expose(),
            Value::Null,
        )
        .await;
    assert_eq!(
        (again.status, without_duration(again.json())),
        (StatusCode::OK, expected)
    );
    let listed = app
        .get("/api/v1/keys", other.plain.expose())
        .await
        .json();
    assert_eq!(
        listed.as_array().map(Vec::len),
        Some(2),
        "a revoked key stays listed"
    );
    let active = app
        .get("/api/v1/keys?active=true", other.plain.expose())
        .await
        .json();
    assert_eq!(active.as_array().map(Vec::len), Some(1));
}

// KE-28, KE-29: members revoke only their own keys, admins all keys. A key of another organization
// gets 404.
#[tokio::test]
async fn members_revoke_their_own_keys_and_admins_all_keys() {
    let app = TestApp::new().await;
    let (mina, noor) = (app.someone("mina").await, app.someone("noor").await);
    let (hers, his) = (app.key_of(&mina).await, app.key_of(&noor).await);
    let foreign = app.key_of(&app.someone("theo").await).await;
    let revoke = async |key: &domain::view::NewKey, with: &str| {
        app.call(
            Method::DELETE,
            &format!("/api/v1/keys/{}", key.view.key_id),
            with,
            Value::Null,
        )
        .await
        .status
    };
    assert_eq!(
        revoke(&his, hers.plain.expose()).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        revoke(&foreign, hers.plain.expose()).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        revoke(&his, &app.key("adam").await).await,
        StatusCode::OK
    );
    assert_eq!(
        revoke(&foreign, &app.key("olivia").await).await,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        revoke(&hers, hers.plain.expose()).await,
        StatusCode::OK,
        "a key can revoke itself"
    );
    assert_eq!(
        app.get("/api/v1/me", hers.plain.expose())
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.get("/api/v1/me", foreign.plain.expose())
            .await
            .status,
        StatusCode::OK
    );
}

// D12
#[tokio::test]
async fn lists_link_to_their_next_page() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    for _ in 0..5 {
        app.key_of(&olivia).await;
    }
    let key = app
        .key_of(&olivia)
        .await
        .plain
        .expose()
        .to_owned();
    let (mut path, mut seen) = ("/api/v1/keys?limit=4".to_owned(), Vec::new());
    loop {
        let page = app.get(&path, &key).await;
        seen.extend(
            page.json()
                .as_array()
                .expect("array")
                .iter()
                .map(|row| row["key_id"].as_i64().expect("id")),
        );
        match page
            .header("link")
            .strip_prefix("<http://127.0.0.1:3000")
            .and_then(|link| link.strip_suffix(">; rel=\"next\""))
        {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
}

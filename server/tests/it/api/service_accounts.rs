//! Service accounts (D4): owners of keys that are independent of a person.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};

/// An application, a key of an admin, and the ID of a service account.
async fn with_account() -> (TestApp, String, i64) {
    let app = TestApp::new().await;
    let admin = app.key("adam").await;
    let made = app
        .post(
            "/api/v1/service-accounts",
            &admin,
            json!({ "name": "Deploy pipeline" }),
        )
        .await
        .json();
    let id = made["actor_id"].as_i64().expect("id");
    (app, admin, id)
}

impl TestApp {
    async fn patch(&self, id: i64, key: &str, body: Value) -> TestResponse {
        self.call(
            Method::PATCH,
            &format!("/api/v1/service-accounts/{id}"),
            key,
            body,
        )
        .await
    }
}

// RA-16, RA-17, RO-01: a program uses the key under the name of the account.
#[tokio::test]
async fn an_admin_creates_a_service_account_with_a_key() {
    for subject in ["adam", "olivia"] {
        let app = TestApp::new().await;
        let admin = app.key(subject).await;
        let made = app
            .post(
                "/api/v1/service-accounts",
                &admin,
                json!({ "name": "Deploy pipeline" }),
            )
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_eq!(
            (
                &made["role"],
                &made["is_disabled"],
                &made["allow_overlap"]
            ),
            (&json!("member"), &json!(false), &json!(false))
        );
        assert_eq!(made["active_keys"], 0);
        let body =
            json!({ "actor_id": made["actor_id"], "label": "Pipeline", "template": "automation" });
        let key = app.post("/api/v1/keys", &admin, body).await;
        assert_eq!(key.status, StatusCode::CREATED, "{}", key.text);
        let key = key.json();
        assert_eq!(key["actor_id"], made["actor_id"]);
        let new = json!({ "name": "Staging Environment", "provider": "vertex_ai" });
        let workspace = app
            .post(
                "/api/v1/workspaces",
                key["api_key"].as_str().expect("key"),
                new,
            )
            .await;
        assert_eq!(
            (
                workspace.status.as_u16(),
                &workspace.json()["created_by"]
            ),
            (201, &json!("Deploy pipeline"))
        );
        let row = app
            .get(&format!("/api/v1/keys/{}", key["key_id"]), &admin)
            .await
            .json();
        assert_eq!(row["actor_name"], "Deploy pipeline");
        assert_eq!(
            row["created_by"],
            if subject == "adam" {
                "Adam Adler"
            } else {
                "Olivia Owens"
            }
        );
        let account = app
            .get(
                &format!("/api/v1/service-accounts/{}", made["actor_id"]),
                &admin,
            )
            .await
            .json();
        assert_eq!(account["active_keys"], 1);
    }
}

// RO-19, RO-20, RO-21, RO-22: one active key at a time; the error suggests a rotation, which works.
#[tokio::test]
async fn a_second_key_is_a_conflict_but_a_rotation_works() {
    let (app, admin, id) = with_account().await;
    let make = async || {
        app.post(
            "/api/v1/keys",
            &admin,
            json!({ "actor_id": id, "scopes": [] }),
        )
        .await
    };
    let first = make().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let refused = make().await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (409, &json!("active_key_exists"))
    );
    assert!(
        refused.json()["details"]
            .as_str()
            .is_some_and(|text| text.contains("/rotate")),
        "{}",
        refused.text
    );
    let path = format!("/api/v1/keys/{}", first.json()["key_id"]);
    let rotated = app
        .post(
            &format!("{path}/rotate"),
            &admin,
            json!({ "overlap_seconds": 60 }),
        )
        .await;
    assert_eq!(
        rotated.status,
        StatusCode::CREATED,
        "{}",
        rotated.text
    );
    assert_eq!(make().await.status, StatusCode::CONFLICT);
    let next = format!("/api/v1/keys/{}", rotated.json()["key_id"]);
    for path in [path, next] {
        app.call(Method::DELETE, &path, &admin, Value::Null)
            .await;
    }
    assert_eq!(
        make().await.status,
        StatusCode::CREATED,
        "without an active key, one can be created"
    );
}

// D4: an admin can allow several active keys. Members can have several keys in any case.
#[tokio::test]
async fn a_service_account_can_have_several_keys_if_overlap_is_allowed() {
    let (app, admin, id) = with_account().await;
    let changed = app
        .patch(id, &admin, json!({ "allow_overlap": true }))
        .await;
    assert_eq!(
        (
            changed.status.as_u16(),
            &changed.json()["allow_overlap"]
        ),
        (200, &json!(true))
    );
    for _ in 0..3 {
        let made = app
            .post("/api/v1/keys", &admin, json!({ "actor_id": id }))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    let account = app
        .get(&format!("/api/v1/service-accounts/{id}"), &admin)
        .await
        .json();
    assert_eq!(account["active_keys"], 3);
}

// The key of a disabled account gets 403 immediately, and works again when the account is enabled.
#[tokio::test]
async fn the_key_of_a_disabled_account_is_forbidden() {
    let (app, admin, id) = with_account().await;
    let made = app
        .post("/api/v1/keys", &admin, json!({ "actor_id": id }))
        .await
        .json();
    let key = made["api_key"].as_str().expect("key");
    assert_eq!(
        app.get("/api/v1/me", key).await.status,
        StatusCode::OK
    );
    assert_eq!(
        app.patch(id, &admin, json!({ "disabled": true }))
            .await
            .json()["is_disabled"],
        true
    );
    let refused = app.get("/api/v1/me", key).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json()["code"]),
        (403, &json!("forbidden"))
    );
    let page = app
        .get(&format!("/api/v1/keys/{}", made["key_id"]), &admin)
        .await
        .json();
    assert_eq!(
        page["usage"]["refusals"][0]["cause"],
        "owner_disabled"
    );
    let more = app
        .post("/api/v1/keys", &admin, json!({ "actor_id": id }))
        .await;
    assert_eq!(more.status, StatusCode::CONFLICT);
    app.patch(
        id,
        &admin,
        json!({ "disabled": false, "name": "Pipeline" }),
    )
    .await;
    assert_eq!(
        app.get("/api/v1/me", key).await.json()["name"],
        "Pipeline"
    );
}

// A service account is never an owner and has no higher role than its creator. The list is
// paginated, newest first.
#[tokio::test]
async fn service_accounts_are_listed_and_validated() {
    let (app, admin, _) = with_account().await;
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x", "role": "owner" }), "role"),
        (json!({ "name": "x", "role": "root" }), "role"),
    ] {
        let refused = app
            .post("/api/v1/service-accounts", &admin, body)
            .await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!(field))
        );
    }
    for name in ["b", "c"] {
        app.post(
            "/api/v1/service-accounts",
            &admin,
            json!({ "name": name, "role": "admin" }),
        )
        .await;
    }
    let page = app
        .get("/api/v1/service-accounts?limit=2", &admin)
        .await;
    let names = |answer: &TestResponse| {
        let rows = answer.json()["service_accounts"]
            .as_array()
            .expect("accounts")
            .clone();
        rows.iter()
            .map(|row| {
                row["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&page), ["c", "b"]);
    let next = page
        .header("link")
        .strip_prefix("<http://127.0.0.1:3000")
        .and_then(|link| link.split_once('>'));
    assert_eq!(
        names(
            &app.get(next.expect("a next page").0, &admin)
                .await
        ),
        ["Deploy pipeline"]
    );
    let person = app.someone("mina").await.ctx.actor().id;
    let path = format!("/api/v1/service-accounts/{person}");
    assert_eq!(
        app.get(&path, &admin).await.status,
        StatusCode::NOT_FOUND,
        "a member is not a service account"
    );
}

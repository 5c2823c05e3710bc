//! `Idempotency-Key`: a retry creates no second key and does not show the first one again.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};

impl TestApp {
    async fn retry(&self, path: &str, key: &str, word: &str, body: &Value) -> TestResponse {
        let request = Request::post(path).header("authorization", format!("Bearer {key}"));
        let request = request
            .header("content-type", "application/json")
            .header("idempotency-key", word);
        self.send(
            request
                .body(Body::from(body.to_string()))
                .expect("request"),
        )
        .await
    }

    async fn count(&self, key: &str) -> usize {
        self.get("/api/v1/keys", key)
            .await
            .json()
            .as_array()
            .map_or(0, Vec::len)
    }
}

#[tokio::test]
async fn a_retry_creates_no_second_key() {
    let app = TestApp::new().await;
    let (key, body) = (
        app.key("olivia").await,
        json!({ "label": "Nightly report", "template": "read_only" }),
    );
    let first = app
        .retry("/api/v1/keys", &key, "nightly", &body)
        .await;
    assert_eq!(first.status, StatusCode::CREATED);
    let first = first.json();
    for _ in 0..2 {
        let again = app
            .retry("/api/v1/keys", &key, "nightly", &body)
            .await;
        assert_eq!(
            (again.status.as_u16(), &again.json()["code"]),
            (409, &json!("already_done"))
        );
        assert_eq!(
            again.header("location"),
            format!("/api/v1/keys/{}", first["key_id"])
        );
        assert!(
            !again.text.contains("rt_"),
            "the response contains a key: {}",
            again.text
        );
        assert_eq!(
            app.get(again.header("location"), &key)
                .await
                .json()["label"],
            "Nightly report"
        );
    }
    assert_eq!(app.count(&key).await, 2);
    let other = app
        .retry(
            "/api/v1/keys",
            &key,
            "nightly",
            &json!({ "label": "Other" }),
        )
        .await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fault = other.json()["fields"][0].clone();
    assert_eq!(
        (&fault["field"], &fault["fault"]),
        (&json!("Idempotency-Key"), &json!("other_body"))
    );
    let next = app
        .retry("/api/v1/keys", &key, "another word", &body)
        .await;
    assert_eq!(
        next.status,
        StatusCode::CREATED,
        "another idempotency key is another request"
    );
    assert_eq!(app.count(&key).await, 3);
}

// A rejected request can be retried with the same idempotency key.
#[tokio::test]
async fn an_idempotency_key_belongs_to_its_caller() {
    let app = TestApp::new().await;
    for subject in ["olivia", "adam", "mina", "theo"] {
        let key = app.key(subject).await;
        let refused = app
            .retry("/api/v1/keys", &key, "mine", &json!({ "label": "" }))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = app
            .retry(
                "/api/v1/keys",
                &key,
                "mine",
                &json!({ "label": "Mine" }),
            )
            .await;
        assert_eq!(
            made.status,
            StatusCode::CREATED,
            "{subject}: {}",
            made.text
        );
        let again = app
            .retry(
                "/api/v1/keys",
                &app.key(subject).await,
                "mine",
                &json!({ "label": "Mine" }),
            )
            .await;
        assert_eq!(
            again.status,
            StatusCode::CONFLICT,
            "{subject}, with another key of theirs"
        );
    }
}

#[tokio::test]
async fn a_retried_rotation_creates_one_successor() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (watcher, old) = (app.key("olivia").await, app.key_of(&olivia).await);
    let path = format!("/api/v1/keys/{}/rotate", old.view.key_id);
    let first = app
        .retry(
            &path,
            &watcher,
            "r",
            &json!({ "overlap_seconds": 60 }),
        )
        .await
        .json();
    let again = app
        .retry(
            &path,
            &watcher,
            "r",
            &json!({ "overlap_seconds": 60 }),
        )
        .await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["code"]),
        (409, &json!("already_done"))
    );
    assert_eq!(
        again.header("location"),
        format!("/api/v1/keys/{}", first["key_id"])
    );
    let other = app
        .retry(&path, &watcher, "r", &json!({ "overlap_seconds": 0 }))
        .await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(app.count(&watcher).await, 3);

    let first = app
        .retry(
            "/api/v1/keys/rotate",
            &watcher,
            "self",
            &json!({ "label": "next" }),
        )
        .await
        .json();
    let gone = app
        .retry(
            "/api/v1/keys/rotate",
            &watcher,
            "self",
            &json!({ "label": "next" }),
        )
        .await;
    assert_eq!(
        gone.status,
        StatusCode::UNAUTHORIZED,
        "the calling key is revoked"
    );
    let next = first["api_key"].as_str().expect("key");
    assert_eq!(app.count(next).await, 4);
    let another = app.key_of(&olivia).await;
    let own = app
        .retry(
            "/api/v1/keys/rotate",
            another.plain.expose(),
            "self",
            &json!({ "label": "next" }),
        )
        .await;
    assert_eq!(
        own.status,
        StatusCode::CREATED,
        "the idempotency keys of another key are independent"
    );
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_characters() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for word in ["", &"x".repeat(256)] {
        let refused = app
            .retry("/api/v1/keys", &key, word, &json!({}))
            .await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!("Idempotency-Key"))
        );
    }
    assert_eq!(
        app.retry("/api/v1/keys", &key, &"x".repeat(255), &json!({}))
            .await
            .status,
        StatusCode::CREATED
    );
}

//! The reported usage of a key (RU-25, D19, D27).

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Scope;
use serde_json::{Value, json};

use crate::test_app::TestApp;

// RO-43, RU-25, D19: a rejected call costs nothing.
#[tokio::test]
async fn calls_rejections_and_costs_are_summed_per_key() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, watcher) = (
        app.narrow_key(&olivia, [Scope::WorkspacesWrite])
            .await,
        app.key("olivia").await,
    );
    let plain = key.plain.expose();
    let new = json!({ "name": "A", "provider": "openai" });
    for _ in 0..3 {
        assert_eq!(
            app.post("/api/v1/workspaces", plain, new.clone())
                .await
                .header("x-cost"),
            "1"
        );
    }
    for _ in 0..2 {
        assert_eq!(
            app.get("/api/v1/workspaces", plain)
                .await
                .header("x-cost"),
            "0"
        );
    }
    assert_eq!(
        app.post("/api/v1/workspaces", plain, json!({}))
            .await
            .header("x-cost"),
        "0"
    );
    assert_eq!(
        app.get("/api/v1/keys", plain)
            .await
            .status
            .as_u16(),
        403
    );
    let page = format!("/api/v1/keys/{}", key.view.key_id);
    let usage = app.get(&page, &watcher).await.json()["usage"].clone();
    let today = usage["days"]
        .as_array()
        .expect("days")
        .last()
        .expect("today")
        .clone();
    assert_eq!(
        today,
        json!({ "day": "2026-04-08", "calls": 7, "refused": 1, "cost": 3 })
    );
    assert_eq!(usage["refusals"][0]["cause"], "missing_scope");
    app.clock.advance_seconds(86_400);
    app.post("/api/v1/workspaces", plain, new).await;
    let usage = app.get(&page, &watcher).await.json()["usage"].clone();
    let days: Vec<_> = usage["days"].as_array().expect("days")[28..].to_vec();
    assert_eq!(
        days[1],
        json!({ "day": "2026-04-09", "calls": 1, "refused": 0, "cost": 1 })
    );
    assert_eq!(days[0]["cost"], 3);
}

// RU-25: by IP address and user agent
#[tokio::test]
async fn the_usage_of_a_key_lists_its_clients() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    for agent in ["curl/8.14.1", "python-requests/2.32", "curl/8.14.1"] {
        let request = Request::get("/api/v1/workspaces").header("user-agent", agent);
        let request = request.header(
            "authorization",
            format!("Bearer {}", key.plain.expose()),
        );
        app.send(request.body(Body::empty()).expect("request"))
            .await;
    }
    let watcher = app.key("olivia").await;
    let shown = app
        .get(&format!("/api/v1/keys/{}", key.view.key_id), &watcher)
        .await
        .json();
    assert_eq!(shown["last_used_agent"], "curl/8.14.1");
    let mut callers: Vec<_> = shown["usage"]["callers"]
        .as_array()
        .expect("callers")
        .clone();
    callers.sort_by_key(|caller| caller["agent"].to_string());
    let actual: Vec<_> = callers
        .iter()
        .map(|caller| (caller["agent"].as_str(), caller["calls"].as_i64()))
        .collect();
    assert_eq!(
        actual,
        [
            (Some("curl/8.14.1"), Some(2)),
            (Some("python-requests/2.32"), Some(1))
        ]
    );
}

// D27: a call counts as a use if the key itself was accepted, even if the call was rejected.
#[tokio::test]
async fn a_rejected_call_is_a_use_if_the_key_was_accepted() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, watcher) = (
        app.narrow_key(&olivia, []).await,
        app.key("olivia").await,
    );
    let page = format!("/api/v1/keys/{}", key.view.key_id);
    let last = async || app.get(&page, &watcher).await.json()["last_used"].clone();
    assert_eq!(last().await, Value::Null);
    assert_eq!(
        app.get("/api/v1/workspaces", key.plain.expose())
            .await
            .status
            .as_u16(),
        403
    );
    assert_eq!(last().await, "2026-04-08T19:51:19Z");
    app.clock.advance_seconds(60);
    app.call(Method::DELETE, &page, &watcher, Value::Null)
        .await;
    assert_eq!(
        app.get("/api/v1/workspaces", key.plain.expose())
            .await
            .status
            .as_u16(),
        401
    );
    assert_eq!(last().await, "2026-04-08T19:51:19Z");
    let refusals = app.get(&page, &watcher).await.json()["usage"]["refusals"].clone();
    let causes: Vec<_> = refusals
        .as_array()
        .expect("refusals")
        .iter()
        .map(|one| one["cause"].as_str())
        .collect();
    assert_eq!(causes, [Some("revoked"), Some("missing_scope")]);
}

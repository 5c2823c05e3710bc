//! Runs (D22), and the separation of test and production (D7).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

/// The id of a new workspace.
async fn workspace(app: &TestApp, key: &str) -> String {
    let made = app
        .post(
            "/api/v1/workspaces",
            key,
            json!({ "name": "W", "provider": "anthropic" }),
        )
        .await;
    made.json()["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", made.text))
        .to_owned()
}

// RU-01, D22: a key starts runs and reads them, newest first.
#[tokio::test]
async fn a_key_starts_and_lists_runs() {
    let app = TestApp::new().await;
    let key = app.key("mina").await;
    let path = format!(
        "/api/v1/workspaces/{}/runs",
        workspace(&app, &key).await
    );
    assert_eq!(
        app.get(&path, &key).await.json(),
        json!({ "runs": [] })
    );
    let first = app
        .post(&path, &key, json!({ "input": "Summarize the week" }))
        .await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    let first = first.json();
    assert!(
        first["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("run_"))
    );
    assert_eq!(
        (&first["status"], &first["trigger"]),
        (&json!("queued"), &json!("api"))
    );
    assert_eq!(
        (&first["environment"], &first["created_by"]),
        (&json!("production"), &json!("Mina Moreau"))
    );
    assert_eq!(
        (&first["input"], &first["created_at"]),
        (
            &json!("Summarize the week"),
            &json!("2026-04-08T19:51:19Z")
        )
    );
    let second = app.post(&path, &key, Value::Null).await.json();
    assert_eq!(second["input"], Value::Null);
    assert_eq!(
        app.get(&path, &key).await.json()["runs"],
        json!([second, first])
    );
    let long = app
        .post(&path, &key, json!({ "input": "x".repeat(10_001) }))
        .await;
    assert_eq!(
        (
            long.status.as_u16(),
            &long.json()["fields"][0]["fault"]
        ),
        (422, &json!("too_long"))
    );
    let shaped = app
        .post(
            &path,
            &key,
            json!({ "input": { "report": "weekly" } }),
        )
        .await;
    assert_eq!(
        shaped.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the input is text"
    );
}

// RA-32, D9: a workspace of another organization gets 403, one that does not exist 404, at either
// URL.
#[tokio::test]
async fn runs_of_another_organization_are_forbidden() {
    let app = TestApp::new().await;
    let (ours, theirs) = (app.key("olivia").await, app.key("theo").await);
    let id = workspace(&app, &theirs).await;
    for (id, status) in [(id.as_str(), 403), ("ws_nowhere", 404)] {
        for path in [
            format!("/api/v1/workspaces/{id}/runs"),
            format!("/api/v1/hooks/{id}/runs"),
        ] {
            assert_eq!(
                app.post(&path, &ours, Value::Null)
                    .await
                    .status
                    .as_u16(),
                status,
                "{path}"
            );
        }
        assert_eq!(
            app.get(&format!("/api/v1/workspaces/{id}/runs"), &ours)
                .await
                .status
                .as_u16(),
            status
        );
    }
}

// RU-17, D7: the sandbox has its own workspaces and runs. Every response names its environment.
#[tokio::test]
async fn the_sandbox_is_separate_from_production() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let keys = [app.key_of(&olivia).await, app.test_key(&olivia).await];
    let mut ids = Vec::new();
    for (key, environment) in keys.iter().zip(["production", "test"]) {
        let plain = key.plain.expose();
        let id = workspace(&app, plain).await;
        let run = app
            .post(
                &format!("/api/v1/workspaces/{id}/runs"),
                plain,
                Value::Null,
            )
            .await;
        assert_eq!(
            (
                run.header("x-environment"),
                &run.json()["environment"]
            ),
            (environment, &json!(environment))
        );
        let listed = app.get("/api/v1/workspaces", plain).await;
        assert_eq!(listed.header("x-environment"), environment);
        let rows = listed.json()["workspaces"]
            .as_array()
            .expect("workspaces")
            .clone();
        assert_eq!(
            (rows.len(), &rows[0]["id"], &rows[0]["environment"]),
            (1, &json!(id), &json!(environment))
        );
        ids.push(id);
    }
    for (key, id) in keys.iter().zip(ids.iter().rev()) {
        let calls = [
            (Method::GET, format!("/api/v1/workspaces/{id}")),
            (Method::DELETE, format!("/api/v1/workspaces/{id}")),
            (Method::GET, format!("/api/v1/workspaces/{id}/runs")),
            (Method::POST, format!("/api/v1/workspaces/{id}/runs")),
            (Method::POST, format!("/api/v1/hooks/{id}/runs")),
        ];
        for (method, path) in calls {
            let refused = app
                .call(method.clone(), &path, key.plain.expose(), Value::Null)
                .await;
            assert!(
                matches!(refused.status.as_u16(), 403 | 404),
                "{method} {path}: {}",
                refused.text
            );
        }
    }
    assert_eq!(
        app.get("/api/projects", keys[1].plain.expose())
            .await
            .json()["projects"][0]["id"],
        json!(ids[1])
    );
}

// D7: a production key manages both kinds of keys. A test key cannot use operations that the
// sandbox does not have. RU-17
#[tokio::test]
async fn a_test_key_manages_only_test_keys() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (live, test) = (app.key_of(&olivia).await, app.test_key(&olivia).await);
    let plain = test.plain.expose();
    let seen = async |path: &str, key: &str| -> Vec<i64> {
        let rows = app.get(path, key).await.json();
        rows.as_array()
            .expect("keys")
            .iter()
            .filter_map(|row| row["key_id"].as_i64())
            .collect()
    };
    assert_eq!(
        seen("/api/v1/keys", plain).await,
        [test.view.key_id.0]
    );
    assert_eq!(
        seen("/api/v1/keys", live.plain.expose()).await,
        [test.view.key_id.0, live.view.key_id.0]
    );
    assert_eq!(
        seen("/api/v1/keys?environment=test", live.plain.expose()).await,
        [test.view.key_id.0]
    );
    assert_eq!(
        seen("/api/v1/keys?environment=production", plain).await,
        [0; 0]
    );
    let path = format!("/api/v1/keys/{}", live.view.key_id);
    let mut calls = vec![
        (Method::GET, path.clone()),
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
    ];
    calls.push((Method::POST, format!("{path}/rotate")));
    for (method, path) in calls {
        let body = if method == Method::PATCH {
            json!({ "label": "x" })
        } else {
            Value::Null
        };
        let refused = app.call(method.clone(), &path, plain, body).await;
        assert!(
            matches!(refused.status.as_u16(), 403 | 404),
            "{method} {path}: {}",
            refused.text
        );
    }
    for path in [
        "/api/v1/inbox",
        "/api/v1/notebook",
        "/api/v1/sealed/todos",
        "/api/v1/service-accounts",
        "/api/v1/organization",
    ] {
        let refused = app.get(path, plain).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (403, &json!("missing_scope")),
            "{path}"
        );
        assert_eq!(refused.header("x-environment"), "test");
    }
    assert_eq!(
        app.get("/api/v1/me", live.plain.expose())
            .await
            .status,
        StatusCode::OK
    );
}

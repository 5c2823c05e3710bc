//! The queue of runs over HTTP (D30).

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::Scope;
use domain::command::RevokeKey;
use domain::key::RevokeReason;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::test_app::{TestApp, TestResponse};

/// Longer than any of these requests may take.
const PATIENCE: Duration = Duration::from_secs(20);
const CLAIM: &str = "/api/v1/runs/claim";

/// The id of a new workspace of Olivia's.
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
        .expect("an id")
        .to_owned()
}

async fn start(app: &TestApp, key: &str, workspace: &str) -> String {
    let started = app
        .post(
            &format!("/api/v1/hooks/{workspace}/runs"),
            key,
            json!({ "input": "Summarize the week" }),
        )
        .await;
    assert_eq!(
        started.status,
        StatusCode::CREATED,
        "{}",
        started.text
    );
    started.json()["id"]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn refused(response: &TestResponse) -> (u16, Value) {
    (
        response.status.as_u16(),
        response.json()["code"].clone(),
    )
}

// RU-01, D30
#[tokio::test]
async fn a_worker_claims_a_run_and_completes_it() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key("olivia").await;
    let worker = app.narrow_key(&olivia, [Scope::RunsWork]).await;
    let worker = worker.plain.expose();
    let nothing = app
        .post(CLAIM, worker, json!({ "wait_seconds": 0 }))
        .await;
    assert_eq!(
        (nothing.status, nothing.text.as_str()),
        (StatusCode::NO_CONTENT, "")
    );

    let id = workspace(&app, &key).await;
    let run = start(&app, &key, &id).await;
    let claimed = app.post(CLAIM, worker, Value::Null).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text);
    let claimed = claimed.json();
    assert_eq!(
        (
            &claimed["run"]["id"],
            &claimed["run"]["status"],
            &claimed["run"]["attempts"],
            &claimed["run"]["input"]
        ),
        (
            &json!(run),
            &json!("running"),
            &json!(1),
            &json!("Summarize the week")
        )
    );
    assert_eq!(claimed["lease_expires_at"], "2026-04-08T19:52:19Z");
    let path = format!("/api/v1/runs/{run}");
    let lease = &claimed["lease"];
    app.clock.advance_seconds(20);
    let extended = app
        .post(
            &format!("{path}/heartbeat"),
            worker,
            json!({ "lease": lease }),
        )
        .await;
    assert_eq!(
        extended.json(),
        json!({ "lease_expires_at": "2026-04-08T19:52:39Z" })
    );
    let report = json!({ "lease": lease, "output": { "summary": "quiet" } });
    let done = app
        .post(&format!("{path}/complete"), worker, report)
        .await;
    assert_eq!(
        (done.status, &done.json()["status"]),
        (StatusCode::OK, &json!("succeeded")),
        "{}",
        done.text
    );
    assert_eq!(
        done.json().get("output"),
        None,
        "only the run itself has it"
    );
    let seen = app.get(&path, &key).await.json();
    assert_eq!(
        (
            &seen["output"],
            &seen["claimed_by"],
            &seen["ended_at"]
        ),
        (
            &json!({ "summary": "quiet" }),
            &json!("Olivia Owens"),
            &json!("2026-04-08T19:51:39Z")
        )
    );
    let listed = app
        .get("/api/v1/runs?state=succeeded&limit=1", &key)
        .await;
    assert_eq!(listed.json()["runs"][0]["id"], json!(run));
    assert_eq!(
        app.get("/api/v1/runs?state=queued", &key)
            .await
            .json(),
        json!({ "runs": [] })
    );
}

// RU-01, D30
#[tokio::test]
async fn a_worker_is_told_why_its_report_is_refused() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let id = workspace(&app, &key).await;
    let run = start(&app, &key, &id).await;
    let path = format!("/api/v1/runs/{run}");
    let claim = async || {
        let claimed = app.post(CLAIM, &key, Value::Null).await.json();
        claimed["lease"].clone()
    };
    let report = async |verb: &str, lease: &Value| {
        refused(
            &app.post(
                &format!("{path}/{verb}"),
                &key,
                json!({ "lease": lease }),
            )
            .await,
        )
    };
    let old = claim().await;
    app.clock.advance_seconds(60);
    let new = claim().await;
    for verb in ["heartbeat", "complete"] {
        assert_eq!(report(verb, &old).await, (409, json!("lease_lost")));
    }
    let cancelled = app
        .post(&format!("{path}/cancel"), &key, Value::Null)
        .await;
    assert_eq!(cancelled.json()["status"], "cancelled");
    for verb in ["heartbeat", "complete"] {
        assert_eq!(
            report(verb, &new).await,
            (409, json!("run_cancelled"))
        );
    }

    let ended = start(&app, &key, &id).await;
    let lease = claim().await;
    let failed = app
        .post(
            &format!("/api/v1/runs/{ended}/complete"),
            &key,
            json!({ "lease": lease, "error": "no data" }),
        )
        .await;
    assert_eq!(
        (&failed.json()["status"], &failed.json()["error"]),
        (&json!("failed"), &json!("no data"))
    );
    let cancelled = app
        .post(
            &format!("/api/v1/runs/{ended}/cancel"),
            &key,
            Value::Null,
        )
        .await;
    assert_eq!(
        (
            cancelled.status.as_u16(),
            &cancelled.json()["details"]
        ),
        (409, &json!("This run has already ended"))
    );
}

// RU-01, D30: 64 KiB of JSON, and 4,000 characters.
#[tokio::test]
async fn the_size_of_a_report_is_limited() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let id = workspace(&app, &key).await;
    let run = start(&app, &key, &id).await;
    let lease = app.post(CLAIM, &key, Value::Null).await.json()["lease"].clone();
    let path = format!("/api/v1/runs/{run}/complete");
    let send = async |body: Value| app.post(&path, &key, body).await;
    // "…"
    let output = |n: usize| json!({ "lease": lease, "output": "a".repeat(n) });
    let large = send(output(65_535)).await;
    assert_eq!(
        (
            large.status.as_u16(),
            &large.json()["fields"][0]["field"]
        ),
        (422, &json!("output"))
    );
    let huge = send(output(600_000)).await;
    assert_eq!(refused(&huge), (413, json!("too_large")));
    let long = send(json!({ "lease": lease, "error": "a".repeat(4_001) })).await;
    assert_eq!(
        (
            long.status.as_u16(),
            &long.json()["fields"][0]["field"]
        ),
        (422, &json!("error"))
    );
    let both = send(json!({ "lease": lease, "output": 1, "error": "x" })).await;
    assert_eq!(
        (
            both.status.as_u16(),
            &both.json()["fields"][0]["fault"]
        ),
        (422, &json!("output_or_error"))
    );
    let done = send(output(65_534)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
}

// RU-01, D30: a stopped workspace takes no runs, by webhook neither.
#[tokio::test]
async fn a_stopped_workspace_refuses_runs() {
    let app = TestApp::new().await;
    let key = app.key("mina").await;
    let id = workspace(&app, &key).await;
    let path = format!("/api/v1/workspaces/{id}");
    let change = async |body: Value| app.call(Method::PATCH, &path, &key, body).await;
    let stopped = change(json!({ "status": "stopped" })).await;
    assert_eq!(
        (stopped.status, &stopped.json()["status"]),
        (StatusCode::OK, &json!("stopped"))
    );
    for path in [format!("{path}/runs"), format!("/api/v1/hooks/{id}/runs")] {
        let refused = app.post(&path, &key, Value::Null).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["code"],
                &refused.json()["details"]
            ),
            (
                409,
                &json!("conflict"),
                &json!("This workspace is stopped and takes no runs. Start it first")
            ),
            "{path}"
        );
    }
    for wrong in [
        json!({}),
        json!({ "status": "paused" }),
        json!({ "status": null }),
    ] {
        let refused = change(wrong).await;
        assert_eq!(
            (
                refused.status.as_u16(),
                &refused.json()["fields"][0]["field"]
            ),
            (422, &json!("status"))
        );
    }
    change(json!({ "status": "running" })).await;
    start(&app, &key, &id).await;
}

// RU-01, D23: a worker that waits for a run is sent away when its key is revoked.
#[tokio::test]
async fn a_waiting_worker_is_refused_when_its_key_is_revoked() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let worker = app.narrow_key(&olivia, [Scope::RunsWork]).await;
    let request = Request::post(CLAIM)
        .header(
            "authorization",
            format!("Bearer {}", worker.plain.expose()),
        )
        .header("content-type", "application/json")
        .body(Body::from(r#"{"wait_seconds":30}"#))
        .expect("a request");
    let revoke = async {
        while app.engine.in_flight().count(worker.view.key_id) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let command = RevokeKey {
            key: worker.view.key_id,
            reason: RevokeReason::Leaked,
        };
        app.engine
            .revoke_key(&olivia.ctx, command)
            .await
            .expect("revoked");
    };
    let both = async { tokio::join!(app.send(request), revoke) };
    let (answer, ()) = timeout(PATIENCE, both)
        .await
        .expect("before the waiting time is over");
    assert_eq!(refused(&answer), (401, json!("unauthorized")));
}

// RU-01, RK-37
#[tokio::test]
async fn the_pages_of_runs_keep_their_filters() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let (one, other) = (
        workspace(&app, &key).await,
        workspace(&app, &key).await,
    );
    let first = start(&app, &key, &one).await;
    let second = start(&app, &key, &one).await;
    start(&app, &key, &other).await;
    let page = app
        .get(
            &format!("/api/v1/runs?limit=1&state=queued&workspace_id={one}"),
            &key,
        )
        .await;
    assert_eq!(page.json()["runs"][0]["id"], json!(second));
    let link = page.header("link").to_owned();
    let next = link
        .strip_prefix('<')
        .and_then(|link| link.split_once('>'))
        .map(|(url, _)| url)
        .expect("a link");
    assert!(
        next.contains("state=queued") && next.contains(&format!("workspace_id={one}")),
        "{next}"
    );
    let path = &next[next.find("/api").expect("a path")..];
    let page = app.get(path, &key).await;
    assert_eq!(page.json()["runs"][0]["id"], json!(first));
    assert_eq!(page.header("link"), "");
    for wrong in ["state=asleep", "workspace_id=7"] {
        let refused = app
            .get(&format!("/api/v1/runs?{wrong}"), &key)
            .await;
        assert_eq!(refused.status.as_u16(), 422, "{wrong}");
    }
    assert_eq!(
        app.get("/api/v1/runs?workspace_id=ws_nowhere", &key)
            .await
            .status
            .as_u16(),
        404
    );
    for wrong in [
        json!({ "wait_seconds": 31 }),
        json!({ "wait_seconds": -1 }),
        json!({ "workspace_id": "x" }),
    ] {
        assert_eq!(
            app.post(CLAIM, &key, wrong).await.status.as_u16(),
            422
        );
    }
}

//! Keys in URLs (D8) are rejected and marked as exposed everywhere except at the webhook.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::test_app::TestApp;

async fn exposures(app: &TestApp) -> Vec<String> {
    let olivia = app.someone("olivia").await;
    let events = app
        .engine
        .read_audit_log(&olivia.ctx, &Default::default(), 200)
        .await
        .expect("events")
        .rows;
    let exposed = events
        .into_iter()
        .filter(|event| event.action.as_str() == "key.exposed");
    exposed
        .map(|event| format!("{} {}", event.object_id, event.actor_name))
        .collect()
}

// The key is marked only the first time, but its usage counts every request. This does not depend
// on the parameter, the operation, or another valid credential in the request.
#[tokio::test]
async fn a_key_in_a_url_is_marked_as_exposed_once() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, watcher) = (app.key_of(&olivia).await, app.key("olivia").await);
    let plain = key.plain.expose();
    let page = format!("/api/v1/keys/{}", key.view.key_id);
    assert_eq!(
        app.get(&page, &watcher).await.json()["exposed_at"],
        Value::Null
    );
    let calls = [
        (
            Method::GET,
            format!("/api/v1/workspaces?token={plain}"),
            "",
        ),
        (
            Method::GET,
            format!("/api/v1/me?api_key={plain}"),
            plain,
        ),
        (
            Method::POST,
            format!("/api/v1/keys?whatever={plain}"),
            watcher.as_str(),
        ),
        (
            Method::DELETE,
            format!("{page}?x=1&token={plain}"),
            plain,
        ),
        (
            Method::GET,
            format!("/api/v1/nowhere?token={plain}"),
            "",
        ),
        (
            Method::GET,
            format!("/api/projects?token={plain}"),
            "",
        ),
        (
            Method::GET,
            format!("/api/v1/openapi.json?token={plain}"),
            "",
        ),
        (
            Method::GET,
            format!("/api/v1/hooks/ws_a/runs?token={plain}"),
            "",
        ),
        (
            Method::POST,
            format!("/api/v1/hooks/ws_a/runs/more?token={plain}"),
            "",
        ),
        (
            Method::POST,
            format!("/api/v1/hooks/ws_a/runs?key={plain}"),
            watcher.as_str(),
        ),
        (
            Method::POST,
            format!("/api/v1/bootstrap?token={plain}"),
            "",
        ),
        (Method::POST, format!("/bootstrap?token={plain}"), ""),
        (
            Method::DELETE,
            format!("/api/v1/keys/{plain}"),
            watcher.as_str(),
        ),
        (
            Method::GET,
            format!("/api/v1/workspaces/{plain}/runs"),
            "",
        ),
    ];
    for (method, path, bearer) in &calls {
        let refused = app
            .call(method.clone(), path, bearer, Value::Null)
            .await;
        let actual = (
            refused.status.as_u16(),
            refused.json()["code"].clone(),
        );
        assert_eq!(
            actual,
            (400, json!("key_in_query")),
            "{method} {}",
            path.replace(plain, "KEY")
        );
        assert!(!refused.text.contains(&plain[8..]));
    }
    let shown = app.get(&page, &watcher).await.json();
    assert_eq!(shown["exposed_at"], "2026-04-08T19:51:19Z");
    let refusal = &shown["usage"]["refusals"][0];
    assert_eq!(
        (&refusal["cause"], &refusal["count"]),
        (&json!("sent_in_address"), &json!(calls.len()))
    );
    assert_eq!(
        shown["is_active"], true,
        "it still works, because its owner decides when to replace it"
    );
    assert_eq!(
        exposures(&app).await,
        [format!("{} Someone with the key", key.view.key_id)]
    );
}

// An unknown key in a URL gets the same error as an existing one.
#[tokio::test]
async fn an_unknown_key_in_a_url_is_rejected_and_marks_nothing() {
    let app = TestApp::new().await;
    let foreign = TestApp::new().await.key("theo").await;
    for query in [
        format!("token={foreign}"),
        "token=guess".into(),
        "api_key=".into(),
        "ACCESS_TOKEN=x".into(),
    ] {
        let refused = app
            .get(&format!("/api/v1/workspaces?{query}"), "")
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
    assert_eq!(exposures(&app).await, [""; 0]);
}

// KE-12: the webhook accepts a key as `token` or `api_key`, and does not mark it. RU-14, KE-13:
// headers work too.
#[tokio::test]
async fn the_webhook_accepts_a_key_in_its_url() {
    let app = TestApp::new().await;
    let (olivia, other) = (app.someone("olivia").await, app.key("adam").await);
    let key = app.key_of(&olivia).await;
    let plain = key.plain.expose();
    let made = app
        .post(
            "/api/v1/workspaces",
            plain,
            json!({ "name": "W", "provider": "openai" }),
        )
        .await
        .json();
    let hook = format!(
        "/api/v1/hooks/{}/runs",
        made["id"].as_str().expect("id")
    );
    let send = async |query: &str, headers: &[(&str, String)]| {
        let request = headers.iter().fold(
            Request::post(format!("{hook}{query}")),
            |request, (name, value)| request.header(*name, value),
        );
        app.send(request.body(Body::empty()).expect("request"))
            .await
    };
    let bearer = ("authorization", format!("Bearer {plain}"));
    let accepted = [
        (format!("?token={plain}"), vec![]),
        (format!("?api_key={plain}"), vec![]),
        (format!("?token={plain}&api_key={plain}"), vec![]),
        (format!("?token={plain}"), vec![bearer.clone()]),
        (format!("?event=push&token={plain}"), vec![]),
        (String::new(), vec![bearer.clone()]),
        (String::new(), vec![("x-api-key", plain.to_owned())]),
    ];
    for (query, headers) in &accepted {
        let run = send(query, headers).await;
        assert_eq!(run.status, StatusCode::CREATED, "{}", run.text);
        assert_eq!(
            (&run.json()["trigger"], &run.json()["created_by"]),
            (&json!("hook"), &json!("Olivia Owens"))
        );
    }
    let refused = [
        (String::new(), vec![]),
        (format!("?token={plain}&api_key={other}"), vec![]),
        (format!("?token={other}"), vec![bearer]),
        (format!("?token={plain}&token={other}"), vec![]),
        ("?token=".into(), vec![]),
        ("?token=guess".into(), vec![]),
    ];
    for (query, headers) in &refused {
        assert_eq!(
            send(query, headers).await.status,
            StatusCode::UNAUTHORIZED,
            "{query:.12}"
        );
    }
    let runs = app
        .get(
            &format!(
                "/api/v1/workspaces/{}/runs",
                made["id"].as_str().expect("id")
            ),
            plain,
        )
        .await
        .json();
    assert_eq!(
        runs["runs"].as_array().map(Vec::len),
        Some(accepted.len())
    );
    assert_eq!(exposures(&app).await, [""; 0]);
    let shown = app
        .get(&format!("/api/v1/keys/{}", key.view.key_id), plain)
        .await
        .json();
    assert_eq!(shown["exposed_at"], Value::Null);
}

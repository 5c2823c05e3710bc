//! The recorded sender of a request: an IP address that clients cannot forge, and no keys.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderName, Request};
use serde_json::{Value, json};
use server::http;

use crate::test_app::TestApp;

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect()
}

// R7: a key that is sent as the user agent, or in any other header, is not stored.
#[tokio::test]
async fn a_key_in_a_header_is_not_stored() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let secret = &key[14..];
    for agent in [
        key.clone(),
        format!("curl/8 {key}"),
        percent(&key),
        format!("{}{key}", "x".repeat(150)),
        key[..40].into(),
    ] {
        let mut request =
            Request::post("/api/v1/workspaces").header("authorization", format!("Bearer {key}"));
        request = request
            .header("user-agent", &agent)
            .header("content-type", "application/json");
        for name in [
            "referer",
            "x-request-id",
            "from",
            "cookie",
            "x-forwarded-for",
            "forwarded",
            "origin",
            "accept-language",
        ] {
            let value = if name == "referer" {
                "https://example.com/"
            } else {
                &*key
            };
            request = request.header(HeaderName::from_static(name), value);
        }
        let body = Body::from(json!({ "name": "W", "provider": "openai" }).to_string());
        let made = app
            .send(request.body(body).expect("request"))
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
        let event = &app
            .get("/api/v1/audit-log?limit=1", &key)
            .await
            .json()["events"][0];
        let kept = event["agent"].as_str().expect("an agent");
        assert!(
            kept.contains("rt_sk_") && kept.contains('…'),
            "{kept}"
        );
        assert!(
            !event.to_string().contains(&secret[..12]) && !kept.contains("%72"),
            "{event}"
        );
    }
    app.engine.flush_usage().await.expect("written");
    for table in ["api_keys", "audit_events", "key_refusals", "sessions"] {
        let found: Option<(i64,)> = everything(&app, table, secret).await;
        assert_eq!(
            found.map(|(n,)| n).unwrap_or_default(),
            0,
            "the secret is in {table}"
        );
    }
}

/// The number of rows of a table that contain this text. None if the table does not exist.
async fn everything(app: &TestApp, table: &str, text: &str) -> Option<(i64,)> {
    let engine::Db::Sqlite { writer, .. } = &app.db else {
        panic!("these tests run on SQLite")
    };
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(columns))
        .fetch_all(writer.pool())
        .await
        .expect("columns");
    let held = columns
        .iter()
        .map(|(name,)| format!("instr(COALESCE({name}, ''), '{text}') > 0"));
    let held = held.collect::<Vec<_>>().join(" OR ");
    if held.is_empty() {
        return None;
    }
    let sql = format!("SELECT COUNT(*) FROM {table} WHERE {held}");
    Some(
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(writer.pool())
            .await
            .expect("read"),
    )
}

// B33: a key in any part of a URL is rejected and marked as exposed; one in the `Referer` is only
// marked.
#[tokio::test]
async fn a_key_in_any_part_of_a_url_is_marked_as_exposed() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let watcher = app.key("olivia").await;
    let forms: [fn(&str) -> String; 14] = [
        |key| format!("/api/v1/me?{key}"),
        |key| format!("/api/v1/me?x={key}"),
        |key| format!("/api/v1/me?x=a,{key},b"),
        |key| format!("/api/v1/me?{key}=1"),
        |key| format!("/api/v1/me?x={}", percent(key)),
        |key| format!("/api/v1/me?x={}", percent(&percent(key))),
        |key| format!("/api/v1/{}", percent(key)),
        |key| format!("/api/v1/{}", percent(&percent(key))),
        |key| format!("/api/v1/keys;token={key}"),
        |key| format!("/api/v1/keys/x{key}x"),
        |key| format!("/api/v1/keys/Bearer_{key}"),
        |key| format!("//api/v1/{key}"),
        |key| format!("/API/v1/me?token={key}"),
        |key| format!("http://{key}@x/api/v1/me"),
    ];
    for form in forms {
        let key = app.key_of(&olivia).await;
        let address = form(key.plain.expose());
        let refused = app.get(&address, "").await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (400, &json!("key_in_query")),
            "{address}"
        );
        let shown = app
            .get(&format!("/api/v1/keys/{}", key.view.key_id), &watcher)
            .await
            .json();
        assert_ne!(shown["exposed_at"], Value::Null, "{}", form("KEY"));
    }
    for page in ["https://example.com/?key=KEY", "https://example.com/#KEY"] {
        let key = app.key_of(&olivia).await;
        let request = Request::get("/api/v1/me").header("x-api-key", &watcher);
        let request = request.header("referer", page.replace("KEY", key.plain.expose()));
        assert_eq!(
            app.send(request.body(Body::empty()).expect("request"))
                .await
                .status,
            200
        );
        let shown = app
            .get(&format!("/api/v1/keys/{}", key.view.key_id), &watcher)
            .await
            .json();
        assert_ne!(shown["exposed_at"], Value::Null, "{page}");
    }
}

// F6, B34: without a trusted proxy the headers of the client are ignored.
#[tokio::test]
async fn the_ip_address_of_a_trusted_proxy_is_recorded_in_every_form() {
    let mut app = TestApp::new().await;
    let key = app.key("olivia").await;
    let socket: SocketAddr = "[::ffff:198.51.100.7]:50000"
        .parse()
        .expect("an address");
    for (proxies, written, recorded) in [
        (0, "203.0.113.9:51234", "198.51.100.7"),
        (0, "[2001:db8::1]:443", "198.51.100.7"),
        (1, "203.0.113.9:51234", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9:51234", "203.0.113.9"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
        (2, "[2001:db8::1]:443, 10.0.0.1:80", "2001:db8::1"),
        (1, "nonsense", "198.51.100.7"),
    ] {
        app.parts.trusted_proxies = proxies;
        app.router = http::router(&app.parts, None);
        let request = Request::post("/api/v1/workspaces")
            .header("x-api-key", &key)
            .header("x-forwarded-for", written);
        let request = request
            .header("content-type", "application/json")
            .extension(ConnectInfo(socket));
        let body = Body::from(json!({ "name": "W", "provider": "openai" }).to_string());
        assert_eq!(
            app.send(request.body(body).expect("request"))
                .await
                .status,
            201
        );
        let event = &app
            .get("/api/v1/audit-log?limit=1", &key)
            .await
            .json()["events"][0];
        assert_eq!(
            event["address"], recorded,
            "{proxies} proxies, {written}"
        );
    }
}

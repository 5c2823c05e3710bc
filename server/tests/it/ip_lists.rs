//! Lists of IP addresses (D39). The address is that of the trusted proxy's header.

use axum::body::Body;
use axum::http::{Method, Request};
use engine::attempts::Limits;
use serde_json::{Value, json};
use server::http;

use crate::test_app::{TestApp, TestResponse};

const HERE: &str = "203.0.113.7";
const THERE: &str = "198.51.100.1";

/// An application behind one reverse proxy.
async fn behind_a_proxy() -> TestApp {
    let mut app = TestApp::new().await;
    app.parts.trusted_proxies = 1;
    app.router = http::router(&app.parts, None);
    app
}

/// A request from an address, as the proxy sends it. None is a connection without an address.
async fn from(app: &TestApp, address: Option<&str>, path: &str, key: &str) -> TestResponse {
    let mut request = Request::get(path).header("x-api-key", key);
    if let Some(address) = address {
        request = request.header("x-forwarded-for", address);
    }
    app.send(request.body(Body::empty()).expect("a request"))
        .await
}

async fn created(app: &TestApp, path: &str, caller: &str, body: Value) -> Value {
    let answer = app.post(path, caller, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn changed(app: &TestApp, path: &str, caller: &str, body: Value) -> Value {
    let answer = app.call(Method::PATCH, path, caller, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[tokio::test]
async fn a_key_is_refused_from_another_address_with_403() {
    let app = behind_a_proxy().await;
    let admin = app.key("olivia").await;
    let new = json!({ "label": "Deploy", "allowed_ips": ["203.0.113.0/24", "2001:db8::1"] });
    let key = created(&app, "/api/v1/keys", &admin, new).await;
    let plain = text(&key["api_key"]);
    // The first request reads the key, the others find it in memory.
    for _ in 0..2 {
        for (address, status) in [
            (Some(HERE), 200),
            (Some("203.0.113.7:51234"), 200),
            (Some("[2001:db8::1]:443"), 200),
            (Some("::ffff:203.0.113.7"), 200),
            (Some("203.0.113.7, 198.51.100.1"), 403),
            (Some(THERE), 403),
            (Some("2001:db8::2"), 403),
            (None, 403),
        ] {
            for path in ["/api/v1/me", "/api/v1/workspaces"] {
                let answer = from(&app, address, path, plain).await;
                assert_eq!(answer.status.as_u16(), status, "{address:?} {path}");
                if status == 403 {
                    assert_eq!(answer.json()["code"], "ip_not_allowed");
                }
            }
        }
    }
    let path = format!("/api/v1/keys/{}", key["key_id"]);
    let detail = app.get(&path, &admin).await.json();
    assert_eq!(
        detail["allowed_ips"],
        json!(["203.0.113.0/24", "2001:db8::1"])
    );
    let refusals = &detail["usage"]["refusals"];
    assert_eq!(
        (&refusals[0]["cause"], &refusals[0]["count"]),
        (&json!("ip_not_allowed"), &json!(16))
    );

    changed(
        &app,
        &path,
        &admin,
        json!({ "allowed_ips": ["198.51.100.1/32"] }),
    )
    .await;
    assert_eq!(
        from(&app, Some(HERE), "/api/v1/me", plain)
            .await
            .status,
        403
    );
    assert_eq!(
        from(&app, Some(THERE), "/api/v1/me", plain)
            .await
            .status,
        200
    );
    changed(&app, &path, &admin, json!({ "label": "Deployment" })).await;
    assert_eq!(
        from(&app, Some(HERE), "/api/v1/me", plain)
            .await
            .status,
        403
    );
    changed(&app, &path, &admin, json!({ "allowed_ips": [] })).await;
    assert_eq!(
        from(&app, None, "/api/v1/me", plain).await.status,
        200
    );
}

// A refusal reads the database.
#[tokio::test]
async fn requests_from_other_addresses_are_limited_like_wrong_keys() {
    let app = behind_a_proxy().await;
    let admin = app.key("olivia").await;
    let key = json!({ "allowed_ips": [HERE] });
    let key = created(&app, "/api/v1/keys", &admin, key).await;
    let plain = text(&key["api_key"]);
    let limits = Limits {
        credentials: 3,
        secrets: 3,
    };
    app.engine.attempts().set_limits(limits);
    let status = async |address| {
        from(&app, Some(address), "/api/v1/me", plain)
            .await
            .status
            .as_u16()
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status(THERE).await);
        assert_eq!(status(HERE).await, 200);
    }
    assert_eq!(seen, [403, 403, 403, 429]);
}

#[tokio::test]
async fn the_gate_answers_403_and_the_code() {
    let app = behind_a_proxy().await;
    let admin = app.key("olivia").await;
    let scopes = json!([{ "scope": "orders:read", "description": "Read orders" }]);
    let api = json!({ "name": "Orders", "slug": "orders", "scopes": scopes, "allowed_ips": ["203.0.113.0/24"] });
    let api = created(&app, "/api/v1/apis", &admin, api).await;
    assert_eq!(api["allowed_ips"], json!(["203.0.113.0/24"]));
    let consumer = json!({ "external_id": "customer_42", "allowed_ips": ["203.0.113.0/28"] });
    let consumer = created(&app, "/api/v1/consumers", &admin, consumer).await;
    assert_eq!(consumer["allowed_ips"], json!(["203.0.113.0/28"]));
    let key = json!({ "actor_id": consumer["actor_id"], "allowed_ips": ["203.0.113.7", THERE] });
    let key = created(&app, "/api/v1/apis/orders/keys", &admin, key).await;
    let plain = text(&key["api_key"]);
    let status = async |address| {
        let answer = from(&app, address, "/gate/orders", plain).await;
        (
            answer.status.as_u16(),
            answer.header("x-roundtable-code").to_owned(),
        )
    };
    let refused = (403, "ip_not_allowed".to_owned());
    for _ in 0..2 {
        assert_eq!(status(Some(HERE)).await, (200, String::new()));
        for address in [Some("203.0.113.8"), Some(THERE), None] {
            assert_eq!(status(address).await, refused, "{address:?}");
        }
    }
    let answer = from(
        &app,
        Some(THERE),
        "/gate/orders?scope=orders:read&deny=403",
        plain,
    )
    .await;
    assert_eq!(
        (
            answer.header("x-roundtable-status"),
            answer.header("x-roundtable-code")
        ),
        ("403", "ip_not_allowed")
    );
    changed(
        &app,
        "/api/v1/apis/orders",
        &admin,
        json!({ "allowed_ips": [] }),
    )
    .await;
    assert_eq!(status(Some(THERE)).await, refused);
    let path = format!("/api/v1/consumers/{}", consumer["actor_id"]);
    let consumer = changed(&app, &path, &admin, json!({ "allowed_ips": [THERE] })).await;
    assert_eq!(consumer["allowed_ips"], json!([THERE]));
    assert_eq!(status(Some(THERE)).await, (200, String::new()));
    assert_eq!(status(Some(HERE)).await, refused);
}

// The address of the caller does not stand for the address of its client.
#[tokio::test]
async fn a_verification_names_the_address_of_the_client() {
    let app = TestApp::new().await;
    let admin = app.key("olivia").await;
    let account = json!({ "name": "Bot", "allowed_ips": ["203.0.113.0/24"] });
    let account = created(&app, "/api/v1/service-accounts", &admin, account).await;
    assert_eq!(account["allowed_ips"], json!(["203.0.113.0/24"]));
    let key = json!({ "actor_id": account["actor_id"] });
    let key = created(&app, "/api/v1/keys", &admin, key).await;
    let code = async |ip: Value| {
        let body = json!({ "key": key["api_key"], "ip": ip });
        app.post("/api/v1/keys/verify", &admin, body)
            .await
            .json()["code"]
            .clone()
    };
    for _ in 0..2 {
        assert_eq!(code(json!(HERE)).await, "valid");
        assert_eq!(code(json!(THERE)).await, "ip_not_allowed");
        assert_eq!(code(Value::Null).await, "ip_not_allowed");
        assert_eq!(code(json!("localhost")).await, "invalid_fields");
    }
    let active = async |ip: Option<&str>| {
        let body = json!({ "token": key["api_key"], "ip": ip });
        app.post("/api/v1/introspect", &admin, body)
            .await
            .json()["active"]
            .clone()
    };
    assert_eq!(active(Some(HERE)).await, true);
    assert_eq!(active(Some(THERE)).await, false);
    assert_eq!(active(None).await, false);
    let path = format!("/api/v1/service-accounts/{}", account["actor_id"]);
    changed(&app, &path, &admin, json!({ "allowed_ips": [] })).await;
    assert_eq!(code(Value::Null).await, "valid");
}

#[tokio::test]
async fn an_invalid_block_is_named_with_its_index() {
    let app = TestApp::new().await;
    let admin = app.key("olivia").await;
    let list = json!(["203.0.113.0/24", "203.0.113.7/24", "localhost"]);
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await.view.key_id;
    for (method, path, body) in [
        (Method::POST, "/api/v1/keys".to_owned(), json!({})),
        (
            Method::PATCH,
            format!("/api/v1/keys/{key}"),
            json!({}),
        ),
        (
            Method::POST,
            "/api/v1/service-accounts".into(),
            json!({ "name": "Bot" }),
        ),
        (
            Method::POST,
            "/api/v1/consumers".into(),
            json!({ "external_id": "1" }),
        ),
        (
            Method::POST,
            "/api/v1/apis".into(),
            json!({ "name": "Orders", "slug": "orders" }),
        ),
        (Method::PATCH, "/api/v1/apis/orders".into(), json!({})),
        (
            Method::POST,
            "/api/v1/apis/orders/keys".into(),
            json!({}),
        ),
    ] {
        let mut body = body;
        body["allowed_ips"] = list.clone();
        let answer = app.call(method, &path, &admin, body).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text);
        let fields = &answer.json()["fields"];
        assert_eq!(fields[0]["field"], "allowed_ips[1]", "{path}");
        assert_eq!(fields[0]["block"], "203.0.113.0/24", "{path}");
        assert_eq!(fields[1]["field"], "allowed_ips[2]", "{path}");
    }
}

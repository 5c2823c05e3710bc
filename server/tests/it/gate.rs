//! The gate of an API, as a reverse proxy calls it.

use axum::body::Body;
use axum::http::{Method, Request};
use engine::attempts::Limits;
use fast_path::gate::GateToken;
use serde_json::{Value, json};
use server::http;

use crate::test_app::{TestApp, TestResponse};

/// A request as a proxy sends it: with headers of the client.
async fn gate(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> TestResponse {
    gate_by(app, Method::GET, path, headers).await
}

async fn gate_by(
    app: &TestApp,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> TestResponse {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).expect("a request"))
        .await
}

/// The API `orders`, a consumer, and its key.
struct Shop {
    app: TestApp,
    admin: String,
    consumer: Value,
    key: Value,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::new().await;
        let admin = app.key("olivia").await;
        let scopes = json!([
            { "scope": "orders:read", "description": "Read orders" },
            { "scope": "orders:write", "description": "Place orders", "includes": ["orders:read"] },
        ]);
        let api = json!({ "name": "Orders", "slug": "orders", "scopes": scopes });
        created(&app, "/api/v1/apis", &admin, api).await;
        let consumer = json!({ "external_id": "customer_42", "metadata": { "plan": "pro" } });
        let consumer = created(&app, "/api/v1/consumers", &admin, consumer).await;
        let key = json!({ "actor_id": consumer["actor_id"], "scopes": ["orders:write"], "expires_at": "2099-01-01T00:00:00Z" });
        let key = created(&app, "/api/v1/apis/orders/keys", &admin, key).await;
        Self {
            app,
            admin,
            consumer,
            key,
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.plain())
    }

    fn plain(&self) -> &str {
        self.key["api_key"].as_str().expect("a key")
    }

    async fn change(&self, path: &str, body: Value) {
        let answer = self
            .app
            .call(Method::PATCH, path, &self.admin, body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

async fn created(app: &TestApp, path: &str, caller: &str, body: Value) -> Value {
    let answer = app.post(path, caller, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

// D35
#[tokio::test]
async fn a_good_key_passes_with_headers_that_say_whose_it_is() {
    let shop = Shop::open().await;
    let bearer = shop.bearer();
    // The first check reads the key, the second finds it in memory.
    for _ in 0..2 {
        for headers in [
            vec![("authorization", bearer.as_str())],
            vec![("x-api-key", shop.plain())],
            vec![
                ("x-api-key", shop.plain()),
                (
                    "authorization",
                    "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln",
                ),
            ],
            vec![
                ("x-api-key", shop.plain()),
                ("x-roundtable-key-id", "1"),
                ("x-roundtable-scopes", "admin"),
            ],
        ] {
            let answer = gate(
                &shop.app,
                "/gate/orders?scope=orders:read&scope=orders:write",
                &headers,
            )
            .await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.as_str()),
                (200, "")
            );
            for (name, value) in [
                ("x-roundtable-key-id", shop.key["key_id"].to_string()),
                (
                    "x-roundtable-owner",
                    shop.consumer["actor_id"].to_string(),
                ),
                ("x-roundtable-external-id", "customer_42".into()),
                (
                    "x-roundtable-scopes",
                    "orders:read orders:write".into(),
                ),
                ("x-roundtable-environment", "production".into()),
                ("x-roundtable-expires", "2099-01-01T00:00:00Z".into()),
                ("x-roundtable-assertion", String::new()),
                ("cache-control", "no-store".into()),
            ] {
                assert_eq!(answer.header(name), value, "{name}");
            }
        }
    }
    // Where there is nothing to say, the header is empty.
    let own = created(
        &shop.app,
        "/api/v1/apis/orders/keys",
        &shop.admin,
        json!({}),
    )
    .await;
    let own = own["api_key"].as_str().expect("a key");
    let answer = gate(&shop.app, "/gate/orders", &[("x-api-key", own)]).await;
    assert_eq!(answer.status, 200);
    for name in [
        "x-roundtable-external-id",
        "x-roundtable-scopes",
        "x-roundtable-expires",
    ] {
        assert!(answer.headers.contains_key(name), "{name}");
        assert_eq!(answer.header(name), "", "{name}");
    }
}

// D35: 401 without a reason, 403 for a missing scope.
#[tokio::test]
async fn a_refusal_says_no_more_than_that() {
    let shop = Shop::open().await;
    let bearer = shop.bearer();
    let roundtable = format!("Bearer {}", shop.admin);
    let mut bodies = Vec::new();
    for (path, headers) in [
        (
            "/gate/orders",
            vec![("authorization", "Bearer wrong")],
        ),
        (
            "/gate/orders",
            vec![("authorization", roundtable.as_str())],
        ),
        (
            "/gate/billing",
            vec![("authorization", bearer.as_str())],
        ),
        (
            "/gate/orders?environment=test",
            vec![("authorization", bearer.as_str())],
        ),
        (
            "/gate/orders",
            vec![
                ("authorization", bearer.as_str()),
                ("x-api-key", shop.admin.as_str()),
            ],
        ),
        (
            "/gate/orders",
            vec![
                ("authorization", bearer.as_str()),
                ("authorization", bearer.as_str()),
            ],
        ),
    ] {
        let answer = gate(&shop.app, path, &headers).await;
        assert_eq!(answer.status, 401, "{path} {}", answer.text);
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"roundtable\", error=\"invalid_token\""
        );
        assert_eq!(
            (
                answer.header("x-roundtable-status"),
                answer.header("x-roundtable-code")
            ),
            ("401", "unauthorized")
        );
        assert!(!answer.headers.contains_key("x-roundtable-key-id"));
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        bodies.push(body);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");

    let answer = gate(&shop.app, "/gate/orders", &[]).await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("www-authenticate")
        ),
        (401, "Bearer realm=\"roundtable\"")
    );
    let read_only = created(
        &shop.app,
        "/api/v1/apis/orders/keys",
        &shop.admin,
        json!({ "scopes": ["orders:read"] }),
    )
    .await;
    let read_only = read_only["api_key"].as_str().expect("a key");
    let answer = gate(
        &shop.app,
        "/gate/orders?scope=orders:write",
        &[("x-api-key", read_only)],
    )
    .await;
    assert_eq!(
        (
            answer.status.as_u16(),
            answer.header("x-roundtable-code")
        ),
        (403, "missing_scope")
    );
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer realm=\"roundtable\", error=\"insufficient_scope\", scope=\"orders:write\""
    );
}

#[tokio::test]
async fn a_change_takes_effect_on_the_next_request() {
    let shop = Shop::open().await;
    let headers = [("x-api-key", shop.plain())];
    let status = async |path: &str| {
        gate(&shop.app, path, &headers)
            .await
            .status
            .as_u16()
    };
    let consumer = format!("/api/v1/consumers/{}", shop.consumer["actor_id"]);
    let needs = "/gate/orders?scope=orders:read";
    assert_eq!(status(needs).await, 200);
    shop.change("/api/v1/apis/orders", json!({ "archived": true }))
        .await;
    assert_eq!(status(needs).await, 401);
    shop.change("/api/v1/apis/orders", json!({ "archived": false }))
        .await;
    assert_eq!(status(needs).await, 200);
    shop.change(&consumer, json!({ "paused": true }))
        .await;
    assert_eq!(status(needs).await, 401);
    shop.change(&consumer, json!({ "paused": false }))
        .await;
    assert_eq!(status(needs).await, 200);
    let without_includes = json!({ "scopes": [{ "scope": "orders:read", "description": "" }, { "scope": "orders:write", "description": "" }] });
    shop.change("/api/v1/apis/orders", without_includes)
        .await;
    assert_eq!(status(needs).await, 403);
    assert_eq!(status("/gate/orders").await, 200);
    let answer = shop
        .app
        .call(
            Method::DELETE,
            &format!("/api/v1/keys/{}", shop.key["key_id"]),
            &shop.admin,
            Value::Null,
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(status("/gate/orders").await, 401);
}

#[tokio::test]
async fn the_gate_answers_every_method_and_no_other_url() {
    let shop = Shop::open().await;
    let headers = [("x-api-key", shop.plain()), ("accept", "text/html")];
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ] {
        let method: Method = method.parse().expect("a method");
        let answer = gate_by(&shop.app, method.clone(), "/gate/orders", &headers).await;
        assert_eq!(answer.status, 200, "{method}");
        let answer = gate_by(&shop.app, method.clone(), "/gate/orders", &[]).await;
        assert_eq!(answer.status, 401, "{method}");
    }
    for path in [
        "/gate",
        "/gate/",
        "/gate/orders/",
        "/gate/orders/robots.txt",
        "/gate/Orders",
        "/gate/%2e%2e",
        "/gate/orders/envoy",
    ] {
        let answer = gate(&shop.app, path, &headers).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for query in [
        "scopes=orders:read",
        "scope=Orders",
        "environment=all",
        "deny=404",
        "x=1",
    ] {
        let answer = gate(&shop.app, &format!("/gate/orders?{query}"), &headers).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

// nginx passes on 401 and 403 only.
#[tokio::test]
async fn with_deny_403_a_refusal_is_401_or_403_and_its_true_status_is_in_a_header() {
    let shop = Shop::open().await;
    let answer = gate(
        &shop.app,
        "/gate/orders",
        &[("x-api-key", shop.plain())],
    )
    .await;
    assert_eq!(answer.status, 200);
    shop.app.engine.attempts().set_limits(Limits {
        credentials: 3,
        secrets: 3,
    });
    let mut seen = Vec::new();
    for n in 0..5 {
        let key = format!("wrong-{n}");
        let answer = gate(
            &shop.app,
            "/gate/orders?deny=403",
            &[("x-api-key", key.as_str())],
        )
        .await;
        seen.push((
            answer.status.as_u16(),
            answer.header("x-roundtable-status").to_owned(),
        ));
    }
    assert_eq!(seen[0], (401, "401".into()));
    assert_eq!(seen[4], (403, "429".into()));
    let answer = gate(&shop.app, "/gate/orders", &[("x-api-key", "wrong")]).await;
    assert_eq!(answer.status, 429);
    assert_ne!(answer.header("retry-after"), "");
    // A key in memory passes nevertheless.
    let answer = gate(
        &shop.app,
        "/gate/orders",
        &[("x-api-key", shop.plain())],
    )
    .await;
    assert_eq!(answer.status, 200);
}

// A proxy that checks keys needs no access to the dashboard and the REST API.
#[tokio::test]
async fn the_address_of_the_gates_serves_nothing_else() {
    let mut shop = Shop::open().await;
    shop.app.router = http::gate_router(&shop.app.parts);
    let answer = gate(
        &shop.app,
        "/gate/orders",
        &[("x-api-key", shop.plain())],
    )
    .await;
    assert_eq!(answer.status, 200);
    let answer = gate(&shop.app, "/gate/orders", &[]).await;
    assert_eq!(answer.status, 401);
    let admin = [("x-api-key", shop.admin.as_str())];
    for path in [
        "/",
        "/gate",
        "/gate/orders/x",
        "/api/v1/me",
        "/api/v1/keys",
        "/docs",
        "/healthz",
        "/readyz",
        "/sign-in",
        "/robots.txt",
        "/.well-known/jwks.json",
    ] {
        let answer = gate(&shop.app, path, &admin).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (404, "application/json"),
            "{path}"
        );
    }
    let body = json!({ "key": shop.plain(), "api": "orders" });
    let answer = shop
        .app
        .post("/api/v1/keys/verify", &shop.admin, body)
        .await;
    assert_eq!(answer.status, 404);
}

// A stranger who reaches the gate cannot try keys there.
#[tokio::test]
async fn with_a_gate_token_a_request_without_it_learns_nothing() {
    let mut shop = Shop::open().await;
    let token = "0123456789abcdef";
    shop.app.parts.gate_token = Some(GateToken::new(token.into()));
    let good = shop.plain().to_owned();
    for router in [
        http::router(&shop.app.parts, None),
        http::gate_router(&shop.app.parts),
    ] {
        shop.app.router = router;
        // The first check reads the key, the second finds it in memory.
        for _ in 0..2 {
            let headers = [
                ("x-api-key", good.as_str()),
                ("x-roundtable-gate-token", token),
            ];
            let answer = gate(&shop.app, "/gate/orders", &headers).await;
            assert_eq!(answer.status, 200);
        }
        let mut bodies = Vec::new();
        for headers in [
            vec![],
            vec![("x-api-key", good.as_str())],
            vec![("x-api-key", "wrong")],
            vec![
                ("x-api-key", good.as_str()),
                ("x-roundtable-gate-token", ""),
            ],
            vec![
                ("x-api-key", good.as_str()),
                ("x-roundtable-gate-token", &token[1..]),
            ],
            vec![
                ("x-api-key", good.as_str()),
                ("x-roundtable-gate-token", token),
                ("x-roundtable-gate-token", token),
            ],
        ] {
            for path in ["/gate/orders", "/gate/none?x=1", "/gate/orders?deny=403"] {
                let answer = gate(&shop.app, path, &headers).await;
                assert_eq!(
                    (
                        answer.status.as_u16(),
                        answer.header("x-roundtable-status"),
                        answer.header("x-roundtable-code")
                    ),
                    (401, "401", "gate_token_required"),
                    "{path} {headers:?}"
                );
                let mut body = answer.json();
                body["request_id"] = Value::Null;
                bodies.push(body);
            }
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
    }
    // The other routes need no gate token.
    shop.app.router = http::router(&shop.app.parts, None);
    assert_eq!(
        shop.app
            .get("/api/v1/me", &shop.admin)
            .await
            .status,
        200
    );
}

// The filter of Envoy adds the path and the query of the client's request to the URL.
#[tokio::test]
async fn envoy_has_the_parameters_in_the_path() {
    let shop = Shop::open().await;
    let bearer = shop.bearer();
    let token = (
        "authorization",
        "Bearer eyJhbGciOiJSUzI1NiIs.e30.c2ln",
    );
    for _ in 0..2 {
        for (headers, removed) in [
            (
                vec![("authorization", bearer.as_str())],
                "authorization",
            ),
            (vec![("x-api-key", shop.plain())], "x-api-key"),
            (vec![("x-api-key", shop.plain()), token], "x-api-key"),
            (
                vec![
                    ("x-api-key", shop.plain()),
                    ("authorization", bearer.as_str()),
                ],
                "authorization,x-api-key",
            ),
        ] {
            let path = "/gate/orders/envoy/scope=orders:read/orders/7?scope=none&environment=test";
            let answer = gate_by(&shop.app, Method::POST, path, &headers).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(
                answer.header("x-envoy-auth-headers-to-remove"),
                removed
            );
            let answer = gate(&shop.app, "/gate/orders/envoy/-/", &headers).await;
            assert_eq!(answer.status, 200);
            let answer = gate(&shop.app, "/gate/orders", &headers).await;
            assert!(
                !answer
                    .headers
                    .contains_key("x-envoy-auth-headers-to-remove")
            );
        }
    }
    let headers = [("x-api-key", shop.plain())];
    for (path, status) in [
        ("/gate/orders/envoy/scope=orders:delete/x", 403),
        ("/gate/billing/envoy/-/x", 401),
        ("/gate/orders/envoy/environment=test/x", 401),
        ("/gate/orders/envoy/scopes=orders:read/x", 400),
    ] {
        assert_eq!(
            gate(&shop.app, path, &headers)
                .await
                .status
                .as_u16(),
            status,
            "{path}"
        );
    }
}

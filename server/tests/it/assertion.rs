//! Signed assertions of the gate (D36), checked as the documentation says.

mod sample;

use axum::body::Body;
use axum::http::{Method, Request};
use jsonwebtoken::get_current_timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use self::sample::verify_assertion;
use crate::test_app::{NOW, TestApp, TestResponse};

const URL: &str = "https://roundtable.example.com";

/// An installation with the URL of the sample and the real time, an API that wants assertions, and
/// a key of a consumer.
struct Shop {
    app: TestApp,
    admin: String,
    consumer: Value,
    key: Value,
}

impl Shop {
    async fn open() -> Self {
        let app = TestApp::with(None, |site| site.public_url = URL.into()).await;
        app.engine
            .seed_demo(&server::demo::organizations(crate::test_app::ISSUER))
            .await
            .expect("staged");
        let real = i64::try_from(get_current_timestamp()).expect("small");
        app.clock.advance_seconds(real - NOW.0 / 1000);
        let admin = app.key("olivia").await;
        let scopes = json!([{ "scope": "orders:read", "description": "" }, { "scope": "orders:write", "description": "" }]);
        let api = json!({ "name": "Orders", "slug": "orders", "scopes": scopes, "signed_assertion": true });
        let api = created(&app, "/api/v1/apis", &admin, api).await;
        assert_eq!(api["signed_assertion"], true);
        let consumer = json!({ "external_id": "customer_42" });
        let consumer = created(&app, "/api/v1/consumers", &admin, consumer).await;
        let key =
            json!({ "actor_id": consumer["actor_id"], "scopes": ["orders:write", "orders:read"] });
        let key = created(&app, "/api/v1/apis/orders/keys", &admin, key).await;
        Self {
            app,
            admin,
            consumer,
            key,
        }
    }

    async fn gate(&self, path: &str, key: &Value) -> TestResponse {
        let key = key["api_key"].as_str().expect("a key");
        let request = Request::get(path)
            .header("x-api-key", key)
            // A client's own assertion changes nothing.
            .header("x-roundtable-assertion", "e30.e30.e30");
        self.app
            .send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// The assertion for the key of the consumer.
    async fn assertion(&self) -> String {
        let answer = self.gate("/gate/orders", &self.key).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.header("x-roundtable-assertion").to_owned()
    }

    async fn keys(&self) -> JwkSet {
        let set = self.app.get("/.well-known/jwks.json", "").await;
        serde_json::from_str(&set.text).expect("a key set")
    }

    async fn change_api(&self, body: Value) {
        let answer = self
            .app
            .call(
                Method::PATCH,
                "/api/v1/apis/orders",
                &self.admin,
                body,
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

async fn created(app: &TestApp, path: &str, caller: &str, body: Value) -> Value {
    let answer = app.post(path, caller, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

#[test]
fn the_documentation_has_the_sample() {
    let page = include_str!("../../../docs/signed-assertion.md");
    assert!(page.contains(include_str!("assertion/sample.rs")));
}

#[tokio::test]
async fn the_gate_signs_what_it_says_about_a_key() {
    let shop = Shop::open().await;
    let keys = shop.keys().await;
    assert_eq!(
        keys.keys.len(),
        1,
        "it exists before the first assertion"
    );
    let mut ids = Vec::new();
    // The first check reads the key, the others find it in memory.
    for _ in 0..3 {
        let claims = verify_assertion(&shop.assertion().await, &keys).expect("valid");
        assert_eq!(claims.sub, shop.consumer["actor_id"].to_string());
        assert_eq!(claims.external_id.as_deref(), Some("customer_42"));
        assert_eq!(claims.scope, "orders:read orders:write");
        assert_eq!(claims.environment, "production");
        assert_eq!(claims.key_id, shop.key["key_id"]);
        ids.push(claims.jti);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    // Envoy asks at another path.
    let answer = shop
        .gate("/gate/orders/envoy/-/orders/7", &shop.key)
        .await;
    verify_assertion(answer.header("x-roundtable-assertion"), &keys).expect("valid");
    // An owner that is no consumer has no ID of the organization's own.
    let own = created(
        &shop.app,
        "/api/v1/apis/orders/keys",
        &shop.admin,
        json!({}),
    )
    .await;
    let answer = shop.gate("/gate/orders", &own).await;
    let claims = verify_assertion(answer.header("x-roundtable-assertion"), &keys).expect("valid");
    assert_eq!(
        (claims.external_id, claims.scope.as_str()),
        (None, "")
    );
}

#[tokio::test]
async fn an_assertion_is_for_one_api_and_one_minute() {
    let shop = Shop::open().await;
    let keys = shop.keys().await;
    let billing = json!({ "name": "Billing", "slug": "billing", "signed_assertion": true });
    created(&shop.app, "/api/v1/apis", &shop.admin, billing).await;
    let key = created(
        &shop.app,
        "/api/v1/apis/billing/keys",
        &shop.admin,
        json!({}),
    )
    .await;
    let other = shop.gate("/gate/billing", &key).await;
    let other = other.header("x-roundtable-assertion");
    assert_ne!(other, "");
    assert!(
        verify_assertion(other, &keys).is_err(),
        "for another API"
    );

    let good = shop.assertion().await;
    verify_assertion(&good, &keys).expect("valid");
    let (signed, signature) = good.rsplit_once('.').expect("a token");
    let (_, other_signature) = other.rsplit_once('.').expect("a token");
    for forged in [
        format!("{signed}.{other_signature}"),
        format!("{signed}."),
        format!("{}x.{signature}", &signed[..signed.len() - 1]),
        String::new(),
    ] {
        assert!(verify_assertion(&forged, &keys).is_err(), "{forged}");
    }
    assert!(verify_assertion(&good, &JwkSet { keys: Vec::new() }).is_err());

    shop.app.clock.advance_seconds(-61);
    let expired = shop.assertion().await;
    assert!(verify_assertion(&expired, &keys).is_err(), "expired");
}

// Neither kind of token is accepted for the other.
#[tokio::test]
async fn an_assertion_is_no_access_token_and_an_access_token_no_assertion() {
    let shop = Shop::open().await;
    let keys = shop.keys().await;
    let assertion = shop.assertion().await;
    for path in ["/api/v1/me", "/api/v1/organizations"] {
        let answer = shop.app.get(path, &assertion).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    let answer = shop
        .app
        .post(
            "/api/v1/introspect",
            &shop.admin,
            json!({ "token": assertion }),
        )
        .await;
    assert_eq!(answer.json()["active"], false);
    let olivia = shop.app.someone("olivia").await;
    // Over HTTPS, the cookie has another name.
    let cookie = format!("__Host-{}", olivia.cookie());
    let given = shop.app.ask_for_token(&cookie, "").await.json();
    let token = given["token"].as_str().expect("a token");
    assert_eq!(shop.app.get("/api/v1/me", token).await.status, 200);
    assert!(verify_assertion(token, &keys).is_err());
}

#[tokio::test]
async fn without_an_assertion_the_header_is_empty_and_a_refusal_has_none() {
    let shop = Shop::open().await;
    shop.assertion().await;
    let path = format!("/api/v1/consumers/{}", shop.consumer["actor_id"]);
    let change = async |paused: bool| {
        let body = json!({ "paused": paused });
        let answer = shop
            .app
            .call(Method::PATCH, &path, &shop.admin, body)
            .await;
        assert_eq!(answer.status, 200);
    };
    let refused = async |path: &str, status: u16| {
        for _ in 0..2 {
            let answer = shop.gate(path, &shop.key).await;
            assert_eq!(answer.status.as_u16(), status);
            assert!(
                !answer
                    .headers
                    .contains_key("x-roundtable-assertion")
            );
        }
    };
    refused("/gate/orders?scope=orders:delete", 403).await;
    change(true).await;
    refused("/gate/orders", 401).await;
    change(false).await;
    assert_ne!(shop.assertion().await, "");
    shop.change_api(json!({ "signed_assertion": false }))
        .await;
    for _ in 0..2 {
        let answer = shop.gate("/gate/orders", &shop.key).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.headers["x-roundtable-assertion"].as_bytes(),
            b""
        );
    }
    shop.change_api(json!({ "signed_assertion": true }))
        .await;
    assert_ne!(shop.assertion().await, "");
    let path = format!("/api/v1/keys/{}", shop.key["key_id"]);
    let answer = shop
        .app
        .call(Method::DELETE, &path, &shop.admin, Value::Null)
        .await;
    assert_eq!(answer.status, 200);
    refused("/gate/orders", 401).await;
    let events = shop
        .app
        .get("/api/v1/audit-log?action=api.changed", &shop.admin)
        .await
        .json();
    let change = &events["events"][0]["changes"][0];
    assert_eq!(
        (&change["field"], &change["before"], &change["after"]),
        (
            &json!("signed_assertion"),
            &json!("false"),
            &json!("true")
        )
    );
}

// Another node may have replaced the key, so it is not kept for long.
#[tokio::test]
async fn a_new_signing_key_signs_within_a_minute() {
    let shop = Shop::open().await;
    let key_of = |assertion: &str| {
        jsonwebtoken::decode_header(assertion)
            .expect("a header")
            .kid
    };
    let first = key_of(&shop.assertion().await);
    shop.app.clock.advance_seconds(31 * 24 * 60 * 60);
    shop.app
        .engine
        .renew_signing_keys()
        .await
        .expect("replaced");
    let assertion = shop.assertion().await;
    assert_ne!(key_of(&assertion), first);
    let known = shop.keys().await;
    let kid = key_of(&assertion).expect("a key");
    assert!(known.find(&kid).is_some());
}

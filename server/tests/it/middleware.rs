//! The middleware of `docs/protect-your-api.md` for axum, in front of the server itself. The browser
//! tests run those for other frameworks.

use axum::http::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::test_app::TestApp;

#[path = "../../examples/protected_axum.rs"]
#[expect(dead_code, reason = "the test does not call its main function")]
mod protected_axum;

/// A socket on a free port, and its URL.
async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

/// The answer of the protected API: its status, its challenge and its body.
async fn ask(url: &str, headers: &[(&str, &str)]) -> (u16, String, Value) {
    let mut request = reqwest::Client::new().get(format!("{url}/orders"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.expect("an answer");
    let challenge = answer
        .headers()
        .get("www-authenticate")
        .map_or("", |value| value.to_str().expect("text"))
        .to_owned();
    let status = answer.status().as_u16();
    (status, challenge, answer.json().await.expect("JSON"))
}

/// The API `orders` with a key that may read and one that may do nothing.
async fn keys(app: &TestApp, admin: &str) -> (Value, Value) {
    let created = async |path: &str, body: Value| {
        let answer = app.post(path, admin, body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    };
    let scopes = json!([{ "scope": "orders:read", "description": "Read orders" }]);
    let api = json!({ "name": "Orders", "slug": "orders", "scopes": scopes });
    created("/api/v1/apis", api).await;
    let consumer = json!({ "external_id": "customer_42" });
    let owner = created("/api/v1/consumers", consumer).await["actor_id"].clone();
    let reads = json!({ "actor_id": owner, "scopes": ["orders:read"] });
    let nothing = json!({ "actor_id": owner });
    (
        created("/api/v1/apis/orders/keys", reads).await,
        created("/api/v1/apis/orders/keys", nothing).await,
    )
}

#[tokio::test]
async fn the_middleware_for_axum_protects_an_api() {
    let app = TestApp::new().await;
    let admin = app.key("olivia").await;
    let (good, powerless) = keys(&app, &admin).await;
    let plain = good["api_key"].as_str().expect("a key");
    let bearer = format!("Bearer {plain}");

    let (listener, roundtable) = listen().await;
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(listener::serve(listener, app.router.clone(), async {
        let _ = stopped.await;
    }));
    let (listener, url) = listen().await;
    let roundtable = protected_axum::Roundtable::new(roundtable, admin.clone()).expect("a client");
    let router = protected_axum::api(roundtable);
    tokio::spawn(async { axum::serve(listener, router).await });

    let foreign = format!("Bearer {admin}");
    for headers in [
        &[][..],
        &[("authorization", "Bearer wrong")],
        &[("x-api-key", "wrong")],
        &[("authorization", plain)],
        &[("authorization", foreign.as_str())],
    ] {
        let (status, challenge, _) = ask(&url, headers).await;
        assert_eq!(
            (status, challenge.as_str()),
            (401, "Bearer realm=\"orders\"")
        );
    }
    for header in [("authorization", bearer.as_str()), ("x-api-key", plain)] {
        let (status, _, body) = ask(&url, &[header]).await;
        assert_eq!(
            (status, body),
            (200, json!({ "customer": "customer_42" }))
        );
    }
    let powerless = powerless["api_key"].as_str().expect("a key");
    let (status, ..) = ask(&url, &[("x-api-key", powerless)]).await;
    assert_eq!(status, 403);

    let path = format!("/api/v1/keys/{}", good["key_id"]);
    let answer = app
        .call(Method::DELETE, &path, &admin, Value::Null)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let (status, ..) = ask(&url, &[("authorization", &bearer)]).await;
    assert_eq!(status, 401);

    stop.send(()).expect("it runs");
    serving.await.expect("it stops");
    let (status, _, body) = ask(&url, &[("authorization", &bearer)]).await;
    assert_eq!(
        (status, body),
        (503, json!({ "code": "unavailable" }))
    );
    let (status, ..) = ask(&url, &[]).await;
    assert_eq!(status, 401);
}

/// The page shows the code that the test above runs.
#[test]
fn the_page_shows_the_middleware_for_axum() {
    let page = include_str!("../../../docs/protect-your-api.md");
    let code = include_str!("../../examples/protected_axum.rs");
    assert!(page.contains(&format!("```rust\n{code}```\n")));
}

//! The smallest server of the same framework. `make bench` compares with it what checking a key
//! costs. It reads the same requests, checks nothing, and answers a fixed text of the size of a real
//! answer. The first argument is the address to listen on.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

/// An answer to `GET /api/v1/me`.
const BODY: &str = "{\"actor_id\":1,\"name\":\"One\",\"kind\":\"member\",\"role\":\"owner\",\
    \"organization\":\"org_a1B2c3D4e5F6g7H8\",\"credential\":\"api_key\",\"key_id\":1000}";

/// An answer to `POST /api/v1/keys/verify`.
const VERDICT: &str = "{\"valid\":true,\"code\":\"valid\",\"key_id\":1000,\"name\":\"Key 1000\",\
    \"environment\":\"production\",\"owner\":{\"kind\":\"member\",\"id\":1,\"name\":\"One\"},\
    \"scopes\":[\"*\"],\"request_id\":\"req_a1B2c3D4e5F6g7H8\"}";

#[tokio::main]
#[expect(clippy::expect_used, reason = "a benchmark panics on an error")]
async fn main() {
    let address = std::env::args()
        .nth(1)
        .expect("the address to listen on");
    let listener = TcpListener::bind(address)
        .await
        .expect("a free address");
    let router = Router::new()
        .route("/api/v1/me", get(|| async { answer(BODY) }))
        .route(
            "/api/v1/keys/verify",
            post(|_: Bytes| async { answer(VERDICT) }),
        )
        .route("/gate/bench", any(|| async { pass() }));
    axum::serve(listener, router)
        .await
        .expect("serves");
}

/// An answer of a gate, with headers of the size of real ones.
fn pass() -> impl IntoResponse {
    [
        ("x-roundtable-key-id", "1000"),
        ("x-roundtable-owner", "1"),
        ("x-roundtable-external-id", "customer_1000"),
        ("x-roundtable-scopes", "bench:read bench:write"),
        ("x-roundtable-environment", "production"),
        ("x-roundtable-expires", ""),
        ("cache-control", "no-store"),
    ]
}

fn answer(body: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], body)
}

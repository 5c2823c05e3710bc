//! The cost of API operations, and the headers that report it.

use axum::extract::Request;
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

/// Operations that read although their method is `POST`: a key must not stand in the URL.
const READS: [&str; 3] = ["/v1/keys/verify", "/v1/keys/verify-batch", "/v1/introspect"];

/// The cost of an operation: 0 for a read, 1 for a write.
pub fn cost(method: &Method, path: &str) -> i64 {
    let is_read = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read || READS.iter().any(|read| path.ends_with(read)) {
        0
    } else {
        1
    }
}

/// Adds the environment (D7) and the cost (D19) to every response.
pub async fn add_headers(request: Request, next: Next) -> Response {
    let cost = cost(request.method(), request.uri().path());
    with_headers(next.run(request).await, cost)
}

/// The response with both headers. A rejected request costs nothing.
pub fn with_headers(mut response: Response, cost: i64) -> Response {
    let cost = if response.status().is_success() {
        cost
    } else {
        0
    };
    response
        .headers_mut()
        .insert("x-cost", HeaderValue::from(cost));
    response
        .headers_mut()
        .entry("x-environment")
        .or_insert(HeaderValue::from_static("production"));
    response
}

//! The HTTP edge over real connections: requests that are rejected before routing, files over
//! HTTP/1.0, and clients that do not read.

mod bodies;
mod credentials;
mod downloads;
mod refusals;
mod sender;

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::test_app::TestApp;

/// Starts a server on a free port.
async fn listening(app: &TestApp) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(listener::serve(
        listener,
        app.router.clone(),
        std::future::pending(),
    ));
    address
}

/// Sends bytes, and returns everything that the server sends until it closes the connection.
async fn exchange(address: std::net::SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("connects");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(
        Duration::from_secs(30),
        stream.read_to_end(&mut answer),
    )
    .await;
    assert!(
        ended.is_ok(),
        "the connection stays open: {}",
        String::from_utf8_lossy(&answer)
    );
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status, the headers and the body of an answer.
fn parted(answer: &str) -> (u16, &str, &str) {
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    (status, head, body)
}

/// Asserts that the response is an error with this status and code. Returns the details.
fn is_refusal(what: &str, answer: &str, status: u16, code: &str) -> String {
    let (found, head, body) = parted(answer);
    let json: Value =
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{what}: another format: {answer}"));
    assert_eq!(
        (found, &json["code"]),
        (status, &Value::from(code)),
        "{what}: {answer}"
    );
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains("content-type: application/json"),
        "{what}: {head}"
    );
    let id = json["request_id"].as_str().unwrap_or_default();
    assert!(
        id.starts_with("req_")
            && head.contains(&format!("x-request-id: {}", id.to_ascii_lowercase())),
        "{what}"
    );
    assert!(json["error"].is_string(), "{what}: {json}");
    json["details"]
        .as_str()
        .unwrap_or_else(|| panic!("{what}: {json}"))
        .to_owned()
}

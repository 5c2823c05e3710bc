//! Requests in flight whose key is revoked, over a real connection.

use std::time::Duration;

use domain::command::RevokeKey;
use domain::key::RevokeReason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::test_app::TestApp;

/// The number of requests in flight: all of them in a full run, otherwise a share.
fn held_requests() -> usize {
    if std::env::var_os("ROUNDTABLE_PROVE").is_some() {
        200
    } else {
        50
    }
}

// RK-24: requests that run with a key fail when it is revoked, and change nothing.
#[tokio::test]
async fn requests_in_progress_fail_when_the_key_is_revoked() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let (key, witness) = (app.key_of(&olivia).await, app.key("adam").await);
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(listener::serve(
        listener,
        app.router.clone(),
        std::future::pending(),
    ));
    let mut held = Vec::new();
    for _ in 0..held_requests() {
        let mut stream = TcpStream::connect(address)
            .await
            .expect("connects");
        let head = format!(
            "POST /api/v1/workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: 42\r\n\r\n{{\"name\":\"Late\",",
            key.plain.expose()
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("head");
        held.push(stream);
    }
    while app.engine.in_flight().count(key.view.key_id) < held_requests() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let command = RevokeKey {
        key: key.view.key_id,
        reason: RevokeReason::Leaked,
    };
    app.engine
        .revoke_key(&olivia.ctx, command)
        .await
        .expect("revoked");
    assert_eq!(
        app.engine.in_flight().count(key.view.key_id),
        0,
        "revoking waits for them"
    );
    for mut stream in held {
        let _ = stream
            .write_all(b"\"provider\":\"openai\"}       ")
            .await;
        let mut answer = String::new();
        let _ = tokio::time::timeout(
            Duration::from_secs(5),
            stream.read_to_string(&mut answer),
        )
        .await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 401"),
            "{answer}"
        );
    }
    assert_eq!(
        app.get("/api/v1/workspaces", &witness)
            .await
            .json(),
        serde_json::json!({ "workspaces": [] })
    );
}

/// Headers without an end do not keep a connection open. `axum::serve` has no such limit.
#[tokio::test]
async fn a_connection_with_slow_headers_is_closed() {
    let app = TestApp::empty().await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(listener::serve(
        listener,
        app.router.clone(),
        std::future::pending(),
    ));
    let mut stream = TcpStream::connect(address)
        .await
        .expect("connects");
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .expect("head");
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(
        Duration::from_secs(20),
        stream.read_to_end(&mut answer),
    )
    .await;
    assert!(ended.is_ok(), "the connection is still open");
}

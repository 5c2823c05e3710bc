//! D10: every error of the API has the same format, including those of the HTTP parser.

use serde_json::json;

use super::{exchange, is_refusal, listening, parted};
use crate::test_app::TestApp;

// D10
#[tokio::test]
async fn all_errors_of_the_edge_have_the_same_format() {
    let app = TestApp::new().await;
    let (key, address) = (app.key("olivia").await, listening(&app).await);
    let auth = format!("Authorization: Bearer {key}\r\nConnection: close\r\n");
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: x\r\n{auth}\r\n");
    let headed = |headers: &str| format!("GET /api/v1/me HTTP/1.1\r\n{headers}{auth}\r\n");
    let post = |headers: &str, body: &str| {
        format!(
            "POST /api/v1/workspaces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}{auth}\r\n{body}"
        )
    };
    let long = "a".repeat(70_000);
    let cases = [
        // URLs that resemble those of the API.
        ("two slashes", get("//api/v1/me"), 404, "not_found"),
        ("three slashes", get("///api/v1/me"), 404, "not_found"),
        ("upper case", get("/API/v1/keys"), 404, "not_found"),
        ("mixed case", get("/Api/v1/keys"), 404, "not_found"),
        ("encoded", get("/%61pi/v1/keys"), 404, "not_found"),
        (
            "a dot before",
            get("/./api/v1/keys"),
            404,
            "not_found",
        ),
        (
            "an encoded slash",
            get("/%2Fapi/v1/keys"),
            404,
            "not_found",
        ),
        ("backslash", get("/%5Capi/v1/keys"), 404, "not_found"),
        ("the root", get("/api"), 404, "not_found"),
        (
            "the root with a slash",
            get("/api/"),
            404,
            "not_found",
        ),
        (
            "a slash at the end",
            get("/api/v1/me/"),
            404,
            "not_found",
        ),
        (
            "a slash between",
            get("/api//v1/me"),
            404,
            "not_found",
        ),
        (
            "upper case within",
            get("/api/v1/ME"),
            404,
            "not_found",
        ),
        ("no version", get("/api/me"), 404, "not_found"),
        ("the short URL", get("/bootstrap/"), 404, "not_found"),
        (
            "absolute form",
            get("http://x/api/v1/nowhere"),
            404,
            "not_found",
        ),
        (
            "a key in a misspelled URL",
            get(&format!("//api/v1/me?api_key={key}")),
            400,
            "key_in_query",
        ),
        // Methods and targets.
        (
            "unknown method",
            format!("BREW /api/v1/me HTTP/1.1\r\nHost: x\r\n{auth}\r\n"),
            405,
            "method_not_allowed",
        ),
        (
            "trace",
            format!("TRACE /api/v1/me HTTP/1.1\r\nHost: x\r\n{auth}\r\n"),
            405,
            "method_not_allowed",
        ),
        (
            "options",
            format!("OPTIONS /api/v1/me HTTP/1.1\r\nHost: x\r\n{auth}\r\n"),
            405,
            "method_not_allowed",
        ),
        (
            "options of all",
            format!("OPTIONS * HTTP/1.1\r\nHost: x\r\n{auth}\r\n"),
            405,
            "method_not_allowed",
        ),
        (
            "connect",
            format!("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n{auth}\r\n"),
            405,
            "method_not_allowed",
        ),
        // The host (RFC 9112, 3.2).
        ("no host", headed(""), 400, "bad_request"),
        (
            "two hosts",
            headed("Host: x\r\nHost: x\r\n"),
            400,
            "bad_request",
        ),
        (
            "two other hosts",
            headed("Host: x\r\nhost: y\r\n"),
            400,
            "bad_request",
        ),
        (
            "an empty host",
            headed("Host:\r\n"),
            400,
            "bad_request",
        ),
        (
            "a host with a path",
            headed("Host: x/y\r\n"),
            400,
            "bad_request",
        ),
        (
            "a host with a space",
            headed("Host: x y\r\n"),
            400,
            "bad_request",
        ),
        (
            "a host with a user",
            headed("Host: u@x\r\n"),
            400,
            "bad_request",
        ),
        // Errors of the parser.
        (
            "no version of HTTP",
            "GET /api/v1/me\r\n\r\n".into(),
            400,
            "bad_request",
        ),
        (
            "another version of HTTP",
            "GET /api/v1/me HTTP/3.0\r\nHost: x\r\n\r\n".into(),
            400,
            "bad_request",
        ),
        ("no HTTP", "hello\r\n\r\n".into(), 400, "bad_request"),
        (
            "TLS",
            "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".into(),
            400,
            "bad_request",
        ),
        (
            "a method with a colon",
            "G:T /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n".into(),
            400,
            "bad_request",
        ),
        (
            "a target with a space",
            get("/api/v1/me x"),
            400,
            "bad_request",
        ),
        (
            "a target that is no URI",
            get("/api/v1/\u{7f}<>\"me"),
            400,
            "bad_request",
        ),
        (
            "a target without a slash",
            get("api/v1/me"),
            400,
            "bad_request",
        ),
        (
            "a long target",
            get(&format!("/api/v1/{}", "a".repeat(65_600 - 70))),
            431,
            "headers_too_large",
        ),
        (
            "large headers",
            headed(&format!(
                "Host: x\r\nX-Large: {}\r\n",
                "a".repeat(400_000)
            )),
            431,
            "headers_too_large",
        ),
        (
            "many headers",
            headed(&format!("Host: x\r\n{}", "X: y\r\n".repeat(150))),
            431,
            "headers_too_large",
        ),
        (
            "a header without a colon",
            headed("Host: x\r\nnonsense\r\n"),
            400,
            "bad_request",
        ),
        (
            "a space before the colon",
            headed("Host: x\r\nX-Y : z\r\n"),
            400,
            "bad_request",
        ),
        (
            "a folded header",
            headed("Host: x\r\nX-Y: z\r\n folded\r\n"),
            400,
            "bad_request",
        ),
        (
            "a control character",
            headed("Host: x\r\nX-Y: \u{1}\r\n"),
            400,
            "bad_request",
        ),
        (
            "two lengths",
            post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
            400,
            "bad_request",
        ),
        (
            "a length that is none",
            post("Content-Length: +2\r\n", "{}"),
            400,
            "bad_request",
        ),
        (
            "a transfer coding",
            post("Transfer-Encoding: gzip\r\n", ""),
            400,
            "bad_request",
        ),
        // Bodies.
        (
            "bad chunks",
            post(
                "Transfer-Encoding: chunked\r\n",
                "zz\r\n{}\r\n0\r\n\r\n",
            ),
            400,
            "bad_request",
        ),
        (
            "a huge chunk",
            post(
                "Transfer-Encoding: chunked\r\n",
                "fffffffffffffffff\r\n",
            ),
            400,
            "bad_request",
        ),
        (
            "a large body",
            post(&format!("Content-Length: {}\r\n", 70_000), &long),
            413,
            "too_large",
        ),
        (
            "a compressed body",
            post(
                "Content-Encoding: gzip\r\nContent-Length: 2\r\n",
                "{}",
            ),
            415,
            "unsupported_media_type",
        ),
    ];
    assert!(cases.len() >= 50);
    for (what, bytes, status, code) in &cases {
        let answer = exchange(address, bytes.as_bytes()).await;
        is_refusal(what, &answer, *status, code);
        assert!(
            !answer.contains(&key[14..]),
            "{what}: the response repeats the key"
        );
    }
    assert_eq!(
        app.get("/api/v1/workspaces", &key).await.json(),
        json!({ "workspaces": [] })
    );
}

// Unusual but valid requests
#[tokio::test]
async fn well_formed_requests_are_served() {
    let app = TestApp::new().await;
    let (key, address) = (app.key("olivia").await, listening(&app).await);
    let auth = format!("Authorization: Bearer {key}\r\n");
    for request in [
        format!("GET /api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{auth}\r\n"),
        format!(
            "GET http://other.test/api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{auth}\r\n"
        ),
        format!("GET /api/v1/me HTTP/1.0\r\n{auth}\r\n"),
        format!("GET /api/v1/me HTTP/1.0\r\nHost: [::1]:3000\r\n{auth}\r\n"),
        format!("\r\nGET /api/v1/me HTTP/1.1\r\nhOST: x\r\nConnection: close\r\n{auth}\r\n"),
    ] {
        let answer = exchange(address, request.as_bytes()).await;
        let (status, head, _) = parted(&answer);
        assert_eq!(status, 200, "{answer}");
        assert!(
            head.to_ascii_lowercase()
                .contains("content-length: "),
            "{head}"
        );
    }
    // Two pipelined requests: the first is valid and succeeds, the second is malformed and gets an
    // error.
    let answer = exchange(
        address,
        format!("GET /api/v1/me HTTP/1.1\r\nHost: x\r\n{auth}\r\nhello\r\n\r\n").as_bytes(),
    )
    .await;
    let second = answer
        .rfind("HTTP/1.1 400")
        .expect("a second answer");
    assert_eq!(parted(&answer).0, 200);
    is_refusal("the second", &answer[second..], 400, "bad_request");
}

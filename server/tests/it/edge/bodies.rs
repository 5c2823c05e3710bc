//! Bodies and queries in the forms that common tools send.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};

async fn send(app: &TestApp, key: &str, headers: &[(&str, &str)], body: Vec<u8>) -> TestResponse {
    let request = Request::post("/api/v1/workspaces").header("x-api-key", key);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
    app.send(
        request
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("request"),
    )
    .await
}

// F15: RFC 8259, 8.1.
#[tokio::test]
async fn a_byte_order_mark_is_ignored() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let text = r#"{"name":"W","provider":"openai"}"#;
    let marked = [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat();
    assert_eq!(
        send(&app, &key, &[], marked.clone()).await.status,
        201
    );
    let twice = [&b"\xEF\xBB\xBF"[..], &marked].concat();
    let wide = |order: fn(u16) -> [u8; 2]| {
        "\u{feff}"
            .encode_utf16()
            .chain(text.encode_utf16())
            .flat_map(order)
            .collect()
    };
    for (body, error) in [
        (twice, "not valid JSON"),
        (wide(u16::to_le_bytes), "UTF-16"),
        (wide(u16::to_be_bytes), "UTF-16"),
        (b"\xEF\xBB\xBF".to_vec(), "not valid JSON"),
    ] {
        let refused = send(&app, &key, &[], body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (400, &json!("bad_request"))
        );
        assert!(
            refused.json()["details"]
                .as_str()
                .is_some_and(|text| text.contains(error)),
            "{}",
            refused.text
        );
    }
    let listed = [&b"\xEF\xBB\xBF"[..], b"[]"].concat();
    assert_eq!(send(&app, &key, &[], listed).await.status, 422);
}

// F15
#[tokio::test]
async fn the_error_for_a_compressed_body_names_its_encoding() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let text = r#"{"name":"W","provider":"openai"}"#;
    for coding in ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP"] {
        let refused = send(
            &app,
            &key,
            &[("content-encoding", coding)],
            text.into(),
        )
        .await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["code"]),
            (415, &json!("unsupported_media_type"))
        );
        let details = refused.json()["details"]
            .as_str()
            .expect("a sentence")
            .to_owned();
        assert!(
            details.contains(coding.trim_start_matches("identity, ")),
            "{details}"
        );
    }
    let refused = send(&app, &key, &[("content-encoding", &key)], text.into()).await;
    assert!(
        refused.status == 415 && !refused.text.contains(&key[14..]),
        "{}",
        refused.text
    );
    for coding in ["identity", "", "Identity"] {
        assert_eq!(
            send(
                &app,
                &key,
                &[("content-encoding", coding)],
                text.into()
            )
            .await
            .status,
            201,
            "{coding}"
        );
    }
}

// F18
#[tokio::test]
async fn a_range_and_a_cursor_have_specific_messages() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    let cursor = "Use the cursor from the Link header of the previous page, or omit it.";
    let range = "Enter a whole number from 1 to 200.";
    let id = "Enter a valid ID.";
    for path in [
        "/api/v1/keys",
        "/api/v1/workspaces",
        "/api/v1/audit-log",
        "/api/v1/service-accounts",
    ] {
        for (query, fault, sentence) in [
            ("limit=0", "out_of_range", range),
            ("limit=201", "out_of_range", range),
            ("limit=abc", "out_of_range", range),
            ("limit=", "out_of_range", range),
            ("limit=-1", "out_of_range", range),
            ("limit=1.5", "out_of_range", range),
            ("limit=99999999999999999999", "out_of_range", range),
            ("cursor=", "not_a_cursor", cursor),
            ("cursor=abc", "not_a_cursor", cursor),
            ("cursor=0", "not_a_cursor", cursor),
            ("cursor=-5", "not_a_cursor", cursor),
            ("cursor=99999999999999999999", "not_a_cursor", cursor),
        ] {
            let refused = app.get(&format!("{path}?{query}"), &key).await;
            assert_eq!(
                refused.status, 422,
                "{path}?{query}: {}",
                refused.text
            );
            let field = &refused.json()["fields"][0];
            assert_eq!(
                (&field["fault"], &field["message"]),
                (&json!(fault), &json!(sentence)),
                "{path}?{query}"
            );
        }
    }
    for query in [
        "actor_id=abc",
        "actor_id=",
        "object_kind=key&object_id=a%20b",
    ] {
        let refused = app
            .get(&format!("/api/v1/audit-log?{query}"), &key)
            .await
            .json();
        assert_eq!(
            (
                &refused["fields"][0]["fault"],
                &refused["fields"][0]["message"]
            ),
            (&json!("not_an_id"), &json!(id))
        );
    }
    let request = Request::post("/api/v1/keys")
        .header("x-api-key", &key)
        .header("content-type", "application/json");
    let request = request
        .header("idempotency-key", "a".repeat(256))
        .body(Body::from(r#"{"label":"x"}"#));
    let refused: Value = app.send(request.expect("request")).await.json();
    assert_eq!(
        refused["fields"][0]["message"],
        "Use 1 to 255 visible ASCII characters."
    );
}

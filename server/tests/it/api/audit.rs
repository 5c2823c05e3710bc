//! The audit log over the API: reading and exporting it.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use domain::command::RevokeKey;
use domain::key::RevokeReason;
use engine::audit::ChainState;
use engine::people::Identity;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::test_app::{ISSUER, Someone, TestApp, TestResponse};

const LOG: &str = "/api/v1/audit-log";

async fn events(app: &TestApp, key: &str, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("{LOG}?{query}"), key).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "{query}: {}",
        answer.text
    );
    answer.json()["events"]
        .as_array()
        .expect("events")
        .clone()
}

async fn lines(app: &TestApp, key: &str, query: &str) -> Vec<Value> {
    let answer = app
        .get(&format!("{LOG}/export?{query}"), key)
        .await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "{query}: {}",
        answer.text
    );
    let read = |line: &str| serde_json::from_str(line).expect("a line of JSON");
    let mut events: Vec<Value> = answer.text.lines().map(read).collect();
    let end = events.pop().expect("a last line");
    let last = events
        .last()
        .map_or(Value::Null, |event| event["n"].clone());
    assert_eq!(
        end,
        json!({ "complete": true, "events": events.len(), "last_n": last })
    );
    events
}

async fn newest(app: &TestApp, someone: &Someone) -> i64 {
    match app
        .engine
        .verify_audit(&someone.organization)
        .await
        .expect("read")
    {
        ChainState::Sound(n) => n,
        ChainState::Broken(n) => panic!("broken at {n}"),
    }
}

/// Signs Olivia in this many times.
async fn sign_ins(app: &TestApp, count: usize) {
    let olivia = Identity {
        issuer: ISSUER.into(),
        subject: "olivia".into(),
        email: None,
        name: Some("Olivia".into()),
    };
    for _ in 0..count {
        app.engine
            .sign_in(&olivia, &Default::default())
            .await
            .expect("signed in");
    }
}

// RK-26, RK-25, D12: an object with the events, newest first, each with who, what, to what and how.
#[tokio::test]
async fn the_log_is_read_with_a_key() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let (reader, key) = (app.key_of(&olivia).await, app.key_of(&mina).await);
    let plain = reader.plain.expose();
    app.call(
        Method::DELETE,
        &format!("/api/v1/keys/{}", key.view.key_id),
        plain,
        Value::Null,
    )
    .await;
    let actual = events(&app, plain, "limit=1").await;
    let label = format!("CI/CD Pipeline · {}", key.view.key_prefix);
    let event = &actual[0];
    assert_eq!(
        event["changes"],
        json!([
            { "field": "state", "before": "active", "after": "revoked" },
            { "field": "reason", "before": null, "after": "no_longer_needed" },
        ])
    );
    for (field, value) in [
        ("action", json!("key.revoked")),
        ("at", json!("2026-04-08T19:51:19Z")),
        ("actor_id", json!(olivia.ctx.actor().id.0)),
        ("actor_name", json!(olivia.ctx.actor().name)),
        ("via_key", json!(reader.view.key_prefix)),
        ("object_kind", json!("key")),
        ("object_id", json!(key.view.key_id.to_string())),
        ("object_label", json!(label)),
        ("address", Value::Null),
        ("agent", Value::Null),
    ] {
        assert_eq!(event[field], value, "{field}");
    }
    assert!(
        event["request_id"]
            .as_str()
            .is_some_and(|id| id.starts_with("req_"))
    );
}

// RK-26, D12: the Link header contains the next page with the same filters.
#[tokio::test]
async fn the_log_is_filtered_and_paginated() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let key = app.key_of(&olivia).await;
    let plain = key.plain.expose();
    for _ in 0..3 {
        app.key_of(&mina).await;
    }
    let by = mina.ctx.actor().id;
    let filter = format!("action=keys&actor_id={by}&object_kind=key&from=2026-04-08T19:51:19Z");
    let first = app
        .get(&format!("{LOG}?limit=2&{filter}"), plain)
        .await;
    assert_eq!(
        first.json()["events"].as_array().map(Vec::len),
        Some(2)
    );
    let link = first
        .header("link")
        .trim_start_matches('<')
        .trim_end_matches(">; rel=\"next\"")
        .to_owned();
    for kept in [
        "limit=2",
        "action=keys",
        &format!("actor_id={by}"),
        "object_kind=key",
        "from=2026-04-08T19%3A51%3A19Z",
    ] {
        assert!(link.contains(kept), "{link} lost {kept}");
    }
    let path = link
        .split_once("/api")
        .map(|(_, rest)| format!("/api{rest}"))
        .expect("the address of this installation");
    let second = app.get(&path, plain).await;
    assert_eq!(
        (
            second.json()["events"].as_array().map(Vec::len),
            second.header("link")
        ),
        (Some(1), "")
    );
    let seen = |answer: &TestResponse| {
        answer.json()["events"]
            .as_array()
            .expect("events")
            .iter()
            .map(|event| event["n"].as_i64())
            .collect::<Vec<_>>()
    };
    let numbers = [seen(&first), seen(&second)].concat();
    assert!(
        numbers.windows(2).all(|pair| pair[0] > pair[1]),
        "{numbers:?}"
    );
    for (query, count) in [
        ("action=key.created&object_kind=key".to_owned(), 4),
        (
            format!("object_kind=key&object_id={}", key.view.key_id),
            1,
        ),
        ("object_kind=workspace".to_owned(), 0),
        ("until=2026-04-08T19:51:19Z".to_owned(), 0),
        (format!("actor_id={by}&action=session.started"), 1),
        ("action=messages".to_owned(), 0),
    ] {
        assert_eq!(
            events(&app, plain, &query).await.len(),
            count,
            "{query}"
        );
        assert_eq!(
            lines(&app, plain, &query).await.len(),
            count,
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_invalid_query_is_rejected() {
    let app = TestApp::new().await;
    let key = app.key("olivia").await;
    for (query, field) in [
        ("action=key.eaten", "action"),
        ("actor_id=olivia", "actor_id"),
        ("object_kind=keys", "object_kind"),
        ("object_id=12", "object_kind"),
        ("object_kind=key&object_id=%27", "object_id"),
        ("from=yesterday", "from"),
        ("until=2026-04-08", "until"),
    ] {
        for path in [LOG.to_owned(), format!("{LOG}/export")] {
            let refused = app.get(&format!("{path}?{query}"), &key).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{path}?{query}"
            );
            assert_eq!(
                refused.json()["fields"][0]["field"],
                field,
                "{path}?{query}"
            );
        }
    }
    for (path, status) in [
        (format!("{LOG}?limit=0"), 422),
        (format!("{LOG}?cursor=x"), 422),
        (format!("{LOG}?format=csv"), 400),
        (format!("{LOG}?since=2026"), 400),
        (format!("{LOG}/export?limit=5"), 400),
        (format!("{LOG}/export?cursor=5"), 400),
        (format!("{LOG}/export?format=xlsx"), 422),
        (format!("{LOG}?object_kind=key&object_id={key}"), 400),
    ] {
        assert_eq!(
            app.get(&path, &key).await.status.as_u16(),
            status,
            "{path}"
        );
    }
}

// D26: members read and export their own events and those about their keys; owners and admins all
// events.
#[tokio::test]
async fn a_member_reads_only_their_own_events() {
    let app = TestApp::new().await;
    let (olivia, mina) = (app.someone("olivia").await, app.someone("mina").await);
    let (of_mina, of_olivia) = (app.key_of(&mina).await, app.key_of(&olivia).await);
    let gone = app.key_of(&mina).await;
    let revoke = RevokeKey {
        key: gone.view.key_id,
        reason: RevokeReason::Policy,
    };
    app.engine
        .revoke_key(&olivia.ctx, revoke)
        .await
        .expect("revoked");
    let actual = events(&app, of_mina.plain.expose(), "").await;
    assert!(
        actual
            .iter()
            .any(|event| event["action"] == "key.revoked" && event["actor_name"] == "Olivia Owens"),
        "{actual:?}"
    );
    assert!(actual.iter().all(|event| {
        event["object_label"]
            .as_str()
            .is_some_and(|label| !label.contains(&of_olivia.view.key_prefix))
    }));
    let file = lines(&app, of_mina.plain.expose(), "").await;
    assert_eq!(
        file.len(),
        actual.len() + 1,
        "including the event of the export"
    );
    let all = events(&app, &app.key("adam").await, "limit=200").await;
    assert_eq!(all.len() as i64, newest(&app, &olivia).await);
}

// B13: an ID of another organization gets the same bytes as one that does not exist.
#[tokio::test]
async fn foreign_and_missing_ids_get_the_same_response() {
    let app = TestApp::new().await;
    let theo = app.someone("theo").await;
    let (foreign, own) = (app.key_of(&theo).await, app.key("olivia").await);
    for (theirs, nowhere) in [
        (
            format!("actor_id={}", theo.ctx.actor().id),
            "actor_id=999999",
        ),
        (
            format!("object_kind=key&object_id={}", foreign.view.key_id),
            "object_kind=key&object_id=999999",
        ),
        (
            format!(
                "object_kind=organization&object_id={}",
                theo.organization
            ),
            "object_kind=organization&object_id=org_nowhere",
        ),
    ] {
        let (one, other) = (
            app.get(&format!("{LOG}?{theirs}"), &own).await,
            app.get(&format!("{LOG}?{nowhere}"), &own).await,
        );
        assert_eq!(
            (one.status, &one.text),
            (other.status, &other.text),
            "{theirs}"
        );
        assert_eq!(one.text, r#"{"events":[],"removed":null}"#);
    }
}

// D.7: the file as JSON Lines and as CSV; the export is an event with its filters.
// D7
#[tokio::test]
async fn the_log_is_exported_and_the_export_is_recorded() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let plain = key.plain.expose();
    let file = app
        .get(&format!("{LOG}/export?action=key.created"), plain)
        .await;
    assert_eq!(file.header("content-type"), "application/x-ndjson");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"audit-log-2026-04-08.jsonl\""
    );
    assert_eq!(
        (file.header("cache-control"), file.header("x-cost")),
        ("no-store", "0")
    );
    let line: Value =
        serde_json::from_str(file.text.lines().next().expect("a line")).expect("JSON");
    let last: Value =
        serde_json::from_str(file.text.lines().nth(1).expect("a last line")).expect("JSON");
    assert_eq!(
        last,
        json!({ "complete": true, "events": 1, "last_n": line["n"] }),
        "the last line marks the file as complete"
    );
    assert_eq!(file.text.lines().count(), 2);
    assert_eq!(
        (&line["organization_id"], &line["concerns"]),
        (
            &json!(olivia.organization),
            &json!(olivia.ctx.actor().id)
        )
    );
    assert_eq!(line["at_ms"], 1_775_677_879_000_i64);
    for hash in ["hash", "previous_hash"] {
        assert_eq!(line[hash].as_str().map(str::len), Some(64), "{hash}");
    }
    let event = &events(&app, plain, "limit=1").await[0];
    assert_eq!(
        (&event["action"], &event["object_kind"]),
        (&json!("audit_log.exported"), &json!("audit_log"))
    );
    let actual = json!([
        { "field": "format", "before": null, "after": "jsonl" },
        { "field": "action", "before": null, "after": "key.created" },
    ]);
    assert_eq!(event["changes"], actual);
    let table = app
        .get(
            &format!("{LOG}/export?format=csv&action=key.created"),
            plain,
        )
        .await;
    assert_eq!(
        table.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    let rows: Vec<_> = table.text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 2);
    assert!(
        rows[0].starts_with(r#""n","at","action","actor_id","actor_name""#)
            && rows[0].ends_with(r#","hash""#)
    );
    assert!(
        rows[1].contains(r#""key.created""#) && rows[1].contains(r#"""field"":""scopes"""#),
        "{}",
        rows[1]
    );
}

// E.3: a HEAD request exports nothing and records no event.
#[tokio::test]
async fn a_head_request_for_an_export_records_no_event() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let before = newest(&app, &olivia).await;
    let head = app
        .call(
            Method::HEAD,
            &format!("{LOG}/export?format=csv"),
            key.plain.expose(),
            Value::Null,
        )
        .await;
    assert_eq!(
        (head.status, head.text.as_str()),
        (StatusCode::OK, "")
    );
    assert!(
        head.header("content-type")
            .starts_with("text/csv")
    );
    assert_eq!(newest(&app, &olivia).await, before);
    let narrow = app.narrow_key(&olivia, []).await;
    let refused = app
        .call(
            Method::HEAD,
            &format!("{LOG}/export"),
            narrow.plain.expose(),
            Value::Null,
        )
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

// B40: no endpoint changes or deletes an event.
#[tokio::test]
async fn events_cannot_be_changed_or_deleted() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let before = newest(&app, &olivia).await;
    for path in [LOG.to_owned(), format!("{LOG}/export"), format!("{LOG}/1")] {
        for method in [Method::DELETE, Method::PUT, Method::PATCH, Method::POST] {
            let refused = app
                .call(method.clone(), &path, key.plain.expose(), json!({}))
                .await;
            assert!(
                [404, 405].contains(&refused.status.as_u16()),
                "{method} {path}: {}",
                refused.status
            );
        }
    }
    assert_eq!(newest(&app, &olivia).await, before);
}

// D23: revoking the key aborts a running export, and the client can see that.
#[tokio::test]
async fn a_running_export_is_aborted_when_its_key_is_revoked() {
    let app = TestApp::new().await;
    sign_ins(&app, 1_100).await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let request = Request::get(format!("{LOG}/export")).header(
        "authorization",
        format!("Bearer {}", key.plain.expose()),
    );
    let answer = app
        .router
        .clone()
        .oneshot(request.body(Body::empty()).expect("request"))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    let mut lines = 0;
    while lines < 1_000 {
        let piece = body
            .frame()
            .await
            .expect("a frame")
            .expect("a piece")
            .into_data()
            .expect("text");
        assert!(
            piece.len() <= 16 * 1024,
            "little is in the buffers of the connection"
        );
        lines += piece
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        assert!(
            lines <= 1_000,
            "two pages, and no more of the log in memory"
        );
    }
    let command = RevokeKey {
        key: key.view.key_id,
        reason: RevokeReason::Leaked,
    };
    app.engine
        .revoke_key(&olivia.ctx, command)
        .await
        .expect("revoked");
    assert!(
        body.frame().await.expect("a frame").is_err(),
        "no further page, and no regular end of the body"
    );
    assert!(body.frame().await.is_none());
}

// D.7: a client never mistakes an aborted file for a complete one.
// D7
#[tokio::test]
async fn an_aborted_file_does_not_look_complete() {
    let app = TestApp::new().await;
    sign_ins(&app, 600).await;
    let key = app.key("olivia").await;
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(listener::serve(
        listener,
        app.router.clone(),
        std::future::pending(),
    ));
    let read = async || {
        let mut stream = TcpStream::connect(address)
            .await
            .expect("connects");
        let head = format!(
            "GET {LOG}/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("head");
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(
            Duration::from_secs(20),
            stream.read_to_end(&mut answer),
        )
        .await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let whole = read().await;
    assert!(
        whole.contains("\n{\"complete\":true,\"events\":"),
        "it is not marked as complete"
    );
    assert!(
        whole.starts_with("HTTP/1.1 200") && whole.ends_with("\r\n0\r\n\r\n"),
        "{whole:.200}"
    );
    app.sql("UPDATE audit_events SET action = 'no.such.word' WHERE n = 550")
        .await;
    let broken = read().await;
    assert!(
        broken.starts_with("HTTP/1.1 200") && broken.contains("session.started"),
        "{broken:.200}"
    );
    assert!(
        !broken.ends_with("0\r\n\r\n"),
        "the body ends regularly"
    );
    assert!(
        !broken.contains("\"complete\""),
        "it is marked as complete"
    );
    app.sql("UPDATE audit_events SET action = 'no.such.word' WHERE n = 5")
        .await;
    assert!(
        read().await.starts_with("HTTP/1.1 500"),
        "an error before the first page is an error response"
    );
}

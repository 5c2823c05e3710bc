//! Checks of a key: the fast path for keys in memory, and the verification of keys that others
//! present.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::command::{ChangeServiceAccount, RevokeKey};
use domain::key::RevokeReason;
use domain::scope::Scope;
use serde_json::{Value, json};

use crate::test_app::{TestApp, TestResponse};

const ME: &str = "/api/v1/me";
const VERIFY: &str = "/api/v1/keys/verify";

/// Everything of a response except the ID of the request, which is different each time.
fn without_id(response: &TestResponse) -> (u16, Vec<(String, String)>, String) {
    let id = response.headers["x-request-id"]
        .to_str()
        .expect("text")
        .to_owned();
    let mut headers: Vec<_> = response
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id" && *name != "content-length")
        .map(|(name, value)| {
            (
                name.to_string(),
                value.to_str().expect("text").to_owned(),
            )
        })
        .collect();
    headers.sort();
    let text = response.text.replace(&id, "req");
    (response.status.as_u16(), headers, text)
}

// P1: the fast path gives the responses of the other routes.
#[tokio::test]
async fn a_key_in_memory_gets_the_same_responses_as_one_from_the_database() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let caller = app.key("olivia").await;
    let narrow = app
        .narrow_key(&olivia, [Scope::KeysRead])
        .await
        .plain;
    let narrow = narrow.expose();
    let bodies = [
        json!({ "key": caller }),
        json!({ "key": format!("{caller}\n") }),
        json!({ "key": narrow, "scopes": ["keys:read"], "dry_run": true }),
        json!({ "key": narrow, "scopes": ["workspaces:read"] }),
        json!({ "key": "unknown" }),
        json!({ "key": caller, "scopes": ["none"] }),
        json!({ "keys": caller }),
        json!([caller]),
    ];
    let ask = async || {
        let mut responses = vec![app.get(ME, &caller).await];
        for body in &bodies {
            responses.push(app.post(VERIFY, narrow, body.clone()).await);
        }
        responses
            .iter()
            .map(without_id)
            .collect::<Vec<_>>()
    };
    app.engine.set_key_cache(0);
    let from_database = ask().await;
    app.engine.set_key_cache(100);
    ask().await;
    assert_eq!(app.engine.cached_keys(), 2);
    let from_memory = ask().await;
    assert_eq!(from_memory, from_database);
    let statuses: Vec<_> = from_memory
        .iter()
        .map(|(status, ..)| *status)
        .collect();
    assert_eq!(
        statuses,
        [200, 200, 200, 200, 200, 200, 422, 422, 422]
    );
}

// D35
#[tokio::test]
async fn several_keys_get_their_verdicts_in_order() {
    const BATCH: &str = "/api/v1/keys/verify-batch";
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let caller = app.key("olivia").await;
    let narrow = app.narrow_key(&olivia, [Scope::KeysRead]).await;
    let narrow_id = narrow.view.key_id;
    let narrow = narrow.plain.expose();
    let keys = json!({ "keys": [
        { "key": narrow, "scopes": ["workspaces:read"], "dry_run": true },
        { "key": "unknown" },
        { "key": caller },
        { "key": narrow },
        { "key": narrow, "ip": "203.0.113.7", "scopes": ["keys:read"], "dry_run": true },
    ] });
    // The first request reads the keys, the second finds them in memory.
    for _ in 0..2 {
        let answer = app.post(BATCH, &caller, keys.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("x-cost")),
            (200, "0"),
            "{}",
            answer.text
        );
        let verdicts = answer.json()["verdicts"].clone();
        let codes: Vec<_> = verdicts
            .as_array()
            .expect("a list")
            .iter()
            .map(|verdict| verdict["code"].clone())
            .collect();
        let expected = ["missing_scope", "not_found", "valid", "valid", "valid"];
        assert_eq!(codes, expected);
        let single = app
            .post(
                VERIFY,
                &caller,
                json!({ "key": narrow, "dry_run": true }),
            )
            .await
            .json();
        for field in ["valid", "key_id", "owner", "scopes"] {
            assert_eq!(verdicts[3][field], single[field], "{field}");
        }
    }
    let detail = app
        .get(&format!("/api/v1/keys/{narrow_id}"), &caller)
        .await
        .json();
    assert_eq!(detail["usage"]["days"][29]["calls"], 2);

    let invalid = json!({ "keys": [
        { "key": narrow },
        { "key": narrow, "scopes": ["none"], "ip": "localhost" },
        { "key": narrow, "api": "-" },
    ] });
    let answer = app.post(BATCH, &caller, invalid).await;
    assert_eq!(answer.status, 422);
    let fields: Vec<_> = answer.json()["fields"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| fault["field"].clone())
        .collect();
    assert_eq!(
        fields,
        ["keys[1].scopes", "keys[1].ip", "keys[2].api"]
    );
    for (body, part) in [
        (json!({ "keys": [] }), "keys"),
        (
            json!({ "keys": vec![json!({ "key": "a" }); 101] }),
            "at most 100 entries",
        ),
        (json!({ "keys": [{ "key": "a" }, {}] }), "keys[1]"),
        (json!({}), "keys"),
    ] {
        let answer = app.post(BATCH, &caller, body).await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(part), "{}", answer.text);
    }
    let all = json!({ "keys": vec![json!({ "key": narrow }); 100] });
    let answer = app.post(BATCH, &caller, all).await;
    assert_eq!(answer.json()["verdicts"][99]["code"], "valid");
}

// P1
#[tokio::test]
async fn a_revoked_key_is_refused_by_the_next_check() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    let (plain, witness) = (key.plain.expose(), app.key("adam").await);
    for _ in 0..2 {
        assert_eq!(app.get(ME, plain).await.status, 200);
        let verdict = app
            .post(VERIFY, &witness, json!({ "key": plain }))
            .await;
        assert_eq!(verdict.json()["code"], "valid");
    }
    let command = RevokeKey {
        key: key.view.key_id,
        reason: RevokeReason::Leaked,
    };
    app.engine
        .revoke_key(&olivia.ctx, command)
        .await
        .expect("revoked");
    assert_eq!(app.get(ME, plain).await.status, 401);
    assert_eq!(
        app.post(VERIFY, plain, json!({ "key": witness }))
            .await
            .status,
        401
    );
    let verdict = app
        .post(VERIFY, &witness, json!({ "key": plain }))
        .await;
    assert_eq!(
        (
            verdict.json()["valid"].clone(),
            verdict.json()["code"].clone()
        ),
        (json!(false), json!("revoked"))
    );
    assert_eq!(verdict.json()["key_id"], key.view.key_id.0);
}

// D35
#[tokio::test]
async fn a_verdict_says_why_a_key_is_not_valid() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let caller = app.key("olivia").await;
    let code = async |body: Value| {
        let response = app.post(VERIFY, &caller, body).await;
        assert_eq!(response.status, 200, "{}", response.text);
        let code = response.json()["code"]
            .as_str()
            .expect("a code")
            .to_owned();
        assert_eq!(response.json()["valid"], code == "valid");
        code
    };
    let made = app
        .post(
            "/api/v1/service-accounts",
            &caller,
            json!({ "name": "bot" }),
        )
        .await;
    let actor = made.json()["actor_id"].as_i64().expect("an id");
    let create = async |body: Value| {
        let made = app.post("/api/v1/keys", &caller, body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["api_key"]
            .as_str()
            .expect("a key")
            .to_owned()
    };
    let bot = create(json!({ "label": "bot", "actor_id": actor, "scopes": ["runs:read"] })).await;
    let test = create(json!({ "label": "test", "environment": "test" })).await;
    let brief = create(json!({ "label": "brief", "expires_at": "2099-01-01T00:00:00Z" })).await;
    for _ in 0..2 {
        assert_eq!(code(json!({ "key": bot })).await, "valid");
        assert_eq!(
            code(json!({ "key": bot, "scopes": ["runs:read"] })).await,
            "valid"
        );
        assert_eq!(
            code(json!({ "key": bot, "scopes": ["runs:write"] })).await,
            "missing_scope"
        );
        assert_eq!(
            code(json!({ "key": test })).await,
            "wrong_environment"
        );
        assert_eq!(code(json!({ "key": brief })).await, "valid");
    }
    // A key of another organization is not found, in memory or not.
    let foreign = app.key("theo").await;
    for _ in 0..2 {
        assert_eq!(app.get(ME, &foreign).await.status, 200);
        let response = app
            .post(VERIFY, &caller, json!({ "key": foreign }))
            .await;
        let id = response.headers["x-request-id"]
            .to_str()
            .expect("text");
        let expected = json!({ "valid": false, "code": "not_found", "request_id": id });
        assert_eq!(response.json(), expected);
    }
    let disable = ChangeServiceAccount {
        actor: domain::ActorId(actor),
        name: None,
        role: None,
        disabled: Some(true),
        allow_overlap: None,
        allowed_ips: None,
    };
    app.engine
        .change_service_account(&olivia.ctx, disable)
        .await
        .expect("disabled");
    assert_eq!(code(json!({ "key": bot })).await, "paused");
    app.clock.advance_seconds(80 * 365 * 86_400);
    let late = app.key("olivia").await;
    let response = app
        .post(VERIFY, &late, json!({ "key": brief }))
        .await;
    assert_eq!(response.json()["code"], "expired");
}

// P2: a success that is still being sent when the key is revoked is cut off.
#[tokio::test]
async fn a_long_response_ends_when_its_key_is_revoked() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    let key = app.key_of(&olivia).await;
    for n in 0..120 {
        let body = json!({ "label": format!("{n}{}", "x".repeat(60)) });
        let made = app
            .post("/api/v1/keys", key.plain.expose(), body)
            .await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let request = || {
        Request::builder()
            .method(Method::GET)
            .uri("/api/v1/keys?limit=200")
            .header("x-api-key", key.plain.expose())
            .body(Body::empty())
            .expect("a request")
    };
    let whole = app.send(request()).await;
    assert!(whole.text.len() > 32 * 1024, "{}", whole.text.len());

    let router = app.router.clone();
    let response = tower::ServiceExt::oneshot(router, request()).await;
    let mut body = response.expect("a response").into_body();
    let first = http_body_util::BodyExt::frame(&mut body)
        .await
        .expect("a piece")
        .expect("good");
    let first = first.into_data().expect("data");
    assert!(whole.text.as_bytes().starts_with(&first));
    assert!(first.len() < whole.text.len());
    assert_eq!(app.engine.in_flight().count(key.view.key_id), 1);
    let (engine, ctx, id) = (
        app.engine.clone(),
        olivia.ctx.clone(),
        key.view.key_id,
    );
    let revoking = tokio::spawn(async move {
        let command = RevokeKey {
            key: id,
            reason: RevokeReason::Leaked,
        };
        engine.revoke_key(&ctx, command).await
    });
    while app.engine.cached_keys() > 0 {
        tokio::task::yield_now().await;
    }
    let next = http_body_util::BodyExt::frame(&mut body).await;
    assert!(next.expect("an end").is_err());
    drop(body);
    revoking.await.expect("joined").expect("revoked");
    assert_eq!(app.engine.in_flight().count(key.view.key_id), 0);
}

//! Tokens that this installation issues to signed-in users.

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Role;
use engine::ctx::Origin;
use engine::people::Identity;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use oidc::testing::Signer;
use serde_json::{Value, json};
use server::http::api::authentication;
use tower::ServiceExt;

use crate::test_app::{ISSUER, NOW, PUBLIC_URL, TestApp, TestResponse, cookie};

const HOUR: i64 = 3600;
const UNAUTHORIZED_BODY: &str = r#""error":"Unauthorized","details":"Missing or invalid authentication token","code":"unauthorized""#;

async fn ask(app: &TestApp, headers: &[(&str, &str)]) -> TestResponse {
    let request = headers.iter().fold(
        Request::post("/api/v1/token"),
        |request, (name, value)| request.header(*name, *value),
    );
    app.send(request.body(Body::empty()).expect("request"))
        .await
}

// RA-01, RA-03, RA-05, RA-07, RA-08
#[tokio::test]
async fn a_signed_in_user_gets_a_token_for_the_api() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let given = app.ask_for_token(&mina.cookie(), "").await;
    assert_eq!(
        (given.status, given.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let body = given.json();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(HOUR))
    );
    assert_eq!(body["expires_at"], json!("2026-04-08T20:51:19Z"));
    let token = body["token"].as_str().expect("a token");
    assert!(token.starts_with("eyJhbGciOiJSUzI1NiIs"), "{token}");
    assert_eq!(
        app.get("/api/v1/workspaces", token).await.json(),
        json!({ "workspaces": [] })
    );
    let me = app.get("/api/v1/me", token).await.json();
    assert_eq!(
        (&me["credential"], &me["role"], &me["key_id"]),
        (&json!("id_token"), &json!("member"), &json!(null))
    );
    let header = Request::get("/api/v1/me")
        .header("x-api-key", token)
        .body(Body::empty())
        .expect("request");
    assert_eq!(
        app.send(header).await.status,
        StatusCode::UNAUTHORIZED,
        "only as Bearer"
    );
}

// RA-04, RA-24, C.10: the cookie is accepted only for same-origin requests without another
// credential.
#[tokio::test]
async fn without_a_session_there_is_no_token() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let (own, token) = (mina.cookie(), app.own_token(&mina).await);
    let (ours, bearer, key) = (
        ("sec-fetch-site", "same-origin"),
        format!("Bearer {token}"),
        app.key("mina").await,
    );
    let unknown = cookie([7; 16]);
    for headers in [
        vec![],
        vec![ours],
        vec![ours, ("cookie", unknown.as_str())],
        vec![ours, ("cookie", "rt_session=x")],
        vec![ours, ("cookie", "theme=dark")],
        vec![ours, ("authorization", bearer.as_str())],
        vec![
            ours,
            ("cookie", own.as_str()),
            ("authorization", bearer.as_str()),
        ],
        vec![ours, ("cookie", own.as_str()), ("x-api-key", key.as_str())],
    ] {
        let refused = ask(&app, &headers).await;
        assert_eq!(
            refused.status,
            StatusCode::UNAUTHORIZED,
            "{headers:?}"
        );
        assert!(
            refused.text.contains(UNAUTHORIZED_BODY)
                && !refused.header("www-authenticate").is_empty(),
            "{}",
            refused.text
        );
    }
    for site in [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.test")],
    ] {
        let refused = ask(&app, &[vec![("cookie", own.as_str())], site].concat()).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (StatusCode::FORBIDDEN, &json!("forbidden"))
        );
    }
    assert_eq!(
        ask(&app, &[("cookie", &own), ("origin", PUBLIC_URL)])
            .await
            .status,
        StatusCode::OK
    );
    let read = Request::get("/api/v1/token")
        .header("cookie", &own)
        .body(Body::empty())
        .expect("request");
    assert_eq!(
        app.send(read).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

// RA-13, RA-14.
#[tokio::test]
async fn a_new_token_can_be_forced() {
    let app = TestApp::new().await;
    let cookie = app.someone("mina").await.cookie();
    let token = async |query: &str| app.ask_for_token(&cookie, query).await.json()["token"].clone();
    let first = token("").await;
    app.clock.advance_seconds(60);
    assert_eq!(token("").await, first);
    assert_eq!(token("?force=false").await, first);
    let fresh = token("?force=true").await;
    assert_ne!(fresh, first);
    assert_eq!(token("").await, fresh);
    assert_eq!(
        app.ask_for_token(&cookie, "?force=1")
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        app.ask_for_token(&cookie, "?fresh=true")
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

// RA-12, RA-22, RA-27
#[tokio::test]
async fn an_expired_token_is_rejected_and_a_new_one_works() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let old = app.own_token(&mina).await;
    app.clock.advance_seconds(HOUR - 600);
    let fresh = app
        .ask_for_token(&mina.cookie(), "?force=true")
        .await
        .json()["token"]
        .as_str()
        .expect("token")
        .to_owned();
    app.clock.advance_seconds(600 + 59);
    assert_eq!(
        app.get("/api/v1/workspaces", &old).await.status,
        StatusCode::OK,
        "within the leeway"
    );
    app.clock.advance_seconds(1);
    let refused = app.get("/api/v1/workspaces", &old).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(
        refused.text.contains(UNAUTHORIZED_BODY),
        "{}",
        refused.text
    );
    assert_eq!(
        app.get("/api/v1/workspaces", &fresh).await.status,
        StatusCode::OK
    );
}

// A sign-out revokes the tokens of the session. Membership and role are checked on every request.
// B20
#[tokio::test]
async fn a_token_has_the_current_access_of_its_person() {
    let app = TestApp::new().await;
    let (olivia, adam, mina) = (
        app.someone("olivia").await,
        app.someone("adam").await,
        app.someone("mina").await,
    );
    let (adams, minas) = (app.own_token(&adam).await, app.own_token(&mina).await);
    assert_eq!(
        app.get("/api/v1/service-accounts", &adams)
            .await
            .status,
        StatusCode::OK
    );
    app.engine
        .change_member(&olivia.ctx, adam.ctx.actor().id, Role::Member)
        .await
        .expect("lowered");
    assert_eq!(
        app.get("/api/v1/service-accounts", &adams)
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        app.get("/api/v1/me", &adams).await.json()["role"],
        json!("member")
    );
    app.engine
        .remove_member(&olivia.ctx, mina.ctx.actor().id)
        .await
        .expect("removed");
    assert_ne!(
        app.get("/api/v1/me", &minas).await.status,
        StatusCode::OK
    );
    let form = Request::post("/ui/sign_out")
        .header("cookie", adam.cookie())
        .header("sec-fetch-site", "same-origin");
    let form = form
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json");
    assert_eq!(
        app.send(form.body(Body::empty()).expect("request"))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        app.get("/api/v1/me", &adams).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        app.ask_for_token(&adam.cookie(), "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

// Another service can verify a token with the published keys alone.
#[tokio::test]
async fn the_published_keys_verify_tokens() {
    let app = TestApp::new().await;
    assert_eq!(
        app.get("/.well-known/jwks.json", "").await.json(),
        json!({ "keys": [] })
    );
    let token = app.own_token(&app.someone("mina").await).await;
    let answer = app.get("/.well-known/jwks.json", "").await;
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    assert!(
        !["\"d\"", "\"p\"", "\"q\""]
            .iter()
            .any(|private| answer.text.contains(private)),
        "{}",
        answer.text
    );
    let keys: JwkSet = serde_json::from_str(&answer.text).expect("a key set");
    let kid = jsonwebtoken::decode_header(&token)
        .expect("a header")
        .kid
        .expect("a name");
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("the key")).expect("RSA");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[format!("{PUBLIC_URL}/api/v1")]);
    rules.set_issuer(&[PUBLIC_URL]);
    // The clock of the test is frozen in the past.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules)
        .expect("good")
        .claims;
    assert_eq!(
        claims["exp"].as_i64().zip(claims["iat"].as_i64()),
        Some((NOW.0 / 1000 + HOUR, NOW.0 / 1000))
    );
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

// B29: every forged token gets 401. Only the log has the reason.
#[tokio::test]
async fn forged_tokens_are_rejected() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let good = app.own_token(&mina).await;
    let parts: Vec<&str> = good.split('.').collect();
    let read = |at: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[at]).expect("part")).expect("json")
    };
    let (header, claims) = (read(0), read(1));
    let kid = header["kid"].as_str().expect("a name");
    let (forger, stranger) = (Signer::new(kid), Signer::new("sig_stranger"));
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let olivia = app.someone("olivia").await.ctx;
    let person = json!(
        app.engine
            .list_organizations(domain::PersonId(1))
            .await
            .expect("members")[0]
            .actor_id
            .0
            .to_string()
    );
    assert_eq!(
        person,
        json!(olivia.actor().id.to_string()),
        "the first person is the owner"
    );
    let mut forged = vec![
        forger.sign(&claims),
        forger.sign(&with("sub", json!("1"))),
        stranger.sign(&claims),
        Signer::new("../../etc/passwd").sign(&claims),
        Signer::new("sig_' OR 1=1 --").sign(&claims),
        Signer::new("sig_\0").sign(&claims),
        Signer::new("sig_aaaaaaaaaaaaaaa\0").sign(&claims),
        format!(
            "{}.{}.",
            part(&json!({ "alg": "none", "typ": "JWT", "kid": kid })),
            parts[1]
        ),
        format!(
            "{}.{}.{}",
            parts[0],
            part(&with("sub", json!("1"))),
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            parts[0],
            part(&with("sid", json!("ses_1"))),
            parts[2]
        ),
        format!(
            "{}.{}.{}",
            part(&json!({ "alg": "HS256", "typ": "JWT", "kid": kid })),
            parts[1],
            parts[2]
        ),
        format!("{good}A"),
        format!("{good}=="),
        format!("{}.{}", parts[0], parts[1]),
    ];
    for at in 0..parts[2].len() {
        let mut flipped = good.clone().into_bytes();
        let here = good.len() - parts[2].len() + at;
        flipped[here] = if flipped[here] == b'A' { b'B' } else { b'A' };
        forged.push(String::from_utf8(flipped).expect("text"));
    }
    assert!(forged.len() > 300);
    for token in forged {
        let refused = app.get("/api/v1/me", &token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{token}");
        assert!(
            refused.text.contains(UNAUTHORIZED_BODY),
            "{}",
            refused.text
        );
    }
    assert_eq!(
        app.get("/api/v1/me", &good).await.status,
        StatusCode::OK
    );
}

// KE-05: in several organizations a token acts in the one that the request names.
#[tokio::test]
async fn a_token_acts_in_the_organization_that_the_request_names() {
    let app = TestApp::new().await;
    let identity = |subject: &str| Identity {
        issuer: ISSUER.into(),
        subject: subject.into(),
        email: None,
        name: Some(subject.into()),
    };
    let alone = app
        .engine
        .sign_in(&identity("nobody"), &Origin::default())
        .await
        .expect("signed in");
    let alone = cookie(app.session_of(alone).await);
    let token = app.ask_for_token(&alone, "").await.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    assert_eq!(
        app.get("/api/v1/workspaces", &token).await.status,
        StatusCode::FORBIDDEN,
        "in none"
    );
    let sessions = app.get("/api/v1/sessions", &token).await;
    assert_eq!(
        (
            sessions.status,
            sessions.json()["sessions"]
                .as_array()
                .map(Vec::len)
        ),
        (StatusCode::OK, Some(1))
    );
    let mina = app.someone("mina").await;
    let token = app.own_token(&mina).await;
    let theirs = app.someone("theo").await.organization;
    for (named, status) in [
        (mina.organization.as_str(), 200),
        (theirs.as_str(), 403),
        ("org_0", 403),
        ("x", 403),
    ] {
        let request = Request::get("/api/v1/me").header("authorization", format!("Bearer {token}"));
        let answer = app
            .send(
                request
                    .header("x-organization", named)
                    .body(Body::empty())
                    .expect("request"),
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{named}");
    }
}

// D23: the result of a read is withheld if the person is removed or gets a lower role meanwhile.
// RK-24
#[tokio::test]
async fn a_response_is_withheld_if_the_person_loses_access_meanwhile() {
    let app = TestApp::new().await;
    let olivia = app.someone("olivia").await;
    // A removed member without another organization is also signed out.
    for (subject, role, elsewhere, refused) in [
        ("adam", Some(Role::Member), false, 403),
        ("adam", None, true, 403),
        ("mina", None, false, 401),
    ] {
        let someone = app.someone(subject).await;
        let token = app.own_token(&someone).await;
        if elsewhere {
            let request = Request::post("/api/v1/organizations")
                .header("authorization", format!("Bearer {token}"));
            let request = request
                .header("content-type", "application/json")
                .body(Body::from(r#"{"name":"Further"}"#));
            assert_eq!(
                app.send(request.expect("request")).await.status,
                StatusCode::CREATED
            );
        }
        let (engine, owner, id) = (
            app.engine.clone(),
            olivia.ctx.clone(),
            someone.ctx.actor().id,
        );
        let parts = app.parts.clone();
        let read = move |asked: Parts| async move {
            authentication::actor(&parts, &asked)
                .await
                .expect("authenticated");
            match role {
                Some(role) => engine
                    .change_member(&owner, id, role)
                    .await
                    .expect("lowered"),
                None => engine
                    .remove_member(&owner, id)
                    .await
                    .expect("removed"),
            }
            "what was read"
        };
        let admitted = from_fn_with_state(app.parts.clone(), authentication::authenticate);
        let server_fns = Router::new()
            .route("/calm", get("what was read"))
            .route("/read", get(read))
            .route_layer(admitted);
        for (path, status) in [("/calm", 200), ("/read", refused)] {
            let request = Request::get(path).header("authorization", format!("Bearer {token}"));
            let request = request
                .header("x-organization", someone.organization.as_str())
                .body(Body::empty());
            let answer = server_fns
                .clone()
                .oneshot(request.expect("request"))
                .await
                .expect("never fails");
            assert_eq!(
                answer.status().as_u16(),
                status,
                "{path} {subject} {role:?}"
            );
        }
    }
}

// RK-04: a key works only in its own organization. `X-Organization` with another one is rejected.
#[tokio::test]
async fn a_key_with_another_organization_in_the_header_is_rejected() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let key = app.key_of(&mina).await.plain;
    let theirs = app.someone("theo").await.organization;
    for (named, status) in [
        (mina.organization.as_str(), 200),
        (theirs.as_str(), 403),
        ("org_0", 403),
        ("x", 403),
        ("", 403),
    ] {
        let request = Request::get("/api/v1/keys")
            .header("authorization", format!("Bearer {}", key.expose()));
        let answer = app
            .send(
                request
                    .header("x-organization", named)
                    .body(Body::empty())
                    .expect("request"),
            )
            .await;
        assert_eq!(answer.status.as_u16(), status, "{named:?}");
    }
}

// D23: the result of a read is withheld if the session is revoked meanwhile.
// RK-24
#[tokio::test]
async fn a_response_is_withheld_if_the_session_is_revoked_meanwhile() {
    let app = TestApp::new().await;
    let mina = app.someone("mina").await;
    let token = app.own_token(&mina).await;
    let (engine, session) = (app.engine.clone(), mina.token);
    let reading = |revokes: bool| {
        let engine = engine.clone();
        move || async move {
            if revokes {
                engine
                    .delete_session(&session)
                    .await
                    .expect("revoked");
            }
            "what was read"
        }
    };
    let admitted = from_fn_with_state(app.parts.clone(), authentication::authenticate);
    let server_fns = Router::new()
        .route("/valid", get(reading(false)))
        .route("/revoked", get(reading(true)))
        .route_layer(admitted);
    for (path, status) in [
        ("/valid", StatusCode::OK),
        ("/revoked", StatusCode::UNAUTHORIZED),
    ] {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let answer = server_fns
            .clone()
            .oneshot(request.body(Body::empty()).expect("request"))
            .await
            .expect("never fails");
        assert_eq!(answer.status(), status, "{path}");
    }
}

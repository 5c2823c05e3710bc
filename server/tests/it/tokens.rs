//! ID tokens of people.

mod own;

use std::sync::Arc;

use axum::http::StatusCode;
use oidc::testing::{Published, Signer};
use serde_json::json;

use crate::test_app::{ISSUER, NOW, TestApp};

pub async fn app_and_signer() -> (TestApp, Signer) {
    let (app, signer) = empty_app_and_signer().await;
    let mut organizations = server::demo::organizations(ISSUER);
    for identity in organizations
        .iter_mut()
        .flat_map(|organization| organization.members.iter_mut())
        .map(|(identity, _)| identity)
    {
        identity.issuer = "https://accounts.google.com".into();
    }
    app.engine
        .seed_demo(&organizations)
        .await
        .expect("staged");
    (app, signer)
}

/// The same without people.
pub async fn empty_app_and_signer() -> (TestApp, Signer) {
    let signer = Signer::new("k1");
    let keys = Published::start(&signer.jwks()).await;
    let verifier = oidc::Verifier::firebase(
        "acme-1",
        Some(keys.url()),
        Vec::new(),
        Arc::new(|| NOW.0),
    )
    .expect("verifier");
    let app = TestApp::with(Some(verifier), |_| ()).await;
    std::mem::forget(keys);
    (app, signer)
}

pub fn token(signer: &Signer, google_subject: &str, age_seconds: i64) -> String {
    let issued = NOW.0 / 1000 - age_seconds;
    signer.sign(&json!({
        "iss": "https://securetoken.google.com/acme-1", "aud": "acme-1", "sub": "uid-1", "auth_time": issued, "iat": issued,
        "exp": issued + 3600, "firebase": { "sign_in_provider": "google.com", "identities": { "google.com": [google_subject] } },
    }))
}

// RA-01, RA-05, RA-07, RA-08: an RS256 ID token in the same header as a key.
#[tokio::test]
async fn an_id_token_is_accepted_as_bearer() {
    let (app, signer) = app_and_signer().await;
    let token = token(&signer, "mina", 10);
    assert!(token.starts_with("eyJ"));
    assert_eq!(
        app.get("/api/v1/workspaces", &token).await.json(),
        json!({ "workspaces": [] })
    );
    let me = app.get("/api/v1/me", &token).await.json();
    assert_eq!(
        (&me["credential"], &me["role"], &me["key_id"]),
        (&json!("id_token"), &json!("member"), &json!(null))
    );
}

// RA-22, RA-27: expired and forged tokens, and tokens of unknown people, get the same 401.
#[tokio::test]
async fn an_expired_or_forged_token_is_rejected() {
    let (app, signer) = app_and_signer().await;
    let forger = Signer::new("k1");
    for bad in [
        token(&signer, "mina", 3700),
        token(&forger, "mina", 10),
        token(&signer, "nobody", 10),
    ] {
        let refused = app.get("/api/v1/workspaces", &bad).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (StatusCode::UNAUTHORIZED, &json!("unauthorized"))
        );
    }
    let fresh = token(&signer, "mina", 0);
    assert_eq!(
        app.get("/api/v1/workspaces", &fresh).await.status,
        StatusCode::OK
    );
}

// Removal is immediate, even for a token that has not expired.
#[tokio::test]
async fn the_token_of_a_removed_member_is_forbidden() {
    let (app, signer) = app_and_signer().await;
    let mina = token(&signer, "mina", 10);
    let id = app.get("/api/v1/me", &mina).await.json()["actor_id"]
        .as_i64()
        .expect("id");
    let owner = token(&signer, "olivia", 10);
    let removed = app
        .call(
            axum::http::Method::DELETE,
            &format!("/api/v1/members/{id}"),
            &owner,
            json!(null),
        )
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        app.get("/api/v1/me", &mina).await.status,
        StatusCode::FORBIDDEN
    );
}

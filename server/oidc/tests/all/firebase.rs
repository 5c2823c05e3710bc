//! Bearer ID tokens of a Firebase project.

use crate::fake::{NOW, Watch};
use oidc::{
    Failure::{self, *},
    Identity, SetupError, Verifier,
    testing::{Published, Signer},
};
use serde_json::{Value, json};

const ISSUER: &str = "https://securetoken.google.com/acme-1";

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "acme-1", "sub": "uid", "user_id": "uid",
        "auth_time": NOW - 100, "iat": NOW, "exp": NOW + 3600,
        "email": "ADA@example.com", "email_verified": true, "name": "Ada",
        "firebase": {
            "sign_in_provider": "google.com",
            "identities": { "google.com": ["117"], "email": ["ada@example.com"] },
        },
    })
}

async fn verify(claims: &Value) -> Result<Identity, Failure> {
    let signer = Signer::new("k");
    let keys = Published::start(&signer.jwks()).await;
    let verifier = Verifier::firebase(
        "acme-1",
        Some(keys.url()),
        Vec::new(),
        Watch::new().clock(),
    )
    .unwrap();
    verifier.verify(&signer.sign(claims)).await
}

#[tokio::test]
async fn someone_from_google_is_the_same_person_as_in_the_dashboard() {
    let person = verify(&claims()).await.unwrap();
    assert_eq!(
        (person.issuer.as_str(), person.subject.as_str()),
        ("https://accounts.google.com", "117")
    );
    assert_eq!(person.email.as_deref(), Some("ada@example.com"));
}

#[tokio::test]
async fn anyone_else_is_named_by_the_project() {
    let mut claims = claims();
    claims["firebase"]["sign_in_provider"] = json!("password");
    let person = verify(&claims).await.unwrap();
    assert_eq!(
        (person.issuer.as_str(), person.subject.as_str()),
        (ISSUER, "uid")
    );
    claims["firebase"] =
        json!({ "sign_in_provider": "google.com", "identities": { "google.com": [117] } });
    assert_eq!(verify(&claims).await.unwrap().issuer, ISSUER);
}

#[tokio::test]
async fn hostile_bearers_are_refused() {
    for (name, value, expected) in [
        (
            "iss",
            json!("https://securetoken.google.com/other"),
            WrongIssuer,
        ),
        (
            "iss",
            json!("https://accounts.google.com"),
            WrongIssuer,
        ),
        ("aud", json!("other"), WrongAudience),
        ("auth_time", json!(NOW + 61), SignedInInFuture),
        ("auth_time", json!("1"), BadTime("auth_time")),
        ("exp", json!(NOW - 60), Expired),
        ("sub", json!(""), BadSubject),
        (
            "firebase",
            json!({ "sign_in_provider": "google.com", "identities": { "google.com": [""] } }),
            BadSubject,
        ),
    ] {
        let mut claims = claims();
        claims[name] = value;
        assert_eq!(verify(&claims).await, Err(expected), "{name}");
    }
    let mut claims = claims();
    claims
        .as_object_mut()
        .unwrap()
        .remove("auth_time");
    assert_eq!(verify(&claims).await, Err(MissingClaim("auth_time")));
    claims["pad"] = json!("p".repeat(1 << 20));
    assert_eq!(verify(&claims).await, Err(TooLarge));
}

#[test]
fn a_project_id_cannot_change_the_issuer() {
    for id in ["", "a/b", "A", "a b", "a?b"] {
        let made = Verifier::firebase(id, None, Vec::new(), Watch::new().clock());
        assert!(
            matches!(made.err(), Some(SetupError::BadProject)),
            "{id}"
        );
    }
    let plain = Some("http://example.com/keys".parse().unwrap());
    assert!(Verifier::firebase("acme-1", plain, Vec::new(), Watch::new().clock()).is_err());
    assert!(Verifier::firebase("acme-1", None, Vec::new(), Watch::new().clock()).is_ok());
}

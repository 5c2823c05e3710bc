//! How the provider's keys are fetched, kept and renewed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oidc::{
    Failure, Verifier,
    testing::{Published, Signer},
};
use serde_json::json;

use crate::fake::{NOW, Watch};

/// A verifier over a published key set, with a clock to turn.
async fn verifier(signer: &Signer) -> (Verifier, Published, Watch) {
    let (keys, watch) = (Published::start(&signer.jwks()).await, Watch::new());
    let verifier = Verifier::firebase("acme", Some(keys.url()), Vec::new(), watch.clock()).unwrap();
    (verifier, keys, watch)
}

fn token(signer: &Signer) -> String {
    signer.sign(&json!({
        "iss": "https://securetoken.google.com/acme", "aud": "acme", "sub": "uid",
        "auth_time": NOW, "iat": NOW, "exp": NOW + 20 * 24 * 3600,
    }))
}

#[tokio::test]
async fn unknown_kids_cause_at_most_one_refetch_a_minute() {
    let (good, stranger) = (Signer::new("first"), Signer::new("stranger"));
    let (verifier, keys, watch) = verifier(&good).await;
    assert!(verifier.verify(&token(&good)).await.is_ok());
    for minute in 1..=3 {
        for _ in 0..50 {
            assert_eq!(
                verifier.verify(&token(&stranger)).await,
                Err(Failure::UnknownKid)
            );
        }
        assert_eq!(keys.hits(), 1 + minute);
        watch.advance(60);
    }
}

#[tokio::test]
async fn a_key_rotated_while_signing_in_is_found_after_one_refetch() {
    let (old, new) = (Signer::new("old"), Signer::new("new"));
    let (verifier, keys, _watch) = verifier(&old).await;
    assert!(verifier.verify(&token(&old)).await.is_ok());
    keys.answer(200, &[], &new.jwks().to_string());
    assert!(verifier.verify(&token(&new)).await.is_ok());
    assert_eq!(keys.hits(), 2);
    assert_eq!(
        verifier.verify(&token(&old)).await,
        Err(Failure::UnknownKid)
    );
}

#[tokio::test]
async fn a_warm_cache_outlives_an_outage_of_the_keys() {
    let signer = Signer::new("first");
    let (verifier, keys, watch) = verifier(&signer).await;
    assert!(verifier.verify(&token(&signer)).await.is_ok());
    keys.answer(500, &[], "");
    watch.advance(3600);
    for _ in 0..5 {
        assert!(verifier.verify(&token(&signer)).await.is_ok());
    }
    assert_eq!(
        keys.hits(),
        2,
        "an outage is looked into once a minute"
    );
    watch.advance(25 * 3600);
    assert!(
        verifier
            .verify(&token(&signer))
            .await
            .unwrap_err()
            .is_outage()
    );
}

#[tokio::test]
async fn a_cold_cache_fails_cleanly_and_recovers() {
    let signer = Signer::new("first");
    let (verifier, keys, watch) = verifier(&signer).await;
    keys.answer(503, &[], "");
    for _ in 0..5 {
        assert!(
            verifier
                .verify(&token(&signer))
                .await
                .unwrap_err()
                .is_outage()
        );
    }
    assert_eq!(keys.hits(), 1);
    keys.answer(200, &[], &signer.jwks().to_string());
    watch.advance(10);
    assert!(verifier.verify(&token(&signer)).await.is_ok());
}

#[tokio::test]
async fn keys_are_kept_as_long_as_the_provider_says_within_limits() {
    for (header, seconds) in [
        ("max-age=1", 300),
        ("public, max-age=7200", 7200),
        ("max-age=999999999", 86_400),
    ] {
        let signer = Signer::new("first");
        let (verifier, keys, watch) = verifier(&signer).await;
        keys.answer(
            200,
            &[("cache-control", header)],
            &signer.jwks().to_string(),
        );
        for (turn, hits) in [(0, 1), (seconds - 1, 1), (1, 2)] {
            watch.advance(turn);
            assert!(verifier.verify(&token(&signer)).await.is_ok());
            assert_eq!(keys.hits(), hits, "{header}");
        }
    }
}

#[tokio::test]
async fn a_key_set_that_is_no_key_set_is_an_outage() {
    let signer = Signer::new("first");
    let (_, keys, _) = verifier(&signer).await;
    let huge = format!("{{\"keys\":[],\"pad\":\"{}\"}}", "p".repeat(10 << 20));
    for (status, body, location) in [
        (200, huge.as_str(), "/"),
        (200, "<html>", "/"),
        (302, "", "http://127.0.0.1:1/keys"),
        (200, "{}", "/"),
    ] {
        keys.answer(status, &[("location", location)], body);
        let verifier = Verifier::firebase(
            "acme",
            Some(keys.url()),
            Vec::new(),
            Watch::new().clock(),
        )
        .unwrap();
        let failure = verifier
            .verify(&token(&signer))
            .await
            .unwrap_err();
        assert!(failure.is_outage(), "{failure}");
    }
    assert_eq!(keys.hits(), 4, "a redirect is not followed");
}

#[tokio::test]
async fn only_rsa_signing_keys_count() {
    let signer = Signer::new("first");
    for (member, value) in [
        ("use", "enc"),
        ("alg", "RS512"),
        ("kty", "oct"),
        ("n", "AQAB"),
        ("e", ""),
    ] {
        let (verifier, keys, _) = verifier(&signer).await;
        let mut set = signer.jwks();
        set["keys"][0][member] = json!(value);
        keys.answer(200, &[], &set.to_string());
        assert!(
            verifier.verify(&token(&signer)).await.is_err(),
            "{member}"
        );
    }
}

// F16: a provider that starts with a new key under the old name.
#[tokio::test]
async fn a_new_key_under_the_same_name_is_found_by_one_refetch_a_minute() {
    let (old, new, evil) = (
        Signer::new("same"),
        Signer::new("same"),
        Signer::new("same"),
    );
    let (verifier, keys, watch) = verifier(&old).await;
    assert!(verifier.verify(&token(&old)).await.is_ok());
    keys.answer(200, &[], &new.jwks().to_string());
    assert!(verifier.verify(&token(&new)).await.is_ok());
    assert_eq!(keys.hits(), 2);
    for minute in 0..3 {
        for _ in 0..20 {
            assert_eq!(
                verifier.verify(&token(&evil)).await,
                Err(Failure::BadSignature)
            );
        }
        assert_eq!(
            keys.hits(),
            2 + minute,
            "forged tokens cause at most one refetch a minute"
        );
        watch.advance(60);
    }
    keys.answer(500, &[], "");
    assert_eq!(
        verifier.verify(&token(&evil)).await,
        Err(Failure::BadSignature)
    );
    assert!(
        verifier.verify(&token(&new)).await.is_ok(),
        "an outage is no reason to forget a key"
    );
}

/// The same token without the name of its key.
fn nameless(signer: &Signer) -> String {
    let claims = token(signer);
    let claims = claims
        .split('.')
        .nth(1)
        .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
        .unwrap();
    signer.sign_text(
        r#"{"alg":"RS256"}"#,
        std::str::from_utf8(&claims).unwrap(),
    )
}

// F16: OpenID Connect Core, 10.1.
#[tokio::test]
async fn one_key_needs_no_name_and_two_do() {
    let (one, other) = (Signer::new("one"), Signer::new("other"));
    let mut unnamed = one.jwks();
    unnamed["keys"][0]
        .as_object_mut()
        .unwrap()
        .remove("kid");
    for (set, named, without) in [
        (one.jwks(), Ok(()), Ok(())),
        (unnamed.clone(), Ok(()), Ok(())),
        (
            json!({ "keys": [one.jwks()["keys"][0], other.jwks()["keys"][0]] }),
            Ok(()),
            Err(Failure::MissingKid),
        ),
        (
            json!({ "keys": [unnamed["keys"][0], other.jwks()["keys"][0]] }),
            Err(Failure::UnknownKid),
            Err(Failure::MissingKid),
        ),
        (
            other.jwks(),
            Err(Failure::UnknownKid),
            Err(Failure::BadSignature),
        ),
    ] {
        let (verifier, keys, _) = verifier(&one).await;
        keys.answer(200, &[], &set.to_string());
        assert_eq!(
            verifier.verify(&token(&one)).await.map(drop),
            named,
            "{set}"
        );
        assert_eq!(
            verifier.verify(&nameless(&one)).await.map(drop),
            without,
            "{set}"
        );
    }
}

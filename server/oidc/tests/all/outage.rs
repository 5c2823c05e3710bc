//! The provider is down, slow, broken or hostile.

use std::future::Future;

use oidc::{Client, Failure, Identity, testing::Signer};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use crate::fake::{NOW, Provider, Watch, flow};

async fn start() -> (Provider, Client, Signer) {
    let signer = Signer::new("first");
    let provider = Provider::start(&signer).await;
    provider.give(&signer.sign(&provider.claims()));
    let client = provider.client(&Watch::new(), None);
    (provider, client, signer)
}

async fn finish(client: &Client) -> Result<Identity, Failure> {
    client.finish("code", None, &flow()).await
}

#[tokio::test]
async fn a_discovery_document_of_someone_else_is_refused() {
    let (provider, client, _) = start().await;
    provider.set_document("issuer", json!(format!("{}/", provider.issuer)));
    let expected = Failure::DiscoveryMismatch {
        configured: provider.issuer.clone(),
        named: format!("{}/", provider.issuer),
    };
    assert_eq!(
        client.authorization_url(&flow()).await,
        Err(expected.clone())
    );
    assert_eq!(finish(&client).await, Err(expected.clone()));
    // F17: the start says both names.
    assert_eq!(client.check_discovery().await, Err(expected.clone()));
    let text = expected.to_string();
    assert!(
        text.contains(&format!("{},", provider.issuer)) && text.ends_with('/'),
        "{text}"
    );
}

#[tokio::test]
async fn an_endpoint_without_https_is_refused() {
    for (member, what) in [
        ("authorization_endpoint", "authorization endpoint"),
        ("token_endpoint", "token endpoint"),
        ("jwks_uri", "key set"),
    ] {
        let (provider, client, _) = start().await;
        provider.set_document(member, json!("http://idp.example/x"));
        assert_eq!(
            finish(&client).await,
            Err(Failure::InsecureEndpoint(what))
        );
        provider.set_document(member, json!("file:///etc/passwd"));
        assert_eq!(
            finish(&client).await,
            Err(Failure::InsecureEndpoint(what))
        );
    }
}

#[tokio::test]
async fn a_redirect_of_another_issuer_is_refused() {
    let (provider, client, _) = start().await;
    let finish = |issuer| {
        let client = client.clone();
        async move { client.finish("code", issuer, &flow()).await }
    };
    assert_eq!(
        finish(Some("https://evil.example")).await,
        Err(Failure::WrongIssuerParameter)
    );
    assert!(finish(None).await.is_ok());
    let issuer: &'static str = provider.issuer.clone().leak();
    assert!(finish(Some(issuer)).await.is_ok());
    provider.set_document(
        "authorization_response_iss_parameter_supported",
        json!(true),
    );
    let fresh = provider.client(&Watch::new(), None);
    assert_eq!(
        fresh.finish("code", None, &flow()).await,
        Err(Failure::WrongIssuerParameter)
    );
}

#[tokio::test]
async fn discovery_is_asked_once_an_hour() {
    let (provider, _, signer) = start().await;
    let watch = Watch::new();
    let client = provider.client(&watch, None);
    assert!(finish(&client).await.is_ok());
    *provider.document.lock().unwrap() = Value::Null;
    watch.advance(3599);
    provider.give(&signer.sign(&provider.claims()));
    assert!(finish(&client).await.is_ok());
    watch.advance(1);
    assert!(matches!(
        finish(&client).await,
        Err(Failure::ProviderMalformed(_))
    ));
}

#[tokio::test]
async fn a_provider_that_turns_into_another_is_not_remembered() {
    let (provider, _, _) = start().await;
    let watch = Watch::new();
    let client = provider.client(&watch, None);
    assert!(client.authorization_url(&flow()).await.is_ok());
    provider.set_document("issuer", json!("https://evil.example"));
    watch.advance(3600);
    for _ in 0..2 {
        let refused = client.authorization_url(&flow()).await;
        assert!(
            matches!(refused, Err(Failure::DiscoveryMismatch { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn an_absent_provider_is_an_outage() {
    let (mut provider, _, _) = start().await;
    provider.issuer = "http://127.0.0.1:1".into();
    let client = provider.client(&Watch::new(), None);
    assert!(
        client
            .authorization_url(&flow())
            .await
            .unwrap_err()
            .is_outage()
    );
}

#[tokio::test]
async fn a_flow_with_short_secrets_is_refused() {
    let (_, client, _) = start().await;
    let short = oidc::Flow {
        pkce_verifier: "v".repeat(42),
        ..flow()
    };
    assert_eq!(
        client.authorization_url(&short).await,
        Err(Failure::BadFlow)
    );
    let empty = oidc::Flow {
        nonce: String::new(),
        ..flow()
    };
    assert_eq!(
        client.finish("code", None, &empty).await,
        Err(Failure::BadFlow)
    );
}

#[test]
fn the_futures_can_move_between_threads() {
    fn movable<T: Future + Send>(_: fn(&'static Client, &'static oidc::Flow) -> T) {}
    movable(|client, flow| client.finish("", None, flow));
    movable(|client, flow| client.authorization_url(flow));
}

// Points 15 and 17 of E.5. The clock of the test stands still but where everyone waits, so this
// takes no time.
#[tokio::test]
async fn a_provider_that_never_ends_is_given_up_after_ten_seconds() {
    for way in ["silence", "drip"] {
        let (provider, client, _) = start().await;
        provider.set_document(
            "token_endpoint",
            json!(format!("{}/{way}", provider.issuer)),
        );
        assert!(
            client.authorization_url(&flow()).await.is_ok(),
            "its description is known"
        );
        tokio::time::pause();
        let begun = Instant::now();
        let failure = finish(&client).await.unwrap_err();
        let took = begun.elapsed();
        tokio::time::resume();
        assert!(
            failure.is_outage() && (10..=11).contains(&took.as_secs()),
            "{way}: {failure} after {took:?}"
        );
    }
}

// Point 17 of E.5, as a person meets it: the provider changes its key while they sign in.
#[tokio::test]
async fn a_key_that_is_rotated_while_someone_signs_in_is_found() {
    let (provider, client, _) = start().await;
    assert!(finish(&client).await.is_ok());
    let next = Signer::new("second");
    provider
        .keys
        .answer(200, &[], &next.jwks().to_string());
    provider.give(&next.sign(&provider.claims()));
    assert!(finish(&client).await.is_ok());
    assert_eq!(provider.keys.hits(), 2, "after one look");
}

#[tokio::test]
async fn a_sign_in_outlives_an_outage_of_the_keys_only_where_they_are_known() {
    let (provider, known, _) = start().await;
    assert!(finish(&known).await.is_ok());
    provider.keys.answer(503, &[], "");
    assert!(finish(&known).await.is_ok(), "warm");
    let cold = provider.client(&Watch::new(), None);
    assert!(finish(&cold).await.unwrap_err().is_outage(), "cold");
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_look_a_minute() {
    let (provider, _, signer) = start().await;
    let watch = Watch::new();
    let client = provider.client(&watch, None);
    assert!(finish(&client).await.is_ok());
    let mut header = signer.header();
    for minute in 1..=3 {
        for n in 0..40 {
            header["kid"] = json!(format!("unknown-{minute}-{n}"));
            provider.give(&signer.sign_text(&header.to_string(), &provider.claims().to_string()));
            assert_eq!(finish(&client).await, Err(Failure::UnknownKid));
        }
        assert_eq!(provider.keys.hits(), 1 + minute);
        watch.advance(60);
    }
}

// B22: a fresh sign-in is asked for, and an old one is rejected where the provider says when it
// was.
#[tokio::test]
async fn a_fresh_sign_in_is_asked_for_and_checked() {
    let (provider, client, signer) = start().await;
    let fresh = oidc::Flow {
        fresh_since: Some(NOW),
        ..flow()
    };
    let asked = |url: Url, name: &str| {
        url.query_pairs()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    };
    let url = client.authorization_url(&fresh).await.unwrap();
    assert_eq!(
        (
            asked(url.clone(), "prompt").as_deref(),
            asked(url, "max_age").as_deref()
        ),
        (Some("login"), Some("0"))
    );
    let plain = client.authorization_url(&flow()).await.unwrap();
    // A provider that is set a limit says when the person signed in, and this one is beyond every
    // sign-in.
    let any = Some("315360000".to_owned());
    assert_eq!(
        (
            asked(plain.clone(), "prompt"),
            asked(plain, "max_age")
        ),
        (None, any)
    );
    let cases = [
        (json!(NOW), None),
        (json!(NOW - 60), None),
        (json!(NOW - 61), Some(Failure::NotFresh)),
        (json!(0), Some(Failure::NotFresh)),
        (json!(NOW + 61), Some(Failure::SignedInInFuture)),
        (json!("now"), Some(Failure::BadTime("auth_time"))),
    ];
    for (at, expected) in cases {
        let mut claims = provider.claims();
        claims["auth_time"] = at.clone();
        provider.give(&signer.sign(&claims));
        assert_eq!(
            client.finish("code", None, &fresh).await.err(),
            expected,
            "{at}"
        );
        let finished = client
            .finish("code", None, &flow())
            .await
            .map(|person| person.signed_in_at);
        assert_eq!(
            finished.is_ok(),
            !matches!(
                expected,
                Some(Failure::SignedInInFuture | Failure::BadTime(_))
            ),
            "{at}"
        );
    }
    provider.give(&signer.sign(&provider.claims()));
    // F7: the provider must say when the person signed in.
    assert_eq!(
        client.finish("code", None, &fresh).await.err(),
        Some(Failure::MissingClaim("auth_time"))
    );
    assert_eq!(
        client
            .finish("code", None, &flow())
            .await
            .map(|person| person.signed_in_at),
        Ok(None)
    );
}

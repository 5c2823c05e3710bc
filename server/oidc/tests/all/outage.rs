//! The provider is down, slow, broken or hostile.

use std::future::Future;

use crate::fake::{Provider, Watch, flow};
use oidc::{Client, Failure, Identity, testing::Signer};
use serde_json::{Value, json};

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
    assert_eq!(client.authorization_url(&flow()).await, Err(Failure::DiscoveryMismatch));
    assert_eq!(finish(&client).await, Err(Failure::DiscoveryMismatch));
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
        assert_eq!(finish(&client).await, Err(Failure::InsecureEndpoint(what)));
        provider.set_document(member, json!("file:///etc/passwd"));
        assert_eq!(finish(&client).await, Err(Failure::InsecureEndpoint(what)));
    }
}

#[tokio::test]
async fn the_token_endpoint_may_misbehave_in_many_ways() {
    let (provider, client, _) = start().await;
    let json_kind = "application/json";
    let refused = json!({ "error": "invalid_grant", "error_description": "<b>" }).to_string();
    provider.answer(400, json_kind, &refused);
    assert_eq!(finish(&client).await, Err(Failure::TokenEndpoint("invalid_grant".into())));
    let bare = json!({ "access_token": "a", "token_type": "Bearer" });
    provider.answer(200, json_kind, &bare.to_string());
    assert_eq!(finish(&client).await, Err(Failure::MissingIdToken));
    let mut endless = bare;
    endless["expires_in"] = json!(1e300);
    for (status, kind, body) in [
        (500, json_kind, refused.as_str()),
        (302, json_kind, ""),
        (200, "text/html", "<html>"),
        (200, json_kind, &refused),
        (200, json_kind, &endless.to_string()),
        (200, json_kind, &"x".repeat(70_000)),
        (200, json_kind, ""),
    ] {
        provider.answer(status, kind, body);
        let failure = finish(&client).await.unwrap_err();
        assert!(failure.is_outage(), "{status} {failure}");
    }
}

#[tokio::test]
async fn a_redirect_of_another_issuer_is_refused() {
    let (provider, client, _) = start().await;
    let finish = |issuer| {
        let client = client.clone();
        async move { client.finish("code", issuer, &flow()).await }
    };
    assert_eq!(finish(Some("https://evil.example")).await, Err(Failure::WrongIssuerParameter));
    assert!(finish(None).await.is_ok());
    let issuer: &'static str = provider.issuer.clone().leak();
    assert!(finish(Some(issuer)).await.is_ok());
    provider.set_document("authorization_response_iss_parameter_supported", json!(true));
    let fresh = provider.client(&Watch::new(), None);
    assert_eq!(fresh.finish("code", None, &flow()).await, Err(Failure::WrongIssuerParameter));
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
    assert!(matches!(finish(&client).await, Err(Failure::ProviderMalformed(_))));
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
        assert_eq!(refused, Err(Failure::DiscoveryMismatch));
    }
}

#[tokio::test]
async fn an_absent_provider_is_an_outage() {
    let (mut provider, _, _) = start().await;
    provider.issuer = "http://127.0.0.1:1".into();
    let client = provider.client(&Watch::new(), None);
    assert!(client.authorization_url(&flow()).await.unwrap_err().is_outage());
}

#[tokio::test]
async fn a_flow_with_short_secrets_is_refused() {
    let (_, client, _) = start().await;
    let short = oidc::Flow { pkce_verifier: "v".repeat(42), ..flow() };
    assert_eq!(client.authorization_url(&short).await, Err(Failure::BadFlow));
    let empty = oidc::Flow { nonce: String::new(), ..flow() };
    assert_eq!(client.finish("code", None, &empty).await, Err(Failure::BadFlow));
}

#[test]
fn the_futures_can_move_between_threads() {
    fn movable<T: Future + Send>(_: fn(&'static Client, &'static oidc::Flow) -> T) {}
    movable(|client, flow| client.finish("", None, flow));
    movable(|client, flow| client.authorization_url(flow));
}

#[tokio::test]
#[ignore = "takes ten seconds"]
async fn a_silent_provider_is_given_up_after_ten_seconds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (mut provider, _, _) = start().await;
    provider.issuer = format!("http://{}", listener.local_addr().unwrap());
    let client = provider.client(&Watch::new(), None);
    let limit = std::time::Duration::from_secs(11);
    let failure = tokio::time::timeout(limit, finish(&client)).await.unwrap().unwrap_err();
    assert!(failure.is_outage());
}

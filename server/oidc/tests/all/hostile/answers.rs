//! Answers of a provider that look right and are not: its description, its keys, its token
//! endpoint.

use oidc::{Failure, testing::Signer};
use serde_json::json;

use crate::fake::{Provider, Watch, flow};

/// One answer: the point of the list, its name, how the provider comes to give it, and how the
/// reason begins.
type Row = (u8, &'static str, fn(&Provider), &'static str);

const JSON: &str = "application/json";

fn token(provider: &Provider, answer: serde_json::Value) {
    provider.answer(200, JSON, &answer.to_string());
}

/// The same number of keys as the list says, none of them the one that is looked for.
fn crowd() -> String {
    let key = r#"{"kty":"RSA","use":"sig","alg":"RS256","kid":"k","n":"AQAB","e":"AQAB"}"#;
    format!("{{\"keys\":[{}]}}", vec![key; 100_000].join(","))
}

#[rustfmt::skip]
const ROWS: [Row; 30] = [
    (14, "keys of 10 MiB", |p| p.keys.answer(200, &[], &format!("{{\"keys\":[],\"pad\":\"{}\"}}", "p".repeat(10 << 20))), "the response of the provider is too large"),
    (14, "a hundred thousand keys", |p| p.keys.answer(200, &[], &crowd()), "the response of the provider is too large"),
    (14, "keys elsewhere on this machine", |p| p.keys.answer(302, &[("location", "http://127.0.0.1:1/keys")], ""), "the provider is unavailable: status 302"),
    (14, "keys in a file", |p| p.keys.answer(307, &[("location", "file:///etc/passwd")], ""), "the provider is unavailable: status 307"),
    (14, "keys for ever elsewhere", |p| p.keys.answer(308, &[("location", "https://evil.example/keys")], ""), "the provider is unavailable: status 308"),
    (14, "keys that are a page", |p| p.keys.answer(200, &[], "<html>"), "the response of the provider is malformed: key set"),
    (14, "keys that are a list", |p| p.keys.answer(200, &[], "[]"), "the response of the provider is malformed: key set"),
    (14, "keys said twice", |p| p.keys.answer(200, &[], "{\"keys\":[],\"keys\":[]}"), "the response of the provider is malformed: key set"),
    (14, "no keys", |p| p.keys.answer(200, &[], "{\"keys\":[]}"), "the key is unknown"),
    (14, "someone else's description", |p| p.set_document("issuer", json!("https://evil.example")), "the discovery document has another issuer"),
    (14, "a description of no one", |p| p.set_document("issuer", json!(null)), "the response of the provider is malformed: "),
    (14, "people sent off without https", |p| p.set_document("authorization_endpoint", json!("http://idp.example/x")), "the authorization endpoint of the provider does not use https"),
    (14, "codes sent without https", |p| p.set_document("token_endpoint", json!("http://idp.example/x")), "the token endpoint of the provider does not use https"),
    (14, "codes sent into a file", |p| p.set_document("token_endpoint", json!("file:///etc/passwd")), "the token endpoint of the provider does not use https"),
    (14, "keys without https", |p| p.set_document("jwks_uri", json!("http://169.254.169.254/latest")), "the key set of the provider does not use https"),
    (14, "keys behind a password", |p| p.set_document("jwks_uri", json!("https://a:b@idp.example/keys")), "the key set of the provider does not use https"),
    (15, "a broken server", |p| p.answer(500, JSON, "{}"), "the provider is unavailable: status 500"),
    (15, "a server that is away", |p| p.answer(503, "text/html", "<html>"), "the provider is unavailable: status 503"),
    (15, "the token elsewhere", |p| p.answer(302, JSON, ""), "the provider is unavailable: status 302"),
    (15, "a page", |p| p.answer(200, "text/html", "<html>"), "the response of the provider is malformed: "),
    (15, "an error that is said to be fine", |p| token(p, json!({ "error": "invalid_grant" })), "the response of the provider is malformed: "),
    (15, "an error", |p| p.answer(400, JSON, r#"{"error":"invalid_grant","error_description":"<b>"}"#), "the token endpoint returned the error invalid_grant"),
    (15, "no ID token", |p| token(p, json!({ "access_token": "a", "token_type": "Bearer" })), "the token endpoint returned no ID token"),
    (15, "an ID token that is none", |p| token(p, json!({ "access_token": "a", "token_type": "Bearer", "id_token": 7 })), "the response of the provider is malformed: "),
    (15, "an empty ID token", |p| token(p, json!({ "access_token": "a", "token_type": "Bearer", "id_token": "" })), "the token is malformed: parts"),
    (15, "for ever", |p| token(p, json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 1e300 })), "the response of the provider is malformed: "),
    (15, "backwards", |p| token(p, json!({ "access_token": "a", "token_type": "Bearer", "expires_in": -1 })), "the response of the provider is malformed: "),
    (15, "too much of it", |p| p.answer(200, JSON, &"x".repeat(70_000)), "the response of the provider is too large"),
    (15, "nothing at all", |p| p.answer(200, JSON, ""), "the response of the provider is malformed: "),
    (16, "an issuer that was promised and is not named", |p| p.set_document("authorization_response_iss_parameter_supported", json!(true)), "the redirect came from another issuer"),
];

/// Signs in at a provider that gives this answer, and everything else as it should be.
async fn finish(
    arrange: impl FnOnce(&Provider),
    issuer: Option<&str>,
) -> Result<oidc::Identity, Failure> {
    let signer = Signer::new("first");
    let provider = Provider::start(&signer).await;
    provider.give(&signer.sign(&provider.claims()));
    arrange(&provider);
    provider
        .client(&Watch::new(), None)
        .finish("code", issuer, &flow())
        .await
}

// B29, points 14 to 16 of E.5.
#[tokio::test]
async fn every_hostile_answer_is_refused_for_its_own_reason() {
    for (point, name, arrange, reason) in ROWS {
        let failure = finish(arrange, None)
            .await
            .expect_err(name)
            .to_string();
        assert!(
            failure.starts_with(reason),
            "{point}: {name}: {failure}"
        );
    }
    for issuer in ["https://evil.example", "", "http://127.0.0.1"] {
        assert_eq!(
            finish(|_| (), Some(issuer)).await,
            Err(Failure::WrongIssuerParameter),
            "{issuer}"
        );
    }
    assert!(
        finish(|_| (), None).await.is_ok(),
        "and a provider that does nothing of all this is fine"
    );
}

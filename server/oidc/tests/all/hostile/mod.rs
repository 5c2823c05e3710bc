//! Tokens that look right and are not; each is refused for its own reason.

mod claims;
mod envelopes;
mod own;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oidc::{Failure, testing::Signer};
use serde_json::{Value, json};

use crate::fake::{CLIENT_ID, NOW, Provider, Watch, flow};

const KID: &str = "first";

/// A good key, an evil key with the same name, and the claims of a good token.
struct Forge {
    good: Signer,
    evil: Signer,
    claims: Value,
}

type Row = (&'static str, String, Failure);

impl Forge {
    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[name] = value;
        self.good.sign(&claims)
    }

    fn without(&self, name: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        self.good.sign(&claims)
    }

    fn good(&self) -> String {
        self.good.sign(&self.claims)
    }

    fn header(&self, signer: &Signer, name: &str, value: Value) -> String {
        let mut header = self.good.header();
        header[name] = value;
        signer.sign_text(&header.to_string(), &self.claims.to_string())
    }

    fn headless(&self, name: &str) -> String {
        let mut header = self.good.header();
        header.as_object_mut().unwrap().remove(name);
        self.good.sign_text(&header.to_string(), &self.claims.to_string())
    }

    /// Signed with HMAC, the public modulus being the secret.
    fn confused(&self) -> String {
        let modulus = self.good.jwks()["keys"][0]["n"].as_str().unwrap().to_owned();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &URL_SAFE_NO_PAD.decode(modulus).unwrap());
        let token = self.header(&self.good, "alg", json!("HS256"));
        let (message, _) = token.rsplit_once('.').unwrap();
        let tag = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn signature(&self, change: impl Fn(&mut Vec<u8>)) -> String {
        let token = self.good();
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        change(&mut bytes);
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The same signature bytes spelled with non-zero trailing bits.
    fn respelled(&self) -> String {
        let mut token = self.good();
        let last = token.pop().unwrap() as u8;
        token.push(char::from(last + 1));
        token
    }

    fn other_payload(&self) -> String {
        let token = self.good();
        let mut parts: Vec<&str> = token.split('.').collect();
        let other = self.with("sub", json!("5678"));
        parts[1] = other.split('.').nth(1).unwrap();
        parts.join(".")
    }

    fn text(&self, claims: &str) -> String {
        self.good.sign_text(&self.good.header().to_string(), claims)
    }

    fn doubled(&self, name: &str, value: &Value) -> String {
        let text = self.claims.to_string();
        self.text(&format!("{},\"{name}\":{value}}}", text.strip_suffix('}').unwrap()))
    }

    fn audiences(&self) -> String {
        let mut claims = self.claims.clone();
        claims["aud"] = json!([CLIENT_ID, "other"]);
        claims.as_object_mut().unwrap().remove("azp");
        self.good.sign(&claims)
    }
}

async fn start() -> (Provider, oidc::Client, Forge) {
    let good = Signer::new(KID);
    let provider = Provider::start(&good).await;
    let client = provider.client(&Watch::new(), Some("example.com"));
    let forge = Forge { good, evil: Signer::new(KID), claims: provider.claims() };
    (provider, client, forge)
}

#[tokio::test]
async fn every_hostile_token_is_refused_for_its_own_reason() {
    let (provider, client, forge) = start().await;
    let rows: Vec<Row> = forge.envelopes().into_iter().chain(forge.claims()).collect();
    assert!(rows.len() >= 40);
    for (name, token, expected) in rows {
        provider.give(&token);
        let got = client.finish("code", None, &flow()).await;
        // An answer of more than 64 KiB is dropped before the token in it is looked at.
        let expected = if token.len() > 64 * 1024 { Failure::AnswerTooLarge } else { expected };
        assert_eq!(got, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn good_tokens_pass_within_the_leeway() {
    let (provider, client, forge) = start().await;
    let several = json!([CLIENT_ID, "other"]);
    for (name, token) in [
        ("plain", forge.good()),
        ("just expired", forge.with("exp", json!(NOW - 59))),
        ("fast clock", forge.with("iat", json!(NOW + 60))),
        ("nbf near", forge.with("nbf", json!(NOW + 60))),
        ("azp absent", forge.without("azp")),
        ("aud a list of one", forge.with("aud", json!([CLIENT_ID]))),
        ("several aud and azp", forge.with("aud", several)),
        ("typ absent", forge.headless("typ")),
        ("jku ignored", forge.header(&forge.good, "jku", json!("http://127.0.0.1:1/"))),
    ] {
        provider.give(&token);
        let person = client.finish("code", None, &flow()).await;
        let person = person.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!((person.issuer.as_str(), person.subject.as_str()), (&*provider.issuer, "1234"));
        assert_eq!(person.email.as_deref(), Some("ada@example.com"));
    }
}

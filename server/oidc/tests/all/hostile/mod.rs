//! Tokens that look right and are not; each is refused for its own reason.

mod answers;
mod claims;
mod envelopes;
mod own;

use std::collections::{BTreeMap, BTreeSet};

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

/// A hostile token: the point of the list (security rules, E.5) that it belongs to, its name, and
/// why it is refused.
type Row = (u8, &'static str, String, Failure);

fn at<const N: usize>(point: u8, rows: [(&'static str, String, Failure); N]) -> Vec<Row> {
    rows.into_iter()
        .map(|(name, token, reason)| (point, name, token, reason))
        .collect()
}

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
        self.good
            .sign_text(&header.to_string(), &self.claims.to_string())
    }

    /// Signed with HMAC, the public modulus being the secret.
    fn confused(&self) -> String {
        let modulus = self.good.jwks()["keys"][0]["n"]
            .as_str()
            .unwrap()
            .to_owned();
        let key = hmac::Key::new(
            hmac::HMAC_SHA256,
            &URL_SAFE_NO_PAD.decode(modulus).unwrap(),
        );
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
        self.good
            .sign_text(&self.good.header().to_string(), claims)
    }

    fn doubled(&self, name: &str, value: &Value) -> String {
        let text = self.claims.to_string();
        self.text(&format!(
            "{},\"{name}\":{value}}}",
            text.strip_suffix('}').unwrap()
        ))
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
    let client = provider.client_for(&Watch::new(), Some("example.com"), &["example.com"]);
    let forge = Forge {
        good,
        evil: Signer::new(KID),
        claims: provider.claims(),
    };
    (provider, client, forge)
}

// B29: at least sixty, none accepted, each refused for the rule that it breaks.
#[tokio::test]
async fn every_hostile_token_is_refused_for_its_own_reason() {
    let (provider, client, forge) = start().await;
    let rows: Vec<Row> = [forge.envelopes(), forge.claims(), forge.of_a_sign_in()].concat();
    assert!(rows.len() >= 90, "{}", rows.len());
    for (point, name, token, expected) in &rows {
        provider.give(token);
        let got = client.finish("code", None, &flow()).await;
        // An answer of more than 64 KiB is dropped before the token in it is looked at.
        let expected = if token.len() > 64 * 1024 {
            &Failure::ResponseTooLarge
        } else {
            expected
        };
        assert_eq!(got.as_ref(), Err(expected), "{point}: {name}");
    }
    assert_distinct(&rows);
}

/// Every token is another one, and two points of the list have a reason in common only where they
/// are about the same: the signature (of another key, of a key that came along, of other bytes),
/// and the form around it.
fn assert_distinct(rows: &[Row]) {
    let names: BTreeSet<_> = rows.iter().map(|(_, name, ..)| name).collect();
    let tokens: BTreeSet<_> = rows.iter().map(|(.., token, _)| token).collect();
    assert_eq!((names.len(), tokens.len()), (rows.len(), rows.len()));
    let mut points: BTreeMap<String, BTreeSet<u8>> = BTreeMap::new();
    for (point, .., reason) in rows {
        points
            .entry(reason.to_string())
            .or_default()
            .insert(*point);
    }
    let shared: Vec<_> = points
        .iter()
        .filter(|(_, points)| points.len() > 1)
        .map(|(reason, _)| reason.as_str())
        .collect();
    let about_the_same = [
        "the signature is wrong",
        "the token is malformed: claims",
        "the token is malformed: parts",
    ];
    assert_eq!(shared, about_the_same);
    assert!(points.len() >= 28, "{} reasons", points.len());
    let covered: BTreeSet<u8> = points.values().flatten().copied().collect();
    assert_eq!(
        covered,
        (1..=14).collect(),
        "every point of the list about tokens has its row"
    );
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
        (
            "aud a list of one",
            forge.with("aud", json!([CLIENT_ID])),
        ),
        ("several aud and azp", forge.with("aud", several)),
        ("typ absent", forge.headless("typ")),
        (
            "jku ignored",
            forge.header(&forge.good, "jku", json!("http://127.0.0.1:1/")),
        ),
    ] {
        provider.give(&token);
        let person = client.finish("code", None, &flow()).await;
        let person = person.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(
            (person.issuer.as_str(), person.subject.as_str()),
            (&*provider.issuer, "1234")
        );
        assert_eq!(person.email.as_deref(), Some("ada@example.com"));
    }
}

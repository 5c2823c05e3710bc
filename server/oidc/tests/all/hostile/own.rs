//! The same tokens, and a few more, shown to the verifier of the installation's own tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use oidc::{
    Bearer,
    Failure::{self, *},
    OwnTokens, PublicKey, named_key,
    testing::Signer,
};
use serde_json::json;

use super::{Forge, KID, Row, at};
use crate::fake::{CLIENT_ID, NOW, Watch};

const ISSUER: &str = "http://keys.test";

fn forge() -> Forge {
    let claims = json!({
        "iss": ISSUER, "aud": CLIENT_ID, "sub": "12", "sid": "ses_a1", "auth_time": NOW - 100, "iat": NOW, "exp": NOW + 3600,
    });
    Forge {
        good: Signer::new(KID),
        evil: Signer::new(KID),
        claims,
    }
}

/// As the product does it: only the key that the token names is looked for, and there is only the
/// good one.
fn verify(forge: &Forge, token: &str) -> Result<Bearer, Failure> {
    let jwk = &forge.good.jwks()["keys"][0];
    let number = |name: &str| {
        URL_SAFE_NO_PAD
            .decode(jwk[name].as_str().unwrap())
            .unwrap()
    };
    let key = PublicKey {
        modulus: number("n"),
        exponent: number("e"),
    };
    let found = (named_key(token)? == KID).then_some(&key);
    OwnTokens::new(ISSUER, CLIENT_ID, Watch::new().clock()).verify(token, found)
}

fn beyond(forge: &Forge) -> Vec<Row> {
    let rows = [
        (
            "sid absent",
            forge.without("sid"),
            MissingClaim("sid"),
        ),
        (
            "sid a number",
            forge.with("sid", json!(1)),
            MissingClaim("sid"),
        ),
        (
            "auth_time absent",
            forge.without("auth_time"),
            MissingClaim("auth_time"),
        ),
        (
            "auth_time future",
            forge.with("auth_time", json!(NOW + 61)),
            SignedInInFuture,
        ),
        (
            "auth_time text",
            forge.with("auth_time", json!("now")),
            BadTime("auth_time"),
        ),
        (
            "of a Firebase project",
            forge.with("iss", json!("https://securetoken.google.com/acme-1")),
            WrongIssuer,
        ),
        (
            "for the installation, not its API",
            forge.with("aud", json!(ISSUER)),
            WrongAudience,
        ),
    ];
    at(0, rows)
}

// B29: tokens of ours are held to the rules of E.5 too; what is asked of a sign-in alone is not
// asked of them.
#[test]
fn every_hostile_token_is_refused_where_our_own_are_checked() {
    let forge = forge();
    let rows: Vec<Row> = [forge.envelopes(), forge.claims(), beyond(&forge)].concat();
    assert!(rows.len() >= 60, "{}", rows.len());
    for (_, name, token, expected) in rows {
        assert_eq!(verify(&forge, &token), Err(expected), "{name}");
    }
}

// RA-12: an hour and the leeway, not more.
#[test]
fn our_own_tokens_pass_within_the_leeway() {
    let forge = forge();
    let bearer = Bearer {
        subject: "12".into(),
        session: "ses_a1".into(),
        signed_in_at: NOW - 100,
    };
    let fine = [
        forge.good(),
        forge.with("exp", json!(NOW - 59)),
        forge.with("iat", json!(NOW + 60)),
        forge.headless("typ"),
    ];
    for token in fine {
        assert_eq!(verify(&forge, &token), Ok(bearer.clone()));
    }
}

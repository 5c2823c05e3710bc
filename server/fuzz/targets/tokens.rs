//! Tokens of this installation: only what the key has signed is accepted, with the claims that it
//! has signed.
#![no_main]

use std::sync::{Arc, OnceLock};

use arbitrary::Arbitrary;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use oidc::testing::Signer;
use oidc::{OwnTokens, PublicKey, named_key};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const ISSUER: &str = "https://keys.example.com";

#[derive(Arbitrary, Debug)]
enum Attempt {
    /// Any text.
    Any(String),
    /// A valid token, with one byte replaced.
    Changed(u16, u8),
    /// A valid token, with another part.
    Spliced(u8, String),
    /// Signed, with a claim that has another value.
    Claim(u8, Option<i64>, String),
    /// Signed, with another header.
    Header(String),
}

struct Fixture {
    signer: Signer,
    key: PublicKey,
    tokens: OwnTokens,
    valid: String,
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ISSUER, "sub": "person", "sid": "session",
        "iat": NOW - 10, "auth_time": NOW - 10, "exp": NOW + 600,
    })
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let signer = Signer::new("kid");
        let jwks = signer.jwks();
        let number = |name: &str| {
            let text = jwks["keys"][0][name].as_str().expect("a number");
            URL_SAFE_NO_PAD.decode(text).expect("base64")
        };
        let key = PublicKey {
            modulus: number("n"),
            exponent: number("e"),
        };
        let tokens = OwnTokens::new(ISSUER, ISSUER, Arc::new(|| NOW * 1000));
        let valid = signer.sign(&claims());
        assert!(
            tokens.verify(&valid, Some(&key)).is_ok(),
            "the fixture is valid"
        );
        Fixture {
            signer,
            key,
            tokens,
            valid,
        }
    })
}

fuzz_target!(|attempt: Attempt| {
    let Fixture {
        signer,
        key,
        tokens,
        valid,
    } = fixture();
    let check = |token: &str| {
        let _ = named_key(token);
        tokens.verify(token, Some(key))
    };
    match attempt {
        Attempt::Any(text) => assert!(text == *valid || check(&text).is_err()),
        Attempt::Changed(at, byte) => {
            let mut bytes = valid.as_bytes().to_vec();
            let at = usize::from(at) % bytes.len();
            bytes[at] = byte;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(
                    text == *valid || check(&text).is_err(),
                    "byte {at} was changed"
                );
            }
        }
        Attempt::Spliced(part, text) => {
            let mut parts: Vec<&str> = valid.split('.').collect();
            let part = usize::from(part) % parts.len();
            let is_same = parts[part] == text;
            parts[part] = &text;
            assert!(
                is_same || check(&parts.join(".")).is_err(),
                "part {part} is {text:?}"
            );
        }
        Attempt::Claim(which, number, text) => {
            let mut changed = claims();
            let names = ["iss", "aud", "sub", "sid", "iat", "auth_time", "exp"];
            let name = names[usize::from(which) % names.len()];
            let value = number.map_or_else(|| json!(text), |number| json!(number));
            changed[name] = value.clone();
            if let Ok(bearer) = check(&signer.sign(&changed)) {
                assert!(name != "iss" && name != "aud" || value == json!(ISSUER));
                assert!(name != "sub" || json!(bearer.subject) == value);
                assert!(name != "sid" || json!(bearer.session) == value);
                assert!(name != "exp" || number.is_some_and(|at| at > NOW - 120));
                assert!(name != "iat" || number.is_some_and(|at| at < NOW + 120));
            }
        }
        Attempt::Header(header) => {
            if check(&signer.sign_text(&header, &claims().to_string())).is_ok() {
                let header: Value = serde_json::from_str(&header).expect("JSON");
                assert_eq!(header["alg"], "RS256", "{header}");
            }
        }
    }
});

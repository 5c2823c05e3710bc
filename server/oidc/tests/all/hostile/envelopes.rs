//! What can be wrong with a token before its claims are read.

use oidc::Failure::*;
use serde_json::json;

use super::{Forge, KID, Row, at};

impl Forge {
    pub fn envelopes(&self) -> Vec<Row> {
        let Self { good, evil, claims } = self;
        let evil_jwk = evil.jwks()["keys"][0].clone();
        let doubled_header = format!(r#"{{"alg":"RS256","kid":"{KID}","alg":"RS256"}}"#);
        [
            at(
                1,
                [(
                    "another key under the known kid",
                    evil.sign(claims),
                    BadSignature,
                )],
            ),
            at(
                2,
                [
                    (
                        "alg none",
                        self.header(good, "alg", json!("none")),
                        BadAlgorithm,
                    ),
                    (
                        "HS256 with the public key",
                        self.confused(),
                        BadAlgorithm,
                    ),
                    (
                        "RS512",
                        self.header(good, "alg", json!("RS512")),
                        BadAlgorithm,
                    ),
                    (
                        "PS256",
                        self.header(good, "alg", json!("PS256")),
                        BadAlgorithm,
                    ),
                    (
                        "ES256",
                        self.header(good, "alg", json!("ES256")),
                        BadAlgorithm,
                    ),
                    (
                        "alg in lower case",
                        self.header(good, "alg", json!("rs256")),
                        BadAlgorithm,
                    ),
                    (
                        "alg a list",
                        self.header(good, "alg", json!(["RS256"])),
                        BadAlgorithm,
                    ),
                    ("alg absent", self.headless("alg"), BadAlgorithm),
                ],
            ),
            at(
                3,
                [
                    (
                        "kid unknown",
                        self.header(good, "kid", json!("second")),
                        UnknownKid,
                    ),
                    (
                        "kid null",
                        self.header(good, "kid", json!(null)),
                        MissingKid,
                    ),
                    (
                        "kid empty",
                        self.header(good, "kid", json!("")),
                        MissingKid,
                    ),
                    (
                        "kid a number",
                        self.header(good, "kid", json!(1)),
                        MissingKid,
                    ),
                    (
                        "kid a path",
                        self.header(good, "kid", json!("../../dev/null")),
                        UnknownKid,
                    ),
                    (
                        "kid SQL",
                        self.header(good, "kid", json!("' OR 1=1 --")),
                        UnknownKid,
                    ),
                    (
                        "kid of 10 KiB",
                        self.header(good, "kid", json!("k".repeat(10 * 1024))),
                        UnknownKid,
                    ),
                ],
            ),
            at(
                4,
                [
                    (
                        "jku",
                        self.header(evil, "jku", json!("http://127.0.0.1:1/")),
                        BadSignature,
                    ),
                    (
                        "x5u",
                        self.header(evil, "x5u", json!("http://127.0.0.1:1/")),
                        BadSignature,
                    ),
                    (
                        "jwk",
                        self.header(evil, "jwk", evil_jwk),
                        BadSignature,
                    ),
                    (
                        "crit",
                        self.header(good, "crit", json!(["exp"])),
                        CriticalHeader,
                    ),
                    (
                        "crit empty",
                        self.header(good, "crit", json!([])),
                        CriticalHeader,
                    ),
                    (
                        "b64 false",
                        self.header(good, "b64", json!(false)),
                        CriticalHeader,
                    ),
                    (
                        "an access token",
                        self.header(good, "typ", json!("at+jwt")),
                        WrongType,
                    ),
                    ("nested", self.text(&self.good()), Malformed("claims")),
                    (
                        "encrypted",
                        format!("{}.a.b", self.good()),
                        Malformed("parts"),
                    ),
                ],
            ),
            at(
                5,
                [
                    (
                        "bit flip",
                        self.signature(|bytes| bytes[9] ^= 1),
                        BadSignature,
                    ),
                    (
                        "signature cut",
                        self.signature(|bytes| bytes.truncate(255)),
                        BadSignature,
                    ),
                    (
                        "signature empty",
                        self.signature(Vec::clear),
                        BadSignature,
                    ),
                    (
                        "trailing byte",
                        self.signature(|bytes| bytes.push(0)),
                        BadSignature,
                    ),
                    (
                        "respelled base64",
                        self.respelled(),
                        Malformed("signature"),
                    ),
                    (
                        "padded base64",
                        format!("{}==", self.good()),
                        Malformed("signature"),
                    ),
                    (
                        "payload exchanged",
                        self.other_payload(),
                        BadSignature,
                    ),
                    (
                        "two parts",
                        self.good().rsplit_once('.').unwrap().0.into(),
                        Malformed("parts"),
                    ),
                    ("empty", String::new(), Malformed("parts")),
                    ("dots", "..".into(), Malformed("header")),
                    ("not ASCII", "é.é.é".into(), Malformed("header")),
                ],
            ),
            at(
                13,
                [(
                    "header doubled",
                    good.sign_text(&doubled_header, &claims.to_string()),
                    DuplicateMember,
                )],
            ),
            at(
                14,
                [(
                    "1 MiB",
                    self.with("pad", json!("p".repeat(1 << 20))),
                    TooLarge,
                )],
            ),
        ]
        .concat()
    }
}

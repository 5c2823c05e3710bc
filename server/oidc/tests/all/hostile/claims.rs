//! What can be wrong with the claims of a well-signed token.

use oidc::Failure::*;
use serde_json::json;

use super::{Forge, Row, at};
use crate::fake::{CLIENT_ID, NONCE, NOW};

impl Forge {
    pub fn claims(&self) -> Vec<Row> {
        let issuer = self.claims["iss"].as_str().unwrap();
        [
            at(
                6,
                [
                    (
                        "iss other",
                        self.with("iss", json!("https://evil.example")),
                        WrongIssuer,
                    ),
                    (
                        "iss https",
                        self.with("iss", json!(issuer.replace("http", "https"))),
                        WrongIssuer,
                    ),
                    (
                        "iss with slash",
                        self.with("iss", json!(format!("{issuer}/"))),
                        WrongIssuer,
                    ),
                    (
                        "iss upper",
                        self.with("iss", json!(issuer.to_uppercase())),
                        WrongIssuer,
                    ),
                    (
                        "iss bare",
                        self.with("iss", json!("accounts.google.com")),
                        WrongIssuer,
                    ),
                    (
                        "iss a list",
                        self.with("iss", json!([issuer])),
                        WrongIssuer,
                    ),
                    ("iss absent", self.without("iss"), WrongIssuer),
                ],
            ),
            at(
                7,
                [
                    (
                        "aud other",
                        self.with("aud", json!("other")),
                        WrongAudience,
                    ),
                    (
                        "aud empty",
                        self.with("aud", json!("")),
                        WrongAudience,
                    ),
                    (
                        "aud empty list",
                        self.with("aud", json!([])),
                        WrongAudience,
                    ),
                    (
                        "aud number",
                        self.with("aud", json!(7)),
                        WrongAudience,
                    ),
                    ("aud absent", self.without("aud"), WrongAudience),
                    (
                        "aud mixed",
                        self.with("aud", json!([CLIENT_ID, 7])),
                        WrongAudience,
                    ),
                    ("several aud, no azp", self.audiences(), WrongAzp),
                    (
                        "azp other",
                        self.with("azp", json!("other")),
                        WrongAzp,
                    ),
                    (
                        "azp a list",
                        self.with("azp", json!([CLIENT_ID])),
                        WrongAzp,
                    ),
                    ("azp null", self.with("azp", json!(null)), WrongAzp),
                ],
            ),
            at(
                8,
                [
                    ("exp past", self.with("exp", json!(NOW - 60)), Expired),
                    ("exp negative", self.with("exp", json!(-1)), Expired),
                    (
                        "exp least",
                        self.with("exp", json!(i64::MIN)),
                        Expired,
                    ),
                    ("exp absent", self.without("exp"), MissingClaim("exp")),
                    (
                        "exp text",
                        self.with("exp", json!((NOW + 60).to_string())),
                        BadTime("exp"),
                    ),
                    (
                        "exp past with a fraction",
                        self.with("exp", json!(NOW as f64 - 60.5)),
                        Expired,
                    ),
                    (
                        "exp beyond all calendars",
                        self.with("exp", json!(1e300)),
                        BadTime("exp"),
                    ),
                    (
                        "exp 10^18",
                        self.with("exp", json!(10_i64.pow(18))),
                        LivesTooLong,
                    ),
                    (
                        "exp beyond i64",
                        self.with("exp", json!(u64::MAX)),
                        BadTime("exp"),
                    ),
                    (
                        "iat future",
                        self.with("iat", json!(NOW + 61)),
                        IssuedInFuture,
                    ),
                    ("iat absent", self.without("iat"), MissingClaim("iat")),
                    (
                        "iat text",
                        self.with("iat", json!("now")),
                        BadTime("iat"),
                    ),
                    (
                        "iat negative fraction",
                        self.with("iat", json!(-0.5)),
                        BadTime("iat"),
                    ),
                    (
                        "iat future with a fraction",
                        self.with("iat", json!(NOW as f64 + 61.5)),
                        IssuedInFuture,
                    ),
                    (
                        "nbf future",
                        self.with("nbf", json!(NOW + 61)),
                        NotYetValid,
                    ),
                    (
                        "nbf null",
                        self.with("nbf", json!(null)),
                        BadTime("nbf"),
                    ),
                ],
            ),
            at(
                10,
                [
                    ("sub absent", self.without("sub"), BadSubject),
                    ("sub empty", self.with("sub", json!("")), BadSubject),
                    (
                        "sub of 256",
                        self.with("sub", json!("s".repeat(256))),
                        BadSubject,
                    ),
                    (
                        "sub of 300",
                        self.with("sub", json!("s".repeat(300))),
                        BadSubject,
                    ),
                    (
                        "sub number",
                        self.with("sub", json!(1234)),
                        BadSubject,
                    ),
                    ("sub null", self.with("sub", json!(null)), BadSubject),
                    (
                        "sub with NUL",
                        self.with("sub", json!("12\0")),
                        BadSubject,
                    ),
                ],
            ),
            at(
                13,
                [
                    (
                        "sub doubled",
                        self.doubled("sub", &json!("5678")),
                        DuplicateMember,
                    ),
                    (
                        "exp doubled",
                        self.doubled("exp", &json!(NOW + 9_999)),
                        DuplicateMember,
                    ),
                    (
                        "deep double",
                        self.text(r#"{"a":[{"b":1,"b":1}]}"#),
                        DuplicateMember,
                    ),
                ],
            ),
            at(
                5,
                [("claims a list", self.text("[]"), Malformed("claims"))],
            ),
        ]
        .concat()
    }

    /// What is asked of a sign-in alone: that it is ours, of an account that is let in.
    pub fn of_a_sign_in(&self) -> Vec<Row> {
        [
            at(
                9,
                [
                    ("nonce absent", self.without("nonce"), WrongNonce),
                    (
                        "nonce of another browser",
                        self.with("nonce", json!("of-another-browser-now")),
                        WrongNonce,
                    ),
                    (
                        "nonce replayed",
                        self.with("nonce", json!("of-this-browser-yesterday")),
                        WrongNonce,
                    ),
                    (
                        "nonce empty",
                        self.with("nonce", json!("")),
                        WrongNonce,
                    ),
                    (
                        "nonce a list",
                        self.with("nonce", json!([NONCE])),
                        WrongNonce,
                    ),
                ],
            ),
            at(
                11,
                [
                    (
                        "email_verified false",
                        self.with("email_verified", json!(false)),
                        UnverifiedEmail,
                    ),
                    (
                        "email_verified text",
                        self.with("email_verified", json!("true")),
                        UnverifiedEmail,
                    ),
                    (
                        "email_verified a number",
                        self.with("email_verified", json!(1)),
                        UnverifiedEmail,
                    ),
                    (
                        "email_verified absent",
                        self.without("email_verified"),
                        UnverifiedEmail,
                    ),
                    ("email absent", self.without("email"), UnverifiedEmail),
                    (
                        "email with NUL",
                        self.with("email", json!("ada\0@example.com")),
                        UnverifiedEmail,
                    ),
                    (
                        "email with a line",
                        self.with("email", json!("ada@example.com\r\nBcc: x@y.z")),
                        UnverifiedEmail,
                    ),
                    (
                        "email a list",
                        self.with("email", json!(["ada@example.com"])),
                        UnverifiedEmail,
                    ),
                    (
                        "email of another domain",
                        self.with("email", json!("ada@evil.example")),
                        EmailDomain,
                    ),
                    (
                        "email of a subdomain",
                        self.with("email", json!("ada@mail.example.com")),
                        EmailDomain,
                    ),
                    (
                        "email of a longer domain",
                        self.with("email", json!("ada@notexample.com")),
                        EmailDomain,
                    ),
                    (
                        "email dotted",
                        self.with("email", json!("ada@example.com.")),
                        EmailDomain,
                    ),
                    (
                        "email look-alike",
                        self.with("email", json!("ada@exаmple.com")),
                        EmailDomain,
                    ),
                    (
                        "email twice",
                        self.with("email", json!("ada@example.com@evil.example")),
                        EmailDomain,
                    ),
                ],
            ),
            at(
                12,
                [
                    ("hd absent", self.without("hd"), HostedDomain),
                    (
                        "hd other",
                        self.with("hd", json!("evil.example")),
                        HostedDomain,
                    ),
                    (
                        "hd upper",
                        self.with("hd", json!("EXAMPLE.com")),
                        HostedDomain,
                    ),
                    (
                        "hd dotted",
                        self.with("hd", json!("example.com.")),
                        HostedDomain,
                    ),
                    (
                        "hd look-alike",
                        self.with("hd", json!("exаmple.com")),
                        HostedDomain,
                    ),
                    (
                        "hd a list",
                        self.with("hd", json!(["example.com"])),
                        HostedDomain,
                    ),
                ],
            ),
        ]
        .concat()
    }
}

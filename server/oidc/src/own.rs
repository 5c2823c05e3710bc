//! Tokens that this installation has issued. The caller provides the keys. All other checks are the
//! same as for ID tokens of a provider.

use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use crate::{
    Clock, Failure,
    claims::{self, Rules},
    token::Unverified,
};

/// The public half of an RSA key.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// The modulus, big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// The exponent, big-endian, without leading zeros.
    pub exponent: Vec<u8>,
}

/// The subject of a token of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The person (`sub`).
    pub subject: String,
    /// The session that the token was issued for (`sid`).
    pub session: String,
    /// The time of the sign-in in seconds (`auth_time`).
    pub signed_in_at: i64,
}

/// Verifies tokens of this installation. Cheap to clone.
#[derive(Clone)]
pub struct OwnTokens(Arc<Inner>);

struct Inner {
    rules: Rules,
    clock: Clock,
}

impl OwnTokens {
    /// Accepts tokens with this issuer and this audience.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, clock: Clock) -> Self {
        let rules = Rules {
            issuers: vec![issuer.to_owned()],
            audience: audience.to_owned(),
        };
        Self(Arc::new(Inner { rules, clock }))
    }

    /// Verifies a token. `key` is the key with the key ID that [`named_key`] returns, if there is
    /// one.
    ///
    /// # Errors
    /// One variant for each check. [`Failure::UnknownKid`] without a key.
    pub fn verify(&self, token: &str, key: Option<&PublicKey>) -> Result<Bearer, Failure> {
        let Inner { rules, clock } = &*self.0;
        let unverified = Unverified::read(token)?;
        let key = key.ok_or(Failure::UnknownKid)?;
        let claims = unverified.verify(&DecodingKey::from_rsa_raw_components(
            &key.modulus,
            &key.exponent,
        ))?;
        let now_seconds = clock().div_euclid(1000);
        rules.check(&claims, now_seconds)?;
        let signed_in_at = claims::required_auth_time(&claims, now_seconds)?;
        let subject = claims::subject(&claims)?.to_owned();
        Ok(Bearer {
            subject,
            session: session(&claims)?,
            signed_in_at,
        })
    }
}

/// The key ID of a token. The token is not verified.
///
/// # Errors
/// If the token is malformed.
pub fn named_key(token: &str) -> Result<String, Failure> {
    Unverified::read(token)?
        .kid
        .ok_or(Failure::MissingKid)
}

fn session(claims: &Map<String, Value>) -> Result<String, Failure> {
    claims
        .get("sid")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or(Failure::MissingClaim("sid"))
}

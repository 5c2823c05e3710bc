//! Tokens that this very installation signed. Its keys come from the caller, who knows them; everything else is held to
//! the same rules as a token of anyone else.

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

/// Whom a token of ours speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The person (`sub`).
    pub subject: String,
    /// The session that the token was given to (`sid`).
    pub session: String,
    /// When the person signed in (`auth_time`), in seconds.
    pub signed_in_at: i64,
}

/// Checks tokens of ours. Cheap to clone.
#[derive(Clone)]
pub struct OwnTokens(Arc<Inner>);

struct Inner {
    rules: Rules,
    clock: Clock,
}

impl OwnTokens {
    /// Accepts tokens that name this issuer and this audience.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, clock: Clock) -> Self {
        let rules = Rules { issuers: vec![issuer.to_owned()], audience: audience.to_owned() };
        Self(Arc::new(Inner { rules, clock }))
    }

    /// Says whom the token speaks for. `key` is the key that [`named_key`] names, if there is one.
    ///
    /// # Errors
    /// One variant for each rule that is broken; [`Failure::UnknownKid`] without a key.
    pub fn verify(&self, token: &str, key: Option<&PublicKey>) -> Result<Bearer, Failure> {
        let Inner { rules, clock } = &*self.0;
        let unverified = Unverified::read(token)?;
        let key = key.ok_or(Failure::UnknownKid)?;
        let claims = unverified.verify(&DecodingKey::from_rsa_raw_components(&key.modulus, &key.exponent))?;
        let now_seconds = clock().div_euclid(1000);
        rules.check(&claims, now_seconds)?;
        let signed_in_at = claims::required_auth_time(&claims, now_seconds)?;
        let subject = claims::subject(&claims)?.to_owned();
        Ok(Bearer { subject, session: session(&claims)?, signed_in_at })
    }
}

/// The name of the key that a token says it was signed with; nothing is checked by that.
///
/// # Errors
/// When the token's envelope is not acceptable.
pub fn named_key(token: &str) -> Result<String, Failure> {
    Unverified::read(token)?.kid.ok_or(Failure::MissingKid)
}

fn session(claims: &Map<String, Value>) -> Result<String, Failure> {
    claims.get("sid").and_then(Value::as_str).map(str::to_owned).ok_or(Failure::MissingClaim("sid"))
}

//! A signed token's envelope: three parts, one algorithm, a key chosen by name only.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

use crate::{
    Failure,
    json::{self, JsonError},
};

const LARGEST_TOKEN_BYTES: usize = 16 * 1024;
const LONGEST_KID_BYTES: usize = 256;

/// A token whose header is acceptable and whose signature is still to be checked.
#[derive(Debug)]
pub(crate) struct Unverified<'a> {
    pub kid: Option<String>,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Reads the header. Members that offer a key (`jku`, `x5u`, `jwk`, `x5c`) are not looked at.
    pub fn read(token: &'a str) -> Result<Self, Failure> {
        if token.len() > LARGEST_TOKEN_BYTES {
            return Err(Failure::TooLarge);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Failure::Malformed("parts"))?;
        let (header, payload) = message.split_once('.').ok_or(Failure::Malformed("parts"))?;
        if payload.contains('.') {
            return Err(Failure::Malformed("parts"));
        }
        let kid = acceptable_kid(&object(header, "header")?)?;
        Ok(Self { kid, message, payload, signature })
    }

    /// Checks the signature, and only then reads the claims.
    pub fn verify(&self, key: &DecodingKey) -> Result<Map<String, Value>, Failure> {
        bytes(self.signature, "signature")?;
        let message = self.message.as_bytes();
        match crypto::verify(self.signature, message, key, Algorithm::RS256) {
            Ok(true) => object(self.payload, "claims"),
            _ => Err(Failure::BadSignature),
        }
    }
}

/// The name of the key; none where the token names none, which is enough where there is one key only.
fn acceptable_kid(header: &Map<String, Value>) -> Result<Option<String>, Failure> {
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(Failure::BadAlgorithm);
    }
    if header.contains_key("crit") || header.contains_key("b64") {
        return Err(Failure::CriticalHeader);
    }
    match header.get("typ") {
        None => {}
        Some(Value::String(kind)) if kind.eq_ignore_ascii_case("JWT") => {}
        Some(_) => return Err(Failure::WrongType),
    }
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(kid)) if kid.len() > LONGEST_KID_BYTES => Err(Failure::UnknownKid),
        Some(Value::String(kid)) if !kid.is_empty() => Ok(Some(kid.clone())),
        Some(_) => Err(Failure::MissingKid),
    }
}

fn object(part: &str, what: &'static str) -> Result<Map<String, Value>, Failure> {
    json::parse_object(&bytes(part, what)?).map_err(|refusal| match refusal {
        JsonError::Duplicate => Failure::DuplicateMember,
        JsonError::NotAnObject => Failure::Malformed(what),
    })
}

/// Decodes base64url without padding and with zero trailing bits: one token has one spelling.
fn bytes(part: &str, what: &'static str) -> Result<Vec<u8>, Failure> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Failure::Malformed(what))
}

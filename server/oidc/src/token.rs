//! The structure and the signature of a token: three parts, one algorithm, and a key that is
//! selected only by its key ID.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

use crate::{
    Failure,
    json::{self, JsonError},
};

const MAX_TOKEN_BYTES: usize = 16 * 1024;
const MAX_KID_BYTES: usize = 256;

/// A token with a valid header, before its signature is verified.
#[derive(Debug)]
pub(crate) struct Unverified<'a> {
    pub kid: Option<String>,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// Parses the header. Members that contain a key or its URL (`jku`, `x5u`, `jwk`, `x5c`) are
    /// ignored.
    pub fn read(token: &'a str) -> Result<Self, Failure> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Failure::TooLarge);
        }
        let (message, signature) = token
            .rsplit_once('.')
            .ok_or(Failure::Malformed("parts"))?;
        let (header, payload) = message
            .split_once('.')
            .ok_or(Failure::Malformed("parts"))?;
        if payload.contains('.') {
            return Err(Failure::Malformed("parts"));
        }
        let kid = acceptable_kid(&object(header, "header")?)?;
        Ok(Self {
            kid,
            message,
            payload,
            signature,
        })
    }

    /// Verifies the signature, and parses the claims only after that.
    pub fn verify(&self, key: &DecodingKey) -> Result<Map<String, Value>, Failure> {
        bytes(self.signature, "signature")?;
        let message = self.message.as_bytes();
        match crypto::verify(self.signature, message, key, Algorithm::RS256) {
            Ok(true) => object(self.payload, "claims"),
            _ => Err(Failure::BadSignature),
        }
    }
}

/// The key ID of the header. A token without one is accepted if the key set has exactly one key.
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
        Some(Value::String(kid)) if kid.len() > MAX_KID_BYTES => Err(Failure::UnknownKid),
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

/// Decodes base64url without padding and with zero trailing bits, so that a token has only one
/// encoding.
fn bytes(part: &str, what: &'static str) -> Result<Vec<u8>, Failure> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Failure::Malformed(what))
}

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

const ISSUER: &str = "https://roundtable.example.com";
const AUDIENCE: &str = "https://roundtable.example.com/gate/orders";

#[derive(Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub external_id: Option<String>,
    pub scope: String,
    pub environment: String,
    pub key_id: i64,
    pub jti: String,
}

/// Returns the claims of a valid assertion, and an error for any other text.
pub fn verify_assertion(assertion: &str, keys: &JwkSet) -> Result<Claims, Error> {
    let header = decode_header(assertion)?;
    if header.typ.as_deref() != Some("rt-assertion+jwt") {
        return Err(ErrorKind::InvalidToken.into());
    }
    // If the set lacks the key, fetch it again.
    let key = header.kid.and_then(|kid| keys.find(&kid));
    let key = DecodingKey::from_jwk(key.ok_or(ErrorKind::InvalidToken)?)?;

    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    Ok(decode(assertion, &key, &validation)?.claims)
}

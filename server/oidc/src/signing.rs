//! An RSA key that signs tokens, for the development identity provider and for tests.

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaPublicKeyComponents},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The key could not be generated or used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unusable;

/// A key that is generated when it is first used, because that takes long.
pub(crate) struct SigningKey {
    pair: OnceLock<Result<KeyPair, Unusable>>,
    kid: String,
}

impl SigningKey {
    pub fn new(kid: &str) -> Self {
        Self {
            pair: OnceLock::new(),
            kid: kid.to_owned(),
        }
    }

    fn pair(&self) -> Result<&KeyPair, Unusable> {
        let pair = self
            .pair
            .get_or_init(|| KeyPair::generate(KeySize::Rsa2048).map_err(|_| Unusable));
        pair.as_ref().map_err(|unusable| *unusable)
    }

    /// The JWK set with the public key.
    pub fn jwks(&self) -> Result<Value, Unusable> {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.pair()?.public_key());
        Ok(json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }] }))
    }

    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid })
    }

    /// Signs the two texts without checking them.
    pub fn sign(&self, header: &str, claims: &str) -> Result<String, Unusable> {
        let header = URL_SAFE_NO_PAD.encode(header);
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let pair = self.pair()?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .map_err(|_| Unusable)?;
        Ok(format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        ))
    }
}

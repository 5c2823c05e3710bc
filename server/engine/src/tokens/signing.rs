//! An RSA key that signs ID tokens.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{Error, Result};

/// The key pair, in memory only.
pub(super) struct SigningKey(KeyPair);

impl SigningKey {
    /// Generates a pair of 2048 bits. This takes noticeable processor time.
    pub fn generate() -> Result<Self> {
        KeyPair::generate(KeySize::Rsa2048)
            .map(Self)
            .map_err(|_| broken("cannot be generated"))
    }

    /// Reads what [`SigningKey::private`] wrote.
    pub fn read(private: &[u8]) -> Result<Self> {
        KeyPair::from_pkcs8(private)
            .map(Self)
            .map_err(|_| broken("cannot be read"))
    }

    /// The private half (PKCS #8).
    pub fn private(&self) -> Result<Zeroizing<Vec<u8>>> {
        let der: Pkcs8V1Der<'_> = self
            .0
            .as_der()
            .map_err(|_| broken("cannot be written"))?;
        Ok(Zeroizing::new(der.as_ref().to_vec()))
    }

    /// The public half.
    pub fn public(&self) -> Vec<u8> {
        RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public_key()).n
    }

    /// A JSON web token of a type (RFC 7515, 4.1.9), RS256. The same claims give the same token (RFC 8017, 8.2: the signature
    /// is deterministic).
    pub fn token(&self, typ: &str, kid: &str, claims: &Value) -> Result<Zeroizing<String>> {
        let header = serde_json::json!({ "alg": "RS256", "typ": typ, "kid": kid }).to_string();
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", part(&header), part(&claims.to_string()));
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        );
        signed.map_err(|_| broken("does not sign"))?;
        Ok(Zeroizing::new(format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }
}

fn broken(what: &str) -> Error {
    Error::Broken(format!("a signing key {what}"))
}

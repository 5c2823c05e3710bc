//! The master key: 32 random bytes that are stored apart from the database.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{CanonicalEncoder, Secret, Tampered, expand};
use crate::runtime::Runtime;

/// Why a text cannot be the master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMasterKey {
    /// Neither 32 raw bytes, nor 64 hex digits, nor base64 of 32 bytes.
    #[error(
        "the master key must be 32 random bytes: raw, as 64 hex digits, or as base64; a passphrase will not do"
    )]
    NotThirtyTwoBytes,
    /// A pattern instead of random bytes.
    #[error("the master key is not random: too few of its bytes differ")]
    NotRandom,
}

/// The key that wraps the ring.
#[derive(Clone)]
pub struct MasterKey {
    secret: Secret,
    id: String,
}

impl MasterKey {
    /// A new random key, in hex as it is written to a file.
    pub fn generate_hex(runtime: &Runtime) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(Zeroizing::new(runtime.bytes::<32>())))
    }

    /// Reads 32 raw bytes, 64 hex digits or base64 of 32 bytes (white space around text is
    /// ignored).
    ///
    /// # Errors
    /// See [`BadMasterKey`].
    pub fn read(given: &[u8]) -> Result<Self, BadMasterKey> {
        let secret = decode(given).ok_or(BadMasterKey::NotThirtyTwoBytes)?;
        let different = secret
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        let printable = secret
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        if printable {
            return Err(BadMasterKey::NotThirtyTwoBytes);
        }
        if different < 12 {
            return Err(BadMasterKey::NotRandom);
        }
        let digest = Sha256::new()
            .chain_update(b"rt/kek-id/v1")
            .chain_update(secret.as_slice())
            .finalize();
        Ok(Self {
            secret,
            id: hex::encode(&digest[..8]),
        })
    }

    /// Identifies the key without revealing it: the first 8 bytes of a digest, in hex.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn wrap(
        &self,
        nonce: [u8; 12],
        associated_data: &CanonicalEncoder,
        ring_key: &Secret,
    ) -> Vec<u8> {
        let payload = Payload {
            msg: ring_key.as_slice(),
            aad: associated_data.as_slice(),
        };
        let wrapped = self
            .cipher()
            .and_then(|cipher| cipher.encrypt(&Nonce::from(nonce), payload).ok());
        [nonce.as_slice(), &wrapped.unwrap_or_default()].concat()
    }

    pub(super) fn unwrap(
        &self,
        associated_data: &CanonicalEncoder,
        wrapped: &[u8],
    ) -> Result<Secret, Tampered> {
        let (nonce, ciphertext) = wrapped.split_at_checked(12).ok_or(Tampered)?;
        let nonce: [u8; 12] = nonce.try_into().map_err(|_| Tampered)?;
        let payload = Payload {
            msg: ciphertext,
            aad: associated_data.as_slice(),
        };
        let opened = Zeroizing::new(
            self.cipher()
                .ok_or(Tampered)?
                .decrypt(&Nonce::from(nonce), payload)
                .map_err(|_| Tampered)?,
        );
        Ok(Zeroizing::new(
            opened
                .as_slice()
                .try_into()
                .map_err(|_| Tampered)?,
        ))
    }

    fn cipher(&self) -> Option<Aes256Gcm> {
        let key = expand(&self.secret, b"rt/wrap/v1");
        Some(Aes256Gcm::new(key.as_slice().try_into().ok()?))
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

fn decode(given: &[u8]) -> Option<Secret> {
    if given.len() == 32 {
        return given.try_into().ok().map(Zeroizing::new);
    }
    let text = std::str::from_utf8(given).ok()?.trim();
    let bytes = Zeroizing::new(if text.len() == 64 {
        hex::decode(text).ok()?
    } else {
        base64(text)?
    });
    bytes
        .as_slice()
        .try_into()
        .ok()
        .map(Zeroizing::new)
}

/// Base64 of 32 bytes, either alphabet, padding optional.
fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() != 43 {
        return None;
    }
    let mut bits = 0_u32;
    let mut held = 0_u32;
    let mut bytes = Vec::with_capacity(32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{FrozenClock, SeededRng};

    #[test]
    fn only_thirty_two_random_bytes_are_accepted() {
        let runtime = Runtime::of(FrozenClock::at(domain::Moment(0)), SeededRng::new(3));
        let hex = MasterKey::generate_hex(&runtime);
        let raw = hex::decode(hex.as_str()).expect("hex");
        let key = MasterKey::read(hex.as_bytes()).expect("hex");
        assert_eq!(key.id(), MasterKey::read(&raw).expect("raw").id());
        assert_eq!(
            key.id(),
            MasterKey::read(format!(" {}\n", hex.to_uppercase()).as_bytes())
                .expect("padded")
                .id()
        );
        assert_eq!(key.id().len(), 16);
        let patterns: [(&[u8], BadMasterKey); 6] = [
            (b"", BadMasterKey::NotThirtyTwoBytes),
            (
                b"correct horse battery staple",
                BadMasterKey::NotThirtyTwoBytes,
            ),
            (
                b"correct horse battery staple 123",
                BadMasterKey::NotThirtyTwoBytes,
            ),
            (&[7; 32], BadMasterKey::NotRandom),
            (&[0; 31], BadMasterKey::NotThirtyTwoBytes),
            (
                "0".repeat(64).leak().as_bytes(),
                BadMasterKey::NotRandom,
            ),
        ];
        for (bad, why) in patterns {
            assert_eq!(MasterKey::read(bad).err(), Some(why), "{bad:?}");
        }
        assert!(!format!("{key:?}").contains(hex.as_str()));
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        let bytes: Vec<u8> = (0..32_u8)
            .map(|n| (n * 6).wrapping_add(200))
            .collect();
        let standard = "yM7U2uDm7PL4/gQKEBYcIiguNDpARkxSWF5kanB2fII=";
        assert_eq!(base64(standard).expect("standard"), bytes);
        assert_eq!(
            base64(&standard.replace('/', "_").replace('=', "")).expect("url"),
            bytes
        );
    }
}

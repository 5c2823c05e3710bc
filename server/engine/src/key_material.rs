//! Generating keys, and the one-way values derived from them (decision D3).

use domain::token::{Brand, KeyKind, PlainKey, PresentedKey};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::keyring::Secret;
use crate::runtime::Runtime;

mod seal;

pub use seal::{Decryptor, SealContext, seal_to};

/// Generates a key: 8 public and 43 secret characters, each of 62 equally likely.
pub fn generate(runtime: &Runtime, brand: &Brand, kind: KeyKind) -> PlainKey {
    let secret = Zeroizing::new(runtime.base62());
    PlainKey::assemble(brand, kind, &runtime.base62(), &secret)
}

/// What the installation stores of a key. The key cannot be derived from either value.
pub struct Verifier {
    /// HKDF-SHA-256 of the whole key; stored only sealed, and as a keyed digest.
    pub auth: Zeroizing<[u8; 32]>,
    /// Public half of the X25519 pair derived from the key (RFC 9180, 7.1.3); the private half is
    /// never stored.
    pub public_key: [u8; 32],
}

/// Derives the one-way values of a key.
pub fn derive_verifier(key: &PlainKey) -> Verifier {
    Verifier {
        auth: derive(key, b"auth"),
        public_key: Decryptor::of(&seal_ikm(key)).public_key(),
    }
}

/// Only what authentication needs, at a tenth of the cost.
pub fn auth_value(key: &PlainKey) -> Zeroizing<[u8; 32]> {
    derive(key, b"auth")
}

/// The input keying material of a key's X25519 pair. It exists in memory only while a request
/// carries the key.
pub fn seal_ikm(key: &PlainKey) -> Secret {
    derive(key, b"seal")
}

/// What authentication needs of a key that another system has issued, which is known by its SHA-256
/// digest only. It differs from that of every key that was generated here.
pub fn imported_auth_value(sha256: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    expand(b"rt/import/v1", sha256, b"auth")
}

/// What authentication needs of a key that someone presents for an API.
pub fn presented_auth_value(key: &PresentedKey) -> Zeroizing<[u8; 32]> {
    match key {
        PresentedKey::Generated(key) => auth_value(key),
        PresentedKey::Foreign(_) => imported_auth_value(&Sha256::digest(key.expose()).into()),
    }
}

/// The values to store of a key that another system has issued. Nothing can be encrypted for it: the
/// private half of its public key is unknown.
pub fn imported_verifier(runtime: &Runtime, sha256: &[u8; 32]) -> Verifier {
    let unknown = Zeroizing::new(runtime.bytes());
    Verifier {
        auth: imported_auth_value(sha256),
        public_key: Decryptor::of(&unknown).public_key(),
    }
}

fn derive(key: &PlainKey, purpose: &[u8]) -> Secret {
    expand(b"rt/key/v1", key.expose().as_bytes(), purpose)
}

#[expect(
    clippy::expect_used,
    reason = "32 bytes are within the output limit of HKDF-SHA-256"
)]
fn expand(salt: &[u8], input: &[u8], purpose: &[u8]) -> Secret {
    let mut out = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), input)
        .expand(purpose, out.as_mut_slice())
        .expect("32 bytes");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{FrozenClock, SeededRng};

    #[test]
    fn a_key_gives_the_same_values_again_and_another_key_gives_others() {
        let runtime = Runtime::of(FrozenClock::at(domain::Moment(0)), SeededRng::new(1));
        let (one, two) = (
            generate(&runtime, &Brand::default(), KeyKind::Secret),
            generate(&runtime, &Brand::default(), KeyKind::Secret),
        );
        assert_ne!(one.expose(), two.expose());
        let again = PlainKey::parse(one.expose()).expect("a drawn key parses");
        assert_eq!(
            derive_verifier(&one).auth,
            derive_verifier(&again).auth
        );
        assert_eq!(
            derive_verifier(&one).public_key,
            derive_verifier(&again).public_key
        );
        assert_ne!(derive_verifier(&one).auth, derive_verifier(&two).auth);
        assert_ne!(
            derive_verifier(&one).public_key,
            derive_verifier(&two).public_key
        );
    }

    // A key that was generated here is never taken for an imported one.
    #[test]
    fn an_imported_key_has_other_values_than_a_generated_one() {
        let runtime = Runtime::of(FrozenClock::at(domain::Moment(0)), SeededRng::new(1));
        let key = generate(&runtime, &Brand::default(), KeyKind::Secret);
        let digest: [u8; 32] = Sha256::digest(key.expose()).into();
        let imported = imported_verifier(&runtime, &digest);
        assert_eq!(imported.auth, imported_auth_value(&digest));
        assert_ne!(imported.auth, auth_value(&key));
        let again = imported_verifier(&runtime, &digest);
        assert_ne!(imported.public_key, again.public_key);
    }
}

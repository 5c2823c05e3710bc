//! The keys that sign heads of the audit chains (Ed25519, RFC 8032). Each follows from an audit key of
//! the ring, so that it needs no row, and rotates with it. A third party verifies heads with the
//! public keys alone.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::keyring::Ring;

/// The public key of a key that signs heads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadKey {
    /// The id of the audit key that it follows from.
    pub id: i64,
    /// The public key, 32 bytes in hex.
    pub public_key: String,
    /// Whether new heads are signed with it.
    pub is_active: bool,
}

/// The keys that have signed heads, oldest first. Those of destroyed audit keys are unknown.
pub fn head_keys(ring: &Ring) -> Vec<HeadKey> {
    let active = ring.active_audit_key();
    let mut keys: Vec<_> = ring
        .head_seeds()
        .into_iter()
        .filter_map(|(id, seed)| {
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
            Some(HeadKey {
                id,
                public_key: hex::encode(pair.public_key()),
                is_active: id == active,
            })
        })
        .collect();
    keys.sort_by_key(|key| key.id);
    keys
}

/// Signs a message with the active key. Gives the public key and the signature, both in hex.
pub(super) fn sign(ring: &Ring, message: &str) -> Option<(String, String)> {
    let active = ring.active_audit_key();
    let (_, seed) = ring
        .head_seeds()
        .into_iter()
        .find(|(id, _)| *id == active)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).ok()?;
    let signature = hex::encode(pair.sign(message.as_bytes()));
    Some((hex::encode(pair.public_key()), signature))
}

/// Whether the signature is one of this public key, both in hex.
pub(super) fn fits(public_key: &str, message: &str, signature: &str) -> bool {
    let (Ok(public_key), Ok(signature)) = (hex::decode(public_key), hex::decode(signature)) else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(message.as_bytes(), &signature)
        .is_ok()
}

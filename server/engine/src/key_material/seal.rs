//! Sealing to a key and opening with it (decision D16): HPKE (RFC 9180) in base mode, with
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. Anyone can seal; base mode does not
//! authenticate the sender.

use std::convert::Infallible;

use hpke::aead::{AeadTag, AesGcm256};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{
    Deserializable, HpkeError, Kem, OpModeR, OpModeS, Serializable,
    single_shot_open_inout_detached, single_shot_seal_inout_detached_with_rng,
};
use zeroize::Zeroizing;

use crate::keyring::{CanonicalEncoder, Secret, Tampered};
use crate::runtime::Runtime;

/// The cipher suite: the first byte of everything sealed.
const SUITE: u8 = 1;
const ENC: usize = 32;
const TAG: usize = 16;

/// The context that a sealed value is bound to. It opens in no other.
pub struct SealContext {
    info: CanonicalEncoder,
    aad: CanonicalEncoder,
}

impl SealContext {
    /// An item of an actor, sealed to one of the actor's keys.
    pub fn item(
        deployment: &str,
        organization: &str,
        actor: i64,
        kind: &str,
        item: &str,
        key: i64,
    ) -> Self {
        let info = CanonicalEncoder::of("rt/item/v1")
            .text(deployment)
            .text(organization)
            .number(actor)
            .text(kind);
        Self {
            info,
            aad: CanonicalEncoder::default().text(item).number(key),
        }
    }

    /// The key material of one key, sealed to the key that replaced it.
    pub fn inherited_key(
        deployment: &str,
        organization: &str,
        actor: i64,
        from: i64,
        successor: i64,
    ) -> Self {
        let Self { info, aad } = Self::item(deployment, organization, actor, "heir", "heir", from);
        Self {
            info,
            aad: aad.number(successor),
        }
    }
}

/// Seals a value to a public key: suite, encapsulated key, ciphertext, tag.
///
/// # Errors
/// [`Tampered`] if the public key is not valid.
pub fn seal_to(
    runtime: &Runtime,
    public_key: &[u8],
    context: &SealContext,
    value: &[u8],
) -> Result<Vec<u8>, Tampered> {
    let recipient =
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public_key).map_err(tampered)?;
    let mut text = Zeroizing::new(value.to_vec());
    let (enc, tag) =
        single_shot_seal_inout_detached_with_rng::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &recipient,
            context.info.as_slice(),
            InOutBuf::from(text.as_mut_slice()),
            context.aad.as_slice(),
            &mut RuntimeRng(runtime),
        )
        .map_err(tampered)?;
    Ok([
        &[SUITE],
        enc.to_bytes().as_slice(),
        &text,
        tag.to_bytes().as_slice(),
    ]
    .concat())
}

/// The private half of a key's pair. It is never stored, and dropped with the request.
pub struct Decryptor(<X25519HkdfSha256 as Kem>::PrivateKey);

impl Decryptor {
    /// Derives the pair from [`super::seal_ikm`].
    pub fn of(seal_ikm: &Secret) -> Self {
        Self(X25519HkdfSha256::derive_keypair(seal_ikm.as_slice()).0)
    }

    /// The public half (RFC 9180, 7.1.3).
    pub fn public_key(&self) -> [u8; 32] {
        X25519HkdfSha256::sk_to_pk(&self.0)
            .to_bytes()
            .into()
    }

    /// Opens what [`seal_to`] sealed for the same context.
    ///
    /// # Errors
    /// [`Tampered`] if it was sealed to another key, or if the value or its context differs.
    pub fn open(&self, context: &SealContext, blob: &[u8]) -> Result<Zeroizing<Vec<u8>>, Tampered> {
        let (suite, rest) = blob.split_first().ok_or(Tampered)?;
        let (enc, rest) = rest.split_at_checked(ENC).ok_or(Tampered)?;
        let (text, tag) = rest
            .split_at_checked(rest.len().wrapping_sub(TAG))
            .ok_or(Tampered)?;
        if *suite != SUITE {
            return Err(Tampered);
        }
        let mut text = Zeroizing::new(text.to_vec());
        single_shot_open_inout_detached::<AesGcm256, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.0,
            &<X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).map_err(tampered)?,
            context.info.as_slice(),
            InOutBuf::from(text.as_mut_slice()),
            context.aad.as_slice(),
            &AeadTag::from_bytes(tag).map_err(tampered)?,
        )
        .map_err(tampered)?;
        Ok(text)
    }
}

const fn tampered(_: HpkeError) -> Tampered {
    Tampered
}

/// The runtime as the random generator of the HPKE library.
struct RuntimeRng<'a>(&'a Runtime);

impl TryRng for RuntimeRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for RuntimeRng<'_> {}

#[cfg(test)]
mod tests;

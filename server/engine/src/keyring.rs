//! The key ring: random keys of the installation, each wrapped by the master key.
//!
//! Changing the master key rewrites these few rows only. Every stored value names the id of the
//! ring key it was made with, so no trial decryption is needed.

use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

mod master;
mod reader;
mod reseal;
mod rotation;
mod startup;

pub use master::{BadMasterKey, MasterKey};
pub(crate) use reader::{follow, forget};
pub use reseal::{RESEAL_BATCH, Resealed, reseal};
pub use rotation::{
    Activated, RotationFault, RowCount, activate, add, count_rows, delete_signing_keys, destroy,
    wait_for_servers,
};
pub use startup::{
    RingFault, RingKeyStatus, RingStatus, init, is_initialised, open, rewrap, status,
};

/// Thirty-two secret bytes.
pub type Secret = Zeroizing<[u8; 32]>;

domain::closed_set! {
    /// The purpose of a ring key, with its name in the database. No key has two purposes.
    #[derive(PartialOrd, Ord)]
    pub enum Purpose {
        /// Seals values at rest.
        Data = "data",
        /// Keyed digests to look up API keys.
        Lookup = "lookup",
        /// MACs over the security fields of rows.
        Row = "row",
        /// MACs over audit events.
        Audit = "audit",
        /// Keyed digests to look up sessions and sign-ins.
        Session = "session",
        /// Shows that the master key opens the ring: its plaintext is fixed.
        Canary = "canary",
    }
}

domain::closed_set! {
    /// What a ring key is used for at present, with the word in the database.
    pub enum RingKeyState {
        /// Servers know it, and make nothing with it yet.
        Pending = "pending",
        /// New values are made with it.
        Active = "active",
        /// Only values from before its rotation are read with it.
        Retired = "decrypt_only",
    }
}

/// An unambiguous encoding: every field is preceded by its length, an optional one by a flag.
#[derive(Default)]
pub struct CanonicalEncoder(Vec<u8>);

impl CanonicalEncoder {
    /// Begins with a label for domain separation.
    pub fn of(label: &str) -> Self {
        Self::default().bytes(label.as_bytes())
    }

    /// Bytes without a length, for published test vectors.
    #[cfg(test)]
    pub(crate) fn raw(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend((bytes.len() as u64).to_be_bytes());
        self.0.extend(bytes);
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Adds text that may be absent.
    #[must_use]
    pub fn maybe_text(self, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    /// Adds a number that may be absent.
    #[must_use]
    pub fn maybe_number(self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.number(1).number(number),
            None => self.number(0),
        }
    }

    /// Adds a named number only if it is present, so that the seals of rows from before the field
    /// existed stay valid.
    #[must_use]
    pub fn unless_none(self, name: &str, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.text(name).number(number),
            None => self,
        }
    }

    /// As [`CanonicalEncoder::unless_none`], for text.
    #[must_use]
    pub fn text_unless_none(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(name).text(text),
            None => self,
        }
    }

    /// Adds the scopes of a key only if it is restricted, for the same reason.
    #[must_use]
    pub fn unless_everything(self, scopes: &str) -> Self {
        if scopes == "*" {
            self
        } else {
            self.text("scopes").text(scopes)
        }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

/// The opened ring, in memory only.
///
/// It follows the ring of the database ([`Ring::reload`]) without a lock for those who use it: keys
/// are only added, and a key that was destroyed is marked.
pub struct Ring {
    deployment: String,
    keys: KeyList,
    active: BTreeMap<Purpose, AtomicI64>,
    /// The master keys that open the keys that are added later.
    masters: Vec<MasterKey>,
    /// The last change of the ring that was read.
    changes: AtomicI64,
    reloading: tokio::sync::Mutex<()>,
}

/// One key of the ring.
struct RingKey {
    id: i64,
    purpose: Purpose,
    secret: Secret,
    is_destroyed: AtomicBool,
}

/// Keys that were read together, and those that were added later.
#[derive(Default)]
struct KeyList {
    keys: Vec<RingKey>,
    later: OnceLock<Box<KeyList>>,
}

/// The keys that new values are made with, as rows name them.
pub(crate) struct ActiveKeys {
    /// The first bytes of a sealed value, after its version.
    pub data: Vec<u8>,
    /// The id of the lookup key.
    pub lookup: i64,
    /// The first bytes of the MAC of a row.
    pub row: Vec<u8>,
}

/// A sealed value does not open: it was altered, moved to another row, or sealed by another
/// installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tampered;

impl Ring {
    /// Keyed digests of a secret value under every key of a purpose, with the id of that key: first
    /// under the active one. A key that is not active yet counts too, because another server may
    /// have activated it already.
    pub fn digests(&self, purpose: Purpose, value: &[u8]) -> impl Iterator<Item = (i64, [u8; 32])> {
        let active = self.active_id(purpose);
        let first = self
            .of(purpose)
            .filter(move |key| key.id == active);
        let others = self
            .of(purpose)
            .filter(move |key| key.id != active);
        first
            .chain(others)
            .map(move |key| (key.id, mac(&key.secret, value)))
    }

    /// The keyed digest under the active key, with that key's id.
    pub fn lookup(&self, purpose: Purpose, value: &[u8]) -> (i64, Vec<u8>) {
        let id = self.active_id(purpose);
        let zero = Zeroizing::new([0; 32]);
        let key = self.key(purpose, id).unwrap_or(&zero);
        (id, mac(key, value).to_vec())
    }

    /// Whether values of a purpose may be under different keys: while a key is being replaced.
    pub(crate) fn has_several(&self, purpose: Purpose) -> bool {
        self.of(purpose).nth(1).is_some()
    }

    /// The keys that new values are made with.
    pub(crate) fn active_keys(&self) -> ActiveKeys {
        let bytes = |purpose| self.active_id(purpose).to_be_bytes().to_vec();
        ActiveKeys {
            data: bytes(Purpose::Data),
            lookup: self.active_id(Purpose::Lookup),
            row: bytes(Purpose::Row),
        }
    }

    /// Seals a value with AES-256-GCM under a subkey of its table and row, bound to the associated
    /// data: `0x01 | data key id | nonce | ciphertext`.
    pub fn seal(
        &self,
        nonce: [u8; 12],
        table: &str,
        row: &[u8],
        associated_data: &CanonicalEncoder,
        value: &[u8],
    ) -> Vec<u8> {
        let id = self.active_id(Purpose::Data);
        let aad = self.aad(id, associated_data);
        let cipher = self.record_cipher(id, table, row);
        let sealed = cipher.and_then(|cipher| {
            cipher
                .encrypt(
                    &Nonce::from(nonce),
                    Payload {
                        msg: value,
                        aad: aad.as_slice(),
                    },
                )
                .ok()
        });
        let mut blob = vec![1];
        blob.extend(id.to_be_bytes());
        blob.extend(nonce);
        blob.extend(sealed.unwrap_or_default());
        blob
    }

    /// Opens what [`Ring::seal`] sealed for the same row with the same associated data.
    ///
    /// # Errors
    /// [`Tampered`] if the blob, the row or the associated data differs.
    pub fn unseal(
        &self,
        table: &str,
        row: &[u8],
        associated_data: &CanonicalEncoder,
        blob: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Tampered> {
        let (head, ciphertext) = blob.split_at_checked(21).ok_or(Tampered)?;
        let id = i64::from_be_bytes(head[1..9].try_into().map_err(|_| Tampered)?);
        let nonce: [u8; 12] = head[9..21].try_into().map_err(|_| Tampered)?;
        if head[0] != 1 {
            return Err(Tampered);
        }
        let aad = self.aad(id, associated_data);
        let cipher = self
            .record_cipher(id, table, row)
            .ok_or(Tampered)?;
        let opened = cipher.decrypt(
            &Nonce::from(nonce),
            Payload {
                msg: ciphertext,
                aad: aad.as_slice(),
            },
        );
        opened.map(Zeroizing::new).map_err(|_| Tampered)
    }

    /// A MAC over canonical bytes, under the active key of a purpose: `key id | HMAC-SHA-256`.
    pub fn mac(&self, purpose: Purpose, canonical: &CanonicalEncoder) -> Vec<u8> {
        let (id, mac) = self.lookup(
            purpose,
            CanonicalEncoder::of(&self.deployment)
                .bytes(canonical.as_slice())
                .as_slice(),
        );
        [id.to_be_bytes().as_slice(), &mac].concat()
    }

    /// Verifies a MAC of [`Ring::mac`], in constant time.
    pub fn mac_fits(&self, purpose: Purpose, canonical: &CanonicalEncoder, claimed: &[u8]) -> bool {
        let Some((id, claimed)) = claimed.split_at_checked(8) else {
            return false;
        };
        let id = id.try_into().map_or(0, i64::from_be_bytes);
        let Some(key) = self.key(purpose, id) else {
            return false;
        };
        let truth = mac(
            key,
            CanonicalEncoder::of(&self.deployment)
                .bytes(canonical.as_slice())
                .as_slice(),
        );
        truth.ct_eq(claimed).into()
    }

    /// The id of the installation, which every seal and MAC is bound to.
    pub(crate) fn deployment(&self) -> &str {
        &self.deployment
    }

    /// The MAC key of the revocation journal. It follows from the oldest audit key, which is never
    /// destroyed: the journal outlives the rotation of the audit key, and can be read with a backup
    /// of the database from before it.
    pub(crate) fn journal_key(&self) -> Secret {
        let zero = Zeroizing::new([0; 32]);
        let oldest = self.of(Purpose::Audit).min_by_key(|key| key.id);
        expand(
            oldest.map_or(&zero, |key| &key.secret),
            CanonicalEncoder::of("rt/journal/v1")
                .text(&self.deployment)
                .as_slice(),
        )
    }

    /// The seeds of the keys that sign heads of the audit chains, each with the id of the audit key
    /// that it follows from.
    pub(crate) fn head_seeds(&self) -> Vec<(i64, Secret)> {
        let info = CanonicalEncoder::of("rt/audit-head-seed/v1").text(&self.deployment);
        self.of(Purpose::Audit)
            .map(|key| (key.id, expand(&key.secret, info.as_slice())))
            .collect()
    }

    /// The id of the audit key that new MACs are made with.
    pub(crate) fn active_audit_key(&self) -> i64 {
        self.active_id(Purpose::Audit)
    }

    /// The last change of the ring that was read.
    pub(crate) fn changes(&self) -> i64 {
        self.changes.load(Ordering::SeqCst)
    }

    /// The id of the key that new values of a purpose are made with.
    pub(crate) fn active_id(&self, purpose: Purpose) -> i64 {
        self.active
            .get(&purpose)
            .map_or(0, |id| id.load(Ordering::SeqCst))
    }

    /// The keys that were not destroyed.
    fn keys(&self) -> impl Iterator<Item = &RingKey> {
        self.keys
            .lists()
            .flat_map(|list| &list.keys)
            .filter(|key| !key.is_destroyed.load(Ordering::SeqCst))
    }

    fn of(&self, purpose: Purpose) -> impl Iterator<Item = &RingKey> {
        self.keys()
            .filter(move |key| key.purpose == purpose)
    }

    fn key(&self, purpose: Purpose, id: i64) -> Option<&Secret> {
        self.of(purpose)
            .find(|key| key.id == id)
            .map(|key| &key.secret)
    }

    fn aad(&self, data_key: i64, associated_data: &CanonicalEncoder) -> CanonicalEncoder {
        CanonicalEncoder::of("rt/aad/v1")
            .text(&self.deployment)
            .number(data_key)
            .bytes(associated_data.as_slice())
    }

    fn record_cipher(&self, id: i64, table: &str, row: &[u8]) -> Option<Aes256Gcm> {
        let info = CanonicalEncoder::of("rt/rec/v1")
            .text(table)
            .bytes(row);
        let subkey = expand(self.key(Purpose::Data, id)?, info.as_slice());
        Some(Aes256Gcm::new(subkey.as_slice().try_into().ok()?))
    }
}

impl RingKey {
    const fn new(id: i64, purpose: Purpose, secret: Secret) -> Self {
        Self {
            id,
            purpose,
            secret,
            is_destroyed: AtomicBool::new(false),
        }
    }
}

impl KeyList {
    fn lists(&self) -> impl Iterator<Item = &Self> {
        successors(Some(self), |list| list.later.get().map(Box::as_ref))
    }

    /// Adds keys after the last ones. Only one caller at a time may add keys.
    fn add(&self, keys: Vec<RingKey>) {
        let more = Self {
            keys,
            later: OnceLock::new(),
        };
        if let Some(last) = self.lists().last() {
            let added = last.later.set(Box::new(more));
            debug_assert!(added.is_ok());
        }
    }
}

fn expand(key: &Secret, info: &[u8]) -> Secret {
    let mut out = Zeroizing::new([0; 32]);
    let expanded =
        Hkdf::<Sha256>::from_prk(key.as_slice()).map(|hkdf| hkdf.expand(info, out.as_mut_slice()));
    debug_assert!(matches!(expanded, Ok(Ok(()))));
    out
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &Secret, value: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_slice()).expect("any length");
    mac.update(value);
    mac.finalize().into_bytes().into()
}

/// A MAC over canonical bytes under a key outside of the ring.
pub(crate) fn mac_with(key: &Secret, canonical: &CanonicalEncoder) -> Vec<u8> {
    mac(key, canonical.as_slice()).to_vec()
}

/// SHA-256 over canonical bytes.
pub fn hash(canonical: &CanonicalEncoder) -> Vec<u8> {
    Sha256::digest(canonical.as_slice()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring with one key for each purpose, from 1 on.
    fn ring() -> Ring {
        let numbered = || Purpose::ALL.into_iter().zip(1_i64..);
        let keys = numbered()
            .map(|(purpose, id)| RingKey::new(id, purpose, Zeroizing::new([id as u8; 32])))
            .collect();
        Ring {
            deployment: "here".into(),
            keys: KeyList {
                keys,
                later: OnceLock::new(),
            },
            active: numbered()
                .map(|(purpose, id)| (purpose, AtomicI64::new(id)))
                .collect(),
            masters: Vec::new(),
            changes: AtomicI64::new(0),
            reloading: tokio::sync::Mutex::default(),
        }
    }

    /// Adds an active key to a ring, as a rotation does.
    fn rotate(ring: &Ring, purpose: Purpose, id: i64) {
        let secret = Zeroizing::new([id as u8; 32]);
        ring.keys
            .add(vec![RingKey::new(id, purpose, secret)]);
        ring.active[&purpose].store(id, Ordering::SeqCst);
    }

    #[test]
    fn values_from_before_a_rotation_stay_valid_until_their_key_is_destroyed() {
        let (ring, about) = (ring(), CanonicalEncoder::of("about"));
        let (sealed, mac) = (
            ring.seal([9; 12], "t", b"7", &about, b"value"),
            ring.mac(Purpose::Row, &about),
        );
        let before = ring.lookup(Purpose::Lookup, b"value");
        for (purpose, id) in [(Purpose::Data, 7), (Purpose::Row, 8), (Purpose::Lookup, 9)] {
            rotate(&ring, purpose, id);
        }
        assert!(ring.unseal("t", b"7", &about, &sealed).is_ok());
        assert!(ring.mac_fits(Purpose::Row, &about, &mac));
        let digests: Vec<_> = ring
            .digests(Purpose::Lookup, b"value")
            .map(|(id, digest)| (id, digest.to_vec()))
            .collect();
        assert_eq!(
            digests,
            [ring.lookup(Purpose::Lookup, b"value"), before]
        );
        assert_eq!(
            ring.seal([9; 12], "t", b"7", &about, b"value")[1..9],
            7_i64.to_be_bytes()
        );
        assert_eq!(
            ring.mac(Purpose::Row, &about)[..8],
            8_i64.to_be_bytes()
        );

        for key in ring.keys().filter(|key| key.id < 7) {
            key.is_destroyed.store(true, Ordering::SeqCst);
        }
        assert!(ring.unseal("t", b"7", &about, &sealed).is_err());
        assert!(!ring.mac_fits(Purpose::Row, &about, &mac));
        assert!(!ring.has_several(Purpose::Lookup));
    }

    #[test]
    fn the_key_of_the_journal_outlives_the_rotation_of_the_audit_key() {
        let ring = ring();
        let before = ring.journal_key();
        rotate(&ring, Purpose::Audit, 7);
        assert_eq!(*ring.journal_key(), *before);
        assert_eq!(
            ring.mac(Purpose::Audit, &CanonicalEncoder::of("e"))[..8],
            7_i64.to_be_bytes()
        );
    }

    // RK-30
    #[test]
    fn a_sealed_value_opens_only_unaltered_and_in_its_row() {
        let (ring, associated_data) = (ring(), CanonicalEncoder::of("org_a").number(7));
        let blob = ring.seal(
            [9; 12],
            "api_keys",
            b"7",
            &associated_data,
            b"verifier",
        );
        assert_eq!(
            ring.unseal("api_keys", b"7", &associated_data, &blob)
                .expect("opens")
                .as_slice(),
            b"verifier"
        );
        for at in 0..blob.len() {
            for bit in 0..8 {
                let mut bad = blob.clone();
                bad[at] ^= 1 << bit;
                assert_eq!(
                    ring.unseal("api_keys", b"7", &associated_data, &bad)
                        .err(),
                    Some(Tampered),
                    "byte {at} bit {bit}"
                );
            }
        }
        for cut in 0..blob.len() {
            assert!(
                ring.unseal("api_keys", b"7", &associated_data, &blob[..cut])
                    .is_err()
            );
        }
        let elsewhere = CanonicalEncoder::of("org_b").number(7);
        assert!(
            ring.unseal("api_keys", b"7", &elsewhere, &blob)
                .is_err()
        );
        assert!(
            ring.unseal("api_keys", b"8", &associated_data, &blob)
                .is_err()
        );
        assert!(
            ring.unseal("sessions", b"7", &associated_data, &blob)
                .is_err()
        );
    }

    // RK-30: another implementation of AES-256-GCM opens a sealed value, given the raw parts: the
    // subkey (HKDF-SHA-256 of RFC 5869, written out), the nonce, the associated data.
    #[test]
    fn another_implementation_opens_a_sealed_value() {
        use aws_lc_rs::{aead, hmac};
        let (ring, associated_data) = (ring(), CanonicalEncoder::of("org_a").number(7));
        for (turn, value) in [&b""[..], b"verifier", &[0xA5; 1_000]]
            .into_iter()
            .enumerate()
        {
            let nonce = [u8::try_from(turn).expect("small"); 12];
            let blob = ring.seal(nonce, "api_keys", b"7", &associated_data, value);
            let id = i64::from_be_bytes(blob[1..9].try_into().expect("eight bytes"));
            assert_eq!(&blob[9..21], nonce);
            let info = CanonicalEncoder::of("rt/rec/v1")
                .text("api_keys")
                .bytes(b"7");
            let prk = hmac::Key::new(
                hmac::HMAC_SHA256,
                ring.key(Purpose::Data, id)
                    .expect("the key")
                    .as_slice(),
            );
            let subkey = hmac::sign(&prk, &[info.as_slice(), &[1]].concat());
            let key = aead::LessSafeKey::new(
                aead::UnboundKey::new(&aead::AES_256_GCM, subkey.as_ref()).expect("32 bytes"),
            );
            let aad = aead::Aad::from(ring.aad(id, &associated_data).as_slice().to_vec());
            let mut sealed = blob[21..].to_vec();
            let nonce = aead::Nonce::assume_unique_for_key(nonce);
            assert_eq!(
                key.open_in_place(nonce, aad, &mut sealed)
                    .expect("it opens"),
                value
            );
        }
    }

    // RK-30: the vectors of the GCM specification for 256-bit keys (test cases 13, 14 and 16).
    #[test]
    fn the_cipher_is_aes_256_gcm() {
        let (zeros, zero_nonce) = ("00".repeat(32), "00".repeat(12));
        let key = "feffe9928665731c6d6a8f9467308308".repeat(2);
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let sealed = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";
        let vectors = [
            (
                zeros.as_str(),
                zero_nonce.as_str(),
                "",
                "",
                "530f8afbc74536b9a963b4f1c4cb738b",
            ),
            (
                &zeros,
                &zero_nonce,
                "00000000000000000000000000000000",
                "",
                "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (
                &key,
                "cafebabefacedbaddecaf888",
                plain,
                "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                sealed,
            ),
        ];
        let bytes = |text: &str| hex::decode(text).expect("hex");
        for (key, nonce, plain, aad, sealed) in vectors {
            let cipher = Aes256Gcm::new(
                bytes(key)
                    .as_slice()
                    .try_into()
                    .expect("32 bytes"),
            );
            let nonce: [u8; 12] = bytes(nonce).try_into().expect("12 bytes");
            let (plain, aad) = (bytes(plain), bytes(aad));
            let made = cipher
                .encrypt(
                    &Nonce::from(nonce),
                    Payload {
                        msg: &plain,
                        aad: &aad,
                    },
                )
                .expect("sealed");
            assert_eq!(hex::encode(made), sealed);
        }
    }

    #[test]
    fn a_mac_is_valid_only_for_its_own_bytes() {
        let ring = ring();
        let canonical = CanonicalEncoder::of("row")
            .maybe_text(None)
            .text("a");
        let mac = ring.mac(Purpose::Row, &canonical);
        assert!(ring.mac_fits(Purpose::Row, &canonical, &mac));
        assert!(
            !ring.mac_fits(
                Purpose::Row,
                &CanonicalEncoder::of("row")
                    .text("a")
                    .maybe_text(None),
                &mac
            )
        );
        assert!(!ring.mac_fits(Purpose::Audit, &canonical, &mac));
        assert!(!ring.mac_fits(Purpose::Row, &canonical, &mac[..39]));
        assert!(!ring.mac_fits(Purpose::Row, &canonical, b""));
    }
}

//! The seal against the test vectors of RFC 9180, and against alterations.

use std::sync::Arc;

use super::*;
use crate::runtime::{FrozenClock, Rng, SeededRng};

const INFO: &[u8] = b"Ode on a Grecian Urn";
const TEXT: &[u8] = b"Beauty is truth, truth beauty";
const AAD: &[u8] = b"Count-0";

/// Appendix A.1: ikmR, skRm, pkRm, ikmE, pkEm. The encapsulation is the same whatever the cipher.
const IKM_R: &str = "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037";
const SK_R: &str = "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8";
const PK_R: &str = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d";
const IKM_E: &str = "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234";
const PK_E: &str = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";

/// Bytes that the vectors give, for a place that only they have.
fn vector_place() -> SealContext {
    SealContext {
        info: CanonicalEncoder::raw(INFO),
        aad: CanonicalEncoder::raw(AAD),
    }
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}

fn decryptor(private: &str) -> Decryptor {
    Decryptor(
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&bytes(private)).expect("a private key"),
    )
}

fn ikm(text: &str) -> Secret {
    Zeroizing::new(bytes(text).try_into().expect("32 bytes"))
}

fn seeded() -> Runtime {
    Runtime::of(FrozenClock::at(domain::Moment(0)), SeededRng::new(1))
}

struct FixedRng(Vec<u8>);

impl Rng for FixedRng {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0);
    }
}

// RO-27: the public key is that of the pair which RFC 9180 derives.
#[test]
fn a_pair_is_derived_as_in_appendix_a_1_of_rfc_9180() {
    let decryptor = Decryptor::of(&ikm(IKM_R));
    // The library keeps the number of X25519, with the bits that it ignores cleared.
    assert_eq!(
        decryptor.0.to_bytes(),
        self::decryptor(SK_R).0.to_bytes()
    );
    assert_eq!(hex::encode(decryptor.public_key()), PK_R);
}

// The vector of exactly our suite (mode 0, KEM 0x0020, KDF 0x0001, AEAD 0x0002) is in the working
// group's file of test vectors, from which the appendix prints a selection.
#[test]
fn the_vector_of_our_suite_opens() {
    let decryptor = decryptor("497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d");
    assert_eq!(
        hex::encode(decryptor.public_key()),
        "430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c"
    );
    let enc = bytes("6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256");
    let sealed = bytes(
        "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
    );
    let blob = [&[SUITE], enc.as_slice(), &sealed].concat();
    assert_eq!(
        decryptor
            .open(&vector_place(), &blob)
            .expect("it opens")
            .as_slice(),
        TEXT
    );
}

#[test]
fn sealing_with_the_random_bytes_of_appendix_a_1_gives_its_encapsulation_and_opens() {
    let runtime = Runtime::of(
        FrozenClock::at(domain::Moment(0)),
        Arc::new(FixedRng(bytes(IKM_E))),
    );
    let blob = seal_to(&runtime, &bytes(PK_R), &vector_place(), TEXT).expect("sealed");
    assert_eq!(hex::encode(&blob[1..33]), PK_E);
    assert_eq!(blob.len(), 1 + ENC + TEXT.len() + TAG);
    assert_eq!(
        decryptor(SK_R)
            .open(&vector_place(), &blob)
            .expect("it opens")
            .as_slice(),
        TEXT
    );
}

// Appendix A.1 is printed for AES-128-GCM: the library, not our suite.
#[test]
fn the_library_seals_as_in_appendix_a_1() {
    let runtime = Runtime::of(
        FrozenClock::at(domain::Moment(0)),
        Arc::new(FixedRng(bytes(IKM_E))),
    );
    let recipient =
        <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&bytes(PK_R)).expect("a public key");
    let mut text = TEXT.to_vec();
    let (enc, tag) = single_shot_seal_inout_detached_with_rng::<
        hpke::aead::AesGcm128,
        HkdfSha256,
        X25519HkdfSha256,
    >(
        &OpModeS::Base,
        &recipient,
        INFO,
        InOutBuf::from(text.as_mut_slice()),
        AAD,
        &mut RuntimeRng(&runtime),
    )
    .expect("sealed");
    assert_eq!(hex::encode(enc.to_bytes()), PK_E);
    assert_eq!(
        hex::encode([text.as_slice(), &tag.to_bytes()].concat()),
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    );
}

#[test]
fn nothing_opens_but_the_whole_blob_in_its_place_with_its_key() {
    let (runtime, key) = (seeded(), Decryptor::of(&ikm(IKM_R)));
    let place = || SealContext::item("here", "org_a", 1, "message", "item_a", 7);
    let blob = seal_to(&runtime, &key.public_key(), &place(), TEXT).expect("sealed");
    assert_eq!(
        key.open(&place(), &blob)
            .expect("it opens")
            .as_slice(),
        TEXT
    );
    for at in 0..blob.len() {
        let mut bad = blob.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(key.open(&place(), &bad).is_err(), "byte {at}");
        assert!(
            key.open(&place(), &blob[..at]).is_err(),
            "cut at {at}"
        );
    }
    for elsewhere in [
        SealContext::item("there", "org_a", 1, "message", "item_a", 7),
        SealContext::item("here", "org_b", 1, "message", "item_a", 7),
        SealContext::item("here", "org_a", 2, "message", "item_a", 7),
        SealContext::item("here", "org_a", 1, "note", "item_a", 7),
        SealContext::item("here", "org_a", 1, "message", "item_b", 7),
        SealContext::item("here", "org_a", 1, "message", "item_a", 8),
        SealContext::inherited_key("here", "org_a", 1, 7, 8),
    ] {
        assert!(key.open(&elsewhere, &blob).is_err());
    }
    assert!(
        Decryptor::of(&ikm(IKM_E))
            .open(&place(), &blob)
            .is_err()
    );
    let again = seal_to(&runtime, &key.public_key(), &place(), TEXT).expect("sealed");
    assert_ne!(blob, again, "the random bytes differ");
    assert!(
        seal_to(&runtime, &[0; 32], &place(), TEXT).is_err(),
        "the neutral element is no public key"
    );
    assert!(seal_to(&runtime, &[9; 31], &place(), TEXT).is_err());
}

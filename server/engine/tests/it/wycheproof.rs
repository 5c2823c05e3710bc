//! The vectors of Project Wycheproof against the libraries of the key ring, with the parameters that
//! the ring uses: AES-256-GCM, HMAC-SHA-256 and HKDF-SHA-256.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use wycheproof::TestResult;

/// The sizes that the ring uses, in bits.
const KEY: usize = 256;
const NONCE: usize = 96;
const TAG: usize = 128;

#[test]
fn aes_256_gcm() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).expect("vectors");
    let groups = set
        .test_groups
        .iter()
        .filter(|group| (group.key_size, group.nonce_size, group.tag_size) == (KEY, NONCE, TAG));
    let mut count = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&test.key).expect("a key");
        let nonce = Nonce::try_from(test.nonce.as_slice()).expect("a nonce");
        let sealed = [test.ct.as_slice(), &test.tag].concat();
        let opened = cipher.decrypt(
            &nonce,
            Payload {
                msg: &sealed,
                aad: &test.aad,
            },
        );
        match test.result {
            TestResult::Invalid => assert!(opened.is_err(), "{} {}", test.tc_id, test.comment),
            _ => {
                assert_eq!(
                    opened.as_deref(),
                    Ok(test.pt.as_slice()),
                    "{}",
                    test.tc_id
                );
                let again = cipher.encrypt(
                    &nonce,
                    Payload {
                        msg: &test.pt,
                        aad: &test.aad,
                    },
                );
                assert_eq!(again, Ok(sealed), "{}", test.tc_id);
            }
        }
        count += 1;
    }
    assert!(count > 50, "{count} vectors");
}

#[test]
fn hmac_sha_256() {
    let set =
        wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).expect("vectors");
    let mut count = 0;
    for group in set
        .test_groups
        .iter()
        .filter(|group| group.tag_size == KEY)
    {
        for test in &group.tests {
            let mut mac = Hmac::<Sha256>::new_from_slice(&test.key).expect("any length");
            mac.update(&test.msg);
            let is_equal = mac.verify_slice(&test.tag).is_ok();
            assert_eq!(
                is_equal,
                test.result != TestResult::Invalid,
                "{}",
                test.tc_id
            );
            count += 1;
        }
    }
    assert!(count > 50, "{count} vectors");
}

#[test]
fn hkdf_sha_256() {
    let set =
        wycheproof::hkdf::TestSet::load(wycheproof::hkdf::TestName::HkdfSha256).expect("vectors");
    let mut count = 0;
    for test in set
        .test_groups
        .iter()
        .flat_map(|group| &group.tests)
    {
        let mut okm = vec![0; test.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut okm);
        if test.result == TestResult::Invalid {
            assert!(expanded.is_err(), "{}", test.tc_id);
        } else {
            assert!(
                expanded.is_ok() && okm == test.okm.as_slice(),
                "{}",
                test.tc_id
            );
        }
        count += 1;
    }
    assert!(count > 50, "{count} vectors");
}

//! Tests of `key_table` with the locks of the standard library.

use std::time::Duration;

use domain::{ActorId, ApiId, KeyId};

use crate::in_flight::{Authority, KeyAuthority, RequestGuard};
use crate::key_table::{AuthorityChange, Digest, KeyTable};

const KEY: KeyId = KeyId(1);
const OWNER: ActorId = ActorId(7);
const API: ApiId = ApiId(5);
const WEAKER: AuthorityChange = AuthorityChange {
    of: Authority::Key(KEY),
    weakens: true,
};

fn read(table: &KeyTable<&'static str>, key: i64, generation: u64) -> Option<RequestGuard> {
    let of = KeyAuthority {
        key: KeyId(key),
        owner: OWNER,
        api: Some(API),
    };
    let admitted = table.admit_read(generation, digest(key), of, Duration::ZERO, "state");
    admitted.map(|(_, guard)| guard)
}

fn digest(key: i64) -> Digest {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&key.to_be_bytes());
    digest
}

#[test]
fn a_key_is_admitted_from_memory_until_it_changes() {
    let table = KeyTable::new(10);
    drop(read(&table, 1, table.generation()).expect("admitted"));
    let (entry, running) = table.admit_cached(&digest(1)).expect("in memory");
    assert_eq!(entry.value, "state");
    table.announce(&[WEAKER], None);
    assert!(running.is_cancelled());
    assert!(table.admit_cached(&digest(1)).is_none());
    assert_eq!(table.len(), 0);
}

#[test]
fn a_row_that_was_read_before_a_change_is_not_kept() {
    let table = KeyTable::new(10);
    let generation = table.generation();
    table.announce(&[WEAKER], None);
    assert!(read(&table, 1, generation).is_none());
    assert!(table.admit_cached(&digest(1)).is_none());
    assert_eq!(table.in_flight().count(KEY), 0);
}

#[test]
fn a_change_that_does_not_weaken_drops_the_key_and_cancels_nothing() {
    let table = KeyTable::new(10);
    drop(read(&table, 1, table.generation()).expect("admitted"));
    let (entry, running) = table.admit_cached(&digest(1)).expect("in memory");
    assert!(entry.is_current());
    let renamed = AuthorityChange {
        weakens: false,
        ..WEAKER
    };
    table.announce(&[renamed], None);
    assert!(!running.is_cancelled());
    assert!(
        !entry.is_current(),
        "the request has to read the key again"
    );
    assert!(table.admit_cached(&digest(1)).is_none());
}

#[test]
fn a_key_that_is_not_kept_is_read_again() {
    let table = KeyTable::new(0);
    let of = KeyAuthority {
        key: KEY,
        owner: OWNER,
        api: None,
    };
    let admitted = table.admit_read(
        table.generation(),
        digest(1),
        of,
        Duration::ZERO,
        "state",
    );
    let (entry, _running) = admitted.expect("admitted");
    assert!(
        !entry.is_current(),
        "no change would be announced to it"
    );
}

#[test]
fn a_change_of_an_owner_drops_all_their_keys() {
    let table = KeyTable::new(10);
    for key in 1..=3 {
        drop(read(&table, key, table.generation()));
    }
    let disabled = AuthorityChange {
        of: Authority::Owner(OWNER),
        weakens: true,
    };
    table.announce(&[disabled], None);
    assert_eq!(table.len(), 0);
    assert!((1..=3).all(|key| table.admit_cached(&digest(key)).is_none()));
}

#[test]
fn memory_and_index_are_bounded_together() {
    let table = KeyTable::new(100);
    for key in 1..=10_000 {
        drop(read(&table, key, table.generation()));
    }
    assert!(table.len() <= 110, "{}", table.len());
    let found = (1..=10_000)
        .filter(|key| table.admit_cached(&digest(*key)).is_some())
        .count();
    assert_eq!(found, table.len());
    table.set_limit(0);
    drop(read(&table, 1, table.generation()).expect("admitted, but not kept"));
    assert_eq!(table.len(), 0);
}

#[test]
fn a_change_of_an_api_drops_its_keys() {
    let table = KeyTable::new(10);
    drop(read(&table, 1, table.generation()).expect("admitted"));
    let of = |api| AuthorityChange {
        of: Authority::Api(ApiId(api)),
        weakens: true,
    };
    table.announce(&[of(6)], None);
    assert!(
        table.admit_cached(&digest(1)).is_some(),
        "another API"
    );
    table.announce(&[of(5)], None);
    assert!(table.admit_cached(&digest(1)).is_none());
}

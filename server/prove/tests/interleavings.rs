//! The interleavings of reading a key, keeping it in memory, and announcing that it changed.
//!
//! The three modules are the ones that the engine compiles, here with the locks of a scheduler that
//! decides at each of them which thread runs next.

#[path = "../../engine/src/in_flight.rs"]
#[expect(dead_code, reason = "the proof needs a part of it")]
mod in_flight;
#[path = "../../engine/src/key_table.rs"]
#[expect(dead_code, reason = "the proof needs a part of it")]
mod key_table;

#[path = "../../engine/src/sharded.rs"]
mod sharded;

/// What the modules use in place of `std::sync`.
mod sync {
    pub use shuttle::sync::atomic;
    pub use shuttle::sync::{Mutex, MutexGuard};
}

use std::sync::Arc;
use std::time::Duration;

use domain::{ActorId, KeyId};
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;

use in_flight::{Authority, KeyAuthority};
use key_table::{AuthorityChange, KeyTable};

const KEY: KeyId = KeyId(1);
const OWNER: ActorId = ActorId(7);
const KEY_OF_OWNER: KeyAuthority = KeyAuthority {
    key: KEY,
    owner: OWNER,
    api: None,
};
const DIGEST: [u8; 32] = [1; 32];
const OTHER: [u8; 32] = [2; 32];

/// How many schedules are tried: all of them in a full run, otherwise a share.
fn schedules() -> usize {
    if std::env::var_os("ROUNDTABLE_PROVE").is_some() {
        100_000
    } else {
        10_000
    }
}

/// A database with one key, which can be revoked.
#[derive(Default)]
struct Database {
    is_revoked: AtomicBool,
}

/// Admits a request as the engine does: from memory, or by a row that is read again until nothing
/// changed meanwhile. None if the key is revoked.
fn admit(table: &KeyTable<()>, database: &Database) -> Option<in_flight::RequestGuard> {
    if let Some((_, guard)) = table.admit_cached(&DIGEST) {
        return Some(guard);
    }
    loop {
        let generation = table.generation();
        if database.is_revoked.load(Ordering::SeqCst) {
            return None;
        }
        let admitted = table.admit_read(generation, DIGEST, KEY_OF_OWNER, Duration::ZERO, ());
        if let Some((_, guard)) = admitted {
            return Some(guard);
        }
    }
}

/// Revokes the key: commits, then announces the change. `is_answered` is what the caller sees.
fn revoke(table: &KeyTable<()>, database: &Database, of: Authority, is_answered: &AtomicBool) {
    database.is_revoked.store(true, Ordering::SeqCst);
    let change = AuthorityChange { of, weakens: true };
    table.announce(&[change], None);
    is_answered.store(true, Ordering::SeqCst);
}

/// Requests, a revocation and whatever else happens to the table. A request that was admitted is
/// cancelled once the revocation is answered, and none is admitted that began afterwards.
#[expect(clippy::print_stdout, reason = "`make prove` reads the count")]
fn check(name: &str, of: Authority, limit: usize, disturb: fn(&KeyTable<()>)) {
    shuttle::check_random(
        move || {
            let table = Arc::new(KeyTable::new(limit));
            let database = Arc::new(Database::default());
            let is_answered = Arc::new(AtomicBool::new(false));
            let mut threads = Vec::new();
            for _ in 0..2 {
                let (table, database) = (table.clone(), database.clone());
                let is_answered = is_answered.clone();
                threads.push(thread::spawn(move || {
                    for _ in 0..2 {
                        let began_after = is_answered.load(Ordering::SeqCst);
                        let admitted = admit(&table, &database);
                        assert!(
                            admitted.is_none() || !began_after,
                            "admitted after the answer"
                        );
                        let is_late = is_answered.load(Ordering::SeqCst);
                        if let Some(guard) = admitted.filter(|_| is_late) {
                            assert!(guard.is_cancelled(), "not cancelled at the answer");
                        }
                    }
                }));
            }
            let disturbed = table.clone();
            threads.push(thread::spawn(move || disturb(&disturbed)));
            revoke(&table, &database, of, &is_answered);
            assert!(admit(&table, &database).is_none());
            for running in threads {
                running.join().expect("no thread fails");
            }
            assert!(admit(&table, &database).is_none());
        },
        schedules(),
    );
    println!(
        "proof: interleavings, {name} {} on memory: 0 violations",
        schedules()
    );
}

// P1, P2
#[test]
fn no_request_outlives_the_revocation_of_its_key() {
    check("a key is revoked", Authority::Key(KEY), 10, |_| {});
}

#[test]
fn no_request_outlives_a_change_of_its_owner() {
    check(
        "an owner is changed",
        Authority::Owner(OWNER),
        10,
        |_| {},
    );
}

#[test]
fn nor_when_another_key_takes_its_place_in_memory() {
    check("a key is evicted", Authority::Key(KEY), 1, |table| {
        for _ in 0..2 {
            let generation = table.generation();
            drop(table.admit_read(
                generation,
                OTHER,
                KeyAuthority {
                    key: KeyId(2),
                    owner: ActorId(8),
                    api: None,
                },
                Duration::ZERO,
                (),
            ));
        }
    });
}

#[test]
fn nor_when_memory_is_cleared_or_its_entry_grows_old() {
    check(
        "memory is cleared",
        Authority::Key(KEY),
        10,
        |table| {
            table.clear();
            if let Some((entry, _)) = table.admit_cached(&DIGEST) {
                table.expire(&entry);
            }
            table.clear();
        },
    );
}

/// That the proof would notice: a table that keeps what was read before a change.
#[test]
#[should_panic(expected = "admitted after the answer")]
fn a_row_that_was_read_too_early_is_noticed() {
    shuttle::check_random(
        || {
            let table = Arc::new(KeyTable::new(10));
            let database = Arc::new(Database::default());
            let is_answered = Arc::new(AtomicBool::new(false));
            let reading = {
                let (table, database) = (table.clone(), database.clone());
                thread::spawn(move || {
                    if database.is_revoked.load(Ordering::SeqCst) {
                        return;
                    }
                    // The fault: the generation is noted after the row was read.
                    let generation = table.generation();
                    drop(table.admit_read(generation, DIGEST, KEY_OF_OWNER, Duration::ZERO, ()));
                })
            };
            revoke(&table, &database, Authority::Key(KEY), &is_answered);
            reading.join().expect("no thread fails");
            assert!(
                admit(&table, &database).is_none(),
                "admitted after the answer"
            );
        },
        schedules(),
    );
}

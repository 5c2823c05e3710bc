//! The key ring: the cases of the startup, and the rotation of the master key.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use domain::Code;
use engine::Db;
use engine::keyring::{self, MasterKey, RingFault};

use crate::intruder::Value;
use crate::test_app::{TestApp, TestDatabase, engine, everything, master, origin, refusal};

async fn fault(app: &TestApp, key: &MasterKey, previous: Option<&MasterKey>) -> RingFault {
    keyring::open(&app.db, key, previous)
        .await
        .err()
        .expect("the ring does not open")
}

/// These bytes with one bit flipped.
fn flipped(mut bytes: Vec<u8>, at: usize) -> Value {
    bytes[at] ^= 1;
    Value::Bytes(bytes)
}

/// Polls a future this many times, then drops it. Returns whether it completed before.
pub async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

both! {
    case_01_a_ring_is_created_once_in_an_empty_database(app) {
        let status = keyring::status(&app.db).await.expect("a status");
        let purposes: Vec<_> = status.keys.iter().map(|key| key.purpose.as_str()).collect();
        assert_eq!(purposes, ["data", "lookup", "row", "audit", "session", "canary"]);
        assert!(status.keys.iter().all(|key| key.master == app.master.id()));
        assert!(keyring::is_initialised(&app.db).await.expect("an answer"));
        let before = everything(app).await;
        let again = keyring::init(&app.db, &master(&app.runtime), &app.runtime).await;
        assert!(matches!(again, Err(RingFault::AlreadyInitialised(id)) if id == app.master.id()));
        assert_eq!(before, everything(app).await);
    }

    case_02_an_empty_database_without_a_ring_does_not_open(app) {
        let place = TestDatabase::like(app).await;
        let db: Db = place.open().await;
        assert!(!keyring::is_initialised(&db).await.expect("an answer"));
        let refused = keyring::open(&db, &app.master, None).await;
        assert!(matches!(refused, Err(RingFault::NotInitialised)));
        assert!(!keyring::is_initialised(&db).await.expect("an answer"), "opening creates nothing");
        db.close().await;
    }

    case_04_the_status_names_the_expected_master_key_without_a_key(app) {
        let status = keyring::status(&app.db).await.expect("a status needs no key");
        assert_eq!(status.keys[0].master, app.master.id());
    }

    case_05_the_error_for_another_master_key_names_both_keys(app) {
        let other = master(&app.runtime);
        let RingFault::OtherKey { expected, given } = fault(app, &other, None).await else { panic!("another fault") };
        assert_eq!((expected.as_str(), given.as_str()), (app.master.id(), other.id()));
    }

    case_05_another_master_key_with_the_expected_id_is_rejected(app) {
        let other = master(&app.runtime);
        let mut intruder = app.intruder().await;
        intruder.run(&format!("UPDATE keyring SET kek_id = '{}'", other.id())).await;
        assert!(matches!(fault(app, &other, None).await, RingFault::Altered(_) | RingFault::Damaged));
    }

    case_06_a_ring_with_an_altered_canary_is_damaged(app) {
        let mut intruder = app.intruder().await;
        let wrapped = intruder.bytes("SELECT wrapped FROM keyring WHERE purpose = 'canary'").await;
        for at in 0..wrapped.len() {
            intruder.set("keyring", "wrapped", &flipped(wrapped.clone(), at), "purpose = 'canary'").await;
            assert!(matches!(fault(app, &app.master, None).await, RingFault::Damaged), "byte {at}");
        }
    }

    case_06_a_ring_without_a_canary_is_damaged(app) {
        app.intruder().await.run("DELETE FROM keyring WHERE purpose = 'canary'").await;
        assert!(matches!(fault(app, &app.master, None).await, RingFault::Damaged));
    }

    case_07_a_partly_rewrapped_ring_needs_the_previous_key(app) {
        let new = master(&app.runtime);
        let mut intruder = app.intruder().await;
        let old = intruder.rows("SELECT * FROM keyring WHERE id <= 2").await;
        keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("rewrapped");
        intruder.run("DELETE FROM keyring WHERE id <= 2").await;
        for row in &old {
            intruder.insert("keyring", row).await;
        }
        let RingFault::NeedsPrevious { rows, id } = fault(app, &new, None).await else { panic!("another fault") };
        assert_eq!((rows, id.as_str()), (2, app.master.id()));
        keyring::open(&app.db, &new, Some(&app.master)).await.expect("it opens with both keys");
        let rewritten = keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("finished");
        assert_eq!(rewritten, 2);
        keyring::open(&app.db, &new, None).await.expect("it opens with the new key alone");
    }

    case_08_the_error_for_a_missing_ring_key_names_it(app) {
        app.north_key("max").await;
        app.intruder().await.run("DELETE FROM keyring WHERE purpose = 'lookup'").await;
        let fault = fault(app, &app.master, None).await;
        assert!(matches!(&fault, RingFault::Missing(ids) if ids == "2"), "{fault}");
    }

    case_08_a_ring_without_one_of_its_keys_does_not_open(app) {
        let mut intruder = app.intruder().await;
        for row in intruder.rows("SELECT * FROM keyring ORDER BY id").await {
            let id = intruder.literal(&row[0].1);
            intruder.run(&format!("DELETE FROM keyring WHERE id = {id}")).await;
            fault(app, &app.master, None).await;
            intruder.insert("keyring", &row).await;
        }
        keyring::open(&app.db, &app.master, None).await.expect("restored");
    }

    case_09_the_error_for_an_altered_ring_key_names_it(app) {
        let mut intruder = app.intruder().await;
        let which = "purpose = 'row'";
        let id = intruder.number(&format!("SELECT id FROM keyring WHERE {which}")).await;
        let wrapped = intruder.bytes(&format!("SELECT wrapped FROM keyring WHERE {which}")).await;
        for at in 0..wrapped.len() {
            intruder.set("keyring", "wrapped", &flipped(wrapped.clone(), at), which).await;
            assert!(matches!(fault(app, &app.master, None).await, RingFault::Altered(named) if named == id), "byte {at}");
        }
        intruder.set("keyring", "wrapped", &Value::Bytes(wrapped), which).await;
        keyring::open(&app.db, &app.master, None).await.expect("restored");
    }

    case_09_swapped_ring_keys_are_rejected(app) {
        let mut intruder = app.intruder().await;
        intruder.run("UPDATE keyring SET purpose = CASE purpose WHEN 'row' THEN 'audit' ELSE 'row' END WHERE purpose IN ('row', 'audit')").await;
        assert!(matches!(fault(app, &app.master, None).await, RingFault::Altered(_)));
    }

    case_09_the_ring_of_another_deployment_is_rejected(app) {
        app.intruder().await.run("UPDATE meta SET value = 'dep_elsewhere' WHERE name = 'deployment'").await;
        assert!(matches!(fault(app, &app.master, None).await, RingFault::Altered(_) | RingFault::Damaged));
    }

    case_10_a_second_node_with_another_master_key_is_rejected(app) {
        let second = Db::open(&app.address).await.expect("the same database");
        let refused = keyring::open(&second, &master(&app.runtime), None).await;
        assert!(matches!(refused, Err(RingFault::OtherKey { .. })));
        let key = app.north_key("max").await;
        let node = engine(&second, &app.master, None, &app.runtime).await;
        assert!(node.authenticate_key(&key.plain, origin()).await.is_ok(), "a node with the same key is accepted");
        second.close().await;
    }

    case_12_a_master_key_is_32_random_bytes_in_hex(app) {
        let hex = MasterKey::generate_hex(&app.runtime);
        let short = &hex.as_bytes()[..62];
        for bad in [short, b"hunter2", b"", &[0xff; 32], &[b'a'; 64], b"correct horse battery staple 123"] {
            assert!(MasterKey::read(bad).is_err(), "{bad:?}");
        }
    }

    // C7
    rotating_the_master_key_changes_no_api_key(app) {
        let (live, revoked) = (app.north_key("max").await, app.north_key("max").await);
        app.engine.revoke_key(&app.north("max").await, crate::test_app::revoke(revoked.view.key_id)).await.expect("revoked");
        let before = everything(app).await;
        let new = master(&app.runtime);
        assert_eq!(keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("rewrapped"), 6);
        let after = everything(app).await;
        let changed: Vec<_> = before.iter().zip(&after).filter(|(one, other)| one != other).map(|(one, _)| one.0.as_str()).collect();
        assert_eq!(changed, ["keyring"]);
        let node = engine(&app.db, &new, None, &app.runtime).await;
        assert!(node.authenticate_key(&live.plain, origin()).await.is_ok());
        assert_eq!(refusal(node.authenticate_key(&revoked.plain, origin()).await), Code::Unauthorized);
        assert!(app.admit(&live.plain).await.is_ok(), "a running node keeps working");
        app.sound_chain(crate::test_app::NORTH).await;
    }

    // C7
    the_old_master_key_is_rejected_after_the_rotation(app) {
        let new = master(&app.runtime);
        keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("rewrapped");
        assert!(matches!(fault(app, &app.master, None).await, RingFault::OtherKey { .. }));
        let status = keyring::status(&app.db).await.expect("a status");
        assert!(status.keys.iter().all(|key| key.master == new.id()), "the old key is no longer needed");
        assert_eq!(keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("again"), 0);
    }

    // C7
    rewrapping_with_a_wrong_master_key_changes_nothing(app) {
        let before = everything(app).await;
        let (new, stranger) = (master(&app.runtime), master(&app.runtime));
        assert!(keyring::rewrap(&app.db, &new, &stranger, &app.runtime).await.is_err());
        assert_eq!(before, everything(app).await);
    }

    // C7
    an_interrupted_rewrap_leaves_a_ring_that_opens(app) {
        let key = app.north_key("max").await;
        let mut current = app.master.clone();
        let mut finished = 0;
        for polls in 1..200 {
            let new = master(&app.runtime);
            let done = dropped_after(polls, keyring::rewrap(&app.db, &new, &current, &app.runtime)).await;
            let ring = keyring::open(&app.db, &new, Some(&current)).await.expect("the ring opens");
            let brand = domain::token::Brand::default();
            let node = engine::Engine::new(app.db.clone(), ring, app.runtime.clone(), brand);
            assert!(node.authenticate_key(&key.plain, origin()).await.is_ok());
            let status = keyring::status(&app.db).await.expect("a status");
            let under_new = status.keys.iter().filter(|key| key.master == new.id()).count();
            assert!(under_new == 0 || under_new == 6, "all or nothing, after {polls} polls: {under_new}");
            if under_new == 6 {
                current = new;
            }
            finished += u32::from(done);
            if finished > 3 {
                return;
            }
        }
        panic!("it never completed");
    }
}

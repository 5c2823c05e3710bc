//! Removing old events from the beginning of the audit chains, and what an attacker who can write
//! to the database can do around such a cut.

use domain::event::AuditAction;
use domain::view::{NewKey, RemovedEvents};
use domain::{Code, OrganizationId};
use engine::Ctx;
use engine::audit::{self, ChainState, Retention, SignedHead};
use engine::keyring;

use crate::intruder::{Cells, Intruder, Value, cell};
use crate::log_chain::events;
use crate::rollback::engine_with_journal;
use crate::test_app::{NORTH, SOUTH, TestApp, origin, refusal, revoke};

const DAY: i64 = 24 * 60 * 60;
const TABLES: [&str; 3] = ["audit_events", "audit_heads", "audit_floors"];
const CUTS: &str = "SELECT COUNT(*) FROM audit_events WHERE action = 'audit_log.cut'";

/// Removes what is older than 30 days, as the server does.
async fn remove(app: &TestApp) {
    app.engine
        .remove_old_events(&mut Retention::of_days(30))
        .await
        .expect("old events are removed");
}

async fn removed(app: &TestApp, ctx: &Ctx) -> Option<RemovedEvents> {
    app.engine
        .removed_events(ctx)
        .await
        .expect("the cut is read")
}

async fn copy(intruder: &mut Intruder, name: &str) {
    for table in TABLES {
        intruder
            .run(&format!(
                "CREATE TABLE {name}_{table} AS SELECT * FROM {table}"
            ))
            .await;
    }
}

async fn put_back(intruder: &mut Intruder, name: &str) {
    for table in TABLES {
        intruder
            .run(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {name}_{table}"
            ))
            .await;
    }
}

async fn key_row(intruder: &mut Intruder, key: &NewKey) -> Cells {
    let sql = format!(
        "SELECT * FROM api_keys WHERE id = {}",
        key.view.key_id
    );
    intruder.rows(&sql).await.remove(0)
}

async fn restore_key(intruder: &mut Intruder, row: &Cells) {
    let mut row = row.clone();
    let id = intruder.literal(cell(&mut row, "id"));
    intruder
        .run(&format!("DELETE FROM api_keys WHERE id = {id}"))
        .await;
    intruder.insert("api_keys", &row).await;
}

/// Two cuts of the log of North. The copy `older` is from before the first one, `old` from between
/// them, and `new` from after them.
async fn cut_twice(app: &TestApp) -> (Intruder, OrganizationId) {
    let mut intruder = app.intruder().await;
    let key = app.north_key("max").await;
    app.north_key("mia").await;
    events(app, 3).await;
    copy(&mut intruder, "older").await;
    app.clock.advance_seconds(40 * DAY);
    let max = app.north("max").await;
    app.engine
        .revoke_key(&max, revoke(key.view.key_id))
        .await
        .expect("revoked");
    events(app, 3).await;
    remove(app).await;
    copy(&mut intruder, "old").await;
    app.clock.advance_seconds(40 * DAY);
    events(app, 5).await;
    remove(app).await;
    copy(&mut intruder, "new").await;
    app.sound_chain(NORTH).await;
    (intruder, app.organization(NORTH).await)
}

async fn assert_detected(app: &TestApp, intruder: &mut Intruder, what: &str) {
    let north = app.organization(NORTH).await;
    let state = app
        .engine
        .verify_audit(&north)
        .await
        .expect("the chain is read");
    assert!(
        matches!(state, ChainState::Broken(_)),
        "{what}: {state:?}"
    );
    let report = audit::verify_chain(&app.db, None, &north)
        .await
        .expect("the chain is read");
    let hides_from_hashes = what.starts_with("mac ");
    assert!(
        hides_from_hashes || !report.is_sound(),
        "{what}: without the ring"
    );
    put_back(intruder, "new").await;
}

/// Other values for a cell of its type.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Number(n) => vec![Value::Number(n + 1), Value::Number(n - 1), Value::Number(0)],
        Value::Text(text) => vec![Value::Text(format!("{text} ")), Value::Text("x".into())],
        Value::Bytes(bytes) => {
            let mut flipped = bytes.clone();
            flipped[0] ^= 1;
            vec![Value::Bytes(flipped), Value::Bytes(vec![])]
        }
        Value::Null | Value::Flag(_) => Vec::new(),
    }
}

both! {
    // D26
    old_events_are_removed_and_the_rest_is_verified(app) {
        let (key, ended) = (app.north_key("max").await, app.north_key("mia").await);
        let olga = app.north("olga").await;
        app.engine.revoke_key(&olga, revoke(ended.view.key_id)).await.expect("revoked");
        let last = app.sound_chain(NORTH).await;
        remove(app).await;
        assert_eq!(removed(app, &olga).await, None, "nothing is old");
        app.clock.advance_seconds(32 * DAY);
        events(app, 2).await;
        let (north, mut intruder) = (app.organization(NORTH).await, app.intruder().await);
        let hash = intruder.bytes(&format!("SELECT hash FROM audit_events WHERE organization_id = '{north}' AND n = {last}")).await;
        remove(app).await;

        assert_eq!(app.sound_chain(NORTH).await, last + 3);
        let olga = app.north("olga").await;
        let cut = removed(app, &olga).await.expect("events were removed");
        assert_eq!((cut.last_n, cut.retention_days), (last, 30));
        assert_eq!(app.runtime.now().seconds_since(cut.before), 30 * DAY);
        assert_eq!(app.newest_event(&olga).await.action, AuditAction::AuditCut);
        let page = app.engine.read_audit_log(&olga, &Default::default(), 100).await.expect("the log");
        assert_eq!(page.rows.last().expect("an event").n, last + 1);
        let mut export = app.engine.export_audit_log(&olga, &Default::default(), domain::command::ExportFormat::JsonLines).await.expect("an export");
        assert_eq!(export.removed(), Some(cut));
        assert_eq!(export.next().await.expect("events")[0].previous_hash, hex::encode(hash));

        let engine = app.restarted().await;
        engine.authenticate_key(&key.plain, origin()).await.expect("a key outlives its events");
        assert_eq!(refusal(engine.authenticate_key(&ended.plain, origin()).await), Code::Unauthorized);
        engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked after the cut");
        assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);
        app.sound_chain(NORTH).await;
    }

    there_is_at_most_one_cut_a_day_and_the_event_of_a_cut_is_removed_too(app) {
        events(app, 2).await;
        let mut retention = Retention::of_days(30);
        let (mut intruder, mut before) = (app.intruder().await, 0);
        for (days, is_cut) in [(30, false), (1, true), (1, false), (29, false), (2, true), (31, true)] {
            app.clock.advance_seconds(days * DAY + 60);
            app.engine.remove_old_events(&mut retention).await.expect("removed");
            app.sound_chain(NORTH).await;
            app.sound_chain(SOUTH).await;
            // One event in each organization: the one of the cut before was removed.
            let cuts = intruder.number(CUTS).await;
            let numbers = intruder.number("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM audit_events WHERE action = 'audit_log.cut'").await;
            assert_eq!(cuts, if before == 0 && !is_cut { 0 } else { 2 }, "after {days} more days");
            assert_eq!(numbers > before, is_cut, "after {days} more days");
            before = numbers;
        }
        app.with_key(&app.north_key("max").await.plain).await;
    }

    // B8, B40
    a_change_of_any_column_of_the_event_of_a_cut_is_detected(app) {
        let (mut intruder, north) = cut_twice(app).await;
        let which = format!("organization_id = '{north}' AND action = 'audit_log.cut'");
        let row = intruder.rows(&format!("SELECT * FROM audit_events WHERE {which}")).await.remove(0);
        let mut tried = 0;
        for (column, value) in &row {
            for other in others(value) {
                // Another event has this number.
                if column == "n" && other < *value && other > Value::Number(0) {
                    continue;
                }
                intruder.set("audit_events", column, &other, &which).await;
                assert_detected(app, &mut intruder, &format!("{column} became {other:?}")).await;
                tried += 1;
            }
        }
        assert!(tried > 20, "{tried}");
        for (from, to) in [("last_removed", "last_removed_"), ("retention_days", "x"), ("30", "31")] {
            let changes = intruder.text(&format!("SELECT changes FROM audit_events WHERE {which}")).await;
            let altered = Value::Text(changes.replacen(from, to, 1));
            intruder.set("audit_events", "changes", &altered, &which).await;
            assert_detected(app, &mut intruder, &format!("{from} became {to}")).await;
        }
    }

    // B8, B40
    an_event_removed_or_put_back_around_a_cut_is_detected(app) {
        let (mut intruder, north) = cut_twice(app).await;
        let of_north = format!("organization_id = '{north}'");
        let first = intruder.number(&format!("SELECT MIN(n) FROM audit_events WHERE {of_north}")).await;
        for which in [format!("n = {first}"), format!("n <= {}", first + 1), "action = 'audit_log.cut'".into()] {
            intruder.run(&format!("DELETE FROM audit_events WHERE {of_north} AND {which}")).await;
            assert_detected(app, &mut intruder, &format!("{which} removed")).await;
        }
        for (copy, which) in [
            ("old", format!("n = {}", first - 1)),
            ("old", format!("n < {first}")),
            ("old", "action = 'audit_log.cut'".into()),
            ("older", "n = 1".into()),
            ("older", "n > 0".into()),
        ] {
            let insert = format!("INSERT INTO audit_events SELECT * FROM {copy}_audit_events WHERE {of_north} AND {which}");
            intruder.run(&insert).await;
            assert_detected(app, &mut intruder, &format!("{which} of {copy} put back")).await;
            intruder.run(&format!("DELETE FROM audit_events WHERE {of_north} AND action = 'audit_log.cut'; {insert}")).await;
            assert_detected(app, &mut intruder, &format!("{which} of {copy} put back without the cut")).await;
            intruder.run(&format!("DELETE FROM audit_floors; INSERT INTO audit_floors SELECT * FROM {copy}_audit_floors; \
                                   DELETE FROM audit_events WHERE {of_north} AND action = 'audit_log.cut'; {insert}")).await;
            assert_detected(app, &mut intruder, &format!("{which} of {copy} put back with the old floors")).await;
        }
        for copy in ["old", "older"] {
            // The whole log as it was. The newest event that the process knows is missing.
            put_back(&mut intruder, copy).await;
            let state = app.engine.verify_audit(&north).await.expect("read");
            assert!(matches!(state, ChainState::Broken(_)), "the log of {copy}: {state:?}");
        }
        put_back(&mut intruder, "new").await;
        app.sound_chain(NORTH).await;
    }

    // B8
    a_changed_floor_is_detected(app) {
        let (mut intruder, north) = cut_twice(app).await;
        let of_north = format!("organization_id = '{north}'");
        let floors = intruder.rows(&format!("SELECT * FROM audit_floors WHERE {of_north} ORDER BY n")).await;
        assert!(floors.len() > 4, "{floors:?}");
        for floor in [floors.first(), floors.last()].into_iter().flatten() {
            let which = format!("{of_north} AND n = {}", intruder.literal(&floor[1].1));
            for (column, value) in floor {
                for other in others(value) {
                    let taken = floors.iter().any(|one| column == "n" && one[1].1 == other);
                    if !taken {
                        intruder.set("audit_floors", column, &other, &which).await;
                        assert_detected(app, &mut intruder, &format!("{column} of {floor:?} became {other:?}")).await;
                    }
                }
            }
            intruder.run(&format!("DELETE FROM audit_floors WHERE {which}")).await;
            assert_detected(app, &mut intruder, &format!("{floor:?} removed")).await;
        }
        let mut added = floors[0].clone();
        *cell(&mut added, "n") = Value::Number(0);
        *cell(&mut added, "object_id") = Value::Text("999".into());
        intruder.insert("audit_floors", &added).await;
        assert_detected(app, &mut intruder, "a floor added").await;
        intruder.run("DELETE FROM audit_floors; INSERT INTO audit_floors SELECT * FROM old_audit_floors").await;
        assert_detected(app, &mut intruder, "the floors of the cut before").await;
        let south = app.organization(SOUTH).await;
        assert!(matches!(app.engine.verify_audit(&south).await, Ok(ChainState::Sound(_))));
    }

    // B9: the event that ended the key is gone, and its row is put back.
    an_old_row_is_rejected_after_its_events_were_removed(app) {
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        let key = app.key_of(&max).await;
        let row = key_row(&mut intruder, &key).await;
        let mut known = row.clone();
        let Value::Number(created) = *cell(&mut known, "audit_n") else { panic!("a number") };
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.clock.advance_seconds(40 * DAY);
        events(app, 1).await;
        remove(app).await;
        restore_key(&mut intruder, &row).await;
        // A process without a journal from before the cut.
        let engine = app.restarted().await;
        assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);

        // A new journal knows from the floors that the key has ended.
        let folder = tempfile::tempdir().expect("a folder");
        let with_journal = engine_with_journal(app, &app.db, &folder.path().join("new.journal")).await;
        let floor = format!("object_kind = 'key' AND object_id = '{}'", key.view.key_id);
        intruder.run(&format!("UPDATE audit_floors SET n = {created} WHERE {floor}")).await;
        assert_eq!(refusal(with_journal.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);
        let olga = app.north("olga").await;
        let broken = app.restarted().await.check_chain(&olga).await.expect("checked").broken;
        assert!(broken.is_some(), "the altered floor is found");
    }

    // Another node has verified a part of the chain that is removed.
    a_cut_is_no_break_for_another_node(app) {
        events(app, 4).await;
        let (olga, other) = (app.north("olga").await, app.restarted().await);
        other.open_journal().await.expect("a journal");
        assert_eq!(other.check_chain(&olga).await.expect("checked").broken, None);
        app.clock.advance_seconds(40 * DAY);
        events(app, 2).await;
        remove(app).await;
        other.catch_up_journal().await.expect("caught up");
        for _ in 0..3 {
            let view = other.check_chain(&olga).await.expect("checked");
            assert_eq!((view.verified, view.broken), (view.events, None));
        }
        // Nothing that this node knows is left in the log.
        app.clock.advance_seconds(40 * DAY);
        remove(app).await;
        other.check_chains(1_000).await.expect("checked");
        other.catch_up_journal().await.expect("caught up");
        assert_eq!(other.check_chain(&olga).await.expect("checked").broken, None);
    }

    an_altered_log_is_not_cut_until_it_is_accepted(app) {
        events(app, 5).await;
        let (north, mut intruder) = (app.organization(NORTH).await, app.intruder().await);
        intruder.run(&format!("UPDATE audit_events SET at = at + 1 WHERE organization_id = '{north}' AND n = 3")).await;
        app.clock.advance_seconds(40 * DAY);
        remove(app).await;
        let of_north = format!("{CUTS} AND organization_id = '{north}'");
        assert_eq!(intruder.number(&of_north).await, 0);
        app.engine.accept_broken_chains(None, "looked").await.expect("accepted");
        remove(app).await;
        let olga = app.north("olga").await;
        // Up to the break: what follows is verified again from the acceptance on, which is new.
        assert_eq!(removed(app, &olga).await.map(|cut| cut.last_n), Some(2));
        app.sound_chain(NORTH).await;
        app.clock.advance_seconds(40 * DAY);
        remove(app).await;
        let last = app.sound_chain(NORTH).await;
        assert_eq!(removed(app, &olga).await.map(|cut| cut.last_n), Some(last - 1));
    }

    heads_from_before_a_cut_are_counted_as_removed(app) {
        let north = app.organization(NORTH).await;
        events(app, 3).await;
        let ring = keyring::open(&app.db, &app.master, None).await.expect("the ring");
        let mut intruder = app.intruder().await;
        let sql = format!("SELECT n, hash FROM audit_events WHERE organization_id = '{north}' ORDER BY n");
        let signed = |n: i64, hash: &[u8]| {
            let head = SignedHead::sign(&ring, north.as_str(), n, hash, "2026-04-08T20:00:00Z");
            serde_json::to_string(&head).expect("a head")
        };
        let mut lines: Vec<String> = Vec::new();
        for row in intruder.rows(&sql).await {
            let (Value::Number(n), Value::Bytes(hash)) = (&row[0].1, &row[1].1) else { panic!("{row:?}") };
            lines.push(signed(*n, hash));
        }
        let old = lines.len() as u64;
        app.clock.advance_seconds(40 * DAY);
        events(app, 1).await;
        remove(app).await;
        let newest = intruder.rows(&sql).await.pop().expect("an event");
        let (Value::Number(n), Value::Bytes(hash)) = (&newest[0].1, &newest[1].1) else { panic!("{newest:?}") };
        lines.push(signed(*n, hash));
        lines.push(signed(old as i64, b"another"));
        let report = audit::verify_heads(&app.db, &ring, None, lines.join("\n").as_bytes()).await.expect("read");
        assert_eq!((report.removed, report.on_chain, report.faults), (old, 1, 1), "{report:?}");
        let verified = audit::verify_chain(&app.db, Some(&ring), &north).await.expect("read");
        assert_eq!((verified.removed, verified.is_sound()), (old as i64, true));
    }
}

//! Copies of the database, their manifests, the verification of logs without an engine, and heads in
//! a file.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use engine::audit::{self, HeadFault, HeadsFile, HeadsReport};
use engine::backup::{self, CopiedFile, Manifest, Place};
use engine::keyring::{self, Ring};
use engine::{Db, StoreError};

use crate::intruder::Intruder;
use crate::rollback::engine_with_journal;
use crate::test_app::{NORTH, SOUTH, TestApp};

async fn ring(app: &TestApp) -> Ring {
    keyring::open(&app.db, &app.master, None)
        .await
        .expect("the ring opens")
}

async fn broken_at(app: &TestApp, db: &Db, ring: Option<&Ring>) -> Option<i64> {
    let north = app.organization(NORTH).await;
    audit::verify_chain(db, ring, &north)
        .await
        .expect("read")
        .broken_at
}

async fn heads(app: &TestApp, ring: &Ring, file: &Path) -> HeadsReport {
    let text = std::fs::read(file).expect("a file");
    audit::verify_heads(&app.db, ring, None, text.as_slice())
        .await
        .expect("read")
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("a file");
    text.lines().map(str::to_owned).collect()
}

both! {
    // D.6
    every_altered_event_is_found_without_an_engine(app) {
        for _ in 0..3 {
            app.north_key("max").await;
        }
        let (ring, mut intruder) = (ring(app).await, app.intruder().await);
        let reading = Db::open_to_read(&app.address).await.expect("opens");
        let north = app.organization(NORTH).await;
        assert_eq!(broken_at(app, &reading, Some(&ring)).await, None);
        let last = intruder.number(&format!("SELECT n FROM audit_heads WHERE organization_id = '{north}'")).await;
        for n in [1, 2, last] {
            for (change, undo) in [("at = at + 1", "at = at - 1"), ("actor_name = actor_name || '~'", "actor_name = RTRIM(actor_name, '~')")] {
                let which = format!("WHERE organization_id = '{north}' AND n = {n}");
                intruder.run(&format!("UPDATE audit_events SET {change} {which}")).await;
                for with in [Some(&ring), None] {
                    assert_eq!(broken_at(app, &reading, with).await, Some(n), "{change} {n}");
                }
                intruder.run(&format!("UPDATE audit_events SET {undo} {which}")).await;
            }
        }
        assert_eq!(broken_at(app, &reading, Some(&ring)).await, None);
        // Only the ring tells a MAC from another.
        intruder.run(&format!("UPDATE audit_events SET mac = hash WHERE organization_id = '{north}' AND n = 2")).await;
        assert_eq!(broken_at(app, &reading, Some(&ring)).await, Some(2));
        assert_eq!(broken_at(app, &reading, None).await, None);
        // An accepted break is passed, and reported.
        app.engine.accept_broken_chains(None, "looked").await.expect("accepted");
        let report = audit::verify_chain(&reading, Some(&ring), &north).await.expect("read");
        assert!(report.is_sound());
        assert_eq!(report.accepted, [audit::AcceptedBreak { from: 2, accepted_at: last + 1 }]);
        let write = sqlx::raw_sql("UPDATE meta SET value = value");
        let written = match &reading {
            Db::Sqlite { writer, .. } => write.execute(writer.pool()).await.map(drop),
            Db::Postgres { pool, .. } => write.execute(pool.pool()).await.map(drop),
        };
        assert!(written.is_err(), "the connection only reads");
        reading.close().await;
    }

    heads_are_written_at_most_once_a_minute_and_only_when_they_are_new(app) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heads.jsonl");
        let engine = engine_with_journal(app, &app.db, &folder.path().join("rt.journal")).await;
        let (ring, mut file) = (ring(app).await, HeadsFile::open(&path).expect("opens"));
        assert_eq!(lines(&path).len(), 0);
        engine.write_heads(&mut file).await.expect("written");
        let olga = app.north("olga").await;
        let written = lines(&path);
        assert_eq!(written.len(), 2, "North and South: {written:?}");
        app.key_of(&olga).await;
        engine.catch_up_journal().await.expect("up to date");
        engine.write_heads(&mut file).await.expect("too early");
        assert_eq!(lines(&path), written);
        app.clock.advance_seconds(60);
        engine.write_heads(&mut file).await.expect("written");
        assert_eq!(lines(&path).len(), 3);
        app.clock.advance_seconds(60);
        engine.write_heads(&mut file).await.expect("nothing is new");
        assert_eq!(lines(&path).len(), 3);
        assert_eq!(heads(app, &ring, &path).await, HeadsReport { on_chain: 3, ..HeadsReport::default() });

        // A line that was cut off does not spoil the next one.
        let cut = format!("{}\n{}", lines(&path).join("\n"), &written[0][..20]);
        std::fs::write(&path, cut).expect("written");
        app.key_of(&olga).await;
        engine.catch_up_journal().await.expect("up to date");
        engine.write_heads(&mut file).await.expect("written");
        let report = heads(app, &ring, &path).await;
        let fault = HeadFault { line: 4, why: "is not a head that this installation has signed".into() };
        assert_eq!((report.on_chain, report.faults, report.first_faults), (4, 1, vec![fault]));
    }

    a_head_is_verified_with_the_public_key_alone(app) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heads.jsonl");
        let engine = engine_with_journal(app, &app.db, &folder.path().join("rt.journal")).await;
        let (ring, mut file) = (ring(app).await, HeadsFile::open(&path).expect("opens"));
        engine.write_heads(&mut file).await.expect("written");
        let keys = audit::head_keys(&ring);
        assert!(keys.len() == 1 && keys[0].is_active, "{keys:?}");
        // Only what docs/server-commands.md says: the fields of the line, and the key.
        let line: serde_json::Value = serde_json::from_str(&lines(&path)[0]).expect("JSON");
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        let message = format!(
            "roundtable-audit-head-v1\n{}\n{}\n{}\n{}\n",
            text("organization_id"), line["n"], text("hash"), text("at")
        );
        assert_eq!(text("public_key"), keys[0].public_key);
        let key = hex::decode(&keys[0].public_key).expect("hex");
        let signature = hex::decode(text("signature")).expect("hex");
        let public = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key);
        public.verify(message.as_bytes(), &signature).expect("the signature fits");
        public.verify(format!("{message} ").as_bytes(), &signature).expect_err("another message");

        // A line from before signatures.
        let mut old: audit::SignedHead = serde_json::from_str(&lines(&path)[0]).expect("a head");
        (old.public_key, old.signature) = (None, None);
        assert!(old.is_signed_by(&ring));
        assert!(!serde_json::to_string(&old).expect("text").contains("signature"));
    }

    a_head_that_was_altered_is_not_accepted(app) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heads.jsonl");
        let engine = engine_with_journal(app, &app.db, &folder.path().join("rt.journal")).await;
        let (ring, mut file) = (ring(app).await, HeadsFile::open(&path).expect("opens"));
        engine.write_heads(&mut file).await.expect("written");
        let line = lines(&path).remove(0);
        let head: audit::SignedHead = serde_json::from_str(&line).expect("a head");
        let altered = [
            audit::SignedHead { n: head.n - 1, ..head.clone() },
            audit::SignedHead { hash: "00".repeat(32), ..head.clone() },
            audit::SignedHead { at: "2026-01-01T00:00:00Z".into(), ..head.clone() },
            audit::SignedHead { organization_id: app.organization(SOUTH).await.to_string(), n: head.n + 1, ..head.clone() },
            audit::SignedHead { mac: String::new(), ..head.clone() },
            audit::SignedHead { signature: None, ..head.clone() },
            audit::SignedHead { signature: Some("00".repeat(64)), ..head.clone() },
            audit::SignedHead { public_key: Some("00".repeat(32)), ..head.clone() },
        ];
        for altered in altered {
            std::fs::write(&path, serde_json::to_string(&altered).expect("text")).expect("written");
            assert_eq!(heads(app, &ring, &path).await.faults, 1, "{altered:?}");
        }
        let another = app.another().await;
        let other = keyring::open(&another.db, &another.master, None).await.expect("the ring opens");
        std::fs::write(&path, line).expect("written");
        assert_eq!(heads(app, &other, &path).await.faults, 1, "another installation");
        assert_eq!(heads(app, &ring, &path).await.on_chain, 1);
        another.close().await;
    }

    the_schema_is_compared_with_the_program(app) {
        let mut intruder = app.intruder().await;
        let known = engine::schema(&app.db).await.expect("read");
        assert!(known.pending.is_empty() && known.unknown.is_empty() && known.unfinished.is_none());
        let newest = known.version.expect("a version");
        let copy = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
             FROM _sqlx_migrations WHERE version = 1";
        intruder.run(copy).await;
        let newer = engine::schema(&app.db).await.expect("read");
        assert_eq!((newer.unknown, newer.version), (vec![9999], Some(9999)));
        intruder.run(&format!("DELETE FROM _sqlx_migrations WHERE version IN (9999, {newest})")).await;
        let older = engine::schema(&app.db).await.expect("read");
        assert_eq!((older.pending, older.unknown), (vec![newest], vec![]));
        intruder.run("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2").await;
        assert_eq!(engine::schema(&app.db).await.expect("read").unfinished, Some(2));
        intruder.run("DROP TABLE _sqlx_migrations").await;
        assert_eq!(engine::schema(&app.db).await.expect("read").version, None);
    }
}

/// A copy and its manifest in a folder.
async fn back_up(app: &TestApp, folder: &Path) -> Manifest {
    let file = folder.join(backup::DATABASE);
    let live = Db::open_to_read(&app.address)
        .await
        .expect("opens");
    live.copy_to(&file).await.expect("copied");
    live.close().await;
    let copy = Db::open_copy(&file).await.expect("opens");
    let described = CopiedFile::of(&file).expect("read");
    let manifest = Manifest::of(&copy, Some(described), &app.runtime).await;
    copy.close().await;
    manifest.expect("a manifest")
}

async fn faults(folder: &Path, manifest: &Manifest, ring: Option<&Ring>) -> Vec<String> {
    let copy = Db::open_copy(&folder.join(backup::DATABASE))
        .await
        .expect("opens");
    let faults = backup::check_copy(&copy, manifest, ring)
        .await
        .expect("read");
    copy.close().await;
    faults
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_consistent_while_others_write() {
    let app = Arc::new(TestApp::on_sqlite().await);
    let ring = ring(&app).await;
    let is_done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (app, is_done) = (app.clone(), is_done.clone());
        async move {
            let max = app.north("max").await;
            let mut keys = 0;
            while !is_done.load(Ordering::SeqCst) {
                app.key_of(&max).await;
                keys += 1;
            }
            keys
        }
    });
    let mut seen = Vec::new();
    for _ in 0..5 {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = back_up(&app, folder.path()).await;
        assert_eq!(
            faults(folder.path(), &manifest, Some(&ring)).await,
            Vec::<String>::new()
        );
        let text = serde_json::to_string(&manifest).expect("text");
        assert_eq!(Manifest::parse(&text), Ok(manifest.clone()));
        assert!(!text.contains(&app.master_hex));
        seen.push(manifest.contents.counts.audit_events);
        let names = std::fs::read_dir(folder.path()).expect("a folder");
        assert_eq!(names.count(), 1, "a check leaves nothing behind");
    }
    is_done.store(true, Ordering::SeqCst);
    let written = writer.await.expect("it ended");
    assert!(written > 0 && seen.is_sorted(), "{written} {seen:?}");
    Arc::into_inner(app)
        .expect("the only owner")
        .close()
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_differs_from_its_manifest_is_found() {
    let app = TestApp::on_sqlite().await;
    app.north_key("max").await;
    let ring = ring(&app).await;
    for (statement, what, needs_ring) in [
        (
            "UPDATE audit_events SET at = at + 1 WHERE n = 2",
            "event 2 of",
            false,
        ),
        (
            "UPDATE audit_events SET mac = hash WHERE n = 2",
            "event 2 of",
            true,
        ),
        ("DELETE FROM api_keys", "the numbers of rows", false),
        (
            "UPDATE audit_heads SET n = n - 1",
            "the ends of the audit logs",
            false,
        ),
        (
            "UPDATE keyring SET kek_id = 'other'",
            "the master keys",
            false,
        ),
        (
            "UPDATE meta SET value = 'x' WHERE name = 'deployment'",
            "the installations",
            false,
        ),
        (
            "DELETE FROM _sqlx_migrations WHERE version > 20",
            "the schema versions",
            false,
        ),
        (
            "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1",
            "newer than this program",
            false,
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = back_up(&app, folder.path()).await;
        let file = folder.path().join(backup::DATABASE);
        assert_eq!(
            backup::check_file(&file, &manifest).expect("read"),
            None
        );
        let mut intruder = Intruder::at(&format!("sqlite://{}", file.display())).await;
        intruder.run(statement).await;
        drop(intruder);
        assert!(
            backup::check_file(&file, &manifest)
                .expect("read")
                .is_some()
        );
        let with = faults(folder.path(), &manifest, Some(&ring)).await;
        assert!(
            with.iter().any(|fault| fault.contains(what)),
            "{statement}: {with:?}"
        );
        let without = faults(folder.path(), &manifest, None).await;
        assert_eq!(
            without.is_empty(),
            needs_ring,
            "{statement}: {without:?}"
        );
    }
    app.close().await;
}

#[tokio::test]
async fn nothing_is_created_or_replaced_unasked() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.db");
    let url = format!("sqlite://{}", missing.display());
    let opened = Db::open_to_read(&url).await;
    assert!(matches!(opened.err(), Some(StoreError::Url(_))));
    assert!(!missing.exists());

    // Another program creates the file after its absence was noted.
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, "the backup").expect("written");
    let place = Place::lock(&url).expect("a place");
    assert!(!place.is_taken());
    std::fs::write(&missing, "another database").expect("written");
    assert!(place.put(&copy, ".aside").is_err());
    assert_eq!(
        std::fs::read(&missing).expect("read"),
        b"another database"
    );

    // What is there is renamed with its write-ahead log, and a part of a database counts too.
    std::fs::write(folder.path().join("missing.db-wal"), "its log").expect("written");
    let place = Place::lock(&url).expect("a place");
    assert!(place.is_taken());
    let (placed, aside) = place.put(&copy, ".aside").expect("put");
    assert_eq!(std::fs::read(&missing).expect("read"), b"the backup");
    let aside = aside.expect("a name");
    assert_eq!(
        std::fs::read(&aside).expect("read"),
        b"another database"
    );
    assert_eq!(
        std::fs::read(aside.with_file_name("missing.db.aside-wal")).expect("read"),
        b"its log"
    );
    assert!(!folder.path().join("missing.db-wal").exists());
    // The new file is locked until it is closed.
    assert!(Place::lock(&url).is_err());
    drop(placed);
    std::fs::remove_file(&missing).expect("deleted");
    std::fs::write(folder.path().join("missing.db-wal"), "a log").expect("written");
    assert!(Place::lock(&url).expect("a place").is_taken());
}

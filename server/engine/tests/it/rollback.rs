//! Rollback attacks: an attacker with write access restores an old row and hides the event of its
//! revocation, or replaces the database with an older copy.

use std::path::{Path, PathBuf};

use domain::Code;
use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount};
use domain::token::Brand;
use domain::view::NewKey;
use engine::journal::{Journal, JournalFault};
use engine::keyring;
use engine::{Db, Engine};
use tempfile::TempDir;

use crate::intruder::{Cells, Intruder, Value, cell};
use crate::prove;
use crate::test_app::{NORTH, TestApp, origin, refusal, revoke};

/// A journal file in a temporary folder.
struct JournalFolder(TempDir);

impl JournalFolder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("roundtable.journal")
    }

    async fn open(&self, app: &TestApp, db: &Db) -> Result<Journal, JournalFault> {
        open(app, db, &self.file()).await
    }

    async fn engine(&self, app: &TestApp, db: &Db) -> Engine {
        engine_with_journal(app, db, &self.file()).await
    }

    /// The lines of the file, without its reserved space.
    fn text(&self) -> Vec<u8> {
        let mut text = std::fs::read(self.file()).expect("the journal");
        text.truncate(
            text.iter()
                .position(|byte| *byte == 0)
                .unwrap_or(text.len()),
        );
        text
    }
}

async fn open(app: &TestApp, db: &Db, file: &Path) -> Result<Journal, JournalFault> {
    let ring = keyring::open(db, &app.master, None)
        .await
        .expect("the ring opens");
    Journal::open(file, &ring, app.runtime.now())
}

/// An engine that starts with this journal file.
pub async fn engine_with_journal(app: &TestApp, db: &Db, file: &Path) -> Engine {
    let journal = open(app, db, file)
        .await
        .expect("the journal opens");
    let ring = keyring::open(db, &app.master, None)
        .await
        .expect("the ring opens");
    let engine = Engine::with_journal(
        db.clone(),
        ring,
        app.runtime.clone(),
        Brand::default(),
        journal,
    );
    engine
        .open_journal()
        .await
        .expect("the journal is ready");
    engine
}

async fn row(intruder: &mut Intruder, table: &str, id: &Value) -> Cells {
    let id = intruder.literal(id);
    intruder
        .rows(&format!("SELECT * FROM {table} WHERE id = {id}"))
        .await
        .remove(0)
}

async fn restore(intruder: &mut Intruder, table: &str, row: &mut Cells) {
    let id = intruder.literal(cell(row, "id"));
    intruder
        .run(&format!("DELETE FROM {table} WHERE id = {id}"))
        .await;
    intruder.insert(table, row).await;
}

async fn key_row(intruder: &mut Intruder, key: &NewKey) -> Cells {
    row(
        intruder,
        "api_keys",
        &Value::Number(key.view.key_id.0),
    )
    .await
}

async fn admitted(engine: &Engine, key: &NewKey) -> bool {
    engine
        .authenticate_key(&key.plain, origin())
        .await
        .is_ok()
}

/// The newest event of North.
const NEWEST: &str = "n = (SELECT MAX(n) FROM audit_events e WHERE e.organization_id = audit_events.organization_id) \
     AND organization_id = (SELECT id FROM organizations WHERE name = 'North')";

both! {
    // R3: the event of the revocation is kept, deleted, or turned into another event.
    a_restored_row_is_rejected_even_if_its_event_is_hidden(app) {
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        for hide in ["DELETE FROM audit_events WHERE", "UPDATE audit_events SET action = 'key.renamed' WHERE"] {
            for later in [0, 2] {
                let key = app.key_of(&max).await;
                let mut old = key_row(&mut intruder, &key).await;
                app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
                for _ in 0..later {
                    app.key_of(&max).await;
                }
                restore(&mut intruder, "api_keys", &mut old).await;
                let id = key.view.key_id;
                let which = format!("action = 'key.revoked' AND object_id = '{id}'");
                assert_eq!(intruder.run(&format!("{hide} {which}")).await, 1);
                assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "{hide} {later}");
            }
        }
    }

    // R3, F19: the log is truncated with its head, and the server restarted. Only the journal
    // contains the revocation.
    a_restored_row_is_rejected_after_the_log_was_truncated_and_a_restart(app) {
        let folder = JournalFolder::new();
        let engine = folder.engine(app, &app.db).await;
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        let key = app.key_of(&max).await;
        assert!(admitted(&engine, &key).await);
        let mut old = key_row(&mut intruder, &key).await;
        let head = format!("organization_id = '{}'", app.organization(NORTH).await);
        let before = intruder.rows(&format!("SELECT n, hash FROM audit_heads WHERE {head}")).await.remove(0);
        engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        drop(engine);
        restore(&mut intruder, "api_keys", &mut old).await;
        assert_eq!(intruder.run(&format!("DELETE FROM audit_events WHERE {NEWEST}")).await, 1);
        for (column, value) in &before {
            intruder.set("audit_heads", column, value, &head).await;
        }
        assert!(admitted(&app.restarted().await, &key).await, "the database alone cannot tell");
        let engine = folder.engine(app, &app.db).await;
        assert!(!admitted(&engine, &key).await);
        let state = engine.verify_audit(&app.organization(NORTH).await).await.expect("read");
        let engine::audit::ChainState::Broken(n) = state else { panic!("the truncated log is accepted") };
        assert!(matches!(&before[0].1, Value::Number(head) if n == head + 1), "{before:?} {n}");
    }

    // R3
    a_restored_row_of_a_disabled_service_account_is_rejected(app) {
        let (olga, mut intruder) = (app.north("olga").await, app.intruder().await);
        let command = CreateServiceAccount::read("robot", Some("member"), false).expect("an account");
        let robot = app.engine.create_service_account(&olga, command).await.expect("an account").actor_id;
        let command = CreateKey { owner: Some(robot), ..CreateKey::read("a key").expect("a name") };
        let key = app.engine.create_key(&olga, command).await.expect("a key");
        let mut old = row(&mut intruder, "actors", &Value::Number(robot.0)).await;
        let disable =
            ChangeServiceAccount { actor: robot, name: None, role: None, disabled: Some(true), allow_overlap: None, allowed_ips: None };
        app.engine.change_service_account(&olga, disable).await.expect("disabled");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        app.key_of(&olga).await;
        restore(&mut intruder, "actors", &mut old).await;
        assert_eq!(intruder.run("DELETE FROM audit_events WHERE action = 'service_account.changed'").await, 1);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
    }

    // R3: for every way in which a session ends, also without an event, and after a restart.
    a_restored_row_of_a_closed_session_is_rejected(app) {
        let folder = JournalFolder::new();
        let engine = folder.engine(app, &app.db).await;
        let mut intruder = app.intruder().await;
        let mut closed = Vec::new();
        for way in 0..2 {
            let (caller, token) = app.browser("max").await;
            let digest = intruder.literal(&Value::Bytes(engine.session_digest(&token)));
            let mut old = intruder.rows(&format!("SELECT * FROM sessions WHERE digest = {digest}")).await.remove(0);
            match way {
                0 => engine.sign_out(&caller, &origin()).await.expect("signed out"),
                _ => engine.delete_session(&token).await.expect("closed"),
            }
            restore(&mut intruder, "sessions", &mut old).await;
            intruder.run("DELETE FROM audit_events WHERE action = 'session.ended'").await;
            assert!(app.restarted().await.find_session(&token).await.expect("read").is_some(), "the row is rejected");
            assert!(engine.find_session(&token).await.expect("read").is_none(), "way {way}");
            closed.push(token);
        }
        drop(engine);
        let engine = folder.engine(app, &app.db).await;
        for token in closed {
            assert!(engine.find_session(&token).await.expect("read").is_none());
        }
    }

    // R3: changes that were made without a journal are read from the log at startup.
    a_journal_catches_up_with_the_log_at_startup(app) {
        let folder = JournalFolder::new();
        drop(folder.engine(app, &app.db).await);
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        let key = app.key_of(&max).await;
        let mut old = key_row(&mut intruder, &key).await;
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.key_of(&max).await;
        let engine = folder.engine(app, &app.db).await;
        restore(&mut intruder, "api_keys", &mut old).await;
        intruder.run("DELETE FROM audit_events WHERE action = 'key.revoked'").await;
        assert!(!admitted(&engine, &key).await);
        drop(engine);
        assert!(!admitted(&folder.engine(app, &app.db).await, &key).await, "after another restart");
    }

    // R3: a change that does not revoke a key or an actor does not affect it, even if the journal
    // reads it from the log.
    a_changed_row_that_was_not_revoked_is_accepted(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        let key = app.north_key("max").await;
        app.engine.change_member(&olga, max, domain::Role::Admin).await.expect("promoted");
        app.engine.expose_key(&key.plain, &origin()).await.expect("noted");
        app.with_key(&key.plain).await;
        let folder = JournalFolder::new();
        let engine = folder.engine(app, &app.db).await;
        assert!(admitted(&engine, &key).await);
        drop(engine);
        assert!(admitted(&folder.engine(app, &app.db).await, &key).await, "after a restart");
    }

    // R3
    an_altered_journal_is_rejected_but_an_incomplete_last_line_is_accepted(app) {
        let folder = JournalFolder::new();
        let engine = folder.engine(app, &app.db).await;
        let max = app.north("max").await;
        let mut keys = Vec::new();
        for _ in 0..3 {
            keys.push(app.key_of(&max).await);
        }
        for key in &keys {
            engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        }
        drop(engine);
        let whole = folder.text();
        let lines = whole.iter().filter(|byte| **byte == b'\n').count();
        assert!(lines > 3, "{}", String::from_utf8_lossy(&whole));
        for at in (0..whole.len()).step_by(7) {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(folder.file(), &altered).expect("written");
            let fault = folder.open(app, &app.db).await.map(drop).expect_err("it is altered");
            assert!(matches!(fault, JournalFault::Altered(_, _)), "byte {at}: {fault}");
        }
        let elsewhere = app.another().await;
        std::fs::write(folder.file(), &whole).expect("written");
        let fault = folder.open(&elsewhere, &elsewhere.db).await.map(drop).expect_err("another installation");
        assert!(matches!(fault, JournalFault::Altered(_, 1)), "{fault}");
        elsewhere.close().await;
        let torn = [&whole[..], b"key 77 92233"].concat();
        std::fs::write(folder.file(), &torn).expect("written");
        let engine = folder.engine(app, &app.db).await;
        for key in &keys {
            assert!(!admitted(&engine, key).await);
        }
    }
}

// B9
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoked_keys_are_rejected_after_an_old_copy_of_the_file_is_restored() {
    let app = TestApp::on_sqlite().await;
    let folder = JournalFolder::new();
    let engine = folder.engine(&app, &app.db).await;
    let max = app.north("max").await;
    let mut keys = Vec::new();
    for _ in 0..prove::count(10, 100) {
        keys.push(app.key_of(&max).await);
    }
    let copy = folder.0.path().join("copy.db");
    app.intruder()
        .await
        .run(&format!("VACUUM INTO '{}'", copy.display()))
        .await;
    for key in &keys {
        engine
            .revoke_key(&max, revoke(key.view.key_id))
            .await
            .expect("revoked");
    }
    let later = app.key_of(&max).await;
    engine
        .revoke_key(&max, revoke(later.view.key_id))
        .await
        .expect("revoked");
    drop(engine);
    let restored = Db::open(&format!("sqlite://{}", copy.display()))
        .await
        .expect("the copy opens");
    let engine = folder.engine(&app, &restored).await;
    for key in &keys {
        assert!(!admitted(&engine, key).await);
    }
    prove::shown(&app, "restored-keys", keys.len());
    restored.close().await;
    app.close().await;
}

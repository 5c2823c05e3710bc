//! Someone with write access to the database brings back what has ended, and hides the event of its end as well; or an
//! older copy of the database is put in its place.

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

/// A journal file in a folder that goes with the test.
struct Kept(TempDir);

impl Kept {
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

    /// The lines of the file, without the space that it holds.
    fn text(&self) -> Vec<u8> {
        let mut text = std::fs::read(self.file()).expect("the journal");
        text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
        text
    }
}

async fn open(app: &TestApp, db: &Db, file: &Path) -> Result<Journal, JournalFault> {
    let ring = keyring::open(db, &app.master, None).await.expect("the ring opens");
    Journal::open(file, &ring, app.runtime.now())
}

/// The engine as it starts with a journal file.
pub async fn engine_with_journal(app: &TestApp, db: &Db, file: &Path) -> Engine {
    let journal = open(app, db, file).await.expect("the journal opens");
    let ring = keyring::open(db, &app.master, None).await.expect("the ring opens");
    let engine = Engine::with_journal(db.clone(), ring, app.runtime.clone(), Brand::default(), journal);
    engine.open_journal().await.expect("the journal is ready");
    engine
}

async fn row(intruder: &mut Intruder, table: &str, id: &Value) -> Cells {
    let id = intruder.literal(id);
    intruder.rows(&format!("SELECT * FROM {table} WHERE id = {id}")).await.remove(0)
}

async fn put_back(intruder: &mut Intruder, table: &str, row: &mut Cells) {
    let id = intruder.literal(cell(row, "id"));
    intruder.run(&format!("DELETE FROM {table} WHERE id = {id}")).await;
    intruder.insert(table, row).await;
}

async fn key_row(intruder: &mut Intruder, key: &NewKey) -> Cells {
    row(intruder, "api_keys", &Value::Number(key.view.key_id.0)).await
}

async fn admitted(engine: &Engine, key: &NewKey) -> bool {
    engine.authenticate_key(&key.plain, origin()).await.is_ok()
}

/// The newest event of North.
const NEWEST: &str = "n = (SELECT MAX(n) FROM audit_events e WHERE e.organization_id = audit_events.organization_id) \
     AND organization_id = (SELECT id FROM organizations WHERE name = 'North')";

both! {
    // R3: neither without the event of its end, nor with the event turned into another, nor as the only change.
    an_old_row_is_refused_whatever_became_of_its_event(app) {
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        for hide in ["DELETE FROM audit_events WHERE", "UPDATE audit_events SET action = 'key.renamed' WHERE"] {
            for later in [0, 2] {
                let key = app.key_of(&max).await;
                let mut old = key_row(&mut intruder, &key).await;
                app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
                for _ in 0..later {
                    app.key_of(&max).await;
                }
                put_back(&mut intruder, "api_keys", &mut old).await;
                let id = key.view.key_id;
                let which = format!("action = 'key.revoked' AND object_id = '{id}'");
                assert_eq!(intruder.run(&format!("{hide} {which}")).await, 1);
                assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized, "{hide} {later}");
            }
        }
    }

    // R3, F19: the log is cut, its head set back, and the program started again: only the journal knows.
    an_old_row_is_refused_after_the_log_was_cut_and_a_restart(app) {
        let kept = Kept::new();
        let engine = kept.engine(app, &app.db).await;
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        let key = app.key_of(&max).await;
        assert!(admitted(&engine, &key).await);
        let mut old = key_row(&mut intruder, &key).await;
        let head = format!("organization_id = '{}'", app.organization(NORTH).await);
        let before = intruder.rows(&format!("SELECT n, hash FROM audit_heads WHERE {head}")).await.remove(0);
        engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        drop(engine);
        put_back(&mut intruder, "api_keys", &mut old).await;
        assert_eq!(intruder.run(&format!("DELETE FROM audit_events WHERE {NEWEST}")).await, 1);
        for (column, value) in &before {
            intruder.set("audit_heads", column, value, &head).await;
        }
        assert!(admitted(&app.restarted().await, &key).await, "the database alone cannot tell");
        let engine = kept.engine(app, &app.db).await;
        assert!(!admitted(&engine, &key).await);
        let state = engine.verify_audit(&app.organization(NORTH).await).await.expect("read");
        let engine::audit::ChainState::Broken(n) = state else { panic!("the cut log is taken for whole") };
        assert!(matches!(&before[0].1, Value::Number(head) if n == head + 1), "{before:?} {n}");
    }

    // R3
    the_old_row_of_a_disabled_service_account_is_refused(app) {
        let (olga, mut intruder) = (app.north("olga").await, app.intruder().await);
        let command = CreateServiceAccount::read("robot", Some("member"), false).expect("an account");
        let robot = app.engine.create_service_account(&olga, command).await.expect("an account").actor_id;
        let command = CreateKey { owner: Some(robot), ..CreateKey::read("a key").expect("a name") };
        let key = app.engine.create_key(&olga, command).await.expect("a key");
        let mut old = row(&mut intruder, "actors", &Value::Number(robot.0)).await;
        let disable =
            ChangeServiceAccount { actor: robot, name: None, role: None, disabled: Some(true), allow_overlap: None };
        app.engine.change_service_account(&olga, disable).await.expect("disabled");
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Forbidden);
        app.key_of(&olga).await;
        put_back(&mut intruder, "actors", &mut old).await;
        assert_eq!(intruder.run("DELETE FROM audit_events WHERE action = 'service_account.changed'").await, 1);
        assert_eq!(refusal(app.admit(&key.plain).await), Code::Unauthorized);
    }

    // R3: However the session ended, also where no event tells of it, and after a restart.
    the_row_of_an_ended_session_is_refused(app) {
        let kept = Kept::new();
        let engine = kept.engine(app, &app.db).await;
        let mut intruder = app.intruder().await;
        let mut ended = Vec::new();
        for way in 0..2 {
            let (caller, token) = app.browser("max").await;
            let digest = intruder.literal(&Value::Bytes(engine.session_digest(&token)));
            let mut old = intruder.rows(&format!("SELECT * FROM sessions WHERE digest = {digest}")).await.remove(0);
            match way {
                0 => engine.sign_out(&caller, &origin()).await.expect("signed out"),
                _ => engine.delete_session(&token).await.expect("ended"),
            }
            put_back(&mut intruder, "sessions", &mut old).await;
            intruder.run("DELETE FROM audit_events WHERE action = 'session.ended'").await;
            assert!(app.restarted().await.find_session(&token).await.expect("read").is_some(), "the row is no good");
            assert!(engine.find_session(&token).await.expect("read").is_none(), "way {way}");
            ended.push(token);
        }
        drop(engine);
        let engine = kept.engine(app, &app.db).await;
        for token in ended {
            assert!(engine.find_session(&token).await.expect("read").is_none());
        }
    }

    // R3: What was changed while no journal was kept is learned from the log at the start.
    the_journal_learns_from_the_log_what_it_missed(app) {
        let kept = Kept::new();
        drop(kept.engine(app, &app.db).await);
        let (max, mut intruder) = (app.north("max").await, app.intruder().await);
        let key = app.key_of(&max).await;
        let mut old = key_row(&mut intruder, &key).await;
        app.engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        app.key_of(&max).await;
        let engine = kept.engine(app, &app.db).await;
        put_back(&mut intruder, "api_keys", &mut old).await;
        intruder.run("DELETE FROM audit_events WHERE action = 'key.revoked'").await;
        assert!(!admitted(&engine, &key).await);
        drop(engine);
        assert!(!admitted(&kept.engine(app, &app.db).await, &key).await, "after another restart");
    }

    // R3: Every change of a key or an actor that leaves it good keeps it good, also in the eyes of a journal that learned of
    // it from the log alone.
    what_was_changed_and_has_not_ended_stays_good(app) {
        let (olga, max) = (app.north("olga").await, app.member("max", NORTH).await);
        let key = app.north_key("max").await;
        app.engine.change_member(&olga, max, domain::Role::Admin).await.expect("promoted");
        app.engine.expose_key(&key.plain, &origin()).await.expect("noted");
        app.with_key(&key.plain).await;
        let kept = Kept::new();
        let engine = kept.engine(app, &app.db).await;
        assert!(admitted(&engine, &key).await);
        drop(engine);
        assert!(admitted(&kept.engine(app, &app.db).await, &key).await, "after a restart");
    }

    // R3
    an_altered_journal_is_refused_and_a_torn_last_line_is_not(app) {
        let kept = Kept::new();
        let engine = kept.engine(app, &app.db).await;
        let max = app.north("max").await;
        let mut keys = Vec::new();
        for _ in 0..3 {
            keys.push(app.key_of(&max).await);
        }
        for key in &keys {
            engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
        }
        drop(engine);
        let whole = kept.text();
        let lines = whole.iter().filter(|byte| **byte == b'\n').count();
        assert!(lines > 3, "{}", String::from_utf8_lossy(&whole));
        for at in (0..whole.len()).step_by(7) {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(kept.file(), &altered).expect("written");
            let fault = kept.open(app, &app.db).await.map(drop).expect_err("it is altered");
            assert!(matches!(fault, JournalFault::Altered(_, _)), "byte {at}: {fault}");
        }
        let elsewhere = app.another().await;
        std::fs::write(kept.file(), &whole).expect("written");
        let fault = kept.open(&elsewhere, &elsewhere.db).await.map(drop).expect_err("another installation");
        assert!(matches!(fault, JournalFault::Altered(_, 1)), "{fault}");
        elsewhere.close().await;
        let torn = [&whole[..], b"key 77 92233"].concat();
        std::fs::write(kept.file(), &torn).expect("written");
        let engine = kept.engine(app, &app.db).await;
        for key in &keys {
            assert!(!admitted(&engine, key).await);
        }
    }
}

// B9: a copy from before the revocations is put back; none of the keys opens anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_key_comes_back_with_an_old_copy_of_the_file() {
    let app = TestApp::on_sqlite().await;
    let kept = Kept::new();
    let engine = kept.engine(&app, &app.db).await;
    let max = app.north("max").await;
    let mut keys = Vec::new();
    for _ in 0..prove::count(10, 100) {
        keys.push(app.key_of(&max).await);
    }
    let copy = kept.0.path().join("copy.db");
    app.intruder().await.run(&format!("VACUUM INTO '{}'", copy.display())).await;
    for key in &keys {
        engine.revoke_key(&max, revoke(key.view.key_id)).await.expect("revoked");
    }
    let later = app.key_of(&max).await;
    engine.revoke_key(&max, revoke(later.view.key_id)).await.expect("revoked");
    drop(engine);
    let restored = Db::open(&format!("sqlite://{}", copy.display())).await.expect("the copy opens");
    let engine = kept.engine(&app, &restored).await;
    for key in &keys {
        assert!(!admitted(&engine, key).await);
    }
    prove::shown(&app, "restored-keys", keys.len());
    restored.close().await;
    app.close().await;
}

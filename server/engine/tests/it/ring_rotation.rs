//! Rotating the keys of the ring beside running servers: whatever was made before stays valid, and
//! in the end nothing refers to the old key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use domain::command::{CreateKey, InviteMember, VerifyKey};
use domain::device::DeviceClient;
use domain::token::PlainKey;
use domain::view::{NewKey, VerdictCode};
use domain::{Code, PersonId};
use engine::devices::{DeviceTokens, StartedDevice};
use engine::keyring::{self, Activated, Purpose, Resealed, RingFault, RotationFault};
use engine::tokens::Parties;
use engine::{Caller, Ctx, Engine};
use tokio::task::JoinSet;

use crate::apis;
use crate::intruder::Value;
use crate::ring::dropped_after;
use crate::rollback::engine_with_journal;
use crate::test_app::{
    NORTH, SOUTH, TestApp, engine, everything, identity, in_person, master, origin, refusal, revoke,
};

const CLI: DeviceClient = DeviceClient::CommandLine;
const PATIENCE: Duration = Duration::from_secs(30);
/// The purposes whose old keys can be destroyed.
const DESTROYED: [Purpose; 4] = [
    Purpose::Data,
    Purpose::Lookup,
    Purpose::Row,
    Purpose::Session,
];

fn parties() -> Parties {
    Parties {
        issuer: "https://keys.test".into(),
        audience: "https://keys.test/api/v1".into(),
    }
}

async fn add(app: &TestApp, purpose: Purpose) -> i64 {
    keyring::add(&app.db, (&app.master, None), &app.runtime, purpose)
        .await
        .expect("added")
}

async fn activate(app: &TestApp, purpose: Purpose) -> Result<Activated, RotationFault> {
    keyring::activate(&app.db, &app.runtime, purpose).await
}

/// Rotates a key while only the engine of the app runs.
async fn rotate(app: &TestApp, purpose: Purpose) -> Activated {
    add(app, purpose).await;
    app.engine
        .follow_ring()
        .await
        .expect("the new key is read");
    let done = activate(app, purpose).await.expect("activated");
    app.engine
        .follow_ring()
        .await
        .expect("its activation is read");
    done
}

async fn reseal(app: &TestApp, batch: i64) -> Resealed {
    let ring = keyring::open(&app.db, &app.master, None)
        .await
        .expect("the ring opens");
    keyring::reseal(&app.db, &ring, &app.runtime, batch)
        .await
        .expect("resealed")
}

async fn destroy(app: &TestApp, id: i64) -> Result<(), RotationFault> {
    keyring::destroy(&app.db, &app.runtime, id).await
}

async fn accepts(engine: &Engine, key: &PlainKey) -> bool {
    engine
        .authenticate_read_key(key, origin())
        .await
        .is_ok()
}

/// One of everything that was made with a key of the ring.
struct Made {
    key: NewKey,
    revoked: NewKey,
    api_key: NewKey,
    api: Ctx,
    invitation: String,
    newcomer: PersonId,
    browser: (Caller, [u8; 32]),
    draft: String,
    flow: [u8; 32],
    waiting: StartedDevice,
    device: DeviceTokens,
    token_kid: String,
}

impl Made {
    async fn before(app: &TestApp) -> Self {
        let engine = &app.engine;
        let ada = app.north("ada").await;
        let (key, revoked) = (app.north_key("max").await, app.north_key("max").await);
        engine
            .revoke_key(&ada, revoke(revoked.view.key_id))
            .await
            .expect("revoked");
        apis::api(app, &ada, "orders").await;
        let consumer = apis::consumer(app, &ada, "initech").await;
        let api_key = apis::api_key(
            app,
            &ada,
            "orders",
            consumer.actor_id,
            &["orders:read"],
        )
        .await;
        let command =
            InviteMember::read("zoe@example.test", Some("member")).expect("a valid command");
        let invitation = engine
            .create_invitation(&ada, command)
            .await
            .expect("invited");
        let newcomer = engine
            .sign_in(&identity("zoe"), &origin())
            .await
            .expect("signed in");
        let browser = app.browser("mia").await;
        let draft = engine
            .save_draft(&browser.0, "browser", b"a form")
            .await
            .expect("saved");
        let flow = app.runtime.bytes();
        engine
            .begin_flow(&flow, b"a flow")
            .await
            .expect("begun");
        let device = signed_in_device(app, "una").await;
        let keys = engine.verifying_keys().await.expect("keys");
        Self {
            key,
            revoked,
            api_key,
            api: ada,
            invitation: invitation.token,
            newcomer,
            browser,
            draft,
            flow,
            waiting: start(app).await,
            device,
            token_kid: keys[0].id.clone(),
        }
    }

    /// What can be used any number of times.
    async fn stays_valid(&self, app: &TestApp) {
        let engine = &app.engine;
        assert!(accepts(engine, &self.key.plain).await);
        let refused = engine
            .authenticate_read_key(&self.revoked.plain, origin())
            .await;
        assert_eq!(refusal(refused), Code::Unauthorized);
        let text = self.api_key.plain.expose();
        let command = VerifyKey::read(text, Some("orders"), None, None, false).expect("a command");
        let verdict = engine.verify_key(&self.api, &command).await;
        assert_eq!(verdict.expect("a verdict").code, VerdictCode::Valid);
        engine
            .get_invitation(&self.invitation)
            .await
            .expect("an offer");
        let known = engine.verifying_key(&self.token_kid).await;
        assert!(known.expect("an answer").is_some());
        let (caller, token) = &self.browser;
        let (value, _) = engine
            .find_session(token)
            .await
            .expect("an answer")
            .expect("the session");
        assert_eq!(value.as_slice(), b"signed in");
        recognized(engine, caller).await;
        for organization in [NORTH, SOUTH] {
            app.sound_chain(organization).await;
        }
    }

    /// What can be used once.
    async fn is_used(&self, app: &TestApp) {
        let engine = &app.engine;
        let joined = engine
            .accept_invitation(&in_person(self.newcomer), &self.invitation, origin())
            .await;
        assert_eq!(joined.expect("joined"), app.organization(NORTH).await);
        let form = engine
            .take_draft(&self.browser.0, "browser", &self.draft)
            .await
            .expect("an answer");
        assert_eq!(form.expect("the form").as_slice(), b"a form");
        let flow = engine
            .take_flow(&self.flow)
            .await
            .expect("an answer");
        assert_eq!(flow.expect("the flow").as_slice(), b"a flow");
        allow(app, &self.waiting, "una").await;
        let next = refreshed(app, &self.device.refresh).await;
        // An answer that was lost: the same token is given again.
        let again = refreshed(app, &self.device.refresh).await;
        assert_eq!(next.refresh.as_str(), again.refresh.as_str());
        refreshed(app, &next.refresh).await;
    }
}

/// Asserts that a person's session is found by the digest that their request began with.
async fn recognized(engine: &Engine, caller: &Caller) {
    engine
        .issue_token(caller, &parties(), false, &origin())
        .await
        .expect("the session is found");
}

async fn start(app: &TestApp) -> StartedDevice {
    app.engine
        .start_device(CLI, &origin())
        .await
        .expect("codes")
}

async fn allow(app: &TestApp, device: &StartedDevice, person: &str) -> DeviceTokens {
    let (browser, _) = app.browser(person).await;
    app.engine
        .decide_device(&browser, &device.user_code, true, &origin())
        .await
        .expect("allowed");
    let granted = app
        .engine
        .exchange_device_code(CLI, &device.device_code, &parties(), &origin())
        .await;
    granted
        .expect("an answer")
        .unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

async fn signed_in_device(app: &TestApp, person: &str) -> DeviceTokens {
    allow(app, &start(app).await, person).await
}

async fn refreshed(app: &TestApp, token: &str) -> DeviceTokens {
    let granted = app
        .engine
        .refresh_device(CLI, token, &parties(), &origin())
        .await;
    granted
        .expect("an answer")
        .unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// Uses keys, and creates, uses and revokes more of them, until it is asked to stop. Its tasks give
/// their failures.
struct Load {
    ends: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    tasks: JoinSet<Vec<String>>,
}

impl Load {
    fn start(app: &TestApp, owner: &Ctx, keys: &[NewKey], revoked: &NewKey) -> Self {
        let mut load = Self {
            ends: Arc::default(),
            calls: Arc::default(),
            tasks: JoinSet::new(),
        };
        let plain: Vec<_> = keys.iter().map(|key| key.plain.clone()).collect();
        let (engine, dead) = (app.engine.clone(), revoked.plain.clone());
        let (ends, calls) = (load.ends.clone(), load.calls.clone());
        load.tasks.spawn(async move {
            let mut failures = Vec::new();
            while !ends.load(Ordering::SeqCst) {
                for key in &plain {
                    let admitted = engine.authenticate_read_key(key, origin()).await;
                    failures.extend(
                        admitted
                            .err()
                            .map(|error| format!("use: {error}")),
                    );
                    calls.fetch_add(1, Ordering::SeqCst);
                }
                if accepts(&engine, &dead).await {
                    failures.push("a revoked key passed".into());
                }
            }
            failures
        });
        let (engine, owner) = (app.engine.clone(), owner.clone());
        let (ends, calls) = (load.ends.clone(), load.calls.clone());
        load.tasks.spawn(async move {
            let mut failures = Vec::new();
            while !ends.load(Ordering::SeqCst) {
                if let Err(failure) = lifetime(&engine, &owner).await {
                    failures.push(failure);
                }
                calls.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            failures
        });
        load
    }

    /// Gives the number of calls, and the failures.
    async fn end(self) -> (usize, Vec<String>) {
        self.ends.store(true, Ordering::SeqCst);
        let failures = self.tasks.join_all().await;
        (
            self.calls.load(Ordering::SeqCst),
            failures.into_iter().flatten().collect(),
        )
    }
}

/// Creates a key, uses it, revokes it, and tries to use it again.
async fn lifetime(engine: &Engine, owner: &Ctx) -> Result<(), String> {
    let command = CreateKey::read("under load").expect("a name");
    let created = engine.create_key(owner, command).await;
    let key = created.map_err(|error| format!("create: {error}"))?;
    let admitted = engine
        .authenticate_read_key(&key.plain, origin())
        .await;
    drop(admitted.map_err(|error| format!("first use: {error}"))?);
    let revoked = engine
        .revoke_key(owner, revoke(key.view.key_id))
        .await;
    revoked.map_err(|error| format!("revoke: {error}"))?;
    if accepts(engine, &key.plain).await {
        return Err("a key passed after its revocation".into());
    }
    Ok(())
}

both! {
    // C7
    everything_stays_valid_when_every_key_of_the_ring_is_rotated(app) {
        let made = Made::before(app).await;
        let mut old = Vec::new();
        for purpose in [Purpose::Data, Purpose::Lookup, Purpose::Row, Purpose::Audit, Purpose::Session] {
            old.push((purpose, rotate(app, purpose).await.old));
            made.stays_valid(app).await;
        }
        let done = reseal(app, 3).await;
        assert!(done.altered.is_empty(), "{:?}", done.altered);
        let tables: Vec<_> = done.moved.keys().copied().collect();
        assert_eq!(tables, ["actors", "api_keys", "apis", "invitations", "sessions", "signing_keys"]);
        assert!(reseal(app, 3).await.moved.is_empty(), "nothing is left to move");
        made.stays_valid(app).await;
        made.is_used(app).await;

        app.clock.advance_seconds(600);
        app.engine.delete_expired_sessions().await.expect("deleted");
        for (purpose, id) in old {
            if !DESTROYED.contains(&purpose) {
                assert!(matches!(destroy(app, id).await, Err(RotationFault::Audit(named)) if named == id));
                continue;
            }
            let left = keyring::count_rows(&app.db, &app.runtime, id).await.expect("counted");
            // The browsers that were opened for this test and not used again.
            if purpose != Purpose::Session {
                assert!(left.is_empty(), "{purpose}: {left:?}");
                destroy(app, id).await.expect("destroyed");
            } else {
                assert!(matches!(destroy(app, id).await, Err(RotationFault::Needed { .. })));
                // As if the others were used for the first time two minutes after the rotation.
                app.intruder().await.run("UPDATE sessions SET refreshed_at = refreshed_at + 121000").await;
                app.intruder().await.run("DELETE FROM sessions WHERE refreshed_at IS NULL").await;
                destroy(app, id).await.expect("destroyed");
            }
            app.engine.follow_ring().await.expect("the destruction is read");
        }
        for engine in [app.engine.clone(), app.restarted().await] {
            assert!(accepts(&engine, &made.key.plain).await);
            assert!(!accepts(&engine, &made.revoked.plain).await);
            assert!(engine.find_session(&made.browser.1).await.expect("an answer").is_some());
            assert!(engine.verifying_key(&made.token_kid).await.expect("an answer").is_some());
        }
        app.sound_chain(NORTH).await;
    }

    // C7
    a_server_serves_without_a_failure_while_keys_are_rotated(app) {
        app.engine.set_key_cache(0);
        let mut keys = Vec::new();
        for _ in 0..12 {
            keys.push(app.north_key("max").await);
        }
        let (olga, dead) = (app.north("olga").await, app.north_key("max").await);
        app.engine.revoke_key(&olga, revoke(dead.view.key_id)).await.expect("revoked");
        let load = Load::start(app, &olga, &keys, &dead);
        for _ in 0..2 {
            for purpose in [Purpose::Lookup, Purpose::Data, Purpose::Row, Purpose::Audit] {
                rotate(app, purpose).await;
                let done = reseal(app, 5).await;
                assert!(done.altered.is_empty(), "{:?}", done.altered);
            }
        }
        let (calls, failures) = load.end().await;
        assert!(calls > 20, "{calls}");
        assert_eq!(failures, Vec::<String>::new(), "of {calls}");
        assert!(reseal(app, 2).await.altered.is_empty());
        app.sound_chain(NORTH).await;
    }

    // C7
    an_interrupted_move_continues_where_it_stopped(app) {
        let mut keys = Vec::new();
        for _ in 0..6 {
            keys.push(app.north_key("max").await);
        }
        let old = [rotate(app, Purpose::Lookup).await.old, rotate(app, Purpose::Data).await.old, rotate(app, Purpose::Row).await.old];
        let mut polls = 1;
        loop {
            let ring = keyring::open(&app.db, &app.master, None).await.expect("the ring opens");
            let is_done = dropped_after(polls, keyring::reseal(&app.db, &ring, &app.runtime, 1)).await;
            for key in &keys {
                assert!(accepts(&app.engine, &key.plain).await, "after {polls} polls");
            }
            if is_done {
                break;
            }
            polls += 3;
        }
        assert!(polls > 4, "it was interrupted");
        for id in old {
            assert!(keyring::count_rows(&app.db, &app.runtime, id).await.expect("counted").is_empty());
        }
    }

    // B7, C7
    altered_rows_are_reported_and_not_moved(app) {
        let (good, bad) = (app.north_key("max").await, app.north_key("max").await);
        let (max, mia) = (app.member("max", NORTH).await, app.member("mia", NORTH).await);
        let (row, lookup) = (rotate(app, Purpose::Row).await, rotate(app, Purpose::Lookup).await);
        let mut intruder = app.intruder().await;
        let which = format!("id = {}", bad.view.key_id);
        intruder.set("api_keys", "role_cap", &Value::Text("owner".into()), &which).await;
        intruder.set("actors", "role", &Value::Text("owner".into()), &format!("id = {mia}")).await;
        let before = intruder.rows(&format!("SELECT * FROM api_keys WHERE {which}")).await;
        let done = reseal(app, 500).await;
        assert_eq!(done.altered, [format!("key {}", bad.view.key_id), format!("actor {mia}")]);
        assert_eq!(intruder.rows(&format!("SELECT * FROM api_keys WHERE {which}")).await, before);
        assert!(accepts(&app.engine, &good.plain).await);
        assert!(!accepts(&app.engine, &bad.plain).await);
        assert_eq!(app.enter("max", NORTH).await.expect("unaltered").actor().id, max);

        app.clock.advance_seconds(600);
        for id in [row.old, lookup.old] {
            assert!(matches!(destroy(app, id).await, Err(RotationFault::Needed { .. })));
        }
    }

    // C7
    a_row_that_an_intruder_put_back_stays_dead_after_a_move(app) {
        let (olga, key) = (app.north("olga").await, app.north_key("max").await);
        let mut intruder = app.intruder().await;
        let which = format!("id = {}", key.view.key_id);
        let before = intruder.rows(&format!("SELECT * FROM api_keys WHERE {which}")).await;
        app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        intruder.run(&format!("DELETE FROM api_keys WHERE {which}")).await;
        intruder.insert("api_keys", &before[0]).await;
        rotate(app, Purpose::Row).await;
        reseal(app, 500).await;
        assert!(!accepts(&app.engine, &key.plain).await);
        assert!(!accepts(&app.restarted().await, &key.plain).await);
    }

    // C7
    servers_that_follow_one_after_the_other_accept_what_each_other_made(app) {
        let late = engine(&app.db, &app.master, None, &app.runtime).await;
        let (max, (_, before)) = (app.north("max").await, app.browser("mia").await);
        for purpose in [Purpose::Data, Purpose::Lookup, Purpose::Row, Purpose::Audit, Purpose::Session] {
            add(app, purpose).await;
        }
        for server in [&app.engine, &late] {
            server.follow_ring().await.expect("the new keys are read");
        }
        // The other keys are activated while they look at the ring.
        app.intruder().await.run("DELETE FROM ring_readers").await;
        for purpose in [Purpose::Data, Purpose::Lookup, Purpose::Row, Purpose::Audit, Purpose::Session] {
            activate(app, purpose).await.expect("activated");
        }
        app.engine.follow_ring().await.expect("only one server knows that they are active");

        let key = app.key_of(&max).await;
        assert!(accepts(&late, &key.plain).await);
        let (caller, token) = app.browser("mia").await;
        assert!(late.find_session(&token).await.expect("an answer").is_some());
        recognized(&late, &caller).await;

        // The session moves to the new key, and the late server still finds it.
        assert!(app.engine.find_session(&before).await.expect("an answer").is_some());
        let moved = app.intruder().await.number("SELECT COUNT(*) FROM sessions WHERE previous_digest IS NOT NULL").await;
        assert_eq!(moved, 1);
        let mia = app.person("mia").await;
        assert!(late.update_session(&before, Some(mia), b"changed").await.expect("an answer"));
        let (value, _) = app.engine.find_session(&before).await.expect("an answer").expect("the session");
        assert_eq!(value.as_slice(), b"changed");
        let of_late = Caller::in_browser(mia, late.session_digest(&before), app.runtime.now());
        recognized(&late, &of_late).await;
        late.delete_session(&before).await.expect("signed out");
        assert!(app.engine.find_session(&before).await.expect("an answer").is_none());
        app.sound_chain(NORTH).await;
    }

    // C7
    a_key_becomes_active_only_when_every_server_has_it(app) {
        let late = engine(&app.db, &app.master, None, &app.runtime).await;
        for server in [&app.engine, &late] {
            server.follow_ring().await.expect("the ring is read");
        }
        let id = add(app, Purpose::Data).await;
        assert_eq!(add(app, Purpose::Data).await, id, "one at a time");
        app.engine.follow_ring().await.expect("the new key is read");
        assert!(matches!(activate(app, Purpose::Data).await, Err(RotationFault::Behind(_))));
        assert!(matches!(activate(app, Purpose::Row).await, Err(RotationFault::NothingPending(Purpose::Row))));
        late.follow_ring().await.expect("the new key is read");
        keyring::wait_for_servers(&app.db, PATIENCE).await.expect("all have it");
        assert_eq!(activate(app, Purpose::Data).await.expect("activated").new, id);
        assert!(matches!(destroy(app, 1).await, Err(RotationFault::Behind(_))), "they do not know that it is retired");

        // Both have stopped without a word.
        keyring::wait_for_servers(&app.db, Duration::ZERO).await.expect("nobody is left");
        assert!(matches!(destroy(app, 1).await, Err(RotationFault::JustRetired(1))));
    }

    // C7
    only_a_retired_key_that_nothing_needs_is_destroyed(app) {
        app.north_key("max").await;
        let before = everything(app).await;
        assert!(matches!(destroy(app, 1).await, Err(RotationFault::Active(1))));
        assert!(matches!(destroy(app, 4).await, Err(RotationFault::Audit(4))));
        assert!(matches!(destroy(app, 6).await, Err(RotationFault::Canary)));
        assert!(matches!(destroy(app, 7).await, Err(RotationFault::Unknown(7))));
        assert!(matches!(keyring::add(&app.db, (&app.master, None), &app.runtime, Purpose::Canary).await, Err(RotationFault::Canary)));
        let stranger = master(&app.runtime);
        let refused = keyring::add(&app.db, (&stranger, None), &app.runtime, Purpose::Data).await;
        assert!(matches!(refused, Err(RotationFault::Ring(RingFault::OtherKey { .. }))));
        assert_eq!(before, everything(app).await, "nothing has changed");

        let Activated { new, old } = rotate(app, Purpose::Lookup).await;
        assert_eq!((old, new), (2, 7));
        assert!(matches!(destroy(app, old).await, Err(RotationFault::JustRetired(2))));
        app.clock.advance_seconds(121);
        let Err(RotationFault::Needed { rows, .. }) = destroy(app, old).await else { panic!("destroyed") };
        assert_eq!(rows, "1 rows of api_keys");
        reseal(app, 500).await;
        destroy(app, old).await.expect("destroyed");
        assert_eq!(rotate(app, Purpose::Lookup).await.new, 8, "no id is used twice");
    }

    // C7
    a_new_key_that_is_not_active_yet_is_rewrapped_and_can_be_given_up(app) {
        rotate(app, Purpose::Row).await;
        let pending = add(app, Purpose::Data).await;
        app.engine.follow_ring().await.expect("the new key is read");
        let new = master(&app.runtime);
        assert_eq!(keyring::rewrap(&app.db, &new, &app.master, &app.runtime).await.expect("rewrapped"), 8);
        let node = engine(&app.db, &new, None, &app.runtime).await;
        node.follow_ring().await.expect("a server with the new master key");
        app.engine.follow_ring().await.expect("a server that has the key already");
        destroy(app, pending).await.expect("given up");
        app.intruder().await.run("DELETE FROM ring_readers").await;
        let key = keyring::add(&app.db, (&new, None), &app.runtime, Purpose::Data).await.expect("added");
        assert_eq!(key, pending + 1);
        let fault = app.engine.follow_ring().await.expect_err("wrapped with a master key that it does not have");
        assert!(matches!(fault, RingFault::OtherKey { .. }), "{fault}");
        let made = app.north_key("max").await;
        assert!(accepts(&node, &made.plain).await, "it goes on with the keys that it has");
    }

    // C7
    exposed_signing_keys_are_replaced(app) {
        let (caller, _) = app.browser("mia").await;
        recognized(&app.engine, &caller).await;
        let exposed = app.engine.verifying_keys().await.expect("keys")[0].id.clone();
        assert_eq!(keyring::delete_signing_keys(&app.db).await.expect("deleted"), 1);
        assert!(app.engine.verifying_key(&exposed).await.expect("an answer").is_none(), "its tokens are refused");
        recognized(&app.engine, &caller).await;
        assert_ne!(app.engine.verifying_keys().await.expect("keys")[0].id, exposed);
    }

    // B6, C7
    the_journal_stays_valid_when_the_audit_key_is_rotated(app) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("roundtable.journal");
        let (olga, key) = (app.north("olga").await, app.north_key("max").await);
        let before = app.intruder().await.rows(&format!("SELECT * FROM api_keys WHERE id = {}", key.view.key_id)).await;
        let first = engine_with_journal(app, &app.db, &file).await;
        first.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        let old = rotate(app, Purpose::Audit).await.old;
        first.follow_ring().await.expect("the new key is read");
        app.key_of(&olga).await;
        drop(first);

        let second = engine_with_journal(app, &app.db, &file).await;
        let mut intruder = app.intruder().await;
        intruder.run(&format!("DELETE FROM api_keys WHERE id = {}", key.view.key_id)).await;
        intruder.insert("api_keys", &before[0]).await;
        intruder.run(&format!("UPDATE audit_events SET action = 'key.renamed' WHERE action = 'key.revoked' AND object_id = '{}'", key.view.key_id)).await;
        assert!(!accepts(&second, &key.plain).await, "the journal knows of the revocation");
        let counts = keyring::count_rows(&app.db, &app.runtime, old).await.expect("counted");
        assert_eq!(counts[0].table, "audit_events");
    }

    // B6, C7
    events_from_before_and_after_the_rotation_of_the_audit_key_are_one_chain(app) {
        let before = app.sound_chain(NORTH).await;
        let Activated { new, old } = rotate(app, Purpose::Audit).await;
        app.north_key("max").await;
        assert!(app.sound_chain(NORTH).await > before);
        let mut intruder = app.intruder().await;
        let named = intruder.bytes("SELECT mac FROM audit_events ORDER BY at DESC, n DESC LIMIT 1").await;
        assert_eq!(named[..8], new.to_be_bytes());
        assert!(keyring::count_rows(&app.db, &app.runtime, old).await.expect("counted")[0].count > 0);
        let organization = app.organization(NORTH).await;
        let which = format!("organization_id = '{organization}' AND n = {before}");
        intruder.set("audit_events", "actor_name", &Value::Text("Nobody".into()), &which).await;
        let state = app.restarted().await.verify_audit(&organization).await.expect("read");
        assert_eq!(state, engine::audit::ChainState::Broken(before));
    }
}

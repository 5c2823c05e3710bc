//! What servers and operators do: the log, the journal, and the key ring.

use std::sync::Arc;
use std::time::Duration;

use domain::command::{AuditQuery, ExportFormat};
use engine::audit::Retention;
use engine::keyring::{self, MasterKey, Purpose};

use super::scene::{Operation, operation};
use crate::intruder::Value;
use crate::test_app::{NORTH, TestApp};

/// Alters the newest event of North. Earlier acceptances go, so that there is one break to accept.
async fn alter_log(app: &TestApp) {
    let mut intruder = app.intruder().await;
    intruder
        .run("DELETE FROM audit_events WHERE action = 'audit_log.accepted'")
        .await;
    let newest = "n = (SELECT MAX(n) FROM audit_events e WHERE e.organization_id = audit_events.organization_id) \
         AND organization_id = (SELECT id FROM organizations WHERE name = 'North')";
    let random: [u8; 4] = app.runtime.bytes();
    let name = Value::Text(hex::encode(random));
    intruder
        .set("audit_events", "actor_name", &name, newest)
        .await;
}

/// The master key of the app once more, because it cannot be cloned.
fn master_of(app: &TestApp) -> Arc<MasterKey> {
    Arc::new(MasterKey::read(app.master_hex.as_bytes()).expect("the master key"))
}

async fn add(app: &TestApp, purpose: Purpose) {
    keyring::add(&app.db, (&app.master, None), &app.runtime, purpose)
        .await
        .expect("added");
    app.engine.follow_ring().await.expect("read");
}

/// Replaces a key of the ring. Gives the id of the old one.
async fn rotate(app: &TestApp, purpose: Purpose) -> i64 {
    add(app, purpose).await;
    let done = keyring::activate(&app.db, &app.runtime, purpose).await;
    app.engine.follow_ring().await.expect("read");
    done.expect("activated").old
}

async fn reseal(app: &TestApp) {
    let ring = keyring::open(&app.db, &app.master, None)
        .await
        .expect("the ring opens");
    keyring::reseal(&app.db, &ring, &app.runtime, 100)
        .await
        .expect("resealed");
}

pub fn log() -> Vec<Operation> {
    vec![
        operation!(export_audit_log, app => {
            let olga = app.north("olga").await;
        } (olga) on => async {
            let query = AuditQuery::default();
            let begun = on.engine.export_audit_log(&olga, &query, ExportFormat::Csv).await;
            let mut export = begun?;
            while !export.next().await?.is_empty() {}
            Ok::<_, engine::Error>(())
        }),
        operation!(accept_broken_chains, app => {
            alter_log(app).await;
            let north = app.organization(NORTH).await;
        } (north) on => on.engine.accept_broken_chains(Some(&north), "reviewed")),
        operation!(open_journal, app => {
            let counted = "UPDATE counters SET value = (SELECT COALESCE(MAX(id), 0) FROM api_keys) WHERE name = 'key'";
            app.intruder().await.run(counted).await;
            let key = app.north_key("max").await;
            let olga = app.north("olga").await;
            let revoke = crate::test_app::revoke(key.view.key_id);
            app.engine.revoke_key(&olga, revoke).await.expect("revoked");
            // As in an old backup, in which the numbers are not used yet.
            app.intruder().await.run("UPDATE counters SET value = 0 WHERE name = 'key'").await;
        } () on => on.engine.open_journal()),
        operation!(replay_journal, app => {
            let (key, olga) = (app.north_key("max").await, app.north("olga").await);
            let mut intruder = app.intruder().await;
            let which = format!("SELECT * FROM api_keys WHERE id = {}", key.view.key_id);
            let old = intruder.rows(&which).await.remove(0);
            let revoke = crate::test_app::revoke(key.view.key_id);
            app.engine.revoke_key(&olga, revoke).await.expect("revoked");
            intruder.run(&format!("DELETE FROM api_keys WHERE id = {}", key.view.key_id)).await;
            intruder.insert("api_keys", &old).await;
            let plain = key.plain;
        } () on => on.engine.replay_journal("restored"), keys: [plain])
        .growing(),
        operation!(correct_future_times, app => {
            let (_, session) = app.browser("max").await;
            let digest = app.engine.session_digest(&session);
            let mut intruder = app.intruder().await;
            let which = format!("digest = {}", intruder.literal(&Value::Bytes(digest)));
            let later = Value::Number(app.runtime.now().plus_seconds(40 * 86_400).0);
            intruder.set("sessions", "seen_at", &later, &which).await;
        } () on => on.engine.correct_future_times(), sessions: [session]),
        operation!(delete_old_authority_changes, app => {
            app.north_key("max").await;
        } () on => on.engine.delete_old_authority_changes()),
    ]
}

pub fn retention() -> Vec<Operation> {
    vec![operation!(remove_old_events, app => {
        app.clock.advance_seconds(40 * 86_400);
        let earlier = app.engine.remove_old_events(&mut Retention::of_days(30)).await;
        earlier.expect("removed");
        app.north_key("max").await;
        app.clock.advance_seconds(40 * 86_400);
    } () on => async { on.engine.remove_old_events(&mut Retention::of_days(30)).await })]
}

pub fn ring() -> Vec<Operation> {
    vec![
        operation!(init, app => {
            app.intruder().await.run("DELETE FROM keyring").await;
            app.intruder().await.run("DELETE FROM meta WHERE name = 'deployment'").await;
            let (key, runtime) = (master_of(app), app.runtime.clone());
        } (key, runtime) on => keyring::init(&on.db, &key, &runtime)),
        operation!(add, app => {
            // A pending key is added only once.
            if app.intruder().await.number("SELECT COUNT(*) FROM keyring WHERE state = 'pending'").await > 0 {
                app.engine.follow_ring().await.expect("read");
                keyring::activate(&app.db, &app.runtime, Purpose::Data).await.expect("activated");
                app.engine.follow_ring().await.expect("read");
            }
            app.engine.follow_ring().await.expect("read");
            let (key, runtime) = (master_of(app), app.runtime.clone());
        } (key, runtime) on => keyring::add(&on.db, (&key, None), &runtime, Purpose::Data)),
        operation!(activate, app => {
            add(app, Purpose::Row).await;
            let runtime = app.runtime.clone();
        } (runtime) on => keyring::activate(&on.db, &runtime, Purpose::Row)),
        operation!(follow_ring, app => {
            keyring::add(&app.db, (&app.master, None), &app.runtime, Purpose::Row).await.expect("added");
            let key = app.north_key("max").await;
            let plain = key.plain;
        } () on => on.engine.follow_ring(), keys: [plain]),
        operation!(reseal, app => {
            // What earlier scenes made would be moved again in each.
            app.intruder().await.run("DELETE FROM api_keys").await;
            let key = app.north_key("max").await;
            rotate(app, Purpose::Data).await;
            let (master, runtime) = (master_of(app), app.runtime.clone());
            let plain = key.plain;
        } (master, runtime) on => async {
            let ring = keyring::open(&on.db, &master, None).await?;
            keyring::reseal(&on.db, &ring, &runtime, 2).await
        }, keys: [plain])
        .growing(),
        operation!(find_session, app => {
            let (_, session) = app.browser("max").await;
            rotate(app, Purpose::Session).await;
        } () on => on.engine.find_session(&session))
        .about("moves it to the new key")
        .growing(),
        operation!(destroy, app => {
            let old = rotate(app, Purpose::Lookup).await;
            app.clock.advance_seconds(600);
            app.intruder().await.run("DELETE FROM api_keys").await;
            reseal(app).await;
            app.engine.follow_ring().await.expect("read");
            let runtime = app.runtime.clone();
        } (runtime) on => keyring::destroy(&on.db, &runtime, old)),
        operation!(wait_for_servers, app => {
            let changes = "(SELECT COALESCE(MAX(changes), 0) FROM ring_readers)";
            app.intruder().await.run(&format!("SELECT {changes}")).await;
            app.engine.follow_ring().await.expect("read");
        } () on => keyring::wait_for_servers(&on.db, Duration::from_secs(5))),
        operation!(delete_signing_keys, app => {
            let (caller, _) = app.browser("max").await;
            let parties = super::parts::parties();
            let origin = crate::test_app::origin();
            app.engine.issue_token(&caller, &parties, true, &origin).await.expect("a token");
        } () on => keyring::delete_signing_keys(&on.db)),
    ]
}

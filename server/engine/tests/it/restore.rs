//! Organizations with an altered audit log, and databases that were restored from a backup.

use domain::command::{ChangeServiceAccount, CreateKey, CreateServiceAccount};
use domain::{Code, Role};
use engine::audit::ChainState;
use engine::{Db, Engine};

use crate::rollback::engine_with_journal;
use crate::test_app::{NORTH, TestApp, origin, refusal, revoke};

const BUDGET: i64 = 1_000;
const ACCEPTED: &str = "SELECT COUNT(*) FROM audit_events WHERE action = 'audit_log.accepted'";

async fn state(app: &TestApp, engine: &Engine) -> ChainState {
    engine
        .verify_audit(&app.organization(NORTH).await)
        .await
        .expect("read")
}

both! {
    // R3: alterations after the acceptance are detected too.
    an_altered_log_puts_the_organization_on_hold_until_it_is_accepted(app) {
        let (folder, mut intruder) = (tempfile::tempdir().expect("a folder"), app.intruder().await);
        let file = folder.path().join("roundtable.journal");
        let engine = engine_with_journal(app, &app.db, &file).await;
        let (key, una) = (app.north_key("max").await, app.south("una").await);
        let elsewhere = app.key_of(&una).await;
        for _ in 0..3 {
            app.north_key("max").await;
        }
        let north = app.organization(NORTH).await;
        engine.catch_up_journal().await.expect("up to date");
        engine.check_chain_heads(BUDGET).await.expect("checked");
        engine.ready().await.expect("ready");
        drop(engine);
        let last = intruder.number(&format!("SELECT n FROM audit_heads WHERE organization_id = '{north}'")).await;
        let ways = [("DELETE FROM audit_events", last - 1), ("UPDATE audit_events SET at = at + 1", 2)];
        for (turn, (tamper, n)) in (1..).zip(ways) {
            intruder.run(&format!("{tamper} WHERE organization_id = '{north}' AND n = {n}")).await;
            let engine = engine_with_journal(app, &app.db, &file).await;
            engine.check_chain_heads(BUDGET).await.expect("checked");
            assert_eq!(state(app, &engine).await, ChainState::Broken(n));
            assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unavailable);
            let (caller, _) = app.browser("max").await;
            assert_eq!(refusal(engine.enter_organization(&caller, &north, origin()).await), Code::Unavailable);
            assert_eq!(refusal(engine.ready().await), Code::Unavailable);
            engine.authenticate_key(&elsewhere.plain, origin()).await.expect("another organization");
            assert_eq!(engine.accept_broken_chains(None, "looked").await.expect("accepted"), [(north.clone(), n)]);
            assert_eq!(intruder.number(ACCEPTED).await, turn);
            engine.authenticate_key(&key.plain, origin()).await.expect("accepted");
            drop(engine);
            let engine = engine_with_journal(app, &app.db, &file).await;
            engine.check_chain_heads(BUDGET).await.expect("checked");
            engine.ready().await.expect("still accepted after a restart");
            assert!(matches!(state(app, &engine).await, ChainState::Sound(_)));
            engine.authenticate_key(&key.plain, origin()).await.expect("still accepted");
        }
        // The event of the acceptance cannot be forged.
        intruder.run("UPDATE audit_events SET at = at + 1 WHERE action = 'audit_log.accepted'").await;
        assert!(matches!(state(app, &app.restarted().await).await, ChainState::Broken(2)));
    }

    // R3, B6, F19: only the journal shows that the end of the log is missing.
    an_organization_whose_log_ends_before_its_journal_entry_is_on_hold_at_startup(app) {
        let (folder, mut intruder) = (tempfile::tempdir().expect("a folder"), app.intruder().await);
        let file = folder.path().join("roundtable.journal");
        let engine = engine_with_journal(app, &app.db, &file).await;
        let (key, max) = (app.north_key("max").await, app.north("max").await);
        let victim = app.key_of(&max).await;
        let north = app.organization(NORTH).await;
        engine.revoke_key(&max, revoke(victim.view.key_id)).await.expect("revoked");
        drop(engine);
        let last = intruder.number(&format!("SELECT n FROM audit_heads WHERE organization_id = '{north}'")).await;
        intruder.run(&format!("DELETE FROM audit_events WHERE organization_id = '{north}' AND n = {last}")).await;
        intruder
            .run(&format!(
                "UPDATE audit_heads SET n = n - 1, hash = (SELECT hash FROM audit_events e \
                 WHERE e.organization_id = '{north}' AND e.n = {last} - 1) WHERE organization_id = '{north}'"
            ))
            .await;
        let engine = engine_with_journal(app, &app.db, &file).await;
        engine.check_chain_heads(0).await.expect("checked");
        assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unavailable);
        engine.accept_broken_chains(Some(&north), "looked").await.expect("accepted");
        engine.authenticate_key(&key.plain, origin()).await.expect("accepted");
        assert_eq!(state(app, &engine).await, ChainState::Sound(last + 1));
        drop(engine);
        let engine = engine_with_journal(app, &app.db, &file).await;
        engine.check_chain_heads(BUDGET).await.expect("checked");
        engine.authenticate_key(&key.plain, origin()).await.expect("still accepted after a restart");
    }
}

// B9, D.8: replaying the journal writes the revocations to the restored database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_copy_is_locked_until_the_journal_is_replayed() {
    let app = TestApp::on_sqlite().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("roundtable.journal");
    let engine = engine_with_journal(&app, &app.db, &file).await;
    let (olga, max, ada) = (
        app.north("olga").await,
        app.north("max").await,
        app.member("ada", NORTH).await,
    );
    let (kept, victim) = (app.key_of(&max).await, app.key_of(&max).await);
    let gone = app.member("mia", NORTH).await;
    let command = CreateServiceAccount::read("robot", Some("member"), false).expect("an account");
    let robot = app
        .engine
        .create_service_account(&olga, command)
        .await
        .expect("an account")
        .actor_id;
    let command = CreateKey {
        owner: Some(robot),
        ..CreateKey::read("a key").expect("a name")
    };
    let of_robot = app
        .engine
        .create_key(&olga, command)
        .await
        .expect("a key");
    let (_, session) = app.browser("una").await;
    let copy = folder.path().join("copy.db");
    app.intruder()
        .await
        .run(&format!("VACUUM INTO '{}'", copy.display()))
        .await;
    engine
        .revoke_key(&max, revoke(victim.view.key_id))
        .await
        .expect("revoked");
    engine
        .change_member(&olga, ada, Role::Member)
        .await
        .expect("demoted");
    engine
        .remove_member(&olga, gone)
        .await
        .expect("removed");
    let disable = ChangeServiceAccount {
        actor: robot,
        name: None,
        role: None,
        disabled: Some(true),
        allow_overlap: None,
        allowed_ips: None,
    };
    engine
        .change_service_account(&olga, disable)
        .await
        .expect("disabled");
    drop(engine);

    let restored = Db::open(&format!("sqlite://{}", copy.display()))
        .await
        .expect("the copy opens");
    let engine = engine_with_journal(&app, &restored, &file).await;
    engine
        .check_chain_heads(BUDGET)
        .await
        .expect("checked");
    assert_eq!(
        refusal(
            engine
                .authenticate_key(&kept.plain, origin())
                .await
        ),
        Code::Unavailable
    );
    for key in [&victim, &of_robot] {
        assert!(
            engine
                .authenticate_key(&key.plain, origin())
                .await
                .is_err()
        );
    }
    assert_eq!(
        engine
            .accept_broken_chains(None, "restored")
            .await
            .expect("accepted")
            .len(),
        1
    );
    let replayed = engine
        .replay_journal("restored")
        .await
        .expect("replayed");
    assert_eq!(
        (replayed.keys, replayed.actors.len()),
        (vec![victim.view.key_id], 3)
    );
    drop(engine);

    // Now the database contains the revocations without the journal.
    let without = folder.path().join("another.journal");
    for file in [&file, &without] {
        let engine = engine_with_journal(&app, &restored, file).await;
        engine
            .check_chain_heads(BUDGET)
            .await
            .expect("checked");
        engine.ready().await.expect("ready");
        engine
            .authenticate_key(&kept.plain, origin())
            .await
            .expect("it was not revoked");
        assert_eq!(
            refusal(
                engine
                    .authenticate_key(&victim.plain, origin())
                    .await
            ),
            Code::Unauthorized
        );
        assert_eq!(
            refusal(
                engine
                    .authenticate_key(&of_robot.plain, origin())
                    .await
            ),
            Code::Forbidden
        );
        assert!(
            engine
                .find_session(&session)
                .await
                .expect("read")
                .is_none()
        );
    }
    restored.close().await;
    app.close().await;
}

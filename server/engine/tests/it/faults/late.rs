//! A commit whose confirmation was lost: the server executes it after the caller got an error, and
//! after this node has read the old rows again. On Postgres only: an SQLite commit is executed by
//! this process.

use std::sync::Arc;
use std::time::Duration;

use domain::Code;
use domain::command::CreateKey;
use engine::Error;
use engine::faults::{Failure, Moment, Plan};
use engine::keys::IdempotencyKey;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::groups;
use super::runner::Stage;
use super::scene::{Failed, Operation};
use crate::prove;
use crate::rollback::engine_with_journal;
use crate::test_app::{TestApp, origin, refusal, revoke};

/// A node has applied every change within one lease, and a bit for a slow machine.
const LEASE: Duration = Duration::from_secs(3);

/// Operations that are tested at the same time.
const AT_A_TIME: usize = 5;

/// The operations that change what a key may do.
fn weakening() -> Vec<Operation> {
    let all = groups().into_iter().flat_map(|(_, group)| group);
    all.filter(|one| WEAKENING.contains(&(one.name, one.about)))
        .collect()
}

const WEAKENING: [(&str, &str); 14] = [
    ("change_key", "narrows"),
    ("change_key", "restricts the addresses"),
    ("rotate_key", "at once"),
    ("rotate_calling_key", ""),
    ("revoke_key", ""),
    ("revoke_key", "by itself"),
    ("revoke_keys", ""),
    ("change_service_account", "disables"),
    ("change_api", "archives"),
    ("change_consumer", "pauses"),
    ("change_member", "lowers the role"),
    ("remove_member", ""),
    ("offboard_member", ""),
    ("leave_organization", ""),
];

/// Lets the commit be late. Then memory agrees with the database: at once after a repetition that
/// succeeds, and within one lease in any case.
async fn commit_late(like: &TestApp, operation: &Operation, repeats: bool) {
    let stage = Stage::of(like, operation).await;
    let scene = stage.prepare().await;
    stage.warm(&scene).await;
    let plan = Plan::at(1, Moment::After, Failure::LateCommit);
    let done = plan.run((scene.attempt)(stage.on())).await;
    assert_eq!(done, Err(Failed::Busy), "{}", stage.name());

    // The old rows are in memory again when the commit takes effect.
    stage.warm(&scene).await;
    plan.resume();
    plan.completed().await;
    let at = format!("{}, late commit", stage.name());
    let repeated = if repeats {
        (scene.attempt)(stage.on()).await
    } else {
        Err(Failed::Busy)
    };
    if repeated.is_ok() {
        stage
            .memory_agrees(&scene, &format!("{at}, repeated"))
            .await;
    } else {
        let since = Instant::now();
        while since.elapsed() < LEASE && !stage.is_current(&scene).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stage.memory_agrees(&scene, &at).await;
    }
    stage.close().await;
}

// R8
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_agrees_with_the_database_after_a_commit_that_was_not_confirmed() {
    let app = Arc::new(TestApp::on_postgres().await);
    let operations = weakening().len();
    assert_eq!(operations, WEAKENING.len());
    // They mostly wait for leases, so several run at a time.
    let mut running = JoinSet::new();
    for number in 0..operations {
        if running.len() >= AT_A_TIME {
            running
                .join_next()
                .await
                .expect("one runs")
                .expect("it holds");
        }
        let app = app.clone();
        running.spawn(async move {
            let operation = weakening().remove(number);
            for repeats in [false, true] {
                commit_late(&app, &operation, repeats).await;
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("it holds");
    }
    prove::shown(&app, "late commits", operations * 2);
    let app = Arc::into_inner(app).expect("nothing else uses it");
    app.close().await;
}

both! {
    // R3, R8: a revocation whose commit was not confirmed, and its repetition, which succeeds.
    a_repeated_revocation_is_in_the_journal(app) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("roundtable.journal");
        let engine = engine_with_journal(app, &app.db, &file).await;
        let (olga, mut intruder) = (app.north("olga").await, app.intruder().await);
        let key = app.key_of(&olga).await;
        let which = format!("SELECT * FROM api_keys WHERE id = {}", key.view.key_id);
        let old = intruder.rows(&which).await.remove(0);
        let counted = Plan::counting();
        let other = app.key_of(&olga).await;
        counted.run(engine.revoke_key(&olga, revoke(other.view.key_id))).await.expect("revoked");
        let commit = counted.commits()[0];
        let lost = Plan::at(commit, Moment::After, Failure::Error);
        let done = lost.run(engine.revoke_key(&olga, revoke(key.view.key_id))).await;
        assert_eq!(refusal(done), Code::Unavailable);
        assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);
        let again = engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("revoked");
        assert!(!again.fresh);

        // The row is restored, and its event is hidden.
        intruder.run(&format!("DELETE FROM api_keys WHERE id = {}", key.view.key_id)).await;
        intruder.insert("api_keys", &old).await;
        intruder.run("DELETE FROM audit_events WHERE action = 'key.revoked'").await;
        drop(engine);
        let engine = engine_with_journal(app, &app.db, &file).await;
        assert_eq!(refusal(engine.authenticate_key(&key.plain, origin()).await), Code::Unauthorized);
    }

    // R8: a retry with the same idempotency key after a commit that was not confirmed.
    a_retry_after_an_unconfirmed_commit_creates_no_second_key(app) {
        let olga = app.north("olga").await;
        let create = async |plan: Plan, once: &IdempotencyKey| {
            let command = CreateKey::read("once").expect("a name");
            plan.run(app.engine.create_key_once(&olga, command, Some(once))).await
        };
        let counting = Plan::counting();
        create(counting.clone(), &IdempotencyKey::of("create_key", "first", "body")).await.expect("a key");
        let commit = counting.commits()[0];
        for (moment, exists) in [(Moment::Before, false), (Moment::After, true)] {
            let count = "SELECT COUNT(*) FROM api_keys";
            let before = app.intruder().await.number(count).await;
            let once = IdempotencyKey::of("create_key", &format!("{moment:?}"), "body");
            let lost = create(Plan::at(commit, moment, Failure::Error), &once).await;
            assert_eq!(refusal(lost), Code::Unavailable);
            let again = create(Plan::counting(), &once).await;
            match again {
                Ok(_) => assert!(!exists, "a second key"),
                Err(Error::AlreadyDone(_)) => assert!(exists, "it was not created"),
                Err(error) => panic!("{error}"),
            }
            assert_eq!(app.intruder().await.number(count).await, before + 1);
            assert_eq!(refusal(create(Plan::counting(), &once).await), Code::AlreadyDone);
        }
    }
}

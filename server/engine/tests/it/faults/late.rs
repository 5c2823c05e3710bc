//! A commit whose confirmation was lost: the server executes it after the caller got an error, and
//! after this node has read the old rows again. On Postgres only: an SQLite commit is executed by
//! this process.

use std::time::{Duration, Instant};

use engine::faults::{Failure, Moment, Plan};

use super::groups;
use super::runner::Stage;
use super::scene::{Failed, Operation};
use crate::prove;
use crate::test_app::TestApp;

/// A node has applied every change within one lease, and a bit for a slow machine.
const LEASE: Duration = Duration::from_secs(3);

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
        stage.memory_agrees(&scene, &format!("{at}, repeated")).await;
    } else {
        let since = Instant::now();
        while since.elapsed() < LEASE && !stage.is_current(&scene).await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stage.memory_agrees(&scene, &at).await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_agrees_with_the_database_after_a_commit_that_was_not_confirmed() {
    let app = TestApp::on_postgres().await;
    let operations = weakening();
    assert_eq!(operations.len(), WEAKENING.len());
    for operation in &operations {
        for repeats in [false, true] {
            commit_late(&app, operation, repeats).await;
        }
    }
    prove::shown(&app, "late commits", operations.len() * 2);
    app.close().await;
}

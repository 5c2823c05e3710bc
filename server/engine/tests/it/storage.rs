//! Failures of the database, its file, its connections and its disk.

mod away;
mod callers;
mod file;
mod full;

use domain::Code;

use crate::test_app::{TestApp, refusal, revoke};

/// Makes SQLite roll back every transaction that writes a workspace, as it does on a full disk.
const SPOILED: &str =
    "CREATE TRIGGER spoiled BEFORE INSERT ON workspaces BEGIN SELECT RAISE(ROLLBACK, 'no'); END";

// R1: SQLite rolls back by itself on some failures. The write connection must stay usable.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_succeed_after_a_rollback_by_sqlite() {
    let app = TestApp::on_sqlite().await;
    let (olga, key) = (app.north("olga").await, app.north_key("max").await);
    app.intruder().await.run(SPOILED).await;
    for _ in 0..3 {
        assert_eq!(
            refusal(app.workspace(&olga, "spoiled").await),
            Code::Unavailable
        );
    }
    app.engine
        .revoke_key(&olga, revoke(key.view.key_id))
        .await
        .expect("other writes succeed");
    app.intruder()
        .await
        .run("DROP TRIGGER spoiled")
        .await;
    app.workspace(&olga, "good")
        .await
        .expect("writes succeed again");
    app.sound_chain(crate::test_app::NORTH).await;
    app.close().await;
}

both! {
    // R1
    readiness_reports_whether_writes_succeed(app) {
        app.engine.ready().await.expect("ready");
        let (lock, open) = match app.db.is_shared() {
            true => ("ALTER TABLE meta RENAME TO meta_away", "ALTER TABLE meta_away RENAME TO meta"),
            false => (
                "CREATE TRIGGER spoiled BEFORE INSERT ON meta BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
                "DROP TRIGGER spoiled",
            ),
        };
        app.intruder().await.run(lock).await;
        // A successful write is cached for some seconds.
        let mut tries = 0;
        while app.engine.ready().await.is_ok() {
            tries += 1;
            assert!(tries < 100, "never noticed");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        app.intruder().await.run(open).await;
        while app.engine.ready().await.is_err() {
            tries += 1;
            assert!(tries < 200, "never noticed");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
}

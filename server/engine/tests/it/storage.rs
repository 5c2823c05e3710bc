//! What the database, its file, its connections and its disk may do, and what comes of it.

mod away;
mod callers;
mod file;
mod full;

use domain::Code;

use crate::test_app::{TestApp, refusal, revoke};

/// Has SQLite end every transaction by itself that writes a workspace, as it does on a full disk.
const SPOILED: &str = "CREATE TRIGGER spoiled BEFORE INSERT ON workspaces BEGIN SELECT RAISE(ROLLBACK, 'no'); END";

// R1: SQLite rolls back by itself on some failures; the one connection that writes goes on all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_ended_by_itself_does_not_end_all_writing() {
    let app = TestApp::on_sqlite().await;
    let (olga, key) = (app.north("olga").await, app.north_key("max").await);
    app.intruder().await.run(SPOILED).await;
    for _ in 0..3 {
        assert_eq!(refusal(app.workspace(&olga, "spoiled").await), Code::Unavailable);
    }
    app.engine.revoke_key(&olga, revoke(key.view.key_id)).await.expect("other writes go on");
    app.intruder().await.run("DROP TRIGGER spoiled").await;
    app.workspace(&olga, "good").await.expect("writing goes on");
    app.sound_chain(crate::test_app::NORTH).await;
    app.close().await;
}

both! {
    // R1: ready means that a write succeeds, and it is told again within a second.
    readiness_is_about_writing(app) {
        app.engine.ready().await.expect("ready");
        let (lock, open) = match app.db.is_shared() {
            true => ("ALTER TABLE meta RENAME TO meta_away", "ALTER TABLE meta_away RENAME TO meta"),
            false => (
                "CREATE TRIGGER spoiled BEFORE INSERT ON meta BEGIN SELECT RAISE(ROLLBACK, 'no'); END",
                "DROP TRIGGER spoiled",
            ),
        };
        app.intruder().await.run(lock).await;
        // What was written a moment ago speaks for the next seconds.
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

//! Callers that disconnect before they get a response.

use std::time::Duration;

use engine::Db;

use crate::test_app::{TestApp, origin, revoke};

const CALLERS: u64 = 600;

/// The number of idle connections, and the size of the pool.
fn connections(db: &Db) -> (usize, usize) {
    match db {
        Db::Sqlite { writer, reader, .. } => (
            writer.free() + reader.free(),
            (writer.pool().options().get_max_connections()
                + reader.pool().options().get_max_connections()) as usize,
        ),
        Db::Postgres { pool, .. } => (
            pool.free(),
            pool.pool().options().get_max_connections() as usize,
        ),
    }
}

both! {
    // R2: a caller can disconnect at any point without leaking a connection or an open transaction.
    disconnected_callers_leak_no_connection(app) {
        let olga = app.north("olga").await;
        let keys = [app.north_key("max").await, app.north_key("mia").await];
        let mut gone = tokio::task::JoinSet::new();
        for n in 0..CALLERS {
            let (engine, olga, key) = (app.engine.clone(), olga.clone(), keys[0].plain.clone());
            let name = format!("w{n}");
            gone.spawn(async move {
                // At any point between the first poll and some milliseconds.
                let patience = Duration::from_micros((n * 7919) % 12_000);
                let asking = async {
                    if n % 3 == 0 {
                        let command = domain::command::CreateWorkspace::read(&name, "vertex_ai", None);
                        engine.create_workspace(&olga, command.expect("a workspace")).await.is_ok()
                    } else {
                        engine.authenticate_key(&key, origin()).await.is_ok()
                    }
                };
                tokio::time::timeout(patience, asking).await.is_ok()
            });
        }
        let mut answered = 0;
        while let Some(done) = gone.join_next().await {
            answered += u64::from(done.expect("no panic"));
        }
        assert!(answered < CALLERS, "no caller disconnected");
        let (mut free, all) = connections(&app.db);
        for _ in 0..100 {
            if free == all {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            (free, _) = connections(&app.db);
        }
        assert_eq!(free, all, "leaked connections");
        app.with_key(&keys[1].plain).await;
        app.engine.revoke_key(&olga, revoke(keys[1].view.key_id)).await.expect("writes succeed");
        app.sound_chain(crate::test_app::NORTH).await;
    }

    // R2
    a_commit_completes_after_its_caller_disconnects(app) {
        let (olga, key) = (app.north("olga").await, app.north_key("max").await);
        let (mut revoked, mut patience) = (false, Duration::ZERO);
        while !revoked {
            let revoking = app.engine.revoke_key(&olga, revoke(key.view.key_id));
            let _ = tokio::time::timeout(patience, revoking).await;
            patience += Duration::from_micros(200);
            revoked = app.admit(&key.plain).await.is_err();
        }
        // At most one event: the change was committed completely or not at all.
        let sql = format!("SELECT count(*) FROM audit_events WHERE action = 'key.revoked' AND object_id = '{}'", key.view.key_id);
        assert_eq!(app.intruder().await.number(&sql).await, 1);
        app.sound_chain(crate::test_app::NORTH).await;
    }
}

// R2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_reused_after_callers_disconnect() {
    let app = TestApp::on_postgres().await;
    let key = app.north_key("max").await;
    let all = async || {
        let sql = "SELECT coalesce(string_agg(pid::text, ',' ORDER BY pid), '') FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        app.intruder().await.text(sql).await
    };
    let Db::Postgres { pool, .. } = &app.db else {
        panic!("a server")
    };
    let mut open = Vec::new();
    for _ in 0..pool.pool().options().get_max_connections() {
        open.push(pool.pool().acquire().await.expect("a connection"));
    }
    drop(open);
    let before = all().await;
    for n in 0..300_u64 {
        let asking = app.engine.authenticate_key(&key.plain, origin());
        let _ = tokio::time::timeout(Duration::from_micros((n * 131) % 3000), asking).await;
    }
    app.with_key(&key.plain).await;
    assert_eq!(all().await, before, "connections were discarded");
    app.close().await;
}

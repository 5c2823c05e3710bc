//! Migrations while other servers run.

use std::time::Duration;

use engine::StoreError;

use crate::key_cache::joined;
use crate::test_app::{TestApp, engine};

/// What a newer program writes: a migration that this one does not know, and which programs can
/// serve the tables after it.
async fn migrated_by_a_newer_program(app: &TestApp, oldest: i64) {
    let mut intruder = app.intruder().await;
    let migration = "INSERT INTO _sqlx_migrations SELECT 9999, description, installed_on, success, checksum, execution_time \
         FROM _sqlx_migrations WHERE version = 1";
    intruder.run(migration).await;
    for (name, value) in [("newest_schema", 9999), ("oldest_schema", oldest)] {
        let sql = format!("UPDATE meta SET value = '{value}' WHERE name = '{name}'");
        intruder.run(&sql).await;
    }
}

/// Undoes the newest migrations, so that they are pending again. They stop older programs.
async fn with_a_pending_migration(app: &TestApp) {
    let mut intruder = app.intruder().await;
    for sql in [
        "DELETE FROM _sqlx_migrations WHERE version >= 29",
        "ALTER TABLE nodes DROP COLUMN schema",
        "ALTER TABLE api_keys DROP COLUMN description",
    ] {
        intruder.run(sql).await;
    }
}

both! {
    a_program_records_which_programs_can_serve_its_tables(app) {
        let schema = engine::schema(&app.db).await.expect("read");
        assert_eq!(schema.support, engine::own_support());
        assert_eq!(Some(schema.support.newest), schema.version);
        assert!(schema.support.oldest <= schema.support.newest);
        assert!(schema.can_be_served());
    }

    newer_tables_are_served_only_if_the_newer_program_says_so(app) {
        let own = engine::own_support();
        migrated_by_a_newer_program(app, own.newest).await;
        let schema = engine::schema(&app.db).await.expect("read");
        assert_eq!(schema.unknown, [9999]);
        assert!(schema.can_be_served());
        engine::migrate(&app.db).await.expect("nothing to do");
        let recorded = engine::schema(&app.db).await.expect("read").support;
        assert_eq!((recorded.newest, recorded.oldest), (9999, own.newest), "an older program changes nothing");

        let mut intruder = app.intruder().await;
        let older_program = format!("UPDATE meta SET value = '{}' WHERE name = 'oldest_schema'", own.newest + 1);
        let older_record = format!("UPDATE meta SET value = '{}' WHERE name = 'newest_schema'", own.newest);
        for sql in [older_program.as_str(), older_record.as_str(), "DELETE FROM meta WHERE name = 'newest_schema'"] {
            migrated_again(app, own.newest).await;
            assert!(engine::schema(&app.db).await.expect("read").can_be_served(), "before {sql}");
            intruder.run(sql).await;
            assert!(!engine::schema(&app.db).await.expect("read").can_be_served(), "{sql}");
            let refused = engine::migrate(&app.db).await.expect_err("newer tables");
            assert!(matches!(refused, StoreError::NewerTables), "{sql}: {refused:?}");
        }
    }
}

/// The record as it was right after the newer program.
async fn migrated_again(app: &TestApp, oldest: i64) {
    let mut intruder = app.intruder().await;
    intruder
        .run("DELETE FROM _sqlx_migrations WHERE version = 9999")
        .await;
    migrated_by_a_newer_program(app, oldest).await;
}

#[tokio::test]
async fn a_migration_that_stops_older_programs_waits_until_none_holds_a_lease() {
    let app = TestApp::on_postgres().await;
    let key = app.north_key("mia").await;
    let tasks = joined(&app.engine, &key.plain).await;
    with_a_pending_migration(&app).await;
    let refused = engine::migrate(&app.db)
        .await
        .expect_err("a node runs");
    assert!(
        matches!(refused, StoreError::OlderNodes(1)),
        "{refused:?}"
    );
    assert_eq!(
        refused.to_string(),
        "the upgrade changes tables that older programs cannot serve: stop every server first (1 still running)"
    );
    let schema = engine::schema(&app.db).await.expect("read");
    assert_eq!(schema.pending, [29, 30], "nothing was migrated");

    tasks.leave().await;
    // A node that was killed leaves its row.
    let killed = "INSERT INTO nodes (id, renewals, seen) VALUES ('node_killed', 7, 0)";
    app.intruder().await.run(killed).await;
    engine::migrate(&app.db)
        .await
        .expect("a dead node is not waited for");
    let schema = engine::schema(&app.db).await.expect("read");
    assert!(schema.pending.is_empty());
    app.close().await;
}

#[tokio::test]
async fn a_node_stops_when_a_newer_program_has_made_the_tables_too_new_for_it() {
    let app = TestApp::on_postgres().await;
    let key = app.north_key("mia").await;
    let tasks = joined(&app.engine, &key.plain).await;
    let superseded = |wait| tokio::time::timeout(wait, app.engine.superseded());

    // The tables of a newer program that this one can serve change nothing.
    let own = engine::own_support();
    migrated_by_a_newer_program(&app, own.newest).await;
    assert!(superseded(Duration::from_secs(1)).await.is_err());
    let late = engine(&app.db, &app.master, None, &app.runtime).await;
    joined(&late, &key.plain).await.leave().await;

    migrated_again(&app, own.newest + 1).await;
    assert!(superseded(Duration::from_secs(20)).await.is_ok());
    assert!(
        crate::key_cache::cached(&app.engine, &key.plain).is_none(),
        "without a lease no key is admitted from memory"
    );
    tasks.leave().await;
    app.close().await;
}

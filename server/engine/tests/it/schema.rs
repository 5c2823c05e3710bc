//! The schema, which is the same in both databases.

use std::collections::BTreeSet;
use std::path::Path;

use crate::intruder::{Intruder, Value};
use crate::test_app::{TestApp, TestDatabase};

fn migrations(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(engine);
    let files = std::fs::read_dir(folder).expect("a folder of migrations");
    files
        .map(|file| {
            file.expect("a file")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert!(!migrations("sqlite").is_empty());
    assert_eq!(migrations("sqlite"), migrations("postgres"));
}

/// The indexes of parts of names. In SQLite they are tables, each with tables of its own.
async fn indexes_of_parts(intruder: &mut Intruder) -> Vec<String> {
    let sql = match intruder {
        Intruder::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE %' ORDER BY name"
        }
        Intruder::Postgres(_) => {
            "SELECT indexname::text FROM pg_indexes WHERE indexdef LIKE '% USING gin %' ORDER BY indexname"
        }
    };
    let rows = intruder.rows(sql).await;
    rows.into_iter()
        .flatten()
        .filter_map(|(_, value)| match value {
            Value::Text(name) => Some(name),
            _ => None,
        })
        .collect()
}

/// Table, column, type and nullability, without the tables that are indexes.
async fn columns(intruder: &mut Intruder) -> Vec<String> {
    let indexes = indexes_of_parts(intruder).await;
    let mut tables = intruder.tables().await;
    tables.retain(|table| {
        indexes
            .iter()
            .all(|index| !table.starts_with(index))
    });
    let mut columns = Vec::new();
    for table in tables {
        let sql = match intruder {
            Intruder::Sqlite(_) => {
                format!(
                    "SELECT name, type, CAST(\"notnull\" AS TEXT) FROM pragma_table_info('{table}')"
                )
            }
            Intruder::Postgres(_) => format!(
                "SELECT column_name::text, data_type::text, (is_nullable = 'NO')::int::text FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        for row in intruder.rows(&sql).await {
            let words: Vec<String> = row
                .iter()
                .map(|(_, value)| match value {
                    Value::Text(text) => text.to_lowercase().replace("bytea", "blob"),
                    other => format!("{other:?}"),
                })
                .collect();
            columns.push(format!("{table}.{}", words.join(" ")));
        }
    }
    columns
}

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let (sqlite, postgres) = (
        TestApp::empty(TestDatabase::file()).await,
        TestApp::empty(TestDatabase::server().await).await,
    );
    let (one, other) = (
        columns(&mut sqlite.intruder().await).await,
        columns(&mut postgres.intruder().await).await,
    );
    assert!(one.len() > 80, "{one:#?}");
    assert_eq!(one, other);
    sqlite.close().await;
    postgres.close().await;
}

#[tokio::test]
async fn each_database_has_its_own_indexes_of_parts_of_names() {
    let (sqlite, postgres) = (
        TestApp::empty(TestDatabase::file()).await,
        TestApp::empty(TestDatabase::server().await).await,
    );
    assert_eq!(
        indexes_of_parts(&mut sqlite.intruder().await).await,
        ["actor_name_parts", "api_key_name_parts"]
    );
    assert_eq!(
        indexes_of_parts(&mut postgres.intruder().await).await,
        ["actors_name_parts", "api_keys_name_parts"]
    );
    sqlite.close().await;
    postgres.close().await;
}

both! {
    migrating_again_changes_nothing(app) {
        let before = crate::test_app::everything(app).await;
        engine::migrate(&app.db).await.expect("nothing to do");
        assert_eq!(before, crate::test_app::everything(app).await);
    }
}

/// The tables of the first release, with a revoked key that has a name in upper case.
async fn first_release(place: &TestDatabase) {
    let db = engine::Db::open(&place.address)
        .await
        .expect("the database opens");
    let only_first = |mut all: sqlx::migrate::Migrator| {
        all.migrations = all
            .migrations
            .iter()
            .filter(|one| one.version == 1)
            .cloned()
            .collect::<Vec<_>>()
            .into();
        all
    };
    match &db {
        engine::Db::Sqlite { writer, .. } => {
            only_first(sqlx::migrate!("migrations/sqlite"))
                .run(writer.pool())
                .await
                .expect("the first tables");
        }
        engine::Db::Postgres { pool, .. } => {
            only_first(sqlx::migrate!("migrations/postgres"))
                .run(pool.pool())
                .await
                .expect("the first tables");
        }
    }
    db.close().await;
    let mut intruder = Intruder::at(&place.address).await;
    let empty = intruder.literal(&Value::Bytes(vec![1]));
    for sql in [
        "INSERT INTO organizations (id, name, created_at) VALUES ('org_a', 'A', 1)".to_owned(),
        format!(
            "INSERT INTO actors (id, organization_id, kind, name, role, created_at, audit_n, row_mac) \
             VALUES (1, 'org_a', 'member', 'Max', 'owner', 1, 0, {empty})"
        ),
        format!(
            "INSERT INTO api_keys (id, organization_id, actor_id, created_by, name, kind, role_cap, key_prefix, preview, \
             public_key, lookup_key_id, lookup, sealed, created_at, revoked_at, revoked_by, audit_n, row_mac) \
             VALUES (1, 'org_a', 1, 1, 'CI/CD Pipeline', 'sk', 'owner', 'p', 'p', {empty}, 1, {empty}, {empty}, 1, 2, 1, 0, {empty})"
        ),
    ] {
        intruder.run(&sql).await;
    }
}

#[tokio::test]
async fn an_installation_of_the_first_release_is_migrated() {
    for place in [TestDatabase::file(), TestDatabase::server().await] {
        first_release(&place).await;
        let db = place.open().await;
        let mut intruder = Intruder::at(&place.address).await;
        let found = intruder
            .rows("SELECT folded_name, scopes, rank FROM api_keys")
            .await;
        let values: Vec<_> = found[0]
            .iter()
            .map(|(_, value)| value.clone())
            .collect();
        assert_eq!(
            values,
            [
                Value::Text("ci/cd pipeline".into()),
                Value::Text("*".into()),
                Value::Number(2)
            ]
        );
        assert_eq!(
            intruder
                .text("SELECT folded_name FROM actors")
                .await,
            "max"
        );
        if let Intruder::Sqlite(_) = intruder {
            for (index, part) in [("api_key_name_parts", "pipe"), ("actor_name_parts", "max")] {
                let sql = format!("SELECT rowid FROM {index} WHERE folded_name MATCH '{part}'");
                assert_eq!(intruder.number(&sql).await, 1);
            }
        }
        db.close().await;
    }
}

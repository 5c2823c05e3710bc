//! Both databases have the same tables.

use std::collections::BTreeSet;
use std::path::Path;

use crate::house::{House, Place};
use crate::intruder::{Intruder, Value};

fn migrations(engine: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let files = std::fs::read_dir(folder).expect("a folder of migrations");
    files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert!(!migrations("sqlite").is_empty());
    assert_eq!(migrations("sqlite"), migrations("postgres"));
}

/// Table, column, what it holds, whether it must be there.
async fn columns(intruder: &mut Intruder) -> Vec<String> {
    let mut columns = Vec::new();
    for table in intruder.tables().await {
        let sql = match intruder {
            Intruder::Sqlite(_) => {
                format!("SELECT name, type, CAST(\"notnull\" AS TEXT) FROM pragma_table_info('{table}')")
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
    let (sqlite, postgres) = (House::empty(Place::file()).await, House::empty(Place::server().await).await);
    let (one, other) = (columns(&mut sqlite.intruder().await).await, columns(&mut postgres.intruder().await).await);
    assert!(one.len() > 80, "{one:#?}");
    assert_eq!(one, other);
    sqlite.close().await;
    postgres.close().await;
}

both! {
    migrating_again_changes_nothing(house) {
        let before = crate::house::everything(house).await;
        engine::migrate(&house.db).await.expect("nothing to do");
        assert_eq!(before, crate::house::everything(house).await);
    }
}

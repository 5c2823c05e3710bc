//! Rows that are kept and put back later, and events that are hidden.

use crate::Outcome;
use crate::database::{Database, Rows};
use crate::stage::Stage;

/// Where a row is kept.
const KEPT: &str = "prove_kept";

/// Keeps the rows of a table that a condition finds.
///
/// # Errors
/// When the database does not let us.
pub async fn keep(stage: &Stage, table: &str, condition: &str) -> Outcome<()> {
    write(&stage.program.database, &[format!("CREATE TABLE {KEPT} AS SELECT * FROM {table} WHERE {condition}")]).await
}

/// Puts the kept rows in the place of those that are there now, and does more in the same breath.
///
/// # Errors
/// When the database does not let us.
pub async fn put_back(stage: &Stage, table: &str, condition: &str, more: &[String]) -> Outcome<()> {
    let mut steps = vec![
        format!("DELETE FROM {table} WHERE {condition}"),
        format!("INSERT INTO {table} SELECT * FROM {KEPT}"),
        format!("DROP TABLE {KEPT}"),
    ];
    steps.extend(more.iter().cloned());
    write(&stage.program.database, &steps).await
}

/// The newest event: its number, and the hash of the one before it.
///
/// # Errors
/// When the log cannot be read.
pub async fn newest(stage: &Stage) -> Outcome<(i64, String)> {
    let mut rows = stage.program.database.open().await?;
    let columns = format!("n, {}", rows.hex("hash"));
    let events = rows.select(&columns, "audit_events ORDER BY n DESC LIMIT 2").await?;
    rows.close().await?;
    let (Some(newest), Some(before)) = (events.first(), events.get(1)) else {
        return Err("there are no two events".into());
    };
    Ok((newest[0].as_i64().unwrap_or_default(), before[1].as_str().unwrap_or_default().to_owned()))
}

/// Bytes as both databases read them in a statement.
pub fn bytes(stage: &Stage, hex: &str) -> String {
    match stage.program.database {
        Database::Sqlite(_) => format!("X'{hex}'"),
        Database::Postgres(_) => format!("'\\x{hex}'::bytea"),
    }
}

async fn write(database: &Database, steps: &[String]) -> Outcome<()> {
    let mut rows = database.open().await?;
    for step in steps {
        run(&mut rows, step).await?;
    }
    rows.close().await
}

async fn run(rows: &mut Rows, step: &str) -> Outcome<()> {
    rows.run(step).await.map_err(|error| format!("{step}: {error}"))?;
    Ok(())
}

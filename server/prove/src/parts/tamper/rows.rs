//! Restores old rows and hides events.

use crate::Outcome;
use crate::database::{Database, Rows};
use crate::stage::Stage;

/// The table for saved rows.
const KEPT: &str = "prove_kept";

/// Saves the rows of a table that match a condition.
///
/// # Errors
/// If the database rejects it.
pub async fn keep(stage: &Stage, table: &str, condition: &str) -> Outcome<()> {
    write(
        &stage.program.database,
        &[format!(
            "CREATE TABLE {KEPT} AS SELECT * FROM {table} WHERE {condition}"
        )],
    )
    .await
}

/// Restores the saved rows and runs more statements in the same transaction.
///
/// # Errors
/// If the database rejects it.
pub async fn put_back(stage: &Stage, table: &str, condition: &str, more: &[String]) -> Outcome<()> {
    let mut steps = vec![
        format!("DELETE FROM {table} WHERE {condition}"),
        format!("INSERT INTO {table} SELECT * FROM {KEPT}"),
        format!("DROP TABLE {KEPT}"),
    ];
    steps.extend(more.iter().cloned());
    write(&stage.program.database, &steps).await
}

/// The number of the newest event, and the hash of the previous one.
///
/// # Errors
/// If the log cannot be read.
pub async fn newest(stage: &Stage) -> Outcome<(i64, String)> {
    let mut rows = stage.program.database.open().await?;
    let columns = format!("n, {}", rows.hex("hash"));
    let events = rows
        .select(&columns, "audit_events ORDER BY n DESC LIMIT 2")
        .await?;
    rows.close().await?;
    let (Some(newest), Some(before)) = (events.first(), events.get(1)) else {
        return Err("there are no two events".into());
    };
    Ok((
        newest[0].as_i64().unwrap_or_default(),
        before[1].as_str().unwrap_or_default().to_owned(),
    ))
}

/// Bytes as an SQL literal of the database.
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
    rows.run(step)
        .await
        .map_err(|error| format!("{step}: {error}"))?;
    Ok(())
}

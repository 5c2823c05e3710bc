//! `roundtable migrate`: updates the tables to the current version, or says whether that is needed.

use engine::{Db, Schema, StoreError};

use super::{CliError, cannot_open, database, print_line};
use crate::config::Options;

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    engine::migrate(&database(options).await?).await?;
    print_line("The tables are up to date.");
    Ok(())
}

/// Compares the tables with this program. Changes nothing.
pub(super) async fn check(options: &Options) -> Result<(), CliError> {
    let db = Db::open_to_read(&options.database_url()?)
        .await
        .map_err(cannot_open)?;
    let schema = engine::schema(&db).await?;
    db.close().await;
    if !schema.can_be_served() {
        return Err(StoreError::NewerTables.into());
    }
    if let Some(version) = schema.unfinished {
        return Err(CliError::Schema(format!(
            "migration {version} was not finished: restore a backup"
        )));
    }
    match pending(&schema) {
        Some(sentence) => Err(CliError::Other(sentence)),
        None => {
            print_line(current(&schema));
            Ok(())
        }
    }
}

/// The sentence about tables that need no migration.
const fn current(schema: &Schema) -> &'static str {
    if schema.unknown.is_empty() {
        "The tables are up to date."
    } else {
        "A newer program has migrated the tables. This program can still serve them."
    }
}

/// The sentence about pending migrations.
fn pending(schema: &Schema) -> Option<String> {
    let what = match schema.pending.as_slice() {
        [] => return None,
        [one] => format!("migration {one} is pending"),
        [first, .., last] => format!(
            "{} migrations are pending, {first} to {last}",
            schema.pending.len()
        ),
    };
    let others = if schema.stops_older_programs() {
        "stop every server before the upgrade"
    } else {
        "servers that run now can go on running beside the new ones"
    };
    Some(format!("{what}: {others}"))
}

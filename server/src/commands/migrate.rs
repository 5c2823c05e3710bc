//! `roundtable migrate`: updates the tables to the current version, or says whether that is needed.

use engine::Db;

use super::{CliError, cannot_open, database, newer, print_line};
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
    if !schema.unknown.is_empty() {
        return Err(newer());
    }
    if let Some(version) = schema.unfinished {
        return Err(CliError::Newer(format!(
            "migration {version} was not finished: restore a backup"
        )));
    }
    match schema.pending.as_slice() {
        [] => {
            print_line("The tables are up to date.");
            Ok(())
        }
        [one] => Err(CliError::Other(format!("migration {one} is pending"))),
        [first, .., last] => Err(CliError::Other(format!(
            "{} migrations are pending, {first} to {last}",
            schema.pending.len()
        ))),
    }
}

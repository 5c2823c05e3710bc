//! `roundtable migrate`: updates the tables to the current version.

use super::{CliError, database, print_line};
use crate::config::Options;

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    engine::migrate(&database(options).await?).await?;
    print_line("The tables are up to date.");
    Ok(())
}

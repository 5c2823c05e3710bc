//! `roundtable migrate`: brings the tables up to date.

use super::{Stop, database, tell};
use crate::config::Options;

pub(super) async fn run(options: &Options) -> Result<(), Stop> {
    engine::migrate(&database(options).await?).await?;
    tell("The tables are up to date.");
    Ok(())
}

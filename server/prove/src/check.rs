//! Checks that the database matches the responses that clients have received.

mod belief;
mod chain;
mod replay;
mod round;
mod secrets;
mod tables;

use belief::{Beliefs, done_unanswered};
pub use round::Rounds;
pub use secrets::Secrets;
use tables::Tables;

use replay::Replay;

use crate::Outcome;
use crate::database::{Database, Rows};

/// A check of the database that continues where the last one stopped.
#[derive(Default)]
pub struct Watch {
    replay: Replay,
    chain: chain::Chain,
}

/// The result of a check.
pub struct Look {
    /// The contents of the tables.
    pub tables: Tables,
    /// The mismatches.
    pub faults: Vec<String>,
    /// Events so far.
    pub events: i64,
}

impl Watch {
    /// Reads the new events and the tables: the chain has no gap and no altered event, and what the
    /// events tell is what the tables hold; one successor per rotated key; an owner in every
    /// organization.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn look(&mut self, database: &Database) -> Outcome<Look> {
        let mut rows = database.open().await?;
        let looked = self.look_at(&mut rows).await;
        rows.close().await?;
        looked
    }

    async fn look_at(&mut self, rows: &mut Rows) -> Outcome<Look> {
        let mut faults = Vec::new();
        let events = self.chain.follow(rows, &mut faults).await?;
        for event in &events {
            self.replay.apply(event);
        }
        let tables = Tables::read(rows).await?;
        self.replay.compare(&tables, &mut faults);
        tables.consider(&mut faults);
        Ok(Look {
            tables,
            faults,
            events: self.chain.length(),
        })
    }
}

/// Runs the integrity check of the database itself.
///
/// # Errors
/// If it cannot be asked.
pub async fn integrity(database: &Database) -> Outcome<Vec<String>> {
    let Database::Sqlite(_) = database else {
        return Ok(Vec::new());
    };
    let mut rows = database.open().await?;
    let said = rows
        .select("integrity_check", "pragma_integrity_check")
        .await?;
    rows.close().await?;
    Ok(said
        .iter()
        .map(|row| row[0].as_str().unwrap_or_default().to_owned())
        .filter(|said| said != "ok")
        .collect())
}

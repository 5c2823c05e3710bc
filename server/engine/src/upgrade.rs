//! Migrates the tables while other servers may run.
//!
//! A migration is compatible with the programs before it, or it stops them (`store/schema.rs` has the
//! list). The database records the oldest schema whose programs can serve it. Three checks protect each
//! other: a program that starts refuses newer tables without that record; a migration
//! that stops older programs is refused while one of them holds a lease; and a node that finds
//! itself too old when it renews its lease stops.

use tokio::time::sleep;

use crate::Engine;
use crate::nodes::LEASE;
use crate::store::nodes::{self, RunningRow};
use crate::store::{self, Db, Schema, StoreError};

/// Runs the pending migrations.
///
/// # Errors
/// `NewerTables`, `OlderNodes`, or the error of a migration.
pub async fn migrate(db: &Db) -> Result<(), StoreError> {
    let schema = store::schema(db).await?;
    if !schema.can_be_served() {
        return Err(StoreError::NewerTables);
    }
    let older = older_nodes(db, &schema).await?;
    if older > 0 {
        return Err(StoreError::OlderNodes(older));
    }
    store::run_migrations(db, &schema).await
}

/// The number of nodes that hold a lease, and that the pending migrations stop. A node whose row
/// stays the same for the length of a lease is dead.
async fn older_nodes(db: &Db, schema: &Schema) -> Result<usize, StoreError> {
    if !db.is_shared() || !schema.stops_older_programs() {
        return Ok(0);
    }
    let oldest = store::own_support().oldest;
    let before = older(db, oldest).await?;
    if before.is_empty() {
        return Ok(0);
    }
    sleep(LEASE).await;
    let after = older(db, oldest).await?;
    let is_dead = |node: &RunningRow| {
        before
            .iter()
            .any(|seen| (&seen.id, seen.renewals) == (&node.id, node.renewals))
    };
    Ok(after.iter().filter(|node| !is_dead(node)).count())
}

async fn older(db: &Db, oldest: i64) -> Result<Vec<RunningRow>, StoreError> {
    let mut nodes = nodes::running(&mut db.read().await?).await?;
    nodes.retain(|node| node.schema < oldest);
    Ok(nodes)
}

impl Engine {
    /// Looks whether a newer program has migrated the tables so that this one cannot serve them. The
    /// renewals of the lease look too, but their connection can fail.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn notice_newer_tables(&self) -> crate::Result<()> {
        let support = store::support(&mut self.db().read().await?).await?;
        if self.db().is_shared() && support.oldest > store::newest_schema() {
            self.nodes().supersede();
        }
        Ok(())
    }

    /// Resolves when a newer program has migrated the tables so that this one cannot serve them.
    pub async fn superseded(&self) {
        self.nodes().superseded().await;
    }
}

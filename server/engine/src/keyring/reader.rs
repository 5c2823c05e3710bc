//! Following the ring: a server reads it again every few seconds, and records what it has read. So
//! the commands that rotate ring keys know when every server has a new key, and no server needs a
//! restart.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::RingFault;
use crate::Engine;
use crate::store::{StoreError, ring};

/// How often the ring is read again.
const INTERVAL: Duration = Duration::from_secs(5);

impl Engine {
    /// Reads the key ring of the database again, and records that this process has it. A server
    /// does this before it opens its port and then every few seconds.
    ///
    /// # Errors
    /// When the ring cannot be read; then it stays as it was.
    pub async fn follow_ring(&self) -> Result<(), RingFault> {
        // First the record, then the ring: who makes a key active sees the record, or this process
        // sees the key.
        let before = self.ring().changes();
        self.report_ring(before).await?;
        self.ring().reload(self.db()).await?;
        if self.ring().changes() != before {
            self.report_ring(self.ring().changes()).await?;
        }
        Ok(())
    }

    async fn report_ring(&self, changes: i64) -> Result<(), StoreError> {
        let mut tx = self.db().begin().await?;
        ring::report(&mut tx, self.nodes().id(), changes).await?;
        tx.commit().await
    }
}

/// Follows the ring until it is stopped.
pub(crate) async fn follow(engine: Engine) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match engine.follow_ring().await {
            Ok(()) => {}
            Err(RingFault::Store(error)) => {
                tracing::debug!(%error, "the key ring could not be read again");
            }
            Err(fault) => {
                tracing::error!(%fault, "the key ring has changed and cannot be read; restart this server");
            }
        }
    }
}

/// Records that this process has stopped.
pub(crate) async fn forget(engine: &Engine) -> Result<(), StoreError> {
    let mut tx = engine.db().begin().await?;
    ring::forget(&mut tx, engine.nodes().id()).await?;
    tx.commit().await
}

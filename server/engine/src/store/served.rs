//! The database together with what a commit has to reach: the revocation journal, the keys in
//! memory, the requests in flight, and the other nodes.

use std::ops::Deref;
use std::sync::Arc;

use domain::view::Stopped;
use tokio::time::Instant;

use super::{Connection, Db, StoreError, Tx};
use crate::journal::Journal;
use crate::key_table::AuthorityChange;
use crate::keys::Keys;
use crate::nodes::Nodes;

/// A database whose transactions reach everything that depends on them.
pub struct ServedDb {
    db: Db,
    after_commit: AfterCommit,
}

/// What a commit has to reach. Cheap to clone.
#[derive(Clone)]
pub struct AfterCommit {
    pub journal: Journal,
    pub keys: Arc<Keys>,
    pub nodes: Nodes,
    db: Db,
}

impl ServedDb {
    /// Connects the database with the journal, the keys in memory and the other nodes.
    pub fn new(db: Db, journal: Journal, keys: Arc<Keys>, nodes: Nodes) -> Self {
        let after_commit = AfterCommit {
            journal,
            keys,
            nodes,
            db: db.clone(),
        };
        Self { db, after_commit }
    }

    /// The journal.
    pub const fn journal(&self) -> &Journal {
        &self.after_commit.journal
    }

    /// See [`Db::begin`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = self.db.begin().await?;
        Ok(tx.reaching(&self.after_commit))
    }

    /// See [`Db::begin_on_reserve`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin_on_reserve(&self) -> Result<Tx, StoreError> {
        let tx = self.db.begin_on_reserve().await?;
        Ok(tx.reaching(&self.after_commit))
    }
}

impl AfterCommit {
    /// Appends the changes to the transaction, for the other nodes. Gives the number of the last
    /// one, or of the last earlier one if there are none. None if no other node can share the
    /// database.
    pub(super) async fn number(
        &self,
        connection: &mut Connection,
        changes: &[AuthorityChange],
    ) -> Result<Option<i64>, StoreError> {
        if !self.db.is_shared() {
            return Ok(None);
        }
        let number = if changes.is_empty() {
            super::nodes::newest(connection).await?
        } else {
            super::nodes::append(connection, self.nodes.id(), changes).await?
        };
        Ok(Some(number))
    }

    /// Drops the changed keys from memory, and cancels the requests in flight with the weakened
    /// ones, except one.
    pub(super) fn announce(&self, changes: &[AuthorityChange], spared: Option<u64>) {
        self.keys.announce(changes, spared);
    }

    /// Waits until the requests that were cancelled have ended here, and every other node has seen
    /// the change or no longer has a lease from before it.
    pub(super) async fn wait(
        &self,
        mut connection: Connection,
        number: Option<i64>,
        since: Instant,
    ) -> Stopped {
        let others = async {
            let Some(number) = number else {
                return 0;
            };
            if let Err(error) = super::nodes::hint(&mut connection).await {
                tracing::warn!(%error, "the other nodes could not be notified; they find the change when they renew their leases");
            }
            // The connection is not kept while others may need it.
            drop(connection);
            self.nodes
                .wait_until_seen(&self.db, number, since)
                .await
        };
        let here = self.keys.in_flight().wait_for_cancelled();
        let (others, ()) = tokio::join!(others, here);
        Stopped {
            nodes: 1 + others,
            took_ms: u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Deref for ServedDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

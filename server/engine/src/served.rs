//! The database together with what a commit has to reach: the revocation journal, the keys in
//! memory, the requests in flight, and the other nodes.

use std::ops::Deref;
use std::sync::Arc;

use domain::view::Stopped;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use crate::journal::Journal;
use crate::key_table::AuthorityChange;
use crate::keys::Keys;
use crate::metrics::revocation_durations;
use crate::nodes::Nodes;
use crate::store::{self, AfterCommit, Connection, Db, StoreError, Tx, Waiting};

/// A database whose transactions reach everything that depends on them.
pub struct ServedDb {
    db: Db,
    dependents: Arc<Dependents>,
}

/// What depends on the database.
struct Dependents {
    journal: Journal,
    keys: Arc<Keys>,
    nodes: Nodes,
    db: Db,
    revocations: Histogram,
}

impl ServedDb {
    /// Connects the database with the journal, the keys in memory and the other nodes.
    pub fn new(db: Db, journal: Journal, keys: Arc<Keys>, nodes: Nodes) -> Self {
        let dependents = Dependents {
            journal,
            keys,
            nodes,
            db: db.clone(),
            revocations: revocation_durations(),
        };
        Self {
            db,
            dependents: Arc::new(dependents),
        }
    }

    /// The journal.
    pub fn journal(&self) -> &Journal {
        &self.dependents.journal
    }

    /// How long changes that take access away took, from the commit.
    pub fn revocation_durations(&self) -> &Histogram {
        &self.dependents.revocations
    }

    /// See [`Db::begin`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = self.db.begin().await?;
        Ok(tx.reaching(self.dependents.clone()))
    }

    /// See [`Db::begin_on_reserve`].
    ///
    /// # Errors
    /// As there.
    pub async fn begin_on_reserve(&self) -> Result<Tx, StoreError> {
        let tx = self.db.begin_on_reserve().await?;
        Ok(tx.reaching(self.dependents.clone()))
    }
}

impl AfterCommit for Dependents {
    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn number<'a>(
        &'a self,
        connection: &'a mut Connection,
        changes: &'a [AuthorityChange],
    ) -> Waiting<'a, Result<Option<i64>, StoreError>> {
        Box::pin(async move {
            if !self.db.is_shared() {
                return Ok(None);
            }
            let number = if changes.is_empty() {
                store::nodes::newest(connection).await?
            } else {
                store::nodes::append(connection, self.nodes.id(), changes).await?
            };
            Ok(Some(number))
        })
    }

    fn note_commit(&self, number: Option<i64>, changes: &[AuthorityChange], is_confirmed: bool) {
        if let Some(number) = number {
            self.nodes
                .note_commit(number, changes, is_confirmed);
        }
    }

    fn announce_unconfirmed(&self, spared: Option<u64>) {
        let unconfirmed = self.nodes.unconfirmed();
        if !unconfirmed.is_empty() {
            self.keys.announce(&unconfirmed, spared);
        }
    }

    fn announce(&self, changes: &[AuthorityChange], spared: Option<u64>) {
        self.keys.announce(changes, spared);
    }

    fn wait(
        &self,
        connection: Connection,
        number: Option<i64>,
        since: Instant,
        is_repeated: bool,
    ) -> Waiting<'_, Stopped> {
        Box::pin(async move {
            let here = async {
                if let Some(number) = number.filter(|_| is_repeated) {
                    self.nodes.wait_until_applied(number, since).await;
                }
                self.keys.in_flight().wait_for_cancelled().await;
            };
            let others = self.wait_for_others(connection, number, since);
            let (others, ()) = tokio::join!(others, here);
            let took = since.elapsed();
            self.revocations.observe(took.as_secs_f64());
            Stopped {
                nodes: 1 + others,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }
        })
    }
}

impl Dependents {
    async fn wait_for_others(
        &self,
        mut connection: Connection,
        number: Option<i64>,
        since: Instant,
    ) -> usize {
        let Some(number) = number else {
            return 0;
        };
        if let Err(error) = store::nodes::hint(&mut connection).await {
            tracing::warn!(%error, "the other nodes could not be notified; they find the change when they renew their leases");
        }
        // Others may need it while this waits.
        drop(connection);
        self.nodes
            .wait_until_seen(&self.db, number, since)
            .await
    }
}

impl Deref for ServedDb {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}

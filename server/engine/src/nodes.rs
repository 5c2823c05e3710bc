//! The nodes that share a Postgres database: what each of them keeps in memory is as true as the
//! database.
//!
//! A node renews a lease of one second several times a second ([`renewal`]). Only under a valid
//! lease it admits keys from memory, and only then a response leaves without another read of the
//! key. A transaction that changes what a key may do appends the change with a number, in the order
//! of the commits. Nodes apply the changes ([`changes`]) and record the number that they have seen.
//! The node that made the change answers when every other node has seen it, or one lease has
//! passed since the commit.
//!
//! Why that is enough: a renewal reads the number of the newest change. A lease that is granted
//! after a commit is only used once the change is applied, and a lease from before it ends within
//! one second. No clock of another machine is compared: durations are measured on the monotonic
//! clock of each node.

mod changes;
mod lease;
mod renewal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::lease::NodeLease;
use crate::key_table::AuthorityChange;
use crate::store::nodes::{self, NodeRow};
use crate::store::{Db, StoreError};
use crate::{Engine, Runtime, keyring};

pub(crate) use self::lease::LeaseNumber;

/// How long a lease lasts from before its renewal was sent.
pub(crate) const LEASE: Duration = Duration::from_secs(1);
/// How often a lease is renewed.
const RENEWAL: Duration = Duration::from_millis(250);
/// How soon the other nodes are asked the first time whether they have seen a change. Each further
/// time takes twice as long, up to [`SLOWEST_POLL`].
const FIRST_POLL: Duration = Duration::from_millis(1);
const SLOWEST_POLL: Duration = Duration::from_millis(16);

/// This node among the others. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Nodes {
    inner: Arc<Inner>,
}

struct Inner {
    id: OnceLock<String>,
    runtime: Runtime,
    lease: NodeLease,
    /// The last change that was applied here. Locked while changes are applied.
    applied: tokio::sync::Mutex<i64>,
    /// Changes of this node whose commit the database did not confirm, by their numbers.
    unconfirmed: Mutex<BTreeMap<i64, AuthorityChange>>,
    /// Notified when there are changes to apply, or changes whose number has to be recorded.
    changed: Notify,
    /// Cancelled when a newer program has migrated the tables so that this one cannot serve them.
    superseded: CancellationToken,
    /// The last known start of the database server, and since when it is known.
    incarnation: Mutex<Option<(String, Instant)>>,
}

impl Nodes {
    /// This node. A database that is not shared needs no lease.
    pub fn new(runtime: &Runtime, is_shared: bool) -> Self {
        let lease = if is_shared {
            NodeLease::lapsed(runtime.clone())
        } else {
            NodeLease::endless(runtime.clone())
        };
        let inner = Inner {
            id: OnceLock::new(),
            runtime: runtime.clone(),
            lease,
            applied: tokio::sync::Mutex::new(0),
            unconfirmed: Mutex::default(),
            changed: Notify::new(),
            superseded: CancellationToken::new(),
            incarnation: Mutex::new(None),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The id of this node.
    pub fn id(&self) -> &str {
        self.inner
            .id
            .get_or_init(|| self.inner.runtime.random_id("node_"))
    }

    /// The lease that is valid now, if any.
    pub fn lease(&self) -> Option<LeaseNumber> {
        self.inner.lease.current()
    }

    /// Ends the lease, because this program can no longer serve the tables.
    pub fn supersede(&self) {
        self.inner.lease.lapse();
        self.inner.superseded.cancel();
    }

    /// Resolves when this program can no longer serve the tables.
    pub async fn superseded(&self) {
        self.inner.superseded.cancelled().await;
    }

    /// Notes whether the database confirmed the commit of changes up to this number. A commit that
    /// it did not confirm may take effect later: then this node applies it like one of another node.
    pub fn note_commit(&self, number: i64, changes: &[AuthorityChange], is_confirmed: bool) {
        let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        let mut unconfirmed = self.lock_unconfirmed();
        for (n, change) in (number - count + 1..).zip(changes) {
            if is_confirmed {
                unconfirmed.remove(&n);
            } else {
                unconfirmed.insert(n, *change);
            }
        }
    }

    /// The changes of this node that may still take effect, or have without being applied here.
    pub fn unconfirmed(&self) -> Vec<AuthorityChange> {
        self.lock_unconfirmed()
            .values()
            .copied()
            .collect()
    }

    fn is_unconfirmed(&self, number: i64) -> bool {
        self.lock_unconfirmed().contains_key(&number)
    }

    /// Forgets the unconfirmed changes up to this number: they were applied, or another change got
    /// their number.
    fn forget_unconfirmed(&self, newest: i64) {
        self.lock_unconfirmed().retain(|n, _| *n > newest);
    }

    fn lock_unconfirmed(&self) -> MutexGuard<'_, BTreeMap<i64, AuthorityChange>> {
        self.inner
            .unconfirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until every other node has seen the change of this number. Gives their number. A node
    /// that does not record it within one lease admits no key from before the change any more; its
    /// row is removed if it is dead, so that the next change does not wait for it.
    pub async fn wait_until_seen(&self, db: &Db, number: i64, since: Instant) -> usize {
        let mut first: Option<Vec<NodeRow>> = None;
        let mut pause = FIRST_POLL;
        let end = since + LEASE;
        while Instant::now() < end {
            // A database that does not answer leaves only the end of the leases to wait for.
            if let Ok(others) = self.others(db, first.is_none()).await {
                let is_seen = others.iter().all(|node| node.seen >= number);
                if is_seen {
                    sleep_until(self.is_whole_set_at().unwrap_or(since)).await;
                    return others.len();
                }
                first.get_or_insert(others);
            }
            sleep(pause).await;
            pause = (pause * 2).min(SLOWEST_POLL);
        }
        self.remove_dead(db, number, &first.unwrap_or_default())
            .await
    }

    /// Waits until this node has applied the change of this number, or its lease from before the
    /// change has ended.
    pub async fn wait_until_applied(&self, number: i64, since: Instant) {
        self.inner.changed.notify_one();
        while Instant::now() < since + LEASE
            && self.lease().is_some()
            && *self.inner.applied.lock().await < number
        {
            sleep(FIRST_POLL).await;
        }
    }

    async fn others(&self, db: &Db, is_first: bool) -> Result<Vec<NodeRow>, StoreError> {
        let mut connection = db.read().await?;
        if is_first && self.is_whole_set_at().is_some() {
            self.note_incarnation(&nodes::incarnation(&mut connection).await?);
        }
        nodes::others(&mut connection, self.id()).await
    }

    /// Removes the nodes that have not renewed their lease since they were first seen. Gives the
    /// number of the others.
    async fn remove_dead(&self, db: &Db, number: i64, first: &[NodeRow]) -> usize {
        let mut alive = 0;
        for node in first {
            let removed = match db.read().await {
                Ok(mut connection) if node.seen < number => {
                    nodes::remove_dead(&mut connection, node)
                        .await
                        .unwrap_or_default()
                }
                _ => false,
            };
            if removed {
                tracing::warn!(
                    node = node.id,
                    "a node that did not renew its lease was removed"
                );
            } else {
                alive += 1;
            }
        }
        alive
    }

    /// From when on the table of nodes is complete. After a failover, the new server may not know
    /// the lease that a node got from the old one.
    fn is_whole_set_at(&self) -> Option<Instant> {
        let known = self
            .inner
            .incarnation
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|(_, since)| *since + LEASE)
    }

    fn note_incarnation(&self, incarnation: &str) {
        let mut known = self
            .inner
            .incarnation
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if known
            .as_ref()
            .is_none_or(|(last, _)| last != incarnation)
        {
            *known = Some((incarnation.to_owned(), Instant::now()));
        }
    }
}

/// Work with the database that is given up after a while.
async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, work).await.unwrap_or_else(|_| {
        Err(StoreError::Away(
            "the database server does not answer".into(),
        ))
    })
}

/// The tasks that hold the lease of this node and apply the changes of the others. Dropped, they
/// stop, and the lease ends by itself.
#[must_use = "without these tasks the node has no lease"]
pub struct NodeTasks {
    engine: Engine,
    tasks: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Follows the key ring, and joins the nodes that share the database. Until then, and on every
    /// failure, each check of a key reads the database. On SQLite, which one process serves, there
    /// are no nodes to join.
    pub fn join_nodes(&self) -> NodeTasks {
        let mut tasks = vec![tokio::spawn(keyring::follow(self.clone()))];
        if self.db().is_shared() {
            tasks.push(tokio::spawn(renewal::run(self.clone())));
            tasks.push(tokio::spawn(changes::run(self.clone())));
        }
        NodeTasks {
            engine: self.clone(),
            tasks,
        }
    }

    /// Deletes the changes that no node needs any more.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_old_authority_changes(&self) -> crate::Result<()> {
        if !self.db().is_shared() {
            return Ok(());
        }
        Ok(nodes::delete_old_changes(&mut self.db().read().await?).await?)
    }
}

impl NodeTasks {
    /// Leaves the other nodes, so that they do not wait for this one.
    pub async fn leave(mut self) {
        self.stop();
        if let Err(error) = keyring::forget(&self.engine).await {
            tracing::debug!(%error, "this server could not be removed from the readers of the key ring");
        }
        if !self.engine.db().is_shared() {
            return;
        }
        let leaving = async {
            let mut conn = self
                .engine
                .db()
                .connect_apart(renewal::CONNECTION)
                .await?;
            nodes::leave(&mut conn, self.engine.nodes().id()).await
        };
        if within(LEASE, leaving).await.is_err() {
            tracing::warn!(
                "this node could not be removed from the table of nodes; the others remove it"
            );
        }
    }

    fn stop(&mut self) {
        self.tasks.drain(..).for_each(|task| task.abort());
        self.engine.nodes().inner.lease.lapse();
    }
}

impl Drop for NodeTasks {
    fn drop(&mut self) {
        self.stop();
    }
}

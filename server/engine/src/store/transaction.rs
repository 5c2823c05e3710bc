//! A transaction, and what follows its commit.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use domain::OrganizationId;
use domain::view::Stopped;
use tokio::time::Instant;

use super::after_commit::AfterCommit;
use super::{Connection, StoreError};
use crate::hints::Hints;
use crate::journal::{Journal, Mark};
use crate::key_table::AuthorityChange;

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx {
    connection: Connection,
    /// Notified after the commit.
    watchers: Vec<(Hints, OrganizationId)>,
    /// Journal entries to record after the commit.
    marks: Vec<Mark>,
    /// Keys and owners whose authority this transaction changes.
    changes: Vec<AuthorityChange>,
    /// Journal entries of changes that were made before.
    repeated: Vec<Mark>,
    /// Whether every node must also have seen what was committed before.
    waits_for_earlier: bool,
    /// The request that must not be cancelled, because it runs this transaction.
    spared: Option<u64>,
    after_commit: Option<Arc<dyn AfterCommit>>,
}

impl Tx {
    /// A transaction that has begun on a connection.
    pub(super) const fn new(connection: Connection) -> Self {
        Self {
            connection,
            watchers: Vec::new(),
            marks: Vec::new(),
            changes: Vec::new(),
            repeated: Vec::new(),
            waits_for_earlier: false,
            spared: None,
            after_commit: None,
        }
    }

    /// The same, with what its commit has to reach.
    pub(crate) fn reaching(self, after_commit: Arc<dyn AfterCommit>) -> Self {
        Self {
            after_commit: Some(after_commit),
            ..self
        }
    }

    /// Adds a journal entry to record after the commit. The store functions call it, so that no
    /// operation can forget it.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Adds a change of authority. The commit drops the key from the memory of every node, and
    /// cancels the requests in flight if the change weakens it. The store functions call it, so
    /// that no operation can forget it.
    pub(crate) fn changed(&mut self, change: AuthorityChange) {
        self.changes.push(change);
    }

    /// Notes that the change was made before, perhaps by a request that got no answer: its node
    /// failed, or the commit was not confirmed. This commit then says the same as the earlier one
    /// would have said: the journal has the entry, and every node has seen the change.
    pub(crate) fn made_before(&mut self, mark: Mark) {
        self.repeated.push(mark);
        self.waits_for_earlier = true;
    }

    /// Spares the request that runs this transaction from the cancellation: a key that revokes
    /// itself gets its response.
    pub(crate) const fn spare(&mut self, request: Option<u64>) {
        self.spared = request;
    }

    /// Notifies the subscribers of an organization after the commit.
    pub(crate) fn notify_after_commit(&mut self, hints: &Hints, organization: &OrganizationId) {
        let is_known =
            |(known, of): &(Hints, OrganizationId)| known.is_same(hints) && of == organization;
        if !self.watchers.iter().any(is_known) {
            self.watchers
                .push((hints.clone(), organization.clone()));
        }
    }

    /// Commits, records the journal entries, and notifies the watchers. What the transaction
    /// weakened has ended on every node before this returns. Completes even if the caller is
    /// dropped.
    ///
    /// # Errors
    /// When the database does not confirm it.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.commit_and_stop().await.map(drop)
    }

    /// As [`Tx::commit`]. Gives on how many nodes the weakened keys have stopped, and how long that
    /// took.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub(crate) async fn commit_and_stop(self) -> Result<Stopped, StoreError> {
        completed(self.finish(true)).await
    }

    /// As [`Tx::commit`], without waiting for requests in flight and for other nodes.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub(crate) async fn commit_without_waiting(self) -> Result<(), StoreError> {
        completed(self.finish(false)).await.map(drop)
    }

    async fn finish(mut self, waits: bool) -> Result<Stopped, StoreError> {
        let changes = std::mem::take(&mut self.changes);
        let after = self.after_commit.take();
        let journal = after
            .as_ref()
            .map(|after| after.journal().clone());
        let after = after.filter(|_| self.waits_for_earlier || !changes.is_empty());
        let number = match &after {
            Some(after) => {
                after
                    .number(&mut self.connection, &changes)
                    .await?
            }
            None => None,
        };

        let committed = self.connection.commit().await;
        let recorded = match &committed {
            Ok(()) => record(journal, self.marks, self.repeated).await,
            Err(_) => Ok(()),
        };
        // Also if the commit failed: the database may have it although it did not confirm it, or
        // may still execute it.
        let since = Instant::now();
        if let Some(after) = &after {
            after.note_commit(number, &changes, committed.is_ok());
            after.announce(&changes, self.spared);
            if self.waits_for_earlier {
                after.announce_unconfirmed(self.spared);
            }
        }
        committed?;

        self.watchers
            .iter()
            .for_each(|(hints, organization)| hints.notify(organization));
        let mut stopped = Stopped::default();
        if let Some(after) = after.filter(|_| waits) {
            stopped = after
                .wait(self.connection, number, since, self.waits_for_earlier)
                .await;
        }
        recorded?;
        Ok(stopped)
    }
}

/// Runs the rest of a commit in a task, so that it completes even if the caller is dropped.
async fn completed<T: Send + 'static>(
    commit: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    super::spawn_part(commit)
        .await
        .unwrap_or(Err(StoreError::Sqlx(sqlx::Error::WorkerCrashed)))
}

/// Records the journal entries of a committed transaction, before the response.
async fn record(
    journal: Option<Journal>,
    mut marks: Vec<Mark>,
    repeated: Vec<Mark>,
) -> Result<(), StoreError> {
    let Some(journal) = journal else {
        return Ok(());
    };
    // An entry that could not be written to the file before is in memory.
    let unknown = |mark: &Mark| !journal.is_complete() || !journal.has(mark);
    marks.extend(repeated.into_iter().filter(unknown));
    if marks.is_empty() {
        return Ok(());
    }
    if !journal.must_write(&marks) {
        return Ok(journal.record(marks, false)?);
    }
    let recorded = tokio::task::spawn_blocking(move || journal.record(marks, false)).await;
    Ok(recorded.map_err(|_| sqlx::Error::WorkerCrashed)??)
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

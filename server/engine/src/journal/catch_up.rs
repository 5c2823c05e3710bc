//! Bringing the journal up to date with the database: after a crash between a commit and its
//! journal entries, and with the changes of other nodes.

use domain::OrganizationId;

use super::{Head, Mark, Subject};
use crate::audit::{Accepted, ChainMark, ChainReader};
use crate::store::audit;
use crate::store::{Connection, StoreError, meta, organizations};
use crate::{Engine, Result};

/// Events that are read at a time.
const BATCH: i64 = 1_000;

impl Engine {
    /// Prepares the journal for serving: ids that it knows are not assigned again after a backup
    /// was restored, and the newer events of the audit chains are added.
    ///
    /// # Errors
    /// `Busy` when the database does not answer or the journal cannot be written.
    pub async fn open_journal(&self) -> Result<()> {
        let key = self
            .journal()
            .keys()
            .last()
            .map_or(0, |key| key.0);
        let actor = self
            .journal()
            .actors()
            .last()
            .map_or(0, |actor| actor.0);
        let mut tx = self.db().begin().await?;
        meta::raise(&mut tx, "key", key).await?;
        meta::raise(&mut tx, "actor", actor).await?;
        tx.commit().await?;
        self.catch_up_journal().await
    }

    /// Adds the newer events of the audit chains to the journal, and writes the anchors.
    ///
    /// # Errors
    /// `Busy` when the database does not answer or the journal cannot be written.
    pub async fn catch_up_journal(&self) -> Result<()> {
        for organization in organizations::all(&mut self.db().read().await?).await? {
            self.catch_up_on(&organization).await?;
        }
        let journal = self.journal().clone();
        let now = self.runtime().now();
        let done = tokio::task::spawn_blocking(move || journal.write_anchors(now)).await;
        Ok(done
            .map_err(|_| sqlx::Error::WorkerCrashed)
            .map_err(StoreError::from)?
            .map_err(StoreError::from)?)
    }

    async fn catch_up_on(&self, organization: &OrganizationId) -> Result<()> {
        let mut connection = self.db().read().await?;
        if self
            .anchor_fault(&mut connection, organization)
            .await?
            .is_some()
        {
            return Ok(());
        }
        let anchor = self
            .journal()
            .anchor(organization.as_str())
            .unwrap_or_default();
        let reader = ChainReader::of(self, organization);
        let mut mark = ChainMark {
            n: anchor.n,
            hash: anchor.hash,
        };
        let cut = reader.cut(&mut connection).await?;
        if mark.n < cut.mark.n {
            // The next events were removed because of their age.
            mark = if audit::floors_hash(&mut connection, organization).await? == cut.floors {
                self.catch_up_on_floors(&mut connection, organization, mark.n)
                    .await?;
                cut.mark
            } else {
                let covers = |accepted: &Accepted| {
                    accepted.broken_at <= cut.mark.n && cut.mark.n < accepted.mark.n
                };
                let accepted = reader.accepted(&mut connection, covers).await?;
                let Some(accepted) = accepted else {
                    tracing::error!(%organization, "the revocation journal cannot read what remains of removed events: it was altered");
                    return Ok(());
                };
                accepted.mark
            };
        }
        loop {
            let rows = audit::chain(&mut connection, organization, Some(mark.n), BATCH).await?;
            let mut marks = Vec::new();
            let mut more = i64::try_from(rows.len()).unwrap_or_default() == BATCH;
            for row in rows {
                // An altered chain proves nothing. The verification of the chains reports it.
                if !reader.follows(&row, &mark) {
                    more = false;
                    break;
                }
                marks.extend(mark_of(&row.action, &row.object_id, row.n, row.at));
                mark = ChainMark {
                    n: row.n,
                    hash: row.hash,
                };
            }
            let followed = marks.len();
            marks.push(Mark::head(organization.as_str(), mark.n, &mark.hash));
            self.record_marks(marks, followed > 0).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Adds what is known of removed events after the one with this number.
    async fn catch_up_on_floors(
        &self,
        connection: &mut Connection,
        organization: &OrganizationId,
        after: i64,
    ) -> Result<()> {
        let mut after = after;
        loop {
            let floors = audit::floors(connection, organization, after).await?;
            let Some(last) = floors.last() else {
                return Ok(());
            };
            after = last.n;
            let marks: Vec<_> = floors
                .iter()
                .filter_map(|floor| mark_of(&floor.action, &floor.object_id, floor.n, floor.at))
                .collect();
            self.record_marks(marks, false).await?;
        }
    }

    async fn record_marks(&self, marks: Vec<Mark>, anchors: bool) -> Result<()> {
        let journal = self.journal().clone();
        let done = tokio::task::spawn_blocking(move || journal.record(marks, anchors)).await;
        Ok(done
            .map_err(|_| sqlx::Error::WorkerCrashed)
            .map_err(StoreError::from)?
            .map_err(StoreError::from)?)
    }

    /// The first event that is missing, or differs from the journal's anchor.
    pub(crate) async fn anchor_fault(
        &self,
        connection: &mut Connection,
        organization: &OrganizationId,
    ) -> Result<Option<i64>> {
        let Some(Head { n, hash }) = self.journal().anchor(organization.as_str()) else {
            return Ok(None);
        };
        if n == 0 {
            return Ok(None);
        }
        let found = audit::chain(connection, organization, Some(n - 1), 1).await?;
        if found
            .first()
            .is_some_and(|row| row.n == n && row.hash == hash)
        {
            return Ok(None);
        }
        let reader = ChainReader::of(self, organization);
        // An event that was removed because of its age cannot be compared, unless it is the last.
        let cut = reader.cut(connection).await?.mark;
        if n < cut.n || n == cut.n && hash == cut.hash {
            return Ok(None);
        }
        let covers = |accepted: &Accepted| accepted.broken_at <= n && n < accepted.mark.n;
        let accepted = reader.accepted(connection, covers).await?;
        if accepted.is_some() {
            return Ok(None);
        }
        let (head, _) = audit::head(connection, organization).await?;
        Ok(Some(n.min(head + 1)))
    }
}

/// The journal entry of an event, if it revokes, removes or changes something.
fn mark_of(action: &str, object_id: &str, n: i64, at: i64) -> Option<Mark> {
    let id = || object_id.parse().ok();
    let session = || Mark {
        at,
        ..Mark::revoked(Subject::Session(object_id.into()))
    };
    match action {
        "key.revoked" | "key.expired" => Some(Mark::revoked(Subject::Key(id()?))),
        "key.narrowed"
        | "key.expiration_changed"
        | "key.allowed_ips_changed"
        | "key.rotated"
        | "key.exposed" => Some(Mark::changed(Subject::Key(id()?), n)),
        "member.removed" | "member.left" => Some(Mark::revoked(Subject::Actor(id()?))),
        "member.joined"
        | "member.role_changed"
        | "service_account.changed"
        | "consumer.changed" => Some(Mark::changed(Subject::Actor(id()?), n)),
        "api.changed" => Some(Mark::changed(Subject::Api(id()?), n)),
        "session.ended" => Some(session()),
        "invitation.revoked" | "invitation.accepted" => {
            Some(Mark::revoked(Subject::Invitation(object_id.into())))
        }
        _ => None,
    }
}

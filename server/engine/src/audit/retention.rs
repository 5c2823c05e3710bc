//! Removing old events from the beginning of the audit chains (decision D26).
//!
//! The rows of keys, actors, APIs and invitations are compared with the newest event about them. If
//! a cut removes that event, a floor remains (`store/audit/floors.rs`). The event of the cut also
//! contains a hash over all floors.

use std::time::Duration;

use domain::policy::{Action, permit};
use domain::session::DEVICE_ABSOLUTE_SECONDS;
use domain::view::RemovedEvents;
use domain::{Moment, OrganizationId};
use tokio::time::sleep;

use super::cut::Cut;
use super::floors::Floors;
use super::journal;
use super::marks::ChainMark;
use super::walk::{ChainReader, Walk};
use crate::ctx::{Ctx, Origin};
use crate::store::audit;
use crate::store::{Connection, Tx, organizations};
use crate::{Engine, Error, Result};

/// How many events one transaction removes, so that others need not wait for long.
const BATCH: i64 = 5_000;
/// How many batches of one organization are removed in a row.
const BATCHES: usize = 20;
/// How long to wait after a batch, so that others can write.
const PAUSE: Duration = Duration::from_millis(50);
/// How often old events are looked for.
const INTERVAL: Duration = Duration::from_secs(60 * 60);
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// For how long events are kept, and when old ones were last looked for.
pub struct Retention {
    days: i64,
    looked_at: Option<Duration>,
}

impl Retention {
    /// The fewest days that events can be kept.
    pub const MIN_DAYS: i64 = 30;

    /// Keeps events for so many days, but never less than [`Retention::MIN_DAYS`].
    pub fn of_days(days: i64) -> Self {
        Self {
            days: days.max(Self::MIN_DAYS),
            looked_at: None,
        }
    }
}

impl Engine {
    /// Removes the events that are older than the retention, at most once a day per organization,
    /// each time with an event. An organization whose log was altered is left as it is.
    ///
    /// # Errors
    /// `Busy`. What is left is removed at the next call.
    pub async fn remove_old_events(&self, retention: &mut Retention) -> Result<()> {
        let elapsed = self.runtime().elapsed();
        if retention
            .looked_at
            .is_some_and(|at| elapsed.saturating_sub(at) < INTERVAL)
        {
            return Ok(());
        }
        let mut is_done = true;
        for organization in organizations::all(&mut self.db().read().await?).await? {
            match self
                .cut_chain(&organization, retention.days)
                .await
            {
                Ok(is_whole) => is_done &= is_whole,
                // Others are not kept waiting. It is tried again in an hour.
                Err(Error::Broken(error)) => {
                    tracing::error!(%organization, error, "the old events of an audit log cannot be removed");
                }
                Err(error) => return Err(error),
            }
        }
        if is_done {
            retention.looked_at = Some(elapsed);
        }
        Ok(())
    }

    /// Which events of the caller's organization were removed because of their age.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn removed_events(&self, ctx: &Ctx) -> Result<Option<RemovedEvents>> {
        let reach = permit(&ctx.actor, Action::ReadAudit)?;
        let mut connection = self.db().read().await?;
        let cut = ChainReader::of(self, reach.organization())
            .cut(&mut connection)
            .await?;
        Ok(cut.view())
    }

    /// Removes the old events of one organization, in batches. False if more are left.
    async fn cut_chain(&self, organization: &OrganizationId, days: i64) -> Result<bool> {
        let before = self
            .runtime()
            .now()
            .plus_seconds(-days * DAY_SECONDS);
        for _ in 0..BATCHES {
            if !self.is_due(organization, before).await?
                || !self.cut_batch(organization, before, days).await?
            {
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
        Ok(false)
    }

    /// Whether the oldest event is a day older than it must be, so that there is at most one cut a
    /// day.
    async fn is_due(&self, organization: &OrganizationId, before: Moment) -> Result<bool> {
        let mut connection = self.db().read().await?;
        let first = audit::chain(&mut connection, organization, None, 1).await?;
        let due = before.plus_seconds(-DAY_SECONDS);
        Ok(first
            .first()
            .is_some_and(|row| Moment(row.at) < due))
    }

    /// Removes events in one transaction. False if there are none to remove, or if the events to
    /// remove do not verify.
    async fn cut_batch(
        &self,
        organization: &OrganizationId,
        before: Moment,
        days: i64,
    ) -> Result<bool> {
        if self.chains().is_broken(organization) {
            return Ok(false);
        }
        let mut tx = self.db().begin().await?;
        audit::lock_chain_head(&mut tx, organization).await?;
        let Some((mut cut, floors)) = self
            .next_cut(&mut tx, organization, before)
            .await?
        else {
            return Ok(false);
        };
        cut.retention_days = days;
        let now = self.runtime().now();
        let sessions_since = now.plus_seconds(-DEVICE_ABSOLUTE_SECONDS);
        cut.floors = floors
            .write(&mut tx, organization, sessions_since)
            .await?;
        let removed = audit::remove(&mut tx, organization, cut.mark.n).await?;
        let (_, follows) = audit::head(&mut tx, organization).await?;
        let ctx = Ctx::system_in(organization, "Roundtable", now, Origin::of_clock());
        let event = cut.event(organization, removed, &follows);
        journal(self, &mut tx, &ctx, event).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The last event of the next batch, and what remains of the events up to it, after all of them
    /// were verified once more.
    async fn next_cut(
        &self,
        tx: &mut Tx,
        organization: &OrganizationId,
        before: Moment,
    ) -> Result<Option<(Cut, Floors)>> {
        let reader = ChainReader::of(self, organization);
        let last_cut = reader.cut(tx).await?;
        let from = &last_cut.mark;
        let (head, _) = audit::head(tx, organization).await?;
        let oldest_kept = audit::first_since(tx, organization, before).await?;
        let last_old = oldest_kept.map_or(head, |n| n - 1);
        let last = last_old.min(from.n + BATCH);
        if last <= from.n {
            return Ok(None);
        }
        let walk = reader
            .walk(tx, ChainMark::default(), last - from.n)
            .await?;
        if walk.broken.is_some() {
            return Ok(None);
        }
        let mark = last_verified(tx, organization, &walk, last, last_old).await?;
        let Some(mark) = mark.filter(|mark| mark.n > from.n) else {
            return Ok(None);
        };
        let gaps = &walk.accepted;
        let floors = Floors::of_next_cut(tx, reader, organization, &last_cut, &mark, gaps).await?;
        let Some(floors) = floors else {
            return Ok(None);
        };
        let before = if mark.n == last_old {
            before
        } else {
            audit::time_of(tx, organization, mark.n)
                .await?
                .unwrap_or(before)
        };
        let cut = Cut {
            mark,
            before,
            ..Cut::default()
        };
        Ok(Some((cut, floors)))
    }
}

/// The event up to which a walk can be cut. A gap that was accepted is removed as a whole, because
/// nothing verifies inside of it.
async fn last_verified(
    connection: &mut Connection,
    organization: &OrganizationId,
    walk: &Walk,
    last: i64,
    last_old: i64,
) -> Result<Option<ChainMark>> {
    let gap = walk
        .accepted
        .last()
        .filter(|_| walk.mark.n > last);
    let Some(gap) = gap else {
        return Ok(Some(walk.mark.clone()));
    };
    if gap.mark.n <= last_old {
        return Ok(Some(gap.mark.clone()));
    }
    // An earlier gap may have led the walk beyond the old events.
    let n = (gap.broken_at - 1).min(last_old);
    let hash = audit::hash_of(connection, organization, n).await?;
    Ok(hash.map(|hash| ChainMark { n, hash }))
}

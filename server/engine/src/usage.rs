//! Usage of keys: counted in memory and written in batches, so that a request costs no write. Reads
//! include what is not written yet; the rest is written when the server shuts down.

mod batch;
mod counts;
mod pending;

use std::collections::HashSet;
use std::sync::Arc;

use domain::policy::Reach;
use domain::view::{Calls, DayUse, KeyUsage, RefusalCause};
use domain::{Actor, KeyId, Moment, OrganizationId};
use foldhash::HashMap;

use self::batch::Batch;
use self::pending::{HourCount, PendingUsage};
use crate::ctx::Origin;
use crate::metrics::Checks;
use crate::sharded::Sharded;
pub use crate::store::usage::LastUse;
use crate::store::usage::{self, DAY_MS as DAY, DayRow, HOUR_MS, Locked};
use crate::store::{Connection, call_counts, keys, parse_column};
use crate::{Engine, Result};

/// Days of a key's usage that are shown.
const SHOWN_DAYS: i64 = 30;
/// Callers that are kept for a key.
const MAX_CALLERS: i64 = 10;
/// Refusals that are shown for a key.
const MAX_REFUSALS: i64 = 20;
/// Keys whose usage one transaction writes. A revocation waits for no more than these.
const KEYS_PER_TRANSACTION: usize = 200;

/// Usage that is not in the database yet.
#[derive(Default)]
pub struct Usage {
    pending: Sharded<PendingUsage>,
    checks: Checks,
}

impl Usage {
    /// How many checks of keys had which verdict, since the start.
    pub(crate) const fn checks(&self) -> &Checks {
        &self.checks
    }

    /// Counts a request that this key authenticated (decision D27).
    pub fn accepted(&self, owner: &Arc<Actor>, key: KeyId, at: Moment, origin: &Origin) {
        self.checks.valid();
        self.pending
            .of(key)
            .entry(key)
            .or_default()
            .accept(owner, at, origin);
    }

    /// Counts a request that was refused with this key, or because of it.
    pub fn refused(&self, key: KeyId, cause: RefusalCause, at: Moment, origin: &Origin) {
        self.checks.refused(cause);
        self.pending
            .of(key)
            .entry(key)
            .or_default()
            .refuse(cause, at, origin);
    }

    /// Adds the cost of a request (decision D19).
    pub fn cost(&self, key: KeyId, at: Moment, cost: i64) {
        if cost > 0 {
            self.pending
                .of(key)
                .entry(key)
                .or_default()
                .day(at)
                .cost += cost;
        }
    }

    /// The last use of a key that is not in the database yet.
    pub fn last_of(&self, key: KeyId) -> Option<LastUse> {
        self.pending.of(key).get(&key)?.last()
    }

    /// Days of every key that are not in the database yet.
    fn days_from(&self, first: i64) -> Vec<(KeyId, Vec<DayRow>)> {
        let days = |pending_usage: &PendingUsage| {
            let days = pending_usage.days().iter().copied();
            days.filter(|row| row.day >= first).collect()
        };
        let mut found = Vec::new();
        for part in self.pending.parts() {
            found.extend(
                part.iter()
                    .map(|(key, pending_usage)| (*key, days(pending_usage))),
            );
        }
        found
    }

    /// Hours of a key that are not in the database yet.
    fn hours_of(&self, key: KeyId) -> Vec<HourCount> {
        let part = self.pending.of(key);
        part.get(&key)
            .map(|pending_usage| pending_usage.hours().to_vec())
            .unwrap_or_default()
    }

    /// Hours of every key that are not in the database yet.
    fn hours(&self) -> Vec<(KeyId, Vec<HourCount>)> {
        let mut found = Vec::new();
        for part in self.pending.parts() {
            found.extend(
                part.iter()
                    .map(|(key, pending_usage)| (*key, pending_usage.hours().to_vec())),
            );
        }
        found
    }

    /// The last uses in an organization after this moment that are not in the database yet.
    pub fn recent_use(
        &self,
        organization: &OrganizationId,
        since: Moment,
    ) -> Vec<(KeyId, LastUse)> {
        let mut found = Vec::new();
        for part in self.pending.parts() {
            for (key, pending_usage) in part.iter() {
                if pending_usage.organization() != Some(organization) {
                    continue;
                }
                let last = pending_usage.last();
                found.extend(
                    last.filter(|(at, ..)| *at > since)
                        .map(|last| (*key, last)),
                );
            }
        }
        found
    }

    fn put_back(&self, uses: HashMap<KeyId, PendingUsage>) {
        for (key, older) in uses {
            self.pending
                .of(key)
                .entry(key)
                .or_default()
                .add(older);
        }
    }
}

impl Engine {
    /// Writes the pending usage. What cannot be written is kept for the next flush.
    ///
    /// # Errors
    /// `Busy` when it cannot be written.
    pub async fn flush_usage(&self) -> Result<()> {
        let mut flush = FlushGuard {
            usage: self.usage(),
            uses: HashMap::default(),
        };
        let parts = self.usage().pending.parts();
        for part in parts.map(|mut part| std::mem::take(&mut *part)) {
            flush.uses.extend(part);
            if flush.uses.len() >= KEYS_PER_TRANSACTION {
                self.write_usage(&mut flush).await?;
            }
        }
        self.write_usage(&mut flush).await
    }

    async fn write_usage(&self, flush: &mut FlushGuard<'_>) -> Result<()> {
        let keys: Vec<_> = flush.uses.keys().copied().collect();
        for keys in keys.chunks(KEYS_PER_TRANSACTION) {
            self.write_usage_of(keys, Locked::Skip, flush)
                .await?;
        }
        // Keys that a request is changing. A transaction that waits for one has locked no other, so
        // it cannot deadlock with that request.
        let keys: Vec<_> = flush.uses.keys().copied().collect();
        for key in keys {
            self.write_usage_of(&[key], Locked::Wait, flush)
                .await?;
            // Without a row, nothing can be written.
            flush.uses.remove(&key);
        }
        Ok(())
    }

    async fn write_usage_of(
        &self,
        keys: &[KeyId],
        locked: Locked,
        flush: &mut FlushGuard<'_>,
    ) -> Result<()> {
        let now = self.runtime().now();
        let mut tx = self.db().begin().await?;
        let mut batch = Batch::default();
        for key in usage::lock_keys(&mut tx, keys, locked).await? {
            if let Some(pending_usage) = flush.uses.get(&KeyId(key.id)) {
                batch.add(key, &pending_usage.clone().no_later_than(now));
            }
        }
        batch.write(&mut tx).await?;
        tx.commit().await?;
        for key in batch.keys {
            flush.uses.remove(&key);
        }
        Ok(())
    }

    /// Deletes days and refusals that are no longer shown.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_old_usage(&self) -> Result<()> {
        let first = self.runtime().now().0.div_euclid(DAY) - 3 * SHOWN_DAYS;
        let mut tx = self.db().begin().await?;
        usage::delete_before(&mut tx, first).await?;
        let hour = self.runtime().now().0.div_euclid(HOUR_MS) - Calls::HOURS;
        call_counts::delete_before(&mut tx, hour, first).await?;
        Ok(tx.commit().await?)
    }

    /// The usage of a key, including what is not in the database yet.
    pub(crate) async fn usage_of(&self, key: KeyId, now: Moment) -> Result<KeyUsage> {
        let mut connection = self.db().read().await?;
        let today = now.0.div_euclid(DAY);
        let first = today - SHOWN_DAYS + 1;
        let mut all = self
            .usage()
            .pending
            .of(key)
            .get(&key)
            .cloned()
            .unwrap_or_default();
        let days = usage::days(&mut connection, key, first).await?;
        let callers = usage::callers(&mut connection, key, MAX_CALLERS).await?;
        let mut refusals = Vec::new();
        for row in usage::refusals(&mut connection, key, MAX_REFUSALS).await? {
            refusals.push((parse_column(&row.cause, "key_refusals.cause")?, row));
        }
        all.add(PendingUsage::written(days, callers, refusals));
        let days = (first..=today)
            .map(|day| shown(*all.numbered(day)))
            .collect();
        Ok(KeyUsage {
            days,
            refusals: all.refused(),
            callers: all.called(),
        })
    }

    /// Daily sums over all keys within reach, including what is not in the database yet.
    pub(crate) async fn usage_within(
        &self,
        connection: &mut Connection,
        reach: &Reach,
        now: Moment,
    ) -> Result<Vec<DayUse>> {
        let today = now.0.div_euclid(DAY);
        let first = today - SHOWN_DAYS + 1;
        let pending = self.usage().days_from(first);
        let mut sums = PendingUsage::default();
        for row in usage::sums(connection, reach, first).await? {
            sums.numbered(row.day).add(row);
        }
        let keys: Vec<_> = pending.iter().map(|(key, _)| key.0).collect();
        let reached: HashSet<_> = keys::reached(connection, reach, &keys)
            .await?
            .into_iter()
            .collect();
        for (_, days) in pending
            .into_iter()
            .filter(|(key, _)| reached.contains(&key.0))
        {
            days.into_iter()
                .for_each(|row| sums.numbered(row.day).add(row));
        }
        Ok((first..=today)
            .map(|day| shown(*sums.numbered(day)))
            .collect())
    }
}

fn shown(row: DayRow) -> DayUse {
    let DayRow {
        day,
        calls,
        refused,
        cost,
    } = row;
    DayUse {
        day: Moment(day * DAY).to_date(),
        calls,
        refused,
        cost,
    }
}

/// Usage that is being written. What is not written when it is dropped goes back to the pending
/// usage.
struct FlushGuard<'a> {
    usage: &'a Usage,
    uses: HashMap<KeyId, PendingUsage>,
}

impl Drop for FlushGuard<'_> {
    fn drop(&mut self) {
        self.usage
            .put_back(std::mem::take(&mut self.uses));
    }
}

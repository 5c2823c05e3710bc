//! Usage of keys: counted in memory and written in batches, so that a request costs no write. Reads
//! include what is not written yet; the rest is written when the server shuts down.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::policy::Reach;
use domain::view::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};
use domain::{KeyId, Moment, OrganizationId};

use crate::ctx::Origin;
use crate::sharded::Sharded;
use crate::store::usage::{self, CallerRow, DayRow, RefusalRow};
use crate::store::{Connection, Tx, keys, parse_column};
use crate::{Engine, Result};

const DAY: i64 = 86_400_000;
/// Days of a key's usage that are shown.
const SHOWN_DAYS: i64 = 30;
/// Callers that are kept for a key.
const MAX_CALLERS: i64 = 10;
/// Refusals that are shown for a key.
const MAX_REFUSALS: i64 = 20;
/// Callers of one key that are recorded between two flushes. More are counted, but not recorded.
const MAX_PENDING_CALLERS: usize = 64;

/// Usage that is not in the database yet.
#[derive(Default)]
pub struct Usage {
    pending: Sharded<PendingUsage>,
}

/// When a key was last used, from which IP address, and by which user agent.
pub type LastUse = (Moment, Option<String>, Option<String>);

/// The usage of one key since the last flush.
#[derive(Clone, Default)]
struct PendingUsage {
    /// The organization of the key; unknown while it was only refused.
    organization: Option<OrganizationId>,
    last: Option<LastUse>,
    days: BTreeMap<i64, DayRow>,
    callers: BTreeMap<(String, String), (i64, i64)>,
    refusals: BTreeMap<(i64, RefusalCause), (i64, Option<String>, i64)>,
}

impl Usage {
    /// Counts a request that this key authenticated (decision D27).
    pub fn accepted(&self, organization: &OrganizationId, key: KeyId, at: Moment, origin: &Origin) {
        let mut pending = self.pending.of(key);
        let pending_usage = pending.entry(key).or_default();
        pending_usage.day(at).calls += 1;
        pending_usage
            .organization
            .get_or_insert_with(|| organization.clone());
        pending_usage.last = Some((at, origin.address.clone(), origin.agent.clone()));
        let caller = (
            origin.address.clone().unwrap_or_default(),
            origin.agent.clone().unwrap_or_default(),
        );
        if pending_usage.callers.len() < MAX_PENDING_CALLERS
            || pending_usage.callers.contains_key(&caller)
        {
            let seen = pending_usage.callers.entry(caller).or_default();
            *seen = (at.0, seen.1 + 1);
        }
    }

    /// Counts a request that was refused with this key, or because of it.
    pub fn refused(&self, key: KeyId, cause: RefusalCause, at: Moment, origin: &Origin) {
        let mut pending = self.pending.of(key);
        let pending_usage = pending.entry(key).or_default();
        pending_usage.day(at).refused += 1;
        let seen = pending_usage
            .refusals
            .entry((at.0.div_euclid(DAY), cause))
            .or_default();
        *seen = (at.0, origin.address.clone(), seen.2 + 1);
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
        self.pending.of(key).get(&key)?.last.clone()
    }

    /// Days of every key that are not in the database yet.
    fn days_from(&self, first: i64) -> Vec<(KeyId, Vec<DayRow>)> {
        let days = |pending_usage: &PendingUsage| {
            pending_usage
                .days
                .range(first..)
                .map(|(_, row)| *row)
                .collect()
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

    /// The last uses in an organization after this moment that are not in the database yet.
    pub fn recent_use(
        &self,
        organization: &OrganizationId,
        since: Moment,
    ) -> Vec<(KeyId, LastUse)> {
        let mut found = Vec::new();
        for part in self.pending.parts() {
            for (key, pending_usage) in part.iter() {
                let last = pending_usage
                    .last
                    .clone()
                    .filter(|(at, ..)| *at > since);
                if pending_usage.organization.as_ref() == Some(organization)
                    && let Some(last) = last
                {
                    found.push((*key, last));
                }
            }
        }
        found
    }

    fn take(&self) -> HashMap<KeyId, PendingUsage> {
        let mut taken = HashMap::new();
        for mut part in self.pending.parts() {
            taken.extend(std::mem::take(&mut *part));
        }
        taken
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

impl PendingUsage {
    fn day(&mut self, at: Moment) -> &mut DayRow {
        self.numbered(at.0.div_euclid(DAY))
    }

    fn numbered(&mut self, day: i64) -> &mut DayRow {
        self.days.entry(day).or_insert(DayRow {
            day,
            ..DayRow::default()
        })
    }

    /// The same, with times in the future moved to now: they were counted while the clock was
    /// ahead.
    fn no_later_than(&self, now: Moment) -> Self {
        let today = now.0.div_euclid(DAY);
        let mut kept = Self {
            organization: self.organization.clone(),
            ..Self::default()
        };
        kept.last = self
            .last
            .clone()
            .map(|(at, address, agent)| (at.min(now), address, agent));
        for row in self.days.values() {
            kept.numbered(row.day.min(today)).add(*row);
        }
        kept.callers = self
            .callers
            .iter()
            .map(|(who, (at, calls))| (who.clone(), ((*at).min(now.0), *calls)))
            .collect();
        for (&(day, cause), (at, address, count)) in &self.refusals {
            let seen = kept
                .refusals
                .entry((day.min(today), cause))
                .or_insert(((*at).min(now.0), address.clone(), 0));
            seen.2 += count;
        }
        kept
    }

    /// Adds earlier usage.
    fn add(&mut self, older: Self) {
        self.organization = self.organization.take().or(older.organization);
        self.last = self.last.take().or(older.last);
        for (day, row) in older.days {
            self.numbered(day).add(row);
        }
        for (caller, (at, calls)) in older.callers {
            if self.callers.len() >= MAX_PENDING_CALLERS && !self.callers.contains_key(&caller) {
                continue;
            }
            let seen = self.callers.entry(caller).or_default();
            *seen = (seen.0.max(at), seen.1 + calls);
        }
        for (what, (at, address, count)) in older.refusals {
            let seen = self
                .refusals
                .entry(what)
                .or_insert((at, address, 0));
            seen.2 += count;
        }
    }

    fn refused(&self) -> Vec<RefusedUse> {
        let rows = self
            .refusals
            .iter()
            .map(|((_, cause), (at, address, count))| RefusedUse {
                cause: *cause,
                at: Moment(*at),
                address: address.clone(),
                count: *count,
            });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|one| std::cmp::Reverse(one.at));
        rows
    }

    fn called(&self) -> Vec<CallerUse> {
        let rows = self
            .callers
            .iter()
            .map(|((address, agent), (at, calls))| CallerUse {
                address: address.clone(),
                agent: agent.clone(),
                at: Moment(*at),
                calls: *calls,
            });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|one| std::cmp::Reverse(one.at));
        rows.truncate(usize::try_from(MAX_CALLERS).unwrap_or_default());
        rows
    }
}

impl Engine {
    /// Writes the pending usage. What cannot be written is kept for the next flush.
    ///
    /// # Errors
    /// `Busy` when it cannot be written.
    pub async fn flush_usage(&self) -> Result<()> {
        // With row locks, a transaction of several keys could deadlock with a request.
        let batch = if self.db().is_shared() { 1 } else { usize::MAX };
        let mut flush = FlushGuard {
            usage: self.usage(),
            uses: self.usage().take(),
        };
        while !flush.uses.is_empty() {
            let keys: Vec<_> = flush.uses.keys().copied().take(batch).collect();
            let now = self.runtime().now();
            let mut tx = self.db().begin().await?;
            for key in &keys {
                if let Some(pending_usage) = flush.uses.get(key) {
                    write_use(&mut tx, *key, &pending_usage.no_later_than(now)).await?;
                }
            }
            tx.commit().await?;
            keys.iter()
                .for_each(|key| drop(flush.uses.remove(key)));
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
        let mut written = PendingUsage::default();
        for row in usage::days(&mut connection, key, first).await? {
            written.days.insert(row.day, row);
        }
        for row in usage::refusals(&mut connection, key, MAX_REFUSALS).await? {
            let what = (
                row.at.div_euclid(DAY),
                parse_column(&row.cause, "key_refusals.cause")?,
            );
            written
                .refusals
                .insert(what, (row.at, row.address, row.count));
        }
        for row in usage::callers(&mut connection, key, MAX_CALLERS).await? {
            written
                .callers
                .insert((row.address, row.agent), (row.at, row.calls));
        }
        all.add(written);
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
            sums.days.insert(row.day, row);
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

async fn write_use(tx: &mut Tx, key: KeyId, pending_usage: &PendingUsage) -> Result<()> {
    if let Some((at, address, agent)) = &pending_usage.last {
        usage::touch(tx, key, *at, address.as_deref(), agent.as_deref()).await?;
    }
    for day in pending_usage.days.values() {
        usage::add_day(tx, key, *day).await?;
    }
    for caller in pending_usage.called() {
        let CallerUse {
            address,
            agent,
            at,
            calls,
        } = caller;
        usage::add_caller(
            tx,
            key,
            &CallerRow {
                address,
                agent,
                at: at.0,
                calls,
            },
        )
        .await?;
    }
    usage::keep_callers(tx, key, MAX_CALLERS).await?;
    for ((day, cause), (at, address, count)) in &pending_usage.refusals {
        let row = RefusalRow {
            cause: cause.as_str().into(),
            at: *at,
            address: address.clone(),
            count: *count,
        };
        usage::add_refusal(tx, key, *day, &row).await?;
    }
    // Last, and in the order of days: transactions for two keys of one owner lock these rows in the
    // same order.
    for day in pending_usage.days.values() {
        usage::add_owner_day(tx, key, *day).await?;
    }
    Ok(())
}

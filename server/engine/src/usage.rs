//! How keys are used: gathered in memory, written in batches, so that a request costs no write. What is shown is true
//! to the minute; what was gathered is written at the latest when the server ends.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::policy::Reach;
use domain::view::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};
use domain::{KeyId, Moment, OrganizationId};

use crate::ctx::Origin;
use crate::store::usage::{self, CallerRow, DayRow, RefusalRow};
use crate::store::{Connection, Tx, keys, parse_column};
use crate::{Engine, Result};

const DAY: i64 = 86_400_000;
/// Days that are shown of a key.
const SHOWN_DAYS: i64 = 30;
/// Callers that are remembered of a key.
const CALLERS: i64 = 10;
/// Refusals that are shown of a key.
const REFUSALS: i64 = 20;
/// Callers of one key that are gathered between two writings; more are counted, but not named.
const GATHERED: usize = 64;

/// Uses that are not written yet.
#[derive(Default)]
pub struct Usage {
    pending: Mutex<HashMap<KeyId, Gathered>>,
}

/// When a key was last used, from which address, by which agent.
pub type LastUse = (Moment, Option<String>, Option<String>);

/// What one key did since the last writing.
#[derive(Clone, Default)]
struct Gathered {
    /// Where the key belongs; unknown as long as it was only refused.
    organization: Option<OrganizationId>,
    last: Option<LastUse>,
    days: BTreeMap<i64, DayRow>,
    callers: BTreeMap<(String, String), (i64, i64)>,
    refusals: BTreeMap<(i64, RefusalCause), (i64, Option<String>, i64)>,
}

impl Usage {
    /// A request passed with this key (decision D27).
    pub fn accepted(&self, organization: &OrganizationId, key: KeyId, at: Moment, origin: &Origin) {
        let mut pending = self.pending();
        let gathered = pending.entry(key).or_default();
        gathered.organization.get_or_insert_with(|| organization.clone());
        gathered.last = Some((at, origin.address.clone(), origin.agent.clone()));
        gathered.day(at).calls += 1;
        let caller = (origin.address.clone().unwrap_or_default(), origin.agent.clone().unwrap_or_default());
        if gathered.callers.len() < GATHERED || gathered.callers.contains_key(&caller) {
            let seen = gathered.callers.entry(caller).or_default();
            *seen = (at.0, seen.1 + 1);
        }
    }

    /// A request was refused, with this key or because of it.
    pub fn refused(&self, key: KeyId, cause: RefusalCause, at: Moment, origin: &Origin) {
        let mut pending = self.pending();
        let gathered = pending.entry(key).or_default();
        gathered.day(at).refused += 1;
        let seen = gathered.refusals.entry((at.0.div_euclid(DAY), cause)).or_default();
        *seen = (at.0, origin.address.clone(), seen.2 + 1);
    }

    /// A request that passed cost this much (decision D19).
    pub fn cost(&self, key: KeyId, at: Moment, cost: i64) {
        if cost > 0 {
            self.pending().entry(key).or_default().day(at).cost += cost;
        }
    }

    /// The last use of a key that is not written yet.
    pub fn last_of(&self, key: KeyId) -> Option<LastUse> {
        self.pending().get(&key)?.last.clone()
    }

    /// Days of every key that are not written yet.
    fn days_from(&self, first: i64) -> Vec<(KeyId, Vec<DayRow>)> {
        let days = |gathered: &Gathered| gathered.days.range(first..).map(|(_, row)| *row).collect();
        self.pending().iter().map(|(key, gathered)| (*key, days(gathered))).collect()
    }

    /// The last uses in an organization after this moment that are not written yet.
    pub fn recent_use(&self, organization: &OrganizationId, since: Moment) -> Vec<(KeyId, LastUse)> {
        let pending = self.pending();
        let here = pending.iter().filter(|(_, gathered)| gathered.organization.as_ref() == Some(organization));
        let last = here.filter_map(|(key, gathered)| Some((*key, gathered.last.clone()?)));
        last.filter(|(_, (at, ..))| *at > since).collect()
    }

    fn take(&self) -> HashMap<KeyId, Gathered> {
        std::mem::take(&mut self.pending())
    }

    fn put_back(&self, uses: HashMap<KeyId, Gathered>) {
        let mut pending = self.pending();
        for (key, older) in uses {
            pending.entry(key).or_default().add(older);
        }
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<KeyId, Gathered>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathered {
    fn day(&mut self, at: Moment) -> &mut DayRow {
        self.numbered(at.0.div_euclid(DAY))
    }

    fn numbered(&mut self, day: i64) -> &mut DayRow {
        self.days.entry(day).or_insert(DayRow { day, ..DayRow::default() })
    }

    /// The same, with what was gathered while the clock was ahead as of now.
    fn no_later_than(&self, now: Moment) -> Self {
        let today = now.0.div_euclid(DAY);
        let mut kept = Self { organization: self.organization.clone(), ..Self::default() };
        kept.last = self.last.clone().map(|(at, address, agent)| (at.min(now), address, agent));
        for row in self.days.values() {
            kept.numbered(row.day.min(today)).add(*row);
        }
        kept.callers =
            self.callers.iter().map(|(who, (at, calls))| (who.clone(), ((*at).min(now.0), *calls))).collect();
        for (&(day, cause), (at, address, count)) in &self.refusals {
            let seen = kept.refusals.entry((day.min(today), cause)).or_insert(((*at).min(now.0), address.clone(), 0));
            seen.2 += count;
        }
        kept
    }

    /// Adds what was gathered before.
    fn add(&mut self, older: Self) {
        self.organization = self.organization.take().or(older.organization);
        self.last = self.last.take().or(older.last);
        for (day, row) in older.days {
            self.numbered(day).add(row);
        }
        for (caller, (at, calls)) in older.callers {
            if self.callers.len() >= GATHERED && !self.callers.contains_key(&caller) {
                continue;
            }
            let seen = self.callers.entry(caller).or_default();
            *seen = (seen.0.max(at), seen.1 + calls);
        }
        for (what, (at, address, count)) in older.refusals {
            let seen = self.refusals.entry(what).or_insert((at, address, 0));
            seen.2 += count;
        }
    }

    fn refused(&self) -> Vec<RefusedUse> {
        let told = self.refusals.iter().map(|((_, cause), (at, address, count))| RefusedUse {
            cause: *cause,
            at: Moment(*at),
            address: address.clone(),
            count: *count,
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|one| std::cmp::Reverse(one.at));
        told
    }

    fn called(&self) -> Vec<CallerUse> {
        let told = self.callers.iter().map(|((address, agent), (at, calls))| CallerUse {
            address: address.clone(),
            agent: agent.clone(),
            at: Moment(*at),
            calls: *calls,
        });
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|one| std::cmp::Reverse(one.at));
        told.truncate(usize::try_from(CALLERS).unwrap_or_default());
        told
    }
}

impl Engine {
    /// Writes what was gathered. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// `Busy` when the database does not take it.
    pub async fn flush_usage(&self) -> Result<()> {
        // Where rows are held one by one, a transaction of several could wait for a request that waits for it.
        let at_once = if self.db().is_shared() { 1 } else { usize::MAX };
        let mut taken = Taken { usage: self.usage(), uses: self.usage().take() };
        while !taken.uses.is_empty() {
            let keys: Vec<_> = taken.uses.keys().copied().take(at_once).collect();
            let now = self.runtime().now();
            let mut tx = self.db().begin().await?;
            for key in &keys {
                if let Some(gathered) = taken.uses.get(key) {
                    write_use(&mut tx, *key, &gathered.no_later_than(now)).await?;
                }
            }
            tx.commit().await?;
            keys.iter().for_each(|key| drop(taken.uses.remove(key)));
        }
        Ok(())
    }

    /// Forgets days and refusals that are no longer shown.
    ///
    /// # Errors
    /// `Busy`.
    pub async fn delete_old_usage(&self) -> Result<()> {
        let first = self.runtime().now().0.div_euclid(DAY) - 3 * SHOWN_DAYS;
        let mut tx = self.db().begin().await?;
        usage::forget(&mut tx, first).await?;
        Ok(tx.commit().await?)
    }

    /// How a key was used, what is not written yet included.
    pub(crate) async fn usage_of(&self, key: KeyId, now: Moment) -> Result<KeyUsage> {
        let (mut connection, today) = (self.db().read().await?, now.0.div_euclid(DAY));
        let first = today - SHOWN_DAYS + 1;
        let mut all = self.usage().pending().get(&key).cloned().unwrap_or_default();
        let mut written = Gathered::default();
        for row in usage::days(&mut connection, key, first).await? {
            written.days.insert(row.day, row);
        }
        for row in usage::refusals(&mut connection, key, REFUSALS).await? {
            let what = (row.at.div_euclid(DAY), parse_column(&row.cause, "key_refusals.cause")?);
            written.refusals.insert(what, (row.at, row.address, row.count));
        }
        for row in usage::callers(&mut connection, key, CALLERS).await? {
            written.callers.insert((row.address, row.agent), (row.at, row.calls));
        }
        all.add(written);
        let days = (first..=today).map(|day| shown(*all.numbered(day))).collect();
        Ok(KeyUsage { days, refusals: all.refused(), callers: all.called() })
    }

    /// The sums of all keys within reach, day by day, what is not written yet included.
    pub(crate) async fn usage_within(
        &self,
        connection: &mut Connection,
        reach: &Reach,
        now: Moment,
    ) -> Result<Vec<DayUse>> {
        let today = now.0.div_euclid(DAY);
        let first = today - SHOWN_DAYS + 1;
        let pending = self.usage().days_from(first);
        let mut sums = Gathered::default();
        for row in usage::sums(connection, reach, first).await? {
            sums.days.insert(row.day, row);
        }
        let keys: Vec<_> = pending.iter().map(|(key, _)| key.0).collect();
        let near: HashSet<_> = keys::reached(connection, reach, &keys).await?.into_iter().collect();
        for (_, days) in pending.into_iter().filter(|(key, _)| near.contains(&key.0)) {
            days.into_iter().for_each(|row| sums.numbered(row.day).add(row));
        }
        Ok((first..=today).map(|day| shown(*sums.numbered(day))).collect())
    }
}

fn shown(row: DayRow) -> DayUse {
    let DayRow { day, calls, refused, cost } = row;
    DayUse { day: Moment(day * DAY).to_date(), calls, refused, cost }
}

/// Uses that are being written. What is not written when it is dropped, whyever, is kept for the next time.
struct Taken<'a> {
    usage: &'a Usage,
    uses: HashMap<KeyId, Gathered>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.usage.put_back(std::mem::take(&mut self.uses));
    }
}

async fn write_use(tx: &mut Tx, key: KeyId, gathered: &Gathered) -> Result<()> {
    if let Some((at, address, agent)) = &gathered.last {
        usage::touch(tx, key, *at, address.as_deref(), agent.as_deref()).await?;
    }
    for day in gathered.days.values() {
        usage::add_day(tx, key, *day).await?;
    }
    for caller in gathered.called() {
        let CallerUse { address, agent, at, calls } = caller;
        usage::add_caller(tx, key, &CallerRow { address, agent, at: at.0, calls }).await?;
    }
    usage::keep_callers(tx, key, CALLERS).await?;
    for ((day, cause), (at, address, count)) in &gathered.refusals {
        let row = RefusalRow { cause: cause.as_str().into(), at: *at, address: address.clone(), count: *count };
        usage::add_refusal(tx, key, *day, &row).await?;
    }
    // Last, and in the order of days: keys of one owner may be written side by side.
    for day in gathered.days.values() {
        usage::add_owner_day(tx, key, *day).await?;
    }
    Ok(())
}

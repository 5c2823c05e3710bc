//! How keys are used: gathered in memory, written in batches, so that a request costs no write. What is shown is true
//! to the minute; what was gathered is written at the latest when the server ends.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::view::{CallerUse, DayUse, KeyUsage, RefusalCause, RefusedUse};
use domain::{KeyId, Moment};

use crate::ctx::Origin;
use crate::store::usage::{self, CallerRow, DayRow, RefusalRow};
use crate::store::{Tx, word};
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

/// What one key did since the last writing.
#[derive(Default)]
struct Gathered {
    last: Option<(Moment, Option<String>, Option<String>)>,
    days: BTreeMap<i64, DayRow>,
    callers: BTreeMap<(String, String), (i64, i64)>,
    refusals: BTreeMap<(i64, RefusalCause), (i64, Option<String>, i64)>,
}

impl Usage {
    /// A request passed with this key (decision D27).
    pub fn accepted(&self, key: KeyId, at: Moment, origin: &Origin) {
        let mut pending = self.pending();
        let gathered = pending.entry(key).or_default();
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
    pub fn last_of(&self, key: KeyId) -> Option<Moment> {
        self.pending().get(&key)?.last.as_ref().map(|(at, ..)| *at)
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
        let day = at.0.div_euclid(DAY);
        self.days.entry(day).or_insert(DayRow { day, ..DayRow::default() })
    }

    /// Adds what was gathered before.
    fn add(&mut self, older: Self) {
        self.last = self.last.take().or(older.last);
        for (day, row) in older.days {
            let sum = self.days.entry(day).or_insert(DayRow { day, ..DayRow::default() });
            (sum.calls, sum.refused, sum.cost) =
                (sum.calls + row.calls, sum.refused + row.refused, sum.cost + row.cost);
        }
        for (caller, (at, calls)) in older.callers {
            let seen = self.callers.entry(caller).or_default();
            *seen = (seen.0.max(at), seen.1 + calls);
        }
        for (what, (at, address, count)) in older.refusals {
            let seen = self.refusals.entry(what).or_insert((at, address, 0));
            seen.2 += count;
        }
    }
}

impl Engine {
    /// Writes what was gathered. What cannot be written is kept for the next time.
    ///
    /// # Errors
    /// `Busy` when the database does not take it.
    pub async fn flush_usage(&self) -> Result<()> {
        let uses = self.usage().take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.write_uses(&uses).await;
        if written.is_err() {
            self.usage().put_back(uses);
        }
        written
    }

    async fn write_uses(&self, uses: &HashMap<KeyId, Gathered>) -> Result<()> {
        let mut tx = self.db().begin().await?;
        // In one order for every node, so that none waits for another in a circle.
        let ordered: BTreeMap<_, _> = uses.iter().collect();
        for (key, gathered) in ordered {
            write_use(&mut tx, *key, gathered).await?;
        }
        Ok(tx.commit().await?)
    }

    /// How a key was used, as far as it is written.
    pub(crate) async fn usage_of(&self, key: KeyId, now: Moment) -> Result<KeyUsage> {
        let (mut link, today) = (self.db().read().await?, now.0.div_euclid(DAY));
        let first = today - SHOWN_DAYS + 1;
        let rows = usage::days(&mut link, key, first).await?;
        let of = |day| rows.iter().find(|row| row.day == day).copied().unwrap_or(DayRow { day, ..DayRow::default() });
        let days = (first..=today).map(of).map(|row| DayUse {
            day: Moment(row.day * DAY).to_date(),
            calls: row.calls,
            refused: row.refused,
            cost: row.cost,
        });
        let days = days.collect();
        let refusals = usage::refusals(&mut link, key, REFUSALS).await?.into_iter().map(|row| {
            let cause = word(&row.cause, "key_refusals.cause")?;
            Ok(RefusedUse { cause, at: Moment(row.at), address: row.address, count: row.count })
        });
        let refusals = refusals.collect::<Result<_>>()?;
        let callers = usage::callers(&mut link, key, CALLERS).await?.into_iter().map(|row| CallerUse {
            address: row.address,
            agent: row.agent,
            at: Moment(row.at),
            calls: row.calls,
        });
        Ok(KeyUsage { days, refusals, callers: callers.collect() })
    }
}

async fn write_use(tx: &mut Tx, key: KeyId, gathered: &Gathered) -> Result<()> {
    if let Some((at, address, agent)) = &gathered.last {
        usage::touch(tx, key, *at, address.as_deref(), agent.as_deref()).await?;
    }
    for day in gathered.days.values() {
        usage::add_day(tx, key, *day).await?;
    }
    for ((address, agent), (at, calls)) in &gathered.callers {
        let row = CallerRow { address: address.clone(), agent: agent.clone(), at: *at, calls: *calls };
        usage::add_caller(tx, key, &row, CALLERS).await?;
    }
    for ((day, cause), (at, address, count)) in &gathered.refusals {
        let row = RefusalRow { cause: cause.as_str().into(), at: *at, address: address.clone(), count: *count };
        usage::add_refusal(tx, key, *day, &row).await?;
    }
    Ok(())
}

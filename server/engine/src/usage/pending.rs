//! The usage of one key that is not in the database yet. Thousands of keys have some at a time, so
//! it is small, and a request from a known client allocates nothing.

use std::sync::Arc;

use domain::view::{CallerUse, RefusalCause, RefusedUse};
use domain::{Actor, Moment, OrganizationId};

use super::{DAY, LastUse, MAX_CALLERS};
use crate::ctx::Origin;
use crate::store::usage::{CallerRow, DayRow, HOUR_MS, RefusalRow};

/// Clients of one key that are recorded between two flushes. More are counted, but not recorded.
const MAX_PENDING_CLIENTS: usize = 64;

/// The usage of one key since the last flush.
#[derive(Clone, Default)]
pub(super) struct PendingUsage {
    /// The owner of the key; unknown while it was only refused.
    owner: Option<Arc<Actor>>,
    last: Option<(Moment, Arc<Client>)>,
    days: Vec<DayRow>,
    callers: Vec<Caller>,
    refusals: Vec<Refusal>,
    hours: Vec<HourCount>,
}

/// The requests of one hour that passed, or were refused for one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HourCount {
    /// The number of the hour since 1970.
    pub hour: i64,
    /// Why they were refused; none for those that passed.
    pub cause: Option<RefusalCause>,
    /// How many.
    pub count: i64,
}

/// An IP address and a user agent. Either is empty if it is unknown.
#[derive(PartialEq, Eq)]
struct Client {
    address: Box<str>,
    agent: Box<str>,
}

/// The requests of a client.
#[derive(Clone)]
struct Caller {
    client: Arc<Client>,
    at: i64,
    calls: i64,
}

/// The requests that were refused for one cause on one day.
#[derive(Clone)]
struct Refusal {
    day: i64,
    cause: RefusalCause,
    at: i64,
    address: Option<String>,
    count: i64,
}

/// The number of the hour of a moment since 1970.
const fn hour_of(at: Moment) -> i64 {
    at.0.div_euclid(HOUR_MS)
}

impl Client {
    fn of(origin: &Origin) -> Self {
        Self {
            address: origin
                .address
                .as_deref()
                .unwrap_or_default()
                .into(),
            agent: origin.agent.as_deref().unwrap_or_default().into(),
        }
    }

    fn is(&self, origin: &Origin) -> bool {
        *self.address == *origin.address.as_deref().unwrap_or_default()
            && *self.agent == *origin.agent.as_deref().unwrap_or_default()
    }
}

impl PendingUsage {
    /// What the database has of a key.
    pub fn written(
        days: Vec<DayRow>,
        callers: Vec<CallerRow>,
        refusals: Vec<(RefusalCause, RefusalRow)>,
    ) -> Self {
        let callers = callers.into_iter().map(|row| Caller {
            client: Arc::new(Client {
                address: row.address.into(),
                agent: row.agent.into(),
            }),
            at: row.at,
            calls: row.calls,
        });
        let refusals = refusals.into_iter().map(|(cause, row)| Refusal {
            day: row.at.div_euclid(DAY),
            cause,
            at: row.at,
            address: row.address,
            count: row.count,
        });
        Self {
            days,
            callers: callers.collect(),
            refusals: refusals.collect(),
            ..Self::default()
        }
    }

    /// Counts a request that the key authenticated.
    pub fn accept(&mut self, owner: &Arc<Actor>, at: Moment, origin: &Origin) {
        self.day(at).calls += 1;
        self.count(hour_of(at), None, 1);
        self.owner.get_or_insert_with(|| owner.clone());
        let known = self
            .callers
            .iter_mut()
            .find(|caller| caller.client.is(origin));
        let client = match known {
            Some(caller) => {
                caller.at = at.0;
                caller.calls += 1;
                caller.client.clone()
            }
            None => self.add_client(Arc::new(Client::of(origin)), at.0, 1),
        };
        self.last = Some((at, client));
    }

    /// Counts a request that was refused.
    pub fn refuse(&mut self, cause: RefusalCause, at: Moment, origin: &Origin) {
        self.day(at).refused += 1;
        self.count(hour_of(at), Some(cause), 1);
        self.add_refusal(Refusal {
            day: at.0.div_euclid(DAY),
            cause,
            at: at.0,
            address: origin.address.clone(),
            count: 1,
        });
    }

    /// The sums of the day of a moment.
    pub fn day(&mut self, at: Moment) -> &mut DayRow {
        self.numbered(at.0.div_euclid(DAY))
    }

    /// The sums of a day.
    pub fn numbered(&mut self, day: i64) -> &mut DayRow {
        let found = self.days.iter().position(|row| row.day == day);
        let position = found.unwrap_or_else(|| {
            let position = self.days.partition_point(|row| row.day < day);
            self.days.reserve_exact(1);
            self.days.insert(
                position,
                DayRow {
                    day,
                    ..DayRow::default()
                },
            );
            position
        });
        &mut self.days[position]
    }

    /// The sums of every day, in order.
    pub fn days(&self) -> &[DayRow] {
        &self.days
    }

    /// The requests of every hour.
    pub fn hours(&self) -> &[HourCount] {
        &self.hours
    }

    fn count(&mut self, hour: i64, cause: Option<RefusalCause>, count: i64) {
        let known = self
            .hours
            .iter_mut()
            .find(|known| (known.hour, known.cause) == (hour, cause));
        if let Some(known) = known {
            known.count += count;
        } else {
            self.hours.reserve_exact(1);
            self.hours.push(HourCount { hour, cause, count });
        }
    }

    /// The organization of the key, unless it was only refused.
    pub fn organization(&self) -> Option<&OrganizationId> {
        Some(&self.owner.as_ref()?.organization)
    }

    /// When the key was last used, and by which client.
    pub fn last(&self) -> Option<LastUse> {
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (at, client) = self.last.as_ref()?;
        Some((*at, known(&client.address), known(&client.agent)))
    }

    /// The same, with times in the future moved to now: they were counted while the clock was
    /// ahead.
    pub fn no_later_than(mut self, now: Moment) -> Self {
        let today = now.0.div_euclid(DAY);
        if let Some((at, _)) = &mut self.last {
            *at = (*at).min(now);
        }
        for caller in &mut self.callers {
            caller.at = caller.at.min(now.0);
        }
        for row in std::mem::take(&mut self.days) {
            self.numbered(row.day.min(today)).add(row);
        }
        for count in std::mem::take(&mut self.hours) {
            self.count(count.hour.min(hour_of(now)), count.cause, count.count);
        }
        for mut refusal in std::mem::take(&mut self.refusals) {
            refusal.day = refusal.day.min(today);
            refusal.at = refusal.at.min(now.0);
            self.add_refusal(refusal);
        }
        self
    }

    /// Adds earlier usage.
    pub fn add(&mut self, older: Self) {
        self.owner = self.owner.take().or(older.owner);
        self.last = self.last.take().or(older.last);
        for row in older.days {
            self.numbered(row.day).add(row);
        }
        for Caller { client, at, calls } in older.callers {
            let known = self
                .callers
                .iter_mut()
                .find(|caller| caller.client == client);
            match known {
                Some(caller) => {
                    caller.at = caller.at.max(at);
                    caller.calls += calls;
                }
                None => drop(self.add_client(client, at, calls)),
            }
        }
        for refusal in older.refusals {
            self.add_refusal(refusal);
        }
        for count in older.hours {
            self.count(count.hour, count.cause, count.count);
        }
    }

    /// The refusals of each day and cause, the newest first.
    pub fn refused(&self) -> Vec<RefusedUse> {
        let rows = self.refusals.iter().map(|refusal| RefusedUse {
            cause: refusal.cause,
            at: Moment(refusal.at),
            address: refusal.address.clone(),
            count: refusal.count,
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|one| std::cmp::Reverse(one.at));
        rows
    }

    /// The refusals as rows of the database, with their day.
    pub fn refusal_rows(&self) -> impl Iterator<Item = (i64, RefusalRow)> {
        self.refusals.iter().map(|refusal| {
            let row = RefusalRow {
                cause: refusal.cause.as_str().into(),
                at: refusal.at,
                address: refusal.address.clone(),
                count: refusal.count,
            };
            (refusal.day, row)
        })
    }

    /// The last clients, the newest first.
    pub fn called(&self) -> Vec<CallerUse> {
        let rows = self.callers.iter().map(|caller| CallerUse {
            address: caller.client.address.to_string(),
            agent: caller.client.agent.to_string(),
            at: Moment(caller.at),
            calls: caller.calls,
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|one| std::cmp::Reverse(one.at));
        rows.truncate(usize::try_from(MAX_CALLERS).unwrap_or_default());
        rows
    }

    fn add_client(&mut self, client: Arc<Client>, at: i64, calls: i64) -> Arc<Client> {
        if self.callers.len() < MAX_PENDING_CLIENTS {
            self.callers.reserve_exact(1);
            self.callers.push(Caller {
                client: client.clone(),
                at,
                calls,
            });
        }
        client
    }

    /// Adds refusals. Of the same cause and day, the later one is remembered.
    fn add_refusal(&mut self, added: Refusal) {
        let known = self
            .refusals
            .iter_mut()
            .find(|refusal| (refusal.day, refusal.cause) == (added.day, added.cause));
        match known {
            Some(refusal) => {
                refusal.count += added.count;
                if refusal.at <= added.at {
                    refusal.at = added.at;
                    refusal.address = added.address;
                }
            }
            None => {
                self.refusals.reserve_exact(1);
                self.refusals.push(added);
            }
        }
    }
}

//! How many attempts of each client failed within its minute. Two generations of clients bound the
//! memory: when the recent generation is full, it replaces the older one, whose clients are
//! dropped.

use std::collections::HashMap;
use std::time::Duration;

use super::Client;

/// How long failures count.
const MINUTE: Duration = Duration::from_secs(60);

/// Kinds of credentials that share a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bucket {
    Credentials,
    Secrets,
}

pub(super) type CounterKey = (Client, Bucket);

/// Whether an attempt may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Begin,
    /// The attempts that run may use up what is left.
    Wait,
    Refuse {
        seconds: u64,
    },
}

/// The minute that begins with a client's first attempt.
#[derive(Clone, Copy, Debug, Default)]
struct Minute {
    since: Duration,
    failed: u32,
    running: u32,
}

impl Minute {
    fn at(self, now: Duration) -> Self {
        let over = now.saturating_sub(self.since) >= MINUTE;
        if over || (self.failed == 0 && self.running == 0) {
            Self {
                since: now,
                failed: 0,
                ..self
            }
        } else {
            self
        }
    }
}

#[derive(Clone)]
pub(super) struct Counts {
    recent: HashMap<CounterKey, Minute>,
    older: HashMap<CounterKey, Minute>,
    most: usize,
}

impl Counts {
    pub(super) fn new(most: usize) -> Self {
        Self {
            recent: HashMap::new(),
            older: HashMap::new(),
            most,
        }
    }

    /// Reserves one of the failures that the client has left, until it is settled. No more than
    /// `limit` attempts fail within the client's minute, however many run concurrently.
    pub(super) fn reserve(&mut self, counter: CounterKey, limit: u32, now: Duration) -> Decision {
        let minute = self.find(counter);
        *minute = minute.at(now);
        if minute.failed >= limit {
            let left = (minute.since + MINUTE).saturating_sub(now);
            return Decision::Refuse {
                seconds: left.as_secs() + u64::from(left.subsec_nanos() > 0),
            };
        }
        if minute.failed + minute.running >= limit {
            return Decision::Wait;
        }
        minute.running += 1;
        Decision::Begin
    }

    /// Settles a reservation, as a failure or not.
    pub(super) fn settle(&mut self, counter: CounterKey, failed: bool, now: Duration) {
        let minute = self.find(counter);
        *minute = minute.at(now);
        minute.running = minute.running.saturating_sub(1);
        minute.failed += u32::from(failed);
    }

    pub(super) fn refund(&mut self, counter: CounterKey) {
        let minute = self.find(counter);
        minute.failed = minute.failed.saturating_sub(1);
    }

    /// How many clients are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.recent.len() + self.older.len()
    }

    fn find(&mut self, counter: CounterKey) -> &mut Minute {
        if !self.recent.contains_key(&counter) {
            let minute = self.older.remove(&counter).unwrap_or_default();
            if self.recent.len() >= self.most {
                self.older = std::mem::take(&mut self.recent);
            }
            self.recent.insert(counter, minute);
        }
        self.recent.entry(counter).or_default()
    }
}

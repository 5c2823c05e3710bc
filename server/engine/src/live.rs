//! Live updates of open pages: uses of keys, and changes of what a page shows.
//!
//! A notification carries no data. A watcher then reads, within reach, the database and the usage
//! that is not written yet. So a notification may be lost or duplicated, and changes by other nodes
//! are found by the next periodic read.

mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Code, OrganizationId, PersonId};
use foldhash::HashMap;
use tokio_util::sync::CancellationToken;

use crate::hints::Hints;
use crate::{Engine, Error, Result};

pub use watch::{EndedKey, KeyUse, News, View, Watch};

/// Watches of a person at a time: one for each open page.
pub const MAX_WATCHES: usize = 12;

/// The watchers, and the channels that notify them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Each use of a key notifies them.
    hints: Hints,
    permits: Mutex<HashMap<PersonId, usize>>,
    closing: CancellationToken,
}

impl Live {
    /// Notifies the watchers of an organization.
    pub fn notify(&self, organization: &OrganizationId) {
        self.hints().notify(organization);
    }

    /// The channels that notify the watchers.
    pub fn hints(&self) -> &Hints {
        &self.inner.hints
    }

    /// Cancelled when the process is about to exit.
    pub fn closing(&self) -> &CancellationToken {
        &self.inner.closing
    }

    fn permit_watch(&self, person: PersonId) -> Result<WatchPermit> {
        let mut permits = lock(&self.inner.permits);
        let taken = permits.entry(person).or_default();
        if *taken >= MAX_WATCHES {
            return Err(Error::conflict(Code::TooManyRequests));
        }
        *taken += 1;
        drop(permits);
        Ok(WatchPermit {
            live: self.clone(),
            person,
        })
    }
}

/// One watch of a person. Dropping it allows another one.
struct WatchPermit {
    live: Live,
    person: PersonId,
}

impl Drop for WatchPermit {
    fn drop(&mut self) {
        let mut permits = lock(&self.live.inner.permits);
        if let Some(taken) = permits.get_mut(&self.person) {
            *taken -= 1;
            if *taken == 0 {
                permits.remove(&self.person);
            }
        }
    }
}

impl Engine {
    /// Closes every watch and every wait for a run, before the process exits.
    pub fn close_watches(&self) {
        self.live().inner.closing.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watches_of_a_person_are_limited() {
        let (live, one, other) = (Live::default(), PersonId(1), PersonId(2));
        let mut permits: Vec<_> = (0..MAX_WATCHES)
            .map(|_| live.permit_watch(one).expect("a permit"))
            .collect();
        assert_eq!(
            live.permit_watch(one)
                .err()
                .map(|error| error.code()),
            Some(Code::TooManyRequests)
        );
        let _others = live.permit_watch(other).expect("their own");
        permits.pop();
        permits.push(live.permit_watch(one).expect("the freed permit"));
        drop(permits);
        assert_eq!(lock(&live.inner.permits).len(), 1);
    }
}

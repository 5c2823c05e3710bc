//! Live updates of open pages: uses of keys, and changes of what a page shows.
//!
//! A notification carries no data. A watcher then reads, within reach, the database and the usage
//! that is not written yet. So a notification may be lost or duplicated, and changes by other nodes
//! are found by the next periodic read.

mod watch;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use domain::{Code, OrganizationId, PersonId};
use foldhash::HashMap;
use tokio::sync::watch as hint;
use tokio_util::sync::CancellationToken;

use crate::{Engine, Error, Result};

pub use watch::{KeyUse, News, View, Watch};

/// Watches of a person at a time: one for each open page.
pub const MAX_WATCHES: usize = 12;

/// The watchers, and the channels that notify them. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Each use of a key reads it.
    channels: RwLock<HashMap<OrganizationId, hint::Sender<()>>>,
    permits: Mutex<HashMap<PersonId, usize>>,
    closing: CancellationToken,
}

impl Live {
    /// Notifies the watchers of an organization. Without watchers it costs almost nothing;
    /// notifications that a watcher has not handled yet are merged.
    pub fn notify(&self, organization: &OrganizationId) {
        let channels = self
            .inner
            .channels
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(organization) {
            channel.send_replace(());
        }
    }

    /// Subscribes to the notifications of an organization.
    fn subscribe(&self, organization: &OrganizationId) -> hint::Receiver<()> {
        let mut channels = self
            .inner
            .channels
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels
            .entry(organization.clone())
            .or_insert_with(|| hint::Sender::new(()))
            .subscribe()
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
    /// Closes every watch, before the process exits.
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

    fn organization(text: &str) -> OrganizationId {
        text.parse().expect("an id")
    }

    #[tokio::test]
    async fn notifications_stay_in_their_organization_and_are_merged() {
        let (live, here, there) = (
            Live::default(),
            organization("org_a"),
            organization("org_b"),
        );
        let (mut own, other) = (live.subscribe(&here), live.subscribe(&there));
        for _ in 0..100_000 {
            live.notify(&here);
        }
        own.changed().await.expect("a notification");
        assert!(
            !own.has_changed().expect("the channel is open"),
            "they were merged"
        );
        assert!(
            !other.has_changed().expect("the channel is open"),
            "not the other's"
        );
    }

    #[test]
    fn an_organization_without_watchers_is_dropped() {
        let live = Live::default();
        for n in 0..100 {
            drop(live.subscribe(&organization(&format!("org_{n}"))));
        }
        let _kept = live.subscribe(&organization("org_kept"));
        let channels = live.inner.channels.read().expect("not poisoned");
        assert_eq!(channels.len(), 1);
    }

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

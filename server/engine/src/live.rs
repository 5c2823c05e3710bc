//! What moves while people look: uses of keys, and changes of what a page shows.
//!
//! A hint only says "look". What is told is read, within reach, from the database and from what is not written yet; so a
//! hint may get lost or come twice, and what another node did is seen at the next look.

mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Code, OrganizationId, PersonId};
use tokio::sync::watch as hint;
use tokio_util::sync::CancellationToken;

use crate::{Engine, Error, Result};

pub use watch::{KeyUse, News, View, Watch};

/// How many watches a person may have at a time: one for each page in sight.
pub const MAX_WATCHES: usize = 12;

/// Who watches, and how they are told to look. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    channels: Mutex<HashMap<OrganizationId, hint::Sender<()>>>,
    permits: Mutex<HashMap<PersonId, usize>>,
    closing: CancellationToken,
}

impl Live {
    /// Something happened in an organization. Costs next to nothing where nobody watches; where many do, a hint that is
    /// still to be followed is not given twice.
    pub fn notify(&self, organization: &OrganizationId) {
        if let Some(channel) = held(&self.inner.channels).get(organization) {
            channel.send_replace(());
        }
    }

    /// The hints of an organization, from now on.
    fn enter(&self, organization: &OrganizationId) -> hint::Receiver<()> {
        let mut channels = held(&self.inner.channels);
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels.entry(organization.clone()).or_insert_with(|| hint::Sender::new(())).subscribe()
    }

    fn permit_watch(&self, person: PersonId) -> Result<WatchPermit> {
        let mut permits = held(&self.inner.permits);
        let taken = permits.entry(person).or_default();
        if *taken >= MAX_WATCHES {
            return Err(Error::conflict(Code::TooManyRequests));
        }
        *taken += 1;
        drop(permits);
        Ok(WatchPermit { live: self.clone(), person })
    }
}

/// One watch of a person; dropping it makes room for another.
struct WatchPermit {
    live: Live,
    person: PersonId,
}

impl Drop for WatchPermit {
    fn drop(&mut self) {
        let mut permits = held(&self.live.inner.permits);
        if let Some(taken) = permits.get_mut(&self.person) {
            *taken -= 1;
            if *taken == 0 {
                permits.remove(&self.person);
            }
        }
    }
}

impl Engine {
    /// Ends every watch, for the program is to end.
    pub fn close_watches(&self) {
        self.live().inner.closing.cancel();
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(text: &str) -> OrganizationId {
        text.parse().expect("an id")
    }

    #[tokio::test]
    async fn hints_stay_in_their_organization_and_any_number_of_them_is_one() {
        let (live, here, there) = (Live::default(), organization("org_a"), organization("org_b"));
        let (mut own, other) = (live.enter(&here), live.enter(&there));
        for _ in 0..100_000 {
            live.notify(&here);
        }
        own.changed().await.expect("a hint");
        assert!(!own.has_changed().expect("the room is there"), "they were one");
        assert!(!other.has_changed().expect("the room is there"), "not the other's");
    }

    #[test]
    fn an_organization_that_nobody_watches_is_forgotten() {
        let live = Live::default();
        for n in 0..100 {
            drop(live.enter(&organization(&format!("org_{n}"))));
        }
        let _kept = live.enter(&organization("org_kept"));
        assert_eq!(held(&live.inner.channels).len(), 1);
    }

    #[test]
    fn a_person_has_so_many_watches_and_no_more() {
        let (live, one, other) = (Live::default(), PersonId(1), PersonId(2));
        let mut permits: Vec<_> = (0..MAX_WATCHES).map(|_| live.permit_watch(one).expect("a seat")).collect();
        assert_eq!(live.permit_watch(one).err().map(|error| error.code()), Some(Code::TooManyRequests));
        let _others = live.permit_watch(other).expect("their own");
        permits.pop();
        permits.push(live.permit_watch(one).expect("the seat that was left"));
        drop(permits);
        assert_eq!(held(&live.inner.permits).len(), 1);
    }
}

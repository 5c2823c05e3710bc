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
pub const MOST_WATCHES: usize = 12;

/// Who watches, and how they are told to look. Cheap to clone.
#[derive(Clone, Default)]
pub struct Live {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    rooms: Mutex<HashMap<OrganizationId, hint::Sender<()>>>,
    seats: Mutex<HashMap<PersonId, usize>>,
    closing: CancellationToken,
}

impl Live {
    /// Something happened in an organization. Costs next to nothing where nobody watches; where many do, a hint that is
    /// still to be followed is not given twice.
    pub fn stir(&self, organization: &OrganizationId) {
        if let Some(room) = held(&self.inner.rooms).get(organization) {
            room.send_replace(());
        }
    }

    /// The hints of an organization, from now on.
    fn enter(&self, organization: &OrganizationId) -> hint::Receiver<()> {
        let mut rooms = held(&self.inner.rooms);
        rooms.retain(|_, room| room.receiver_count() > 0);
        rooms.entry(organization.clone()).or_insert_with(|| hint::Sender::new(())).subscribe()
    }

    fn sit(&self, person: PersonId) -> Result<Seat> {
        let mut seats = held(&self.inner.seats);
        let taken = seats.entry(person).or_default();
        if *taken >= MOST_WATCHES {
            return Err(Error::conflict(Code::TooManyRequests));
        }
        *taken += 1;
        drop(seats);
        Ok(Seat { live: self.clone(), person })
    }
}

/// One watch of a person; dropping it makes room for another.
struct Seat {
    live: Live,
    person: PersonId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = held(&self.live.inner.seats);
        if let Some(taken) = seats.get_mut(&self.person) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.person);
            }
        }
    }
}

impl Engine {
    /// Ends every watch, for the program is to end.
    pub fn end_watches(&self) {
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
            live.stir(&here);
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
        assert_eq!(held(&live.inner.rooms).len(), 1);
    }

    #[test]
    fn a_person_has_so_many_watches_and_no_more() {
        let (live, one, other) = (Live::default(), PersonId(1), PersonId(2));
        let mut seats: Vec<_> = (0..MOST_WATCHES).map(|_| live.sit(one).expect("a seat")).collect();
        assert_eq!(live.sit(one).err().map(|error| error.code()), Some(Code::TooManyRequests));
        let _others = live.sit(other).expect("their own");
        seats.pop();
        seats.push(live.sit(one).expect("the seat that was left"));
        drop(seats);
        assert_eq!(held(&live.inner.seats).len(), 1);
    }
}
